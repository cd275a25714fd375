"""A follow-up report is verified from the outside and never by the file's adviser; what was received stays as it was signed."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

GUARDS = """
CREATE FUNCTION follow_up_refuse(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: %', rule USING ERRCODE = '23514', CONSTRAINT = rule;
END $$;

CREATE FUNCTION follow_up_verifier_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file record;
BEGIN
  SELECT application_id, organisation_id INTO file FROM projects_project WHERE id = NEW.project_id;
  IF TG_OP = 'UPDATE' THEN  -- an adviser's row holds the application: wait for it, then see it
    PERFORM FROM projects_application WHERE id = file.application_id FOR SHARE;
  END IF;
  PERFORM adviser_refuse(file.application_id, NEW.verified_by_id);
  IF EXISTS (SELECT FROM projects_membership m WHERE m.person_id = NEW.verified_by_id AND m.organisation_id = file.organisation_id) THEN
    PERFORM follow_up_refuse('follow_up_verifier_is_outside');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER follow_up_verifier_is_apart AFTER INSERT OR UPDATE OF verified_by_id ON reporting_followupreport
  FOR EACH ROW WHEN (NEW.verified_by_id IS NOT NULL) EXECUTE FUNCTION follow_up_verifier_is_apart();

CREATE FUNCTION adviser_verified_no_follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting_followupreport r JOIN projects_project p ON p.id = r.project_id
              WHERE p.application_id = NEW.application_id AND r.verified_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER adviser_verified_no_follow_up BEFORE INSERT ON funding_adviser
  FOR EACH ROW EXECUTE FUNCTION adviser_verified_no_follow_up();

CREATE FUNCTION follow_up_end_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('verified', 'withdrawn') OR (OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS DISTINCT FROM OLD.submitted_at)
     OR (OLD.submitted_at IS NOT NULL AND (NEW.period_start, NEW.period_end, NEW.due_on, NEW.kind)
         IS DISTINCT FROM (OLD.period_start, OLD.period_end, OLD.due_on, OLD.kind)) THEN
    PERFORM follow_up_refuse('follow_up_end_is_final');
  END IF;
  IF NEW.state IN ('submitted', 'verified') AND NOT EXISTS (SELECT FROM reporting_followupversion v WHERE v.report_id = NEW.id) THEN
    PERFORM follow_up_refuse('follow_up_received_has_a_version');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follow_up_end_is_final BEFORE UPDATE ON reporting_followupreport
  FOR EACH ROW EXECUTE FUNCTION follow_up_end_is_final();

CREATE FUNCTION follow_up_section_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM reporting_followupreport r WHERE r.id = NEW.report_id AND r.state IN ('expected', 'due', 'late', 'returned')) THEN
    PERFORM follow_up_refuse('follow_up_section_is_open');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follow_up_section_is_open BEFORE INSERT OR UPDATE ON reporting_followupsection
  FOR EACH ROW EXECUTE FUNCTION follow_up_section_is_open();

-- one or two persons can be recognised: their number is not kept
ALTER TABLE reporting_followupsection ADD CONSTRAINT follow_up_small_cells_suppressed
  CHECK (NOT jsonb_path_exists(content, '$.keyvalue() ? (@.key starts with "count_" && @.value like_regex "^[ 0]*[12] *$")'));
"""

UNDO = """
ALTER TABLE reporting_followupsection DROP CONSTRAINT follow_up_small_cells_suppressed;
DROP TRIGGER follow_up_section_is_open ON reporting_followupsection;
DROP TRIGGER follow_up_end_is_final ON reporting_followupreport;
DROP TRIGGER adviser_verified_no_follow_up ON funding_adviser;
DROP TRIGGER follow_up_verifier_is_apart ON reporting_followupreport;
DROP FUNCTION follow_up_section_is_open();
DROP FUNCTION follow_up_end_is_final();
DROP FUNCTION adviser_verified_no_follow_up();
DROP FUNCTION follow_up_verifier_is_apart();
DROP FUNCTION follow_up_refuse(text);
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0030_follow_ups"), ("funding", "0101_follow_up_guards"), ("projects", "0024_imported")]

    operations = [
        append_only("reporting_followupversion", "reporting_followupreminder"),
        migrations.RunSQL(GUARDS, UNDO),
    ]

"""A gain is verified from the outside (SD-7) and never by the file's adviser (SD-2): held across rows, by the name of the rule.

After the row, so that its own CHECKs speak first.
"""

from django.db import migrations

VERIFIERS = """
CREATE FUNCTION gain_verifier_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file record;
BEGIN
  SELECT application_id, organisation_id INTO file FROM projects_project WHERE id = NEW.project_id;
  IF TG_OP = 'UPDATE' THEN  -- an adviser's row holds the application: wait for it, then see it
    PERFORM FROM projects_application WHERE id = file.application_id FOR SHARE;
  END IF;
  PERFORM adviser_refuse(file.application_id, NEW.verified_by_id);
  IF EXISTS (
    SELECT FROM projects_membership m
     WHERE m.person_id = NEW.verified_by_id
       AND (m.organisation_id = file.organisation_id
            OR m.organisation_id = (SELECT organisation_id FROM projects_gainline WHERE id = NEW.line_id))) THEN
    PERFORM separation_refuse('gain_verifier_is_outside');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER gain_verifier_is_apart AFTER INSERT OR UPDATE OF verified_by_id ON reporting_gainreport
  FOR EACH ROW WHEN (NEW.verified_by_id IS NOT NULL) EXECUTE FUNCTION gain_verifier_is_apart();

CREATE FUNCTION adviser_verified_no_gain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting_gainreport r JOIN projects_project p ON p.id = r.project_id
              WHERE p.application_id = NEW.application_id AND r.verified_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER adviser_verified_no_gain BEFORE INSERT ON funding_adviser
  FOR EACH ROW EXECUTE FUNCTION adviser_verified_no_gain();
"""

UNDO = """
DROP TRIGGER adviser_verified_no_gain ON funding_adviser;
DROP TRIGGER gain_verifier_is_apart ON reporting_gainreport;
DROP FUNCTION adviser_verified_no_gain();
DROP FUNCTION gain_verifier_is_apart();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0004_snapshot_kinds"), ("funding", "0012_separation")]

    operations = [migrations.RunSQL(VERIFIERS, UNDO)]

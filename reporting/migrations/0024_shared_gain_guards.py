"""What the database holds of shared gains (INV-18), at COMMIT: keys make 1, parts make the measure, and no line of a share reports alone."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

KEYS = """
CREATE FUNCTION gain_share_keys_make_one() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sharing bigint := CASE TG_TABLE_NAME WHEN 'reporting_gainsharing' THEN NEW.id ELSE (to_jsonb(NEW)->>'sharing_id')::bigint END;
BEGIN
  IF (SELECT count(*) >= 2 AND sum(s.share) = 1 AND count(DISTINCT l.nature) = 1 AND bool_and(p.locked_at IS NOT NULL)
             AND bool_and(s.project_id IS NOT DISTINCT FROM coalesce(p.project_id, j.id))
        FROM reporting_gainshare s JOIN projects_gainline l ON l.id = s.line_id JOIN projects_gainplan p ON p.id = l.plan_id
        LEFT JOIN projects_project j ON j.application_id = p.application_id WHERE s.sharing_id = sharing) IS NOT TRUE THEN
    RAISE EXCEPTION 'the keys of sharing % do not make 1', sharing USING ERRCODE = '23514', CONSTRAINT = 'gain_share_keys_make_one';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER gain_sharing_keys_make_one AFTER INSERT ON reporting_gainsharing DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION gain_share_keys_make_one();
CREATE CONSTRAINT TRIGGER gain_share_keys_make_one AFTER INSERT ON reporting_gainshare DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION gain_share_keys_make_one();

CREATE FUNCTION shared_gain_parts_make_it() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  measure bigint := CASE TG_TABLE_NAME WHEN 'shared_gain' THEN NEW.id ELSE (to_jsonb(NEW)->>'shared_id')::bigint END;
BEGIN
  IF (SELECT coalesce(sum(p.amount), 0) = g.amount AND count(p.id) = (SELECT count(*) FROM reporting_gainshare s WHERE s.sharing_id = g.sharing_id)
             AND bool_and(r.period_start = g.period_start AND r.period_end = g.period_end AND abs(p.amount - g.amount * s.share) < 0.01)
        FROM shared_gain g LEFT JOIN shared_gain_part p ON p.shared_id = g.id LEFT JOIN reporting_gainreport r ON r.id = p.report_id
        LEFT JOIN reporting_gainshare s ON s.sharing_id = g.sharing_id AND s.line_id = r.line_id
       WHERE g.id = measure GROUP BY g.id) IS NOT TRUE THEN
    RAISE EXCEPTION 'the parts of shared gain % do not make it', measure USING ERRCODE = '23514', CONSTRAINT = 'shared_gain_parts_make_it';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shared_gain_parts_make_it AFTER INSERT ON shared_gain DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shared_gain_parts_make_it();
CREATE CONSTRAINT TRIGGER shared_gain_part_makes_it AFTER INSERT ON shared_gain_part DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shared_gain_parts_make_it();

CREATE FUNCTION gain_report_of_a_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting_gainshare s WHERE s.line_id = NEW.line_id)
     AND NOT EXISTS (SELECT FROM shared_gain_part p WHERE p.report_id = NEW.id AND p.amount = NEW.amount) THEN
    RAISE EXCEPTION 'report % is not a part of a shared gain', NEW.number USING ERRCODE = '23514', CONSTRAINT = 'gain_report_of_a_share';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER gain_report_of_a_share AFTER INSERT ON reporting_gainreport DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION gain_report_of_a_share();
"""
UNDO = """
DROP TRIGGER gain_report_of_a_share ON reporting_gainreport;
DROP TRIGGER shared_gain_part_makes_it ON shared_gain_part;
DROP TRIGGER shared_gain_parts_make_it ON shared_gain;
DROP TRIGGER gain_share_keys_make_one ON reporting_gainshare;
DROP TRIGGER gain_sharing_keys_make_one ON reporting_gainsharing;
DROP FUNCTION gain_report_of_a_share(), shared_gain_parts_make_it(), gain_share_keys_make_one();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0023_shared_gains")]

    operations = [
        migrations.RunSQL(KEYS, UNDO),
        append_only("reporting_gainsharing", "reporting_gainshare", "shared_gain", "shared_gain_part"),
    ]

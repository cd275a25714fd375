"""What the database holds of the rows of a report, whatever version they are of.

- A row is of its report: its project, its line and its period.
- What is verified stays within what was reported last (INV-14), in the rows that every figure sums.
- Nobody both verifies and captures a gain, whichever versions they did it of (SD-8), nor accompanies a file of which they verified an
  earlier version (SD-2): the report itself names the last verifier alone.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION gain_row_fits_its_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reported numeric;
BEGIN
  IF NOT EXISTS (SELECT FROM reporting_gainreport r WHERE r.id = NEW.report_id
                    AND (r.project_id, r.line_id, r.period_start, r.period_end)
                      = (NEW.project_id, NEW.line_id, NEW.period_start, NEW.period_end)) THEN
    RAISE EXCEPTION 'row % is not of its report', NEW.id USING ERRCODE = '23514', CONSTRAINT = 'gain_row_is_of_its_report';
  END IF;
  IF NEW.stage = 'verified' THEN
    SELECT amount INTO reported FROM gain WHERE report_id = NEW.report_id AND stage = 'reported' ORDER BY recorded_at DESC, id DESC LIMIT 1;
    IF reported IS NULL OR NEW.amount NOT BETWEEN least(reported, 0) AND greatest(reported, 0) THEN
      RAISE EXCEPTION 'verified % of report % is above what is reported', NEW.amount, NEW.report_id
        USING ERRCODE = '23514', CONSTRAINT = 'gain_verified_within_reported';
    END IF;
  END IF;
  IF NEW.stage IN ('verified', 'captured') AND EXISTS (
    SELECT FROM gain g WHERE g.report_id = NEW.report_id AND g.recorded_by_id = NEW.recorded_by_id
       AND g.stage IN ('verified', 'captured') AND g.stage <> NEW.stage) THEN
    PERFORM separation_refuse('gain_verifier_is_not_capturer');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER gain_row_fits_its_report AFTER INSERT ON gain
  FOR EACH ROW WHEN (NEW.report_id IS NOT NULL) EXECUTE FUNCTION gain_row_fits_its_report();

CREATE FUNCTION adviser_verified_no_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting_gainverification v JOIN reporting_gainreport r ON r.id = v.report_id
               JOIN projects_project p ON p.id = r.project_id
              WHERE p.application_id = NEW.application_id AND v.verified_by_id = NEW.person_id) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER adviser_verified_no_version BEFORE INSERT ON funding_adviser
  FOR EACH ROW EXECUTE FUNCTION adviser_verified_no_version();
"""
UNDO = """
DROP TRIGGER adviser_verified_no_version ON funding_adviser;
DROP FUNCTION adviser_verified_no_version();
DROP TRIGGER gain_row_fits_its_report ON gain;
DROP FUNCTION gain_row_fits_its_report();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0073_contest_guards"), ("funding", "0012_separation")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

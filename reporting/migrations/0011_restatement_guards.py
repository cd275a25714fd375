"""What the database holds of restatements and of examinations, whoever writes.

- A restatement says what it said: only its way from draft to examined is written after it; it restates something that was verified.
- A reported amount that was verified changes with a restatement alone: a verifier cannot make value (INV-14).
- What is captured stays within what is verified, in the rows that every figure sums (INV-15).
- An examination says what the reported and verified rows say, and is of the person who recorded the latter.
"""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

GUARDS = """
CREATE FUNCTION gain_restatement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held record;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a restatement stays' USING ERRCODE = '23514', CONSTRAINT = 'gain_restatement_stays';
  END IF;
  IF TG_OP = 'INSERT' THEN
    SELECT state, amount, version INTO held FROM reporting_gainreport WHERE id = NEW.report_id;
    IF held.state NOT IN ('verified', 'partly_verified', 'captured', 'to_reverify')
       OR NEW.before <> held.amount OR NEW.version <> held.version + 1 THEN
      RAISE EXCEPTION 'report % cannot be restated so', NEW.report_id
        USING ERRCODE = '23514', CONSTRAINT = 'gain_restatement_of_what_is_verified';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.report_id, NEW.version, NEW.before, NEW.amount, NEW.maturity, NEW.method, NEW.evidence_id, NEW.reason, NEW.restated_by_id, NEW.restated_at)
     IS DISTINCT FROM
     (OLD.report_id, OLD.version, OLD.before, OLD.amount, OLD.maturity, OLD.method, OLD.evidence_id, OLD.reason, OLD.restated_by_id, OLD.restated_at)
     OR (OLD.recorded_at IS NOT NULL AND NEW.recorded_at IS DISTINCT FROM OLD.recorded_at) THEN
    RAISE EXCEPTION 'a restatement says what it said' USING ERRCODE = '23514', CONSTRAINT = 'gain_restatement_stays';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER gain_restatement_guard BEFORE INSERT OR UPDATE OR DELETE ON reporting_gainrestatement
  FOR EACH ROW EXECUTE FUNCTION gain_restatement_guard();

CREATE FUNCTION gain_report_changes_by_restatement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM reporting_gainrestatement r
                  WHERE r.report_id = NEW.id AND r.version = NEW.version AND r.amount = NEW.amount AND r.maturity = NEW.maturity
                    AND r.state = 'submitted') OR NEW.state <> 'to_reverify' THEN
    RAISE EXCEPTION 'what was verified changes by a restatement alone'
      USING ERRCODE = '23514', CONSTRAINT = 'gain_report_changes_by_restatement';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER gain_report_changes_by_restatement AFTER UPDATE OF amount, version, maturity ON reporting_gainreport
  FOR EACH ROW WHEN (OLD.verified_by_id IS NOT NULL
                     AND (NEW.amount, NEW.version, NEW.maturity) IS DISTINCT FROM (OLD.amount, OLD.version, OLD.maturity))
  EXECUTE FUNCTION gain_report_changes_by_restatement();

CREATE FUNCTION gain_captured_within_verified() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  verified numeric;
  captured numeric;
BEGIN
  SELECT amount INTO captured FROM gain WHERE report_id = NEW.report_id AND stage = 'captured' ORDER BY recorded_at DESC, id DESC LIMIT 1;
  IF coalesce(captured, 0) = 0 THEN
    RETURN NULL;
  END IF;
  SELECT amount INTO verified FROM gain WHERE report_id = NEW.report_id AND stage = 'verified' ORDER BY recorded_at DESC, id DESC LIMIT 1;
  IF verified IS NULL OR captured > verified THEN
    RAISE EXCEPTION 'captured % of report % is above what is verified', captured, NEW.report_id
      USING ERRCODE = '23514', CONSTRAINT = 'gain_captured_within_verified';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER gain_captured_within_verified AFTER INSERT ON gain
  FOR EACH ROW WHEN (NEW.report_id IS NOT NULL AND NEW.stage IN ('verified', 'captured')) EXECUTE FUNCTION gain_captured_within_verified();

CREATE FUNCTION gain_verification_says_its_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM gain g
                  WHERE g.id = NEW.gain_id AND g.report_id = NEW.report_id AND g.stage = 'verified' AND g.amount = NEW.accepted
                    AND g.rating = NEW.rating AND g.recorded_by_id = NEW.verified_by_id
                    AND NEW.reported = (SELECT r.amount FROM gain r
                                         WHERE r.report_id = g.report_id AND r.stage = 'reported' AND (r.recorded_at, r.id) < (g.recorded_at, g.id)
                                         ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1)) THEN
    RAISE EXCEPTION 'the examination and its rows differ' USING ERRCODE = '23514', CONSTRAINT = 'gain_verification_says_its_rows';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER gain_verification_says_its_rows AFTER INSERT ON reporting_gainverification DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION gain_verification_says_its_rows();
"""
UNDO = """
DROP TRIGGER gain_verification_says_its_rows ON reporting_gainverification;
DROP FUNCTION gain_verification_says_its_rows();
DROP TRIGGER gain_captured_within_verified ON gain;
DROP FUNCTION gain_captured_within_verified();
DROP TRIGGER gain_report_changes_by_restatement ON reporting_gainreport;
DROP FUNCTION gain_report_changes_by_restatement();
DROP TRIGGER gain_restatement_guard ON reporting_gainrestatement;
DROP FUNCTION gain_restatement_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0010_restatements")]

    operations = [append_only("reporting_gainverification"), migrations.RunSQL(GUARDS, UNDO)]

"""What is known does not change: explanations, parameters, steps of a renewal; a recommendation is frozen, a decision is final.

Whoever accompanies a file neither recommends nor decides its renewal (SD-2): held both ways.
"""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

EXPLANATION = """
CREATE FUNCTION variance_explanation_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF make_date(NEW.fiscal_year, 4, 1) > (NEW.recorded_at AT TIME ZONE 'America/Toronto')::date THEN
    PERFORM separation_refuse('variance_explanation_not_ahead');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER variance_explanation_fits BEFORE INSERT ON reporting_varianceexplanation
  FOR EACH ROW EXECUTE FUNCTION variance_explanation_fits();
"""
NO_EXPLANATION = """
DROP TRIGGER variance_explanation_fits ON reporting_varianceexplanation;
DROP FUNCTION variance_explanation_fits();
"""

PARAMETER = """
CREATE FUNCTION parameter_move_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  decided text[] := ARRAY['state', 'decided_by_id', 'decided_at', 'refusal_reason'];
BEGIN
  IF OLD.state <> 'proposed' OR to_jsonb(OLD) - decided <> to_jsonb(NEW) - decided THEN
    PERFORM separation_refuse('parameter_move_is_final');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parameter_move_is_final BEFORE UPDATE ON reporting_parametermove
  FOR EACH ROW EXECUTE FUNCTION parameter_move_is_final();
"""
NO_PARAMETER = """
DROP TRIGGER parameter_move_is_final ON reporting_parametermove;
DROP FUNCTION parameter_move_is_final();
"""

RENEWAL = """
CREATE FUNCTION renewal_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  after_recommendation text[] := ARRAY['state', 'decision', 'decided_amount', 'decision_reason', 'decided_as', 'decided_by_id',
                                       'decided_at', 'carried_out_by', 'carried_out_at'];
  after_decision text[] := ARRAY['state', 'carried_out_by', 'carried_out_at'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM separation_refuse('renewal_is_frozen');
  END IF;
  IF OLD.state = 'implemented'
     OR OLD.state = 'decided' AND to_jsonb(OLD) - after_decision <> to_jsonb(NEW) - after_decision
     OR OLD.state = 'recommended' AND NEW.state <> 'analysed'
        AND to_jsonb(OLD) - after_recommendation <> to_jsonb(NEW) - after_recommendation THEN
    PERFORM separation_refuse('renewal_is_frozen');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER renewal_is_frozen BEFORE UPDATE OR DELETE ON reporting_renewal
  FOR EACH ROW EXECUTE FUNCTION renewal_is_frozen();

CREATE FUNCTION renewal_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  file bigint;
BEGIN
  SELECT application_id INTO file FROM projects_project WHERE id = NEW.project_id;
  IF TG_OP = 'UPDATE' THEN  -- an adviser's row holds the application: wait for it, then see it
    PERFORM FROM projects_application WHERE id = file FOR SHARE;
  END IF;
  PERFORM adviser_refuse(file, NEW.recommended_by_id);
  PERFORM adviser_refuse(file, NEW.decided_by_id);
  RETURN NULL;
END $$;
CREATE TRIGGER renewal_is_apart AFTER INSERT OR UPDATE OF recommended_by_id, decided_by_id ON reporting_renewal
  FOR EACH ROW EXECUTE FUNCTION renewal_is_apart();

CREATE FUNCTION adviser_judged_no_renewal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting_renewal r JOIN projects_project p ON p.id = r.project_id
              WHERE p.application_id = NEW.application_id AND NEW.person_id IN (r.recommended_by_id, r.decided_by_id)) THEN
    PERFORM separation_refuse('adviser_is_apart');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER adviser_judged_no_renewal BEFORE INSERT ON funding_adviser
  FOR EACH ROW EXECUTE FUNCTION adviser_judged_no_renewal();
"""
NO_RENEWAL = """
DROP TRIGGER adviser_judged_no_renewal ON funding_adviser;
DROP FUNCTION adviser_judged_no_renewal();
DROP TRIGGER renewal_is_apart ON reporting_renewal;
DROP FUNCTION renewal_is_apart();
DROP TRIGGER renewal_is_frozen ON reporting_renewal;
DROP FUNCTION renewal_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0041_renewals_and_parameters"), ("funding", "0012_separation")]

    operations = [
        append_only(
            "reporting_varianceexplanation",
            "reporting_discountrate",
            "reporting_priceindex",
            "reporting_renewalweights",
            "reporting_renewalstep",
        ),
        migrations.RunSQL(EXPLANATION, NO_EXPLANATION),
        migrations.RunSQL(PARAMETER, NO_PARAMETER),
        migrations.RunSQL(RENEWAL, NO_RENEWAL),
    ]

"""What a restatement measured anew, and what the database holds of it.

- A measure is of a version that is not known yet: of a report before its verification, or of a restatement before its co-signature.
- What the known version of a gain measured (its cost where there is a baseline, its hours, its indicators), a restatement measures again.
"""

import django.db.models.deletion
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION gain_measure_of_its_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.restatement_id IS NULL THEN
    IF EXISTS (SELECT FROM reporting_gainreport r WHERE r.id = NEW.report_id AND r.verified_at < NEW.recorded_at) THEN
      RAISE EXCEPTION 'report % was verified: a restatement measures it again', NEW.report_id
        USING ERRCODE = '23514', CONSTRAINT = 'gain_measure_of_its_version';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM reporting_gainrestatement s
                     WHERE (s.id, s.report_id, s.state) = (NEW.restatement_id, NEW.report_id, 'draft')) THEN
    RAISE EXCEPTION 'restatement % is not one of this report that waits', NEW.restatement_id
      USING ERRCODE = '23514', CONSTRAINT = 'gain_measure_of_its_version';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER gain_measure_of_its_version BEFORE INSERT ON gain_measure
  FOR EACH ROW EXECUTE FUNCTION gain_measure_of_its_version();

CREATE FUNCTION gain_restatement_is_measured() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held record;
  made record;
BEGIN
  SELECT m.* INTO held FROM gain_measure m LEFT JOIN reporting_gainrestatement s ON s.id = m.restatement_id
   WHERE m.report_id = NEW.report_id AND m.restatement_id IS DISTINCT FROM NEW.id
     AND (m.restatement_id IS NULL OR s.recorded_at IS NOT NULL AND s.version < NEW.version)
   ORDER BY m.id DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT * INTO made FROM gain_measure WHERE restatement_id = NEW.id;
  IF (held.hours IS NOT NULL AND made.hours IS NULL)
     OR (held.cost IS NOT NULL AND made.cost IS NULL AND EXISTS (
           SELECT FROM projects_baseline b JOIN reporting_gainreport r ON r.line_id = b.line_id WHERE r.id = NEW.report_id))
     OR EXISTS (SELECT indicator_id FROM indicator_measure WHERE measure_id = held.id
                EXCEPT SELECT indicator_id FROM indicator_measure WHERE measure_id = made.id) THEN
    RAISE EXCEPTION 'restatement % measures less than what it restates', NEW.id
      USING ERRCODE = '23514', CONSTRAINT = 'gain_restatement_is_measured';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER gain_restatement_is_measured AFTER INSERT ON reporting_gainrestatement DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION gain_restatement_is_measured();
"""
UNDO = """
DROP TRIGGER gain_restatement_is_measured ON reporting_gainrestatement;
DROP TRIGGER gain_measure_of_its_version ON gain_measure;
DROP FUNCTION gain_restatement_is_measured(), gain_measure_of_its_version();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0080_gain_row_guards"), ("projects", "0032_baseline_versions")]

    operations = [
        migrations.AddField(
            model_name="gainmeasure",
            name="restatement",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="measure",
                to="reporting.gainrestatement",
            ),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]

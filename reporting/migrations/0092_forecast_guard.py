"""The forecast of a signed plan stays what it was at signature (INV-20), whoever writes.

A row that is added to a locked plan is known neither before the signature nor at or before a date that a report has fixed. An import
adds forecasts to the plans that it brings, which no agreement of the portal locked. Once a statement: an import has 200 000 rows.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION forecast_known_after_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added a JOIN projects_gainline l ON l.id = a.line_id
               JOIN projects_gainplan p ON p.id = l.plan_id AND p.locked_at IS NOT NULL
              WHERE a.recorded_at < p.locked_at OR a.recorded_at <= (SELECT known FROM knowledge_floor WHERE id = 1)) THEN
    RAISE EXCEPTION 'a forecast of a signed plan is known from today on'
      USING ERRCODE = '23514', CONSTRAINT = 'forecast_known_after_signature';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER forecast_known_after_signature AFTER INSERT ON projects_forecastgain
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION forecast_known_after_signature();
"""
UNDO = """
DROP TRIGGER forecast_known_after_signature ON projects_forecastgain;
DROP FUNCTION forecast_known_after_signature();
"""


class Migration(migrations.Migration):
    dependencies = [("reporting", "0091_shared_corrections"), ("projects", "0032_baseline_versions")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

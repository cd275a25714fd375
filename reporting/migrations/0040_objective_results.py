"""Values measured for the objectives of a call: append-only, of the project's own call, never of a day to come."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from fondsinnovation.migration_sql import append_only

GUARD = """
CREATE FUNCTION objective_result_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM projects_objective o JOIN projects_project p ON p.call_id = o.call_id
                  WHERE o.id = NEW.objective_id AND p.id = NEW.project_id) THEN
    PERFORM separation_refuse('objective_result_of_its_call');
  END IF;
  IF NEW.measured_on > (NEW.recorded_at AT TIME ZONE 'America/Toronto')::date THEN
    PERFORM separation_refuse('objective_result_not_ahead');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER objective_result_fits BEFORE INSERT ON reporting_objectiveresult
  FOR EACH ROW EXECUTE FUNCTION objective_result_fits();
"""

NO_GUARD = """
DROP TRIGGER objective_result_fits ON reporting_objectiveresult;
DROP FUNCTION objective_result_fits();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0031_follow_up_guards"),
        ("projects", "0024_imported"),
        ("funding", "0012_separation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ObjectiveResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actual", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="valeur mesurée")),
                ("measured_on", models.DateField(verbose_name="mesuré le")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="source")),
                ("recorded_at", models.DateTimeField(verbose_name="date de connaissance")),
                (
                    "objective",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="results", to="projects.objective"),
                ),
                (
                    "project",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="objective_results", to="projects.project"),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["recorded_at", "id"], name="reporting_o_recorde_ed34ca_idx"),
                    models.Index(fields=["project", "objective", "measured_on"], name="reporting_o_project_43ef73_idx"),
                ],
            },
        ),
        append_only("reporting_objectiveresult"),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]

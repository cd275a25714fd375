import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from fondsinnovation.migration_sql import append_only

# An event names the project that its line is of: a plan belongs to its project, or still to the application that became it.
FITS_ITS_LINE = """
CREATE FUNCTION line_contest_fits_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.project_id IS DISTINCT FROM (
    SELECT coalesce(p.project_id, j.id) FROM projects_gainline l JOIN projects_gainplan p ON p.id = l.plan_id
    LEFT JOIN projects_project j ON j.application_id = p.application_id WHERE l.id = NEW.line_id) THEN
    RAISE EXCEPTION 'line % is not of project %', NEW.line_id, NEW.project_id
      USING ERRCODE = '23514', CONSTRAINT = 'line_contest_fits_its_line';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER line_contest_fits_its_line BEFORE INSERT ON line_contest
  FOR EACH ROW EXECUTE FUNCTION line_contest_fits_its_line();
"""
NO_LONGER = "DROP TRIGGER line_contest_fits_its_line ON line_contest; DROP FUNCTION line_contest_fits_its_line();"


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0024_imported"),
        ("reporting", "0012_samples"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LineContest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cause",
                    models.CharField(
                        choices=[("overlap", "Chevauchement"), ("quality", "Qualité du service")], max_length=10, verbose_name="cause"
                    ),
                ),
                ("contested", models.BooleanField(verbose_name="contestée")),
                ("reason", models.TextField(max_length=4000, verbose_name="motif")),
                ("recorded_at", models.DateTimeField(verbose_name="date de connaissance")),
                ("line", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contests", to="projects.gainline")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contests", to="projects.project")),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "line_contest",
                "indexes": [
                    models.Index(fields=["project", "id"], name="line_contes_project_97dd42_idx"),
                    models.Index(fields=["line", "cause", "-recorded_at", "-id"], name="line_contes_line_id_347a1f_idx"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("cause__in", ["overlap", "quality"])), name="line_contest_cause"),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S")),
                        name="line_contest_has_a_reason",
                        violation_error_message="Inscrivez pourquoi la ligne est contestée, ou ne l’est plus.",
                    ),
                ],
            },
        ),
        append_only("line_contest"),
        migrations.RunSQL(FITS_ITS_LINE, NO_LONGER),
    ]

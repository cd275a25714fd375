import django.db.models.deletion
from django.db import migrations, models

from fondsinnovation.migration_sql import read_only

# What changes is kept for the reports that were read before: those known at the latest date that a report has fixed, or before. An imported
# project brings facts known at their own dates, of which none may be known at the date of a report that is kept: only those do not have it.
# The shared knowledge lock holds until COMMIT: no report fixes its date between what the trigger reads and what the others will see.
GUARDS = """
CREATE FUNCTION project_past() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE fixed timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(270030);
  IF TG_OP = 'INSERT' AND NEW.imported_at IS NOT NULL THEN
    SELECT max(known) INTO fixed FROM reporting_snapshot WHERE kind IN ('edition', 'asked');
  ELSE
    SELECT nullif(known, timestamptz '2000-01-01T00:00:00Z') INTO fixed FROM knowledge_floor WHERE id = 1;
  END IF;
  IF fixed IS NOT NULL AND TG_OP = 'INSERT' THEN
    INSERT INTO reporting_projectpast (project_id, until, is_known, state) VALUES (NEW.id, fixed, false, NEW.state);
  ELSIF fixed IS NOT NULL THEN
    INSERT INTO reporting_projectpast (project_id, until, is_known, state, signed_on, starts_on, ends_on)
    VALUES (OLD.id, fixed, true, OLD.state, OLD.signed_on, OLD.starts_on, OLD.ends_on)
    ON CONFLICT (project_id, until) DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER project_is_new AFTER INSERT ON projects_project FOR EACH ROW EXECUTE FUNCTION project_past();
CREATE TRIGGER project_was_otherwise AFTER UPDATE OF state, signed_on, starts_on, ends_on ON projects_project FOR EACH ROW
WHEN ((OLD.state, OLD.signed_on, OLD.starts_on, OLD.ends_on) IS DISTINCT FROM (NEW.state, NEW.signed_on, NEW.starts_on, NEW.ends_on))
EXECUTE FUNCTION project_past();
"""
UNDO = """
DROP TRIGGER project_was_otherwise ON projects_project;
DROP TRIGGER project_is_new ON projects_project;
DROP FUNCTION project_past();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0032_baseline_versions"),
        ("reporting", "0050_portfolio_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProjectPast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateTimeField()),
                ("is_known", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(choices=[("active", "En cours"), ("completed", "Terminé"), ("terminated", "Résilié")], max_length=12),
                ),
                ("signed_on", models.DateField(blank=True, null=True)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project")),
            ],
            options={
                "indexes": [models.Index(fields=["until"], name="reporting_p_until_f88a8a_idx")],
                "constraints": [models.UniqueConstraint(fields=("project", "until"), name="project_past_unique")],
            },
        ),
        read_only("reporting_projectpast"),
        migrations.RunSQL(GUARDS, UNDO),
    ]

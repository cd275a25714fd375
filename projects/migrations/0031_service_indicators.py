import django.db.models.deletion
from django.db import migrations, models

# A locked gain plan keeps its lines, baselines and service indicators as signed (INV-20). The plan that a row leaves counts as much as
# the plan that it enters: moving a line to another plan is no way round.
LOCKED = """
CREATE OR REPLACE FUNCTION gain_plan_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  found bigint;
BEGIN
  IF TG_TABLE_NAME = 'projects_gainline' THEN
    SELECT p.id INTO found FROM projects_gainplan p
     WHERE p.locked_at IS NOT NULL AND p.id IN ((to_jsonb(OLD)->>'plan_id')::bigint, (to_jsonb(NEW)->>'plan_id')::bigint) LIMIT 1;
  ELSE
    SELECT p.id INTO found FROM projects_gainplan p JOIN projects_gainline l ON l.plan_id = p.id
     WHERE p.locked_at IS NOT NULL AND l.id IN ((to_jsonb(OLD)->>'line_id')::bigint, (to_jsonb(NEW)->>'line_id')::bigint) LIMIT 1;
  END IF;
  IF found IS NOT NULL THEN
    RAISE EXCEPTION 'gain plan % is locked', found USING ERRCODE = '23514', CONSTRAINT = 'gain_plan_locked';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER service_indicator_locked BEFORE INSERT OR UPDATE OR DELETE ON projects_serviceindicator
  FOR EACH ROW EXECUTE FUNCTION gain_plan_locked();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0030_gain_line_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceIndicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120, verbose_name="indicateur de service")),
                ("unit", models.CharField(max_length=60, verbose_name="unité")),
                ("reference", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="valeur de départ")),
                ("tolerance", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="écart toléré")),
                (
                    "worse",
                    models.CharField(
                        choices=[("higher", "Quand la valeur monte"), ("lower", "Quand la valeur descend")],
                        max_length=6,
                        verbose_name="se dégrade",
                    ),
                ),
                ("line", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="indicators", to="projects.gainline")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("line", "position"), name="service_indicator_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("tolerance__gte", 0)),
                        name="service_indicator_tolerance_not_negative",
                        violation_error_message="L’écart toléré s’inscrit sans signe.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(LOCKED, migrations.RunSQL.noop),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from fondsinnovation.migration_sql import append_only

# A version follows a signed baseline, one at a time: the one before is decided, and the number is the next. Whoever asked never decides.
FOLLOWS = """
CREATE FUNCTION baseline_version_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM projects_baseline b JOIN projects_gainline l ON l.id = b.line_id JOIN projects_gainplan p ON p.id = l.plan_id
                  WHERE b.line_id = NEW.line_id AND p.locked_at IS NOT NULL) THEN
    RAISE EXCEPTION 'line % has no signed baseline', NEW.line_id USING ERRCODE = '23514', CONSTRAINT = 'baseline_version_of_a_signed_line';
  END IF;
  IF NEW.number <> 2 + (SELECT count(*) FROM baseline_version v JOIN baseline_decision d ON d.version_id = v.id WHERE v.line_id = NEW.line_id)
  THEN
    RAISE EXCEPTION 'line % waits for a decision on its last version', NEW.line_id
      USING ERRCODE = '23514', CONSTRAINT = 'baseline_version_waits';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER baseline_version_follows BEFORE INSERT ON baseline_version FOR EACH ROW EXECUTE FUNCTION baseline_version_follows();

CREATE FUNCTION baseline_decided_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM baseline_version WHERE id = NEW.version_id AND asked_by_id = NEW.decided_by_id) THEN
    RAISE EXCEPTION 'a baseline is not decided by whoever asked for it' USING ERRCODE = '23514', CONSTRAINT = 'baseline_decided_by_another';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER baseline_decided_by_another BEFORE INSERT ON baseline_decision
  FOR EACH ROW EXECUTE FUNCTION baseline_decided_by_another();
"""
NO_LONGER = """
DROP TRIGGER baseline_version_follows ON baseline_version; DROP FUNCTION baseline_version_follows();
DROP TRIGGER baseline_decided_by_another ON baseline_decision; DROP FUNCTION baseline_decided_by_another();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0031_service_indicators"),
    ]

    operations = [
        migrations.CreateModel(
            name="BaselineVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="version")),
                ("cost", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="coût annuel")),
                ("volume", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="volume annuel")),
                ("period_start", models.DateField(verbose_name="début de la période mesurée")),
                ("period_end", models.DateField(verbose_name="fin de la période mesurée")),
                ("source", models.CharField(max_length=300, verbose_name="source des chiffres")),
                ("reason", models.TextField(max_length=2000, verbose_name="motif")),
                ("effective_on", models.DateField(verbose_name="en vigueur à partir du")),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("line", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="projects.gainline")),
            ],
            options={
                "db_table": "baseline_version",
            },
        ),
        migrations.CreateModel(
            name="BaselineDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("accepted", models.BooleanField(verbose_name="acceptée")),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="motif")),
                ("recorded_at", models.DateTimeField(verbose_name="date de connaissance")),
                (
                    "decided_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decision", to="projects.baselineversion"
                    ),
                ),
            ],
            options={
                "db_table": "baseline_decision",
            },
        ),
        migrations.AddConstraint(
            model_name="baselineversion",
            constraint=models.UniqueConstraint(
                fields=("line", "number"),
                name="baseline_version_unique",
                violation_error_message="Une autre version de cette situation de départ vient d’être demandée.",
            ),
        ),
        migrations.AddConstraint(
            model_name="baselineversion",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 2)), name="baseline_version_after_the_first"),
        ),
        migrations.AddConstraint(
            model_name="baselineversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost__gte", 0), ("volume__gt", 0)),
                name="baseline_version_amounts_not_negative",
                violation_error_message="Le coût s’inscrit sans signe et le volume dépasse zéro.",
            ),
        ),
        migrations.AddConstraint(
            model_name="baselineversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__gte", models.F("period_start"))),
                name="baseline_version_dates_in_order",
                violation_error_message="La fin de la période précède son début.",
            ),
        ),
        migrations.AddConstraint(
            model_name="baselineversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__regex", "\\S")),
                name="baseline_version_has_a_reason",
                violation_error_message="Inscrivez pourquoi la situation de départ change.",
            ),
        ),
        migrations.AddConstraint(
            model_name="baselinedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("accepted", True), ("reason__regex", "\\S"), _connector="OR"),
                name="baseline_refusal_has_a_reason",
                violation_error_message="Inscrivez le motif du refus : l’organisme le lira.",
            ),
        ),
        migrations.RunSQL(FOLLOWS, NO_LONGER),
        append_only("baseline_version", "baseline_decision"),
    ]

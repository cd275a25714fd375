"""The correction of a shared gain as a whole, and what the database holds of it at COMMIT (INV-18).

- The parts of a correction make it to the cent by the keys of the sharing, one for each report of the measure; a restatement says its part.
- What a part of a shared gain reports changes to its part of the last correction, never alone.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from fondsinnovation.migration_sql import append_only

GUARDS = """
CREATE FUNCTION shared_correction_parts_make_it() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  made bigint := CASE TG_TABLE_NAME WHEN 'shared_gain_correction' THEN NEW.id ELSE (to_jsonb(NEW)->>'correction_id')::bigint END;
BEGIN
  IF (SELECT coalesce(sum(p.amount), 0) = c.amount
             AND count(p.id) = (SELECT count(*) FROM shared_gain_part o WHERE o.shared_id = c.shared_id)
             AND bool_and(o.id IS NOT NULL AND abs(p.amount - c.amount * k.share) < 0.01)
             AND bool_and(p.restatement_id IS NULL OR (s.report_id, s.amount) = (p.report_id, p.amount))
        FROM shared_gain_correction c JOIN shared_gain g ON g.id = c.shared_id
        LEFT JOIN shared_correction_part p ON p.correction_id = c.id
        LEFT JOIN shared_gain_part o ON o.shared_id = c.shared_id AND o.report_id = p.report_id
        LEFT JOIN reporting_gainreport r ON r.id = p.report_id
        LEFT JOIN reporting_gainshare k ON k.sharing_id = g.sharing_id AND k.line_id = r.line_id
        LEFT JOIN reporting_gainrestatement s ON s.id = p.restatement_id
       WHERE c.id = made GROUP BY c.id) IS NOT TRUE THEN
    RAISE EXCEPTION 'the parts of correction % do not make it', made USING ERRCODE = '23514', CONSTRAINT = 'shared_correction_parts_make_it';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shared_correction_parts_make_it AFTER INSERT ON shared_gain_correction DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shared_correction_parts_make_it();
CREATE CONSTRAINT TRIGGER shared_correction_part_makes_it AFTER INSERT ON shared_correction_part DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION shared_correction_parts_make_it();

CREATE FUNCTION shared_part_changes_with_its_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  part numeric;
BEGIN
  SELECT amount INTO part FROM shared_gain_part WHERE report_id = NEW.id;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT amount INTO part FROM shared_correction_part WHERE report_id = NEW.id ORDER BY id DESC LIMIT 1;
  IF FOUND AND NOT EXISTS (SELECT FROM reporting_gainreport WHERE id = NEW.id AND amount = part)
     OR NOT FOUND THEN
    RAISE EXCEPTION 'report % is not its part of a shared gain', NEW.number
      USING ERRCODE = '23514', CONSTRAINT = 'shared_part_changes_with_its_whole';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shared_part_changes_with_its_whole AFTER UPDATE OF amount ON reporting_gainreport DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.amount IS DISTINCT FROM OLD.amount) EXECUTE FUNCTION shared_part_changes_with_its_whole();
"""
UNDO = """
DROP TRIGGER shared_part_changes_with_its_whole ON reporting_gainreport;
DROP TRIGGER shared_correction_part_makes_it ON shared_correction_part;
DROP TRIGGER shared_correction_parts_make_it ON shared_gain_correction;
DROP FUNCTION shared_part_changes_with_its_whole(), shared_correction_parts_make_it();
"""
_PROTECT = django.db.models.deletion.PROTECT
_MONEY = {"max_digits": 15, "decimal_places": 2}


class Migration(migrations.Migration):
    dependencies = [("reporting", "0090_restated_measures"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="SharedGainCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.DecimalField(**_MONEY, verbose_name="gain mesuré avant")),
                ("amount", models.DecimalField(**_MONEY, verbose_name="gain mesuré, corrigé")),
                ("reason", models.TextField(max_length=4000, verbose_name="motif de la correction")),
                ("recorded_at", models.DateTimeField(verbose_name="date de connaissance")),
                ("sha256", models.CharField(max_length=64)),
                ("recorded_by", models.ForeignKey(on_delete=_PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("shared", models.ForeignKey(on_delete=_PROTECT, related_name="corrections", to="reporting.sharedgain")),
            ],
            options={"db_table": "shared_gain_correction"},
        ),
        migrations.CreateModel(
            name="SharedCorrectionPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(**_MONEY, verbose_name="part")),
                ("correction", models.ForeignKey(on_delete=_PROTECT, related_name="parts", to="reporting.sharedgaincorrection")),
                ("report", models.ForeignKey(on_delete=_PROTECT, related_name="shared_corrections", to="reporting.gainreport")),
                (
                    "restatement",
                    models.OneToOneField(
                        blank=True, null=True, on_delete=_PROTECT, related_name="shared_correction", to="reporting.gainrestatement"
                    ),
                ),
            ],
            options={"db_table": "shared_correction_part"},
        ),
        migrations.AddConstraint(
            model_name="sharedgaincorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__regex", "\\S")),
                name="shared_correction_has_a_reason",
                violation_error_message="La correction d’un gain partagé a un motif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedgaincorrection",
            constraint=models.CheckConstraint(condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="shared_correction_hash"),
        ),
        migrations.AddConstraint(
            model_name="sharedcorrectionpart",
            constraint=models.UniqueConstraint(fields=("correction", "report"), name="shared_correction_part_once"),
        ),
        append_only("shared_gain_correction", "shared_correction_part"),
        migrations.RunSQL(GUARDS, UNDO),
    ]

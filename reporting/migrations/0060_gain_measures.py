import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from fondsinnovation.migration_sql import append_only

# An indicator is measured by the reports of its own line.
ON_ITS_LINE = """
CREATE FUNCTION indicator_measured_on_its_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM gain_measure m JOIN reporting_gainreport r ON r.id = m.report_id
                   JOIN projects_serviceindicator i ON i.line_id = r.line_id
                  WHERE m.id = NEW.measure_id AND i.id = NEW.indicator_id) THEN
    RAISE EXCEPTION 'indicator % is not of the line of this report', NEW.indicator_id
      USING ERRCODE = '23514', CONSTRAINT = 'indicator_measured_on_its_line';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER indicator_measured_on_its_line BEFORE INSERT ON indicator_measure
  FOR EACH ROW EXECUTE FUNCTION indicator_measured_on_its_line();
"""
NO_LONGER = "DROP TRIGGER indicator_measured_on_its_line ON indicator_measure; DROP FUNCTION indicator_measured_on_its_line();"


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0032_baseline_versions"),
        ("reporting", "0050_portfolio_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GainMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cost", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="coût réel")),
                ("volume", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="volume réel")),
                ("hours", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="heures libérées")),
                (
                    "hourly_rate",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="taux horaire chargé"),
                ),
                ("redeployed", models.DecimalField(blank=True, decimal_places=6, max_digits=7, null=True, verbose_name="part réaffectée")),
                ("recorded_at", models.DateTimeField(verbose_name="date de connaissance")),
                (
                    "recorded_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "report",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="measures", to="reporting.gainreport"),
                ),
            ],
            options={
                "db_table": "gain_measure",
            },
        ),
        migrations.CreateModel(
            name="IndicatorMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="valeur mesurée")),
                (
                    "indicator",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="measures", to="projects.serviceindicator"),
                ),
                (
                    "measure",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="indicators", to="reporting.gainmeasure"),
                ),
            ],
            options={
                "db_table": "indicator_measure",
            },
        ),
        migrations.AddIndex(
            model_name="gainmeasure",
            index=models.Index(fields=["report", "-id"], name="gain_measur_report__76235b_idx"),
        ),
        migrations.AddConstraint(
            model_name="gainmeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cost__isnull", True), ("volume__isnull", True)),
                    models.Q(("cost__gte", 0), ("cost__isnull", False), ("volume__gte", 0), ("volume__isnull", False)),
                    _connector="OR",
                ),
                name="gain_measure_cost_with_volume",
                violation_error_message="Inscrivez le coût et le volume, sans signe.",
            ),
        ),
        migrations.AddConstraint(
            model_name="gainmeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hourly_rate__isnull", True), ("hours__isnull", True), ("redeployed__isnull", True)),
                    models.Q(
                        ("hourly_rate__gte", 0),
                        ("hourly_rate__isnull", False),
                        ("hours__gte", 0),
                        ("hours__isnull", False),
                        ("redeployed__isnull", False),
                        ("redeployed__range", (0, 1)),
                    ),
                    _connector="OR",
                ),
                name="gain_measure_hours_with_rate",
                violation_error_message="Inscrivez les heures, leur taux et la part réaffectée, sans signe.",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatormeasure",
            constraint=models.UniqueConstraint(fields=("measure", "indicator"), name="indicator_measured_once"),
        ),
        migrations.RunSQL(ON_ITS_LINE, NO_LONGER),
        append_only("gain_measure", "indicator_measure"),
    ]

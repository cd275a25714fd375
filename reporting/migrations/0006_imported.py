from django.conf import settings
from django.db import migrations, models

from fondsinnovation.migration_sql import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0024_imported"),
        ("reporting", "0005_gain_verifiers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="montant")),
                ("effective_on", models.DateField(verbose_name="date d’effet")),
                ("recorded_at", models.DateTimeField(verbose_name="date de connaissance")),
                ("reference", models.CharField(max_length=60, unique=True, verbose_name="référence")),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "imported_cost",
            },
        ),
        migrations.RemoveConstraint(
            model_name="gain",
            name="gain_unique",
        ),
        migrations.AddConstraint(
            model_name="gain",
            constraint=models.UniqueConstraint(
                fields=("line", "stage", "period_start", "period_end", "recorded_at", "amount"), name="gain_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="importedcost",
            index=models.Index(fields=["recorded_at", "id"], name="imported_co_recorde_687c86_idx"),
        ),
        migrations.AddConstraint(
            model_name="importedcost",
            constraint=models.CheckConstraint(condition=models.Q(("amount", 0), _negated=True), name="imported_cost_not_zero"),
        ),
        migrations.AddConstraint(
            model_name="importedcost",
            constraint=models.CheckConstraint(condition=models.Q(("reference", ""), _negated=True), name="imported_cost_has_a_reference"),
        ),
        migrations.AddConstraint(
            model_name="importedcost",
            constraint=models.CheckConstraint(condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="imported_cost_hash"),
        ),
        append_only("imported_cost"),
    ]

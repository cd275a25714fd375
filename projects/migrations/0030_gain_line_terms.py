from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0024_imported"),
    ]

    operations = [
        migrations.AddField(
            model_name="gainline",
            name="account",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="compte"),
        ),
        migrations.AddField(
            model_name="gainline",
            name="attribution",
            field=models.DecimalField(
                db_default=1, decimal_places=6, default=Decimal("1"), max_digits=7, verbose_name="part attribuable au projet"
            ),
        ),
        migrations.AddField(
            model_name="gainline",
            name="cost_centre",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=60, verbose_name="centre de coûts ou crédit budgétaire"
            ),
        ),
        migrations.AddField(
            model_name="gainline",
            name="deadweight",
            field=models.DecimalField(
                db_default=0, decimal_places=6, default=Decimal("0"), max_digits=7, verbose_name="part qui serait arrivée sans le projet"
            ),
        ),
        migrations.AddField(
            model_name="gainline",
            name="decay",
            field=models.DecimalField(db_default=0, decimal_places=6, default=Decimal("0"), max_digits=7, verbose_name="diminution par an"),
        ),
        migrations.AddField(
            model_name="gainline",
            name="displacement",
            field=models.DecimalField(
                db_default=0, decimal_places=2, default=Decimal("0"), max_digits=15, verbose_name="coût déplacé ailleurs, par an"
            ),
        ),
        migrations.AddField(
            model_name="gainline",
            name="ends_on",
            field=models.DateField(blank=True, null=True, verbose_name="fin de l’effet"),
        ),
        migrations.AddField(
            model_name="gainline",
            name="starts_on",
            field=models.DateField(blank=True, null=True, verbose_name="début de l’effet"),
        ),
        migrations.AddConstraint(
            model_name="gainline",
            constraint=models.CheckConstraint(
                condition=models.Q(("attribution__range", (0, 1)), ("deadweight__range", (0, 1)), ("decay__range", (0, 1))),
                name="gain_line_shares_within_one",
                violation_error_message="Une part se situe entre 0 et 100 %.",
            ),
        ),
        migrations.AddConstraint(
            model_name="gainline",
            constraint=models.CheckConstraint(
                condition=models.Q(("displacement__gte", 0)),
                name="gain_line_displacement_not_negative",
                violation_error_message="Le coût déplacé s’inscrit sans signe.",
            ),
        ),
        migrations.AddConstraint(
            model_name="gainline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on__isnull", True), ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                ),
                name="gain_line_dates_in_order",
                violation_error_message="La fin de l’effet précède son début.",
            ),
        ),
    ]

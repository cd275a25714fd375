import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0072_default_clauses"),
        ("projects", "0024_imported"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="agreement",
            name="agreement_amount_positive",
        ),
        migrations.AddField(
            model_name="agreement",
            name="imported_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="reprise le"),
        ),
        migrations.AlterField(
            model_name="agreement",
            name="drafted_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0), models.Q(("amount__gte", 0), ("imported_at__isnull", False)), _connector="OR"),
                name="agreement_amount_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("drafted_by__isnull", False), ("imported_at__isnull", True)),
                    models.Q(("award__isnull", True), ("drafted_by__isnull", True), ("imported_at__isnull", False)),
                    _connector="OR",
                ),
                name="agreement_drafted_or_imported",
                violation_error_message="Une convention est préparée dans le portail, ou reprise de l’historique.",
            ),
        ),
    ]

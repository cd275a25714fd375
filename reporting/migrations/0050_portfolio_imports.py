import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0042_result_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PortfolioImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "À examiner"),
                            ("examining", "En examen"),
                            ("refused", "À corriger"),
                            ("ready", "À confirmer"),
                            ("confirmed", "En importation"),
                            ("moved", "À examiner de nouveau"),
                            ("failed", "Interrompue"),
                            ("imported", "Importée"),
                            ("nothing", "Rien de nouveau"),
                            ("cancelled", "Annulée"),
                        ],
                        default="queued",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="paquet")),
                ("size", models.PositiveBigIntegerField(verbose_name="taille")),
                ("sha256", models.CharField(max_length=64)),
                ("uploaded_at", models.DateTimeField(verbose_name="téléversée le")),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("touched_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("examined_at", models.DateTimeField(blank=True, null=True)),
                ("plan", models.JSONField(default=dict)),
                ("plan_sha256", models.CharField(blank=True, max_length=64)),
                ("problems", models.JSONField(default=dict)),
                ("problems_path", models.FileField(blank=True, max_length=200, upload_to="")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PortfolioFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="fichier")),
                ("size", models.PositiveBigIntegerField(verbose_name="taille")),
                ("sha256", models.CharField(max_length=64)),
                ("path", models.FileField(max_length=200, upload_to="")),
                ("forgotten_at", models.DateTimeField(blank=True, null=True)),
                (
                    "portfolio",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="files", to="reporting.portfolioimport"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="portfolio_import_sha256"),
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("refused", "ready", "nothing", "confirmed", "moved", "imported")), _negated=True),
                    ("examined_at__isnull", False),
                    _connector="OR",
                ),
                name="portfolio_import_examined",
                violation_error_message="Ce paquet n’a pas encore été examiné.",
            ),
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("ready", "confirmed", "moved", "imported")), _negated=True),
                    ("plan_sha256__regex", "^[0-9a-f]{64}$"),
                    _connector="OR",
                ),
                name="portfolio_import_planned",
                violation_error_message="Un paquet se confirme d’après son examen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                        models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                        _connector="OR",
                    ),
                    models.Q(
                        models.Q(("state__in", ("confirmed", "moved", "imported")), _negated=True),
                        ("confirmed_at__isnull", False),
                        _connector="OR",
                    ),
                    models.Q(("confirmed_at__isnull", True), ("confirmed_at__gte", models.F("examined_at")), _connector="OR"),
                ),
                name="portfolio_import_confirmed",
                violation_error_message="Un paquet s’importe une fois confirmé, après son examen.",
            ),
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", False), ("state__in", ("imported", "nothing", "cancelled"))),
                    models.Q(models.Q(("state__in", ("imported", "nothing", "cancelled")), _negated=True), ("ended_at__isnull", True)),
                    _connector="OR",
                ),
                name="portfolio_import_ended",
                violation_error_message="Une importation porte une fin si et seulement si elle est finie.",
            ),
        ),
        migrations.AddConstraint(
            model_name="portfolioimport",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "failed"), _negated=True), models.Q(("error", ""), _negated=True), _connector="OR"),
                name="portfolio_import_failure_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="portfoliofile",
            constraint=models.UniqueConstraint(fields=("portfolio", "name"), name="portfolio_file_name_once"),
        ),
        migrations.AddConstraint(
            model_name="portfoliofile",
            constraint=models.CheckConstraint(condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="portfolio_file_sha256"),
        ),
    ]

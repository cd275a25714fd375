import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0081_secretariat_cost_guards"),
        ("projects", "0022_exceptional_access_unanswered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutcomeSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=200, verbose_name="résultat mesuré")),
                ("unit", models.CharField(max_length=60, verbose_name="unité")),
                ("unit_price", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="prix de l’unité")),
                ("cap", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="quantité maximale")),
                (
                    "agreement",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="outcome", to="funding.agreement"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OutcomeDeclaration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("declared", "Déclarée"),
                            ("verified", "Vérifiée"),
                            ("partly_verified", "Vérifiée en partie"),
                            ("refused", "Refusée"),
                        ],
                        default="declared",
                        max_length=16,
                        verbose_name="état",
                    ),
                ),
                ("period_start", models.DateField(verbose_name="début de la période")),
                ("period_end", models.DateField(verbose_name="fin de la période")),
                ("quantity", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="quantité déclarée")),
                ("declared_at", models.DateTimeField(verbose_name="déclarée le")),
                ("verified", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="quantité vérifiée")),
                ("counted", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="quantité payée")),
                ("amount", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="montant dû")),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="motif")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="vérifiée le")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                ("document", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.document")),
                (
                    "milestone",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="declarations", to="funding.milestone"),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="declarations", to="funding.outcomeschedule"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OutcomeBalance",
            fields=[
                (
                    "schedule",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="funding.outcomeschedule",
                    ),
                ),
                ("cap", models.DecimalField(decimal_places=2, max_digits=15, null=True)),
                ("counted", models.DecimalField(decimal_places=2, default=0, max_digits=15)),
            ],
            options={
                "db_table": "outcome_balance",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("counted__gte", 0), models.Q(("cap__isnull", True), ("cap__gte", models.F("counted")), _connector="OR")
                        ),
                        name="outcome_balance_within_cap",
                        violation_error_message="La quantité maximale de la convention serait dépassée.",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="outcomeschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit_price__gt", 0)),
                name="outcome_price_positive",
                violation_error_message="Le prix de l’unité est plus grand que zéro.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomeschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("cap__isnull", True), ("cap__gt", 0), _connector="OR"),
                name="outcome_cap_positive",
                violation_error_message="La quantité maximale est plus grande que zéro.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomeschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("metric", ""), _negated=True), models.Q(("unit", ""), _negated=True)), name="outcome_is_named"
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "refused"), _negated=True),
                fields=("milestone",),
                name="outcome_one_live_per_milestone",
                violation_error_message="Cette période a déjà sa déclaration.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state", "refused"), _negated=True),
                expressions=[
                    ("schedule", "="),
                    (
                        models.Func(
                            "period_start",
                            "period_end",
                            django.contrib.postgres.fields.ranges.RangeBoundary(True, True),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="outcome_periods_apart",
                violation_error_message="Cette période en recoupe une autre : le même résultat ne se déclare pas deux fois.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__gte", models.F("period_start"))),
                name="outcome_dates_in_order",
                violation_error_message="La fin de la période suit son début.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(condition=models.Q(("quantity__gte", 0)), name="outcome_quantity_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amount__gte", 0),
                        ("counted__gte", 0),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ["partly_verified", "refused", "verified"]),
                        ("verified__gte", 0),
                    ),
                    models.Q(
                        ("amount__isnull", True),
                        ("counted__isnull", True),
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                        ("state", "declared"),
                        ("verified__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="outcome_decision_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verified__isnull", True),
                    models.Q(("counted__lte", models.F("verified")), ("verified__lte", models.F("quantity"))),
                    _connector="OR",
                ),
                name="outcome_counts_what_is_verified",
                violation_error_message="La quantité vérifiée ne dépasse pas celle qui est déclarée.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "declared"),
                    models.Q(("state", "verified"), ("verified", models.F("quantity"))),
                    models.Q(("state", "partly_verified"), ("verified__lt", models.F("quantity"))),
                    models.Q(("amount", 0), ("counted", 0), ("state", "refused"), ("verified", 0)),
                    _connector="OR",
                ),
                name="outcome_state_says_how_much",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["declared", "verified"]), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="outcome_reduction_has_a_reason",
                violation_error_message="Ce qui n’est pas vérifié a un motif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcomedeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True), models.Q(("decided_by", models.F("declared_by")), _negated=True), _connector="OR"
                ),
                name="outcome_decided_by_another",
                violation_error_message="La personne qui déclare un résultat ne le vérifie pas.",
            ),
        ),
    ]

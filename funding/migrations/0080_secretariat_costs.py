import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0061_recovery_guards"),
        ("projects", "0022_exceptional_access_unanswered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CostLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("fiscal_year", models.PositiveSmallIntegerField(verbose_name="exercice")),
                (
                    "cost_kind",
                    models.CharField(
                        choices=[("salaries", "Salaires"), ("contracts", "Contrats"), ("other", "Autres dépenses")],
                        max_length=9,
                        verbose_name="type de dépense",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("authorisation", "Crédit autorisé"),
                            ("reservation", "Réservation"),
                            ("commitment", "Engagement"),
                            ("payment", "Versement"),
                            ("recovery", "Recouvrement"),
                            ("transfer", "Virement"),
                            ("freeze", "Gel de crédits"),
                            ("lapse", "Crédit périmé"),
                            ("carry", "Crédit reporté"),
                            ("reinvestment", "Réinvestissement"),
                        ],
                        max_length=14,
                        verbose_name="écriture",
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="montant")),
                ("fte", models.DecimalField(decimal_places=2, default=0, max_digits=7, verbose_name="équivalents temps complet")),
            ],
        ),
        migrations.CreateModel(
            name="CostMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="numéro")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commitment", "Engagement"),
                            ("payment", "Paiement"),
                            ("correction", "Contre-écriture"),
                            ("forecast", "Prévision"),
                        ],
                        max_length=10,
                        verbose_name="type",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "Proposée"), ("approved", "Approuvée"), ("refused", "Refusée")],
                        default="proposed",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=60, verbose_name="référence")),
                ("reason", models.TextField(max_length=2000, verbose_name="motif")),
                ("effective_on", models.DateField(verbose_name="date d’effet")),
                ("entered_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("refusal_reason", models.TextField(blank=True, max_length=2000, verbose_name="motif du refus")),
            ],
        ),
        migrations.CreateModel(
            name="CostYear",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fiscal_year", models.PositiveSmallIntegerField()),
                ("committed", models.DecimalField(decimal_places=2, default=0, max_digits=15)),
                ("paid", models.DecimalField(decimal_places=2, default=0, max_digits=15)),
            ],
            options={
                "db_table": "cost_year",
            },
        ),
        migrations.CreateModel(
            name="SecretariatCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="numéro")),
                (
                    "kind",
                    models.CharField(
                        choices=[("salaries", "Salaires"), ("contracts", "Contrats"), ("other", "Autres dépenses")],
                        max_length=9,
                        verbose_name="type",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="objet")),
                ("supplier", models.CharField(blank=True, max_length=200, verbose_name="fournisseur")),
                ("entered_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledger_kind_has_its_holder",
        ),
        migrations.AddField(
            model_name="costline",
            name="reverses",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="funding.ledgerentry"
            ),
        ),
        migrations.AddField(
            model_name="costmove",
            name="decided_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="costmove",
            name="entered_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="costline",
            name="move",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="funding.costmove"),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="cost_move",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="funding.costmove"
            ),
        ),
        migrations.AddField(
            model_name="secretariatcost",
            name="entered_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="costyear",
            name="cost",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="funding.secretariatcost"),
        ),
        migrations.AddField(
            model_name="costmove",
            name="cost",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="moves", to="funding.secretariatcost"
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="cost",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="funding.secretariatcost"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("agreement", None),
                        ("award", None),
                        ("call", None),
                        ("instalment", None),
                        ("kind", "authorisation"),
                        ("move", None),
                    ),
                    models.Q(
                        ("agreement", None),
                        ("award", None),
                        ("call", None),
                        ("instalment", None),
                        ("kind__in", ("transfer", "freeze", "lapse", "carry", "reinvestment")),
                        ("move__isnull", False),
                    ),
                    models.Q(("agreement", None), ("call__isnull", False), ("instalment", None), ("kind", "reservation")),
                    models.Q(("agreement__isnull", False), ("instalment", None), ("kind", "commitment")),
                    models.Q(
                        ("agreement__isnull", False), ("kind__in", ["payment", "recovery"]), models.Q(("reference", ""), _negated=True)
                    ),
                    models.Q(("cost__isnull", False), ("kind__in", ("commitment", "payment"))),
                    _connector="OR",
                ),
                name="ledger_kind_has_its_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cost", None), ("cost_move", None)),
                    models.Q(
                        ("cost__isnull", False),
                        ("cost_move__isnull", False),
                        ("kind__in", ("commitment", "payment")),
                        ("agreement", None),
                        ("award", None),
                        ("call", None),
                        ("instalment", None),
                        ("move", None),
                        models.Q(("reference", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ledger_agreement_or_cost",
            ),
        ),
        migrations.AddConstraint(
            model_name="costline",
            constraint=models.UniqueConstraint(fields=("move", "position"), name="cost_line_position_unique"),
        ),
        migrations.AddConstraint(
            model_name="costline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fte", 0),
                    models.Q(("amount__gt", 0), ("cost_kind", "salaries"), ("fte__gt", 0)),
                    models.Q(("amount__lt", 0), ("cost_kind", "salaries"), ("fte__lt", 0)),
                    _connector="OR",
                ),
                name="cost_line_fte_of_salaries",
                violation_error_message="Seuls des salaires ont des équivalents temps complet, du même signe que leur montant.",
            ),
        ),
        migrations.AddConstraint(
            model_name="costline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gte", 0), ("kind", ""), ("reverses", None)),
                    models.Q(
                        models.Q(("kind", ""), _negated=True),
                        models.Q(
                            models.Q(("amount__gt", 0), ("reverses", None)),
                            models.Q(("amount__lt", 0), ("reverses__isnull", False)),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="cost_line_sign",
            ),
        ),
        migrations.AddIndex(
            model_name="secretariatcost",
            index=models.Index(fields=["entered_at", "id"], name="funding_sec_entered_0e9d6c_idx"),
        ),
        migrations.AddConstraint(
            model_name="secretariatcost",
            constraint=models.CheckConstraint(condition=models.Q(("title", ""), _negated=True), name="secretariat_cost_has_a_title"),
        ),
        migrations.AddConstraint(
            model_name="secretariatcost",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "contracts"), _negated=True), models.Q(("supplier", ""), _negated=True), _connector="OR"
                ),
                name="secretariat_cost_contract_has_a_supplier",
                violation_error_message="Un contrat a son fournisseur.",
            ),
        ),
        migrations.AddConstraint(
            model_name="costyear",
            constraint=models.UniqueConstraint(fields=("cost", "fiscal_year"), name="cost_year_unique"),
        ),
        migrations.AddConstraint(
            model_name="costyear",
            constraint=models.CheckConstraint(
                condition=models.Q(("committed__gte", models.F("paid")), ("paid__gte", 0)), name="cost_year_within_committed"
            ),
        ),
        migrations.AddIndex(
            model_name="costmove",
            index=models.Index(fields=["entered_at", "id"], name="funding_cos_entered_c7d76a_idx"),
        ),
        migrations.AddConstraint(
            model_name="costmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", None), models.Q(("decided_by", models.F("entered_by")), _negated=True), _connector="OR"),
                name="cost_move_two_people",
                violation_error_message="Une autre personne que celle qui inscrit une dépense du Secrétariat doit en décider.",
            ),
        ),
        migrations.AddConstraint(
            model_name="costmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("state", "proposed")),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False), ("state__in", ["approved", "refused"])),
                    _connector="OR",
                ),
                name="cost_move_decided_with_its_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="costmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cost", None), ("kind", "forecast")),
                    models.Q(
                        models.Q(("kind", "forecast"), _negated=True), ("cost__isnull", False), models.Q(("reference", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="cost_move_has_its_cost",
                violation_error_message="Une écriture du Secrétariat a sa dépense et sa référence.",
            ),
        ),
        migrations.AddConstraint(
            model_name="costmove",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("state", "refused"), _negated=True), models.Q(("refusal_reason", ""), _negated=True), _connector="OR"
                    ),
                    models.Q(("reason", ""), _negated=True),
                ),
                name="cost_move_refusal_has_a_reason",
                violation_error_message="Un refus doit être motivé.",
            ),
        ),
    ]

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0041_release_guards"),
        ("projects", "0021_privacy_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="numéro")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Brouillon"),
                            ("submitted", "Soumise"),
                            ("in_verification", "En vérification"),
                            ("admitted", "Admise"),
                            ("partly_admitted", "Admise en partie"),
                            ("refused", "Refusée"),
                        ],
                        default="draft",
                        max_length=16,
                        verbose_name="état",
                    ),
                ),
                ("period_start", models.DateField(verbose_name="début de la période")),
                ("period_end", models.DateField(verbose_name="fin de la période")),
                (
                    "other_public_aid",
                    models.DecimalField(decimal_places=2, max_digits=15, verbose_name="autres aides publiques pour ces coûts"),
                ),
                ("drafted_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="soumise le")),
                ("examined_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="décidée le")),
                ("admitted_cost", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="coûts admis")),
                (
                    "stacking_limit",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="limite du cumul"),
                ),
                ("aid", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="aide admise")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "examined_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "instalment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="funding.instalment"),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ClaimLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("salaries", "Salaires"),
                            ("fees", "Honoraires"),
                            ("licences", "Licences et infonuagique"),
                            ("equipment", "Équipement"),
                            ("training", "Formation et gestion du changement"),
                            ("other", "Autres coûts admissibles"),
                        ],
                        max_length=12,
                        verbose_name="catégorie",
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="montant réclamé")),
                ("admitted", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name="montant admis")),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="motif")),
                ("claim", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="funding.claim")),
                (
                    "document",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.document"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["state", "submitted_at", "id"], name="funding_cla_state_bbc723_idx"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "refused"), _negated=True),
                fields=("instalment",),
                name="claim_one_live_per_instalment",
                violation_error_message="Ce versement a déjà une réclamation.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("period_end__gte", models.F("period_start"))),
                name="claim_dates_in_order",
                violation_error_message="La fin de la période suit son début.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(condition=models.Q(("other_public_aid__gte", 0)), name="claim_other_aid_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "draft"), ("submitted_at__isnull", True), ("submitted_by__isnull", True)),
                    models.Q(models.Q(("state", "draft"), _negated=True), ("submitted_at__isnull", False), ("submitted_by__isnull", False)),
                    _connector="OR",
                ),
                name="claim_submitted_iff_not_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("admitted_cost__gte", 0),
                        ("aid__gte", 0),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("stacking_limit__isnull", False),
                        ("state__in", ["admitted", "partly_admitted", "refused"]),
                    ),
                    models.Q(
                        models.Q(("state__in", ["admitted", "partly_admitted", "refused"]), _negated=True),
                        ("admitted_cost__isnull", True),
                        ("aid__isnull", True),
                        ("decided_at__isnull", True),
                        ("decided_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="claim_decision_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), _negated=True), models.Q(("admitted_cost", 0), ("aid", 0)), _connector="OR"
                ),
                name="claim_refused_admits_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("aid__isnull", True),
                    ("aid", 0),
                    (
                        "aid__lte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(models.F("admitted_cost"), "*", models.F("stacking_limit")),
                            "-",
                            models.F("other_public_aid"),
                        ),
                    ),
                    _connector="OR",
                ),
                name="claim_public_aid_within_limit",
                violation_error_message="Le cumul des aides publiques dépasserait la limite des modalités.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(
                        models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                        models.Q(("decided_by", models.F("drafted_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="claim_decided_by_another",
                violation_error_message="La personne qui présente une réclamation ne la décide pas.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimline",
            constraint=models.UniqueConstraint(fields=("claim", "category"), name="claim_line_unique"),
        ),
        migrations.AddConstraint(
            model_name="claimline",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="claim_line_positive"),
        ),
        migrations.AddConstraint(
            model_name="claimline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("admitted__isnull", True), models.Q(("admitted__gte", 0), ("admitted__lte", models.F("amount"))), _connector="OR"
                ),
                name="claim_line_admitted_within_amount",
                violation_error_message="Le montant admis ne dépasse pas le montant réclamé.",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("admitted__isnull", True), ("admitted", models.F("amount")), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="claim_line_refusal_has_a_reason",
                violation_error_message="Ce qui n’est pas admis a un motif.",
            ),
        ),
    ]

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0032_orders_unique"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("projects", "0021_privacy_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MilestoneChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("postponed", "Reporté"), ("cancelled", "Annulé")], max_length=10, verbose_name="type")),
                ("before", models.DateField(verbose_name="échéance précédente")),
                ("after", models.DateField(blank=True, null=True, verbose_name="nouvelle échéance")),
                ("reason", models.TextField(max_length=2000, verbose_name="motif")),
                ("decided_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PaymentHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField(max_length=2000, verbose_name="motif")),
                ("placed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lift_reason", models.TextField(blank=True, max_length=2000, verbose_name="motif de la levée")),
            ],
        ),
        migrations.CreateModel(
            name="PaymentTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("milestone_delay_days", models.PositiveSmallIntegerField(verbose_name="report d’un jalon sans avenant, en jours")),
            ],
        ),
        migrations.CreateModel(
            name="PaymentTermsEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("milestone_delay_days", models.PositiveSmallIntegerField(verbose_name="report d’un jalon sans avenant, en jours")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="milestone",
            name="milestone_verified_has_evidence",
        ),
        migrations.RemoveConstraint(
            model_name="milestone",
            name="milestone_refusal_has_a_reason",
        ),
        migrations.AddField(
            model_name="milestone",
            name="accepted_share",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="part acceptée"),
        ),
        migrations.AlterField(
            model_name="milestone",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "Prévu"),
                    ("reported", "Déclaré atteint"),
                    ("verified", "Vérifié"),
                    ("partial", "Accepté en partie"),
                    ("refused", "Refusé"),
                    ("cancelled", "Annulé"),
                ],
                default="planned",
                max_length=10,
                verbose_name="état",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accepted_share__gt", 0), ("accepted_share__lt", 1), ("state", "partial")),
                    models.Q(models.Q(("state", "partial"), _negated=True), ("accepted_share__isnull", True)),
                    _connector="OR",
                ),
                name="milestone_accepted_share_iff_partial",
                violation_error_message="Un jalon accepté en partie a une part acceptée, entre 0 et 100 %.",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["verified", "partial"]), _negated=True),
                    models.Q(
                        ("document__isnull", False),
                        ("reported_by__isnull", False),
                        ("verified_at__isnull", False),
                        ("verified_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="milestone_verified_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestone",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["refused", "partial"]), _negated=True),
                    models.Q(("refusal_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="milestone_refusal_has_a_reason",
                violation_error_message="Un refus doit être motivé.",
            ),
        ),
        migrations.AddField(
            model_name="milestonechange",
            name="decided_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="milestonechange",
            name="milestone",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="funding.milestone"),
        ),
        migrations.AddField(
            model_name="paymenthold",
            name="agreement",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="funding.agreement"),
        ),
        migrations.AddField(
            model_name="paymenthold",
            name="lifted_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="paymenthold",
            name="placed_by",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="paymentterms",
            name="terms",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="payment_terms", to="projects.termsprofile"
            ),
        ),
        migrations.AddField(
            model_name="paymenttermsevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="pghistory.context"
            ),
        ),
        migrations.AddField(
            model_name="paymenttermsevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="events", to="funding.paymentterms"
            ),
        ),
        migrations.AddField(
            model_name="paymenttermsevent",
            name="terms",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="projects.termsprofile",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestonechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("after__gt", models.F("before")), ("kind", "postponed")),
                    models.Q(("after__isnull", True), ("kind", "cancelled")),
                    _connector="OR",
                ),
                name="milestone_change_says_its_day",
                violation_error_message="La nouvelle échéance suit la précédente.",
            ),
        ),
        migrations.AddConstraint(
            model_name="milestonechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="milestone_change_has_a_reason",
                violation_error_message="Inscrivez le motif.",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymenthold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("agreement",),
                name="payment_hold_one_at_a_time",
                violation_error_message="Les paiements de cette convention sont déjà retenus.",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymenthold",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="payment_hold_has_a_reason"),
        ),
        migrations.AddConstraint(
            model_name="paymenthold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lift_reason", ""), ("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                    models.Q(
                        ("lifted_at__gte", models.F("placed_at")),
                        ("lifted_by__isnull", False),
                        models.Q(("lift_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payment_hold_lift_is_complete",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentterms",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "funding_paymenttermsevent" ("id", "milestone_delay_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "terms_id") VALUES (NEW."id", NEW."milestone_delay_days", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."terms_id"); RETURN NULL;',
                    hash="fef7727cf2b75293830fed01b074819c0c95cb16",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_3b40b",
                    table="funding_paymentterms",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentterms",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "funding_paymenttermsevent" ("id", "milestone_delay_days", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "terms_id") VALUES (NEW."id", NEW."milestone_delay_days", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."terms_id"); RETURN NULL;',
                    hash="073b8f1150e997c30a0909a403a83afee08fa3e5",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_ec592",
                    table="funding_paymentterms",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymenttermsevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2c8ba51eff334c3ec11fa182f3514bd3af5ac56a",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_cdc4c",
                    table="funding_paymenttermsevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]

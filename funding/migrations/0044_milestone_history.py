import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0043_claim_guards"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("projects", "0021_privacy_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MilestoneEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("position", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=200, verbose_name="jalon")),
                ("evidence", models.CharField(max_length=300, verbose_name="preuve attendue")),
                ("due_on", models.DateField(verbose_name="échéance")),
                (
                    "state",
                    models.CharField(
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
                ("report", models.TextField(blank=True, max_length=4000, verbose_name="ce qui a été fait")),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("refusal_reason", models.TextField(blank=True, max_length=2000, verbose_name="motif du refus")),
                (
                    "accepted_share",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="part acceptée"),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="milestone",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "funding_milestoneevent" ("accepted_share", "agreement_id", "document_id", "due_on", "evidence", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "refusal_reason", "report", "reported_at", "reported_by_id", "state", "title", "verified_at", "verified_by_id") VALUES (NEW."accepted_share", NEW."agreement_id", NEW."document_id", NEW."due_on", NEW."evidence", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."refusal_reason", NEW."report", NEW."reported_at", NEW."reported_by_id", NEW."state", NEW."title", NEW."verified_at", NEW."verified_by_id"); RETURN NULL;',
                    hash="57d9173c29f7da57b79140c833d7a0b6d580d044",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f1413",
                    table="funding_milestone",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="milestone",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "funding_milestoneevent" ("accepted_share", "agreement_id", "document_id", "due_on", "evidence", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "refusal_reason", "report", "reported_at", "reported_by_id", "state", "title", "verified_at", "verified_by_id") VALUES (NEW."accepted_share", NEW."agreement_id", NEW."document_id", NEW."due_on", NEW."evidence", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."refusal_reason", NEW."report", NEW."reported_at", NEW."reported_by_id", NEW."state", NEW."title", NEW."verified_at", NEW."verified_by_id"); RETURN NULL;',
                    hash="21819f4f9e6c40bc71512efe0c7ebe7cce899c4e",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_92f1d",
                    table="funding_milestone",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="milestoneevent",
            name="agreement",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="funding.agreement",
            ),
        ),
        migrations.AddField(
            model_name="milestoneevent",
            name="document",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="projects.document",
            ),
        ),
        migrations.AddField(
            model_name="milestoneevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="pghistory.context"
            ),
        ),
        migrations.AddField(
            model_name="milestoneevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="events", to="funding.milestone"
            ),
        ),
        migrations.AddField(
            model_name="milestoneevent",
            name="reported_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="milestoneevent",
            name="verified_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="milestoneevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="73acd7b57c68be6cae6accf3a1ed3e6cf44b2577",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_92ccc",
                    table="funding_milestoneevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]

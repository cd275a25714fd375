import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0023_gains_required"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="call",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="call",
            name="update_update",
        ),
        migrations.RemoveConstraint(
            model_name="call",
            name="call_approved_when_past_approval",
        ),
        migrations.RemoveConstraint(
            model_name="forecastgain",
            name="forecast_unique",
        ),
        migrations.AddField(
            model_name="call",
            name="imported_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="repris le"),
        ),
        migrations.AddField(
            model_name="callevent",
            name="imported_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="repris le"),
        ),
        migrations.AddField(
            model_name="project",
            name="imported_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="repris le"),
        ),
        migrations.AlterField(
            model_name="call",
            name="created_by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="call",
            name="reference",
            field=models.CharField(max_length=40, unique=True, verbose_name="numéro"),
        ),
        migrations.AlterField(
            model_name="callevent",
            name="created_by",
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
        migrations.AlterField(
            model_name="callevent",
            name="reference",
            field=models.CharField(max_length=40, verbose_name="numéro"),
        ),
        migrations.AlterField(
            model_name="gainline",
            name="code",
            field=models.CharField(max_length=40, verbose_name="ligne"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "projects_callevent" ("approved_at", "approved_by_id", "closed_at", "closes_at", "created_at", "created_by_id", "envelope", "id", "imported_at", "opened_at", "opens_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "purpose", "reference", "state", "terms_id", "title", "version", "zone") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."closed_at", NEW."closes_at", NEW."created_at", NEW."created_by_id", NEW."envelope", NEW."id", NEW."imported_at", NEW."opened_at", NEW."opens_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."published_at", NEW."purpose", NEW."reference", NEW."state", NEW."terms_id", NEW."title", NEW."version", NEW."zone"); RETURN NULL;',
                    hash="d4098de17eeee8e400d6915518a20fe726aaa088",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_de8f6",
                    table="projects_call",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "projects_callevent" ("approved_at", "approved_by_id", "closed_at", "closes_at", "created_at", "created_by_id", "envelope", "id", "imported_at", "opened_at", "opens_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "purpose", "reference", "state", "terms_id", "title", "version", "zone") VALUES (NEW."approved_at", NEW."approved_by_id", NEW."closed_at", NEW."closes_at", NEW."created_at", NEW."created_by_id", NEW."envelope", NEW."id", NEW."imported_at", NEW."opened_at", NEW."opens_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."published_at", NEW."purpose", NEW."reference", NEW."state", NEW."terms_id", NEW."title", NEW."version", NEW."zone"); RETURN NULL;',
                    hash="1b801d161210ca3d5499198ceb023963bb68d122",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7aab7",
                    table="projects_call",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "submitted", "cancelled"]),
                    ("approved_by__isnull", False),
                    ("imported_at__isnull", False),
                    _connector="OR",
                ),
                name="call_approved_when_past_approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("created_by__isnull", False), ("imported_at__isnull", True)),
                    models.Q(("created_by__isnull", True), ("imported_at__isnull", False), ("state", "ended")),
                    _connector="OR",
                ),
                name="call_written_or_imported",
                violation_error_message="Un appel a son auteur, ou vient d’un portefeuille et ne prend plus de demande.",
            ),
        ),
        migrations.AddConstraint(
            model_name="forecastgain",
            constraint=models.UniqueConstraint(
                fields=("line", "period_start", "period_end", "recorded_at", "amount"), name="forecast_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("imported_at__isnull", True), ("application__isnull", True), _connector="OR"),
                name="project_imported_has_no_application",
                violation_error_message="Un projet repris de l’historique n’a pas de demande dans le portail.",
            ),
        ),
    ]

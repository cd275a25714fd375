import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0022_exceptional_access_unanswered"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="termsprofile",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="termsprofile",
            name="update_update",
        ),
        migrations.AddField(
            model_name="termsprofile",
            name="gains_required",
            field=models.BooleanField(default=True, verbose_name="gains obligatoires"),
        ),
        migrations.AddField(
            model_name="termsprofileevent",
            name="gains_required",
            field=models.BooleanField(default=True, verbose_name="gains obligatoires"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="termsprofile",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "projects_termsprofileevent" ("advance_rate", "aid_rate", "code", "follow_up_years", "gains_required", "holdback_rate", "id", "maximum_amount", "minimum_amount", "modality", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_due_days", "reporting_months", "reviews_required", "source", "stacking_limit", "valid_from", "valid_to") VALUES (NEW."advance_rate", NEW."aid_rate", NEW."code", NEW."follow_up_years", NEW."gains_required", NEW."holdback_rate", NEW."id", NEW."maximum_amount", NEW."minimum_amount", NEW."modality", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."report_due_days", NEW."reporting_months", NEW."reviews_required", NEW."source", NEW."stacking_limit", NEW."valid_from", NEW."valid_to"); RETURN NULL;',
                    hash="229405e88f2997131bb88b5619122411190095e9",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_e75d9",
                    table="projects_termsprofile",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="termsprofile",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "projects_termsprofileevent" ("advance_rate", "aid_rate", "code", "follow_up_years", "gains_required", "holdback_rate", "id", "maximum_amount", "minimum_amount", "modality", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_due_days", "reporting_months", "reviews_required", "source", "stacking_limit", "valid_from", "valid_to") VALUES (NEW."advance_rate", NEW."aid_rate", NEW."code", NEW."follow_up_years", NEW."gains_required", NEW."holdback_rate", NEW."id", NEW."maximum_amount", NEW."minimum_amount", NEW."modality", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."report_due_days", NEW."reporting_months", NEW."reviews_required", NEW."source", NEW."stacking_limit", NEW."valid_from", NEW."valid_to"); RETURN NULL;',
                    hash="25c7e05a66ea0a89529a817efce4bf45f0541cb7",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_47c3b",
                    table="projects_termsprofile",
                    when="AFTER",
                ),
            ),
        ),
    ]

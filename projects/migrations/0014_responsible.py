from django.conf import settings
from django.db import migrations, models

FILL = "UPDATE projects_application SET responsible_id = created_by_id WHERE responsible_id IS NULL;"


class Migration(migrations.Migration):
    dependencies = [("projects", "0013_memberships")]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        # the foreign key's check of the rows just filled is deferred, and would forbid to change the table
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="application",
            name="responsible",
            field=models.ForeignKey(on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="responsable"),
        ),
    ]

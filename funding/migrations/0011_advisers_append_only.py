"""Who accompanied a file stays known: the rows are written once."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only


class Migration(migrations.Migration):
    dependencies = [("funding", "0010_advisers")]

    operations = [append_only("funding_adviser")]

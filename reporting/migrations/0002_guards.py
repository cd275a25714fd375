"""Gains are rows that nobody changes: a correction is a new row, known later."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial"), ("funding", "0002_guards")]

    operations = [append_only("gain")]

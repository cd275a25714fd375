"""A project that is imported is held back from the editions that were known before it, and from nothing else.

A snapshot that somebody asked for keeps its own rows until it is computed again: it needs no such guard.
"""

from importlib import import_module

from django.db import migrations

GUARDS = import_module("reporting.migrations.0051_project_past").GUARDS
HEAD, _comma, _triggers = GUARDS.partition("CREATE TRIGGER")
FUNCTION = HEAD[HEAD.index("CREATE FUNCTION") :].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0092_forecast_guard")]

    operations = [migrations.RunSQL(FUNCTION.replace("kind IN ('edition', 'asked')", "kind = 'edition'"), FUNCTION)]

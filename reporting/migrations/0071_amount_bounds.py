from django.db import migrations

#: table → the column whose size is held, in dollars; what the reports add up stays far within 64 bits of cents
AMOUNTS = {
    "gain": "amount",
    "reporting_gainreport": "amount",
    "imported_cost": "amount",
    "projects_forecastgain": "amount",
    "projects_baseline": "cost",
    "ledger_entry": "amount",
    "cofunding": "amount",
}
ADD = "\n".join(
    f"ALTER TABLE {table} ADD CONSTRAINT amount_within_bounds CHECK ({column} BETWEEN -10000000000 AND 10000000000);"
    for table, column in AMOUNTS.items()
)
DROP = "\n".join(f"ALTER TABLE {table} DROP CONSTRAINT amount_within_bounds;" for table in AMOUNTS)


class Migration(migrations.Migration):
    """No amount above 10 000 000 000.00 $, whatever its sign, in any table that the reports add up."""

    dependencies = [
        ("projects", "0024_imported"),
        ("funding", "0096_imported_agreement_guards"),
        ("reporting", "0070_registers"),
    ]

    operations = [migrations.RunSQL(ADD, DROP)]

"""Terms that pay verified results: neither advance nor holdback. The values are defaults, to be confirmed by the official instrument."""

from datetime import date
from decimal import Decimal

from django.db import migrations

TERMS = {
    "code": "RESULTATS",
    "name": "Paiement aux résultats",
    "modality": "outcome",
    "valid_from": date(2024, 4, 1),
    "advance_rate": Decimal(0),
    "holdback_rate": Decimal(0),
    "aid_rate": Decimal("0.80"),
    "stacking_limit": Decimal("0.80"),
    "minimum_amount": Decimal(10000),
    "maximum_amount": Decimal(5000000),
    "reporting_months": 12,
    "report_due_days": 60,
    "follow_up_years": 5,
    "reviews_required": 3,
    "source": "Valeur par défaut, à confirmer par l’instrument officiel",
}
#: days by which a period's milestone may be put off without an amendment
DELAY = 60


def write(apps, schema_editor):
    terms = apps.get_model("projects", "TermsProfile").objects.create(**TERMS)
    apps.get_model("funding", "PaymentTerms").objects.create(terms=terms, milestone_delay_days=DELAY)


class Migration(migrations.Migration):
    dependencies = [("funding", "0091_outcome_guards"), ("projects", "0023_gains_required")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

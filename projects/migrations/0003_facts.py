"""Facts that any database of the portal starts with: the regions of Québec and the default terms profiles (domain.md 7)."""

from datetime import date
from decimal import Decimal

from django.db import migrations

REGIONS = {
    "01": "Bas-Saint-Laurent",
    "02": "Saguenay–Lac-Saint-Jean",
    "03": "Capitale-Nationale",
    "04": "Mauricie",
    "05": "Estrie",
    "06": "Montréal",
    "07": "Outaouais",
    "08": "Abitibi-Témiscamingue",
    "09": "Côte-Nord",
    "10": "Nord-du-Québec",
    "11": "Gaspésie–Îles-de-la-Madeleine",
    "12": "Chaudière-Appalaches",
    "13": "Laval",
    "14": "Lanaudière",
    "15": "Laurentides",
    "16": "Montérégie",
    "17": "Centre-du-Québec",
}
SOURCE = "Valeur par défaut, à confirmer par l’instrument officiel"
COMMON = {
    "valid_from": date(2024, 4, 1),
    "advance_rate": Decimal("0.25"),
    "holdback_rate": Decimal("0.20"),
    "aid_rate": Decimal("0.80"),
    "stacking_limit": Decimal("0.80"),
    "reporting_months": 12,
    "report_due_days": 60,
    "follow_up_years": 5,
    "source": SOURCE,
}
PROFILES = [
    {
        "code": "JALONS",
        "name": "Subvention par jalons",
        "modality": "milestones",
        "minimum_amount": Decimal("10000"),
        "maximum_amount": Decimal("5000000"),
        "reviews_required": 3,
    },
    {
        "code": "MICRO",
        "name": "Microfinancement",
        "modality": "micro",
        "minimum_amount": Decimal("1000"),
        "maximum_amount": Decimal("50000"),
        "reviews_required": 2,
    },
]


def write(apps, schema_editor):
    region = apps.get_model("projects", "Region")
    region.objects.bulk_create([region(code=code, name=name) for code, name in REGIONS.items()])
    profile = apps.get_model("projects", "TermsProfile")
    profile.objects.bulk_create([profile(**COMMON, **values) for values in PROFILES])


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_guards")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

"""The Fund as it starts: 300 M$ over 2024-2025 to 2028-2029, 270 for projects and 30 for the Secretariat, 54 + 6 M$ a year.

These are dated rows that a later row supersedes; nothing in the code knows the amounts. The delegation table is the default of
domain.md 3.6, to be replaced by the official instrument.
"""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import migrations

EFFECTIVE = date(2024, 4, 1)
RECORDED = datetime(2024, 4, 1, 4, tzinfo=UTC)  # midnight in America/Toronto
AUTHORITY = "Dotation initiale du Fonds"
ENVELOPES = {
    "PROJECTS": ("Projets d’innovation", Decimal("270000000.00"), Decimal("54000000.00")),
    "SECRETARIAT": ("Fonctionnement du Secrétariat", Decimal("30000000.00"), Decimal("6000000.00")),
}
DELEGATION = [
    (Decimal("0"), Decimal("50000"), ["director"], "lettre"),
    (Decimal("50000"), Decimal("999999.99"), ["head", "minister_delegate"], "C.T. ou cadre normatif approuvé"),
    (Decimal("999999.99"), None, ["minister_delegate"], "décret ou cadre normatif approuvé"),
]


def digest(row):
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write(apps, schema_editor):
    fund = apps.get_model("funding", "Fund").objects.create(
        code="FIP",
        name="Fonds pour l’innovation publique",
        ceiling=Decimal("300000000.00"),
        first_fiscal_year=2024,
        fiscal_years=5,
        legal_basis="Sous réserve de la modification législative annoncée",
    )
    entry = apps.get_model("funding", "LedgerEntry")
    allotment = apps.get_model("funding", "Allotment")
    for code, (name, ceiling, yearly) in ENVELOPES.items():
        envelope = apps.get_model("funding", "Envelope").objects.create(code=code, fund=fund, name=name, ceiling=ceiling)
        for year in range(2024, 2029):
            allotment.objects.create(
                envelope=envelope, fiscal_year=year, amount=yearly, effective_on=EFFECTIVE, recorded_at=RECORDED, authority=AUTHORITY
            )
            facts = {
                "agreement": None,
                "amount": format(yearly, "f"),
                "award": None,
                "call": None,
                "effective_on": EFFECTIVE.isoformat(),
                "envelope": code,
                "fiscal_year": year,
                "instalment": None,
                "kind": "authorisation",
                "recorded_at": RECORDED.isoformat(),
                "reference": "",
                "seq": 1,
            }
            entry.objects.create(
                envelope=envelope,
                fiscal_year=year,
                seq=1,
                kind="authorisation",
                amount=yearly,
                effective_on=EFFECTIVE,
                recorded_at=RECORDED,
                sha256=digest(facts),
            )
    rule = apps.get_model("funding", "DelegationRule")
    for above, up_to, approvals, instrument in DELEGATION:
        rule.objects.create(
            valid_from=EFFECTIVE,
            above=above,
            up_to=up_to,
            approvals=approvals,
            instrument=instrument,
            source="Délégation par défaut, à remplacer par l’instrument officiel",
        )


class Migration(migrations.Migration):
    dependencies = [("funding", "0002_guards"), ("projects", "0003_facts")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]

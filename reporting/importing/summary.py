"""What a plan would write, in a few figures for its reader, and in one SHA-256 that tells whether another plan is the same."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind
from projects.services.journal import canonical, sha256
from reporting.importing.plan import Plan
from reporting.importing.reading import Package

#: what is counted in dollars, in the order in which it is shown; gains follow, by stage and nature
KINDS = ("authorised", "committed", "released", "paid", "recovered", "cofunding", "cofunding_in_kind", "secretariat_costs")


def tallies(plan: Plan) -> list[dict[str, Any]]:
    """Rows of each file: read, new, brought up to date, taking the place of an amount known before, already there."""
    names = ("file", "noun", "sha256", "rows", "created", "updated", "superseding", "unchanged")
    return [{name: getattr(tally, name) for name in names} for tally in plan.tallies]


def totals(plan: Plan, package: Package) -> list[tuple[str, str]]:
    """Dollars of the rows that would be written, by kind; kinds of which there is none are left out."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for posting, _known in plan.authorisations:
        found["authorised"] += posting.amount
    for movement in plan.movements:
        found[_kind_of(movement.posting.kind, movement.posting.amount)] += movement.posting.amount
    for noun in ("cofunding", "secretariat_costs"):
        for index in plan.fresh.get(noun, ()):
            columns = package[noun].columns
            found["cofunding_in_kind" if noun == "cofunding" and columns["in_kind"][index] else noun] += columns["amount"][index]
    gains = _gains(plan, package)
    return [(kind, str(found[kind])) for kind in KINDS if kind in found] + [(kind, str(gains[kind])) for kind in sorted(gains)]


def _kind_of(kind: str, amount: Decimal) -> str:
    if kind == LedgerKind.COMMITMENT:
        return "committed" if amount > 0 else "released"
    return "paid" if kind == LedgerKind.PAYMENT else "recovered"


def _gains(plan: Plan, package: Package) -> dict[str, Decimal]:
    """By « stage/nature »: a sum across either would mean nothing."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    if "gains" in package:
        columns, lines = package["gains"].columns, plan.known.lines
        for index in plan.fresh["gains"]:
            nature = lines[columns["project"][index], columns["line"][index]].nature
            found[f"{columns['stage'][index]}/{nature}"] += columns["amount"][index]
    return found


def fingerprint(plan: Plan) -> str:
    """The SHA-256 of what would be written, the instant of the import apart: two examinations that differ would not write the same."""
    return sha256(
        canonical(
            {
                "files": tallies(plan),
                "organisations": [row.code for row in plan.organisations],
                "calls": [row.reference for row in plan.calls],
                "projects": [row.reference for row in plan.projects],
                "changed": [[row.reference, row.signed_on, row.starts_on, row.ends_on, str(row.state)] for row in plan.changed_projects],
                "lines": [[project, row.code] for project, row in plan.lines],
                "allotments": [[row.envelope_id, row.fiscal_year, row.effective_on, row.amount] for row in plan.allotments],
                "authorisations": [
                    [posting.envelope_id, posting.fiscal_year, posting.effective_on, posting.amount]
                    for posting, _known in plan.authorisations
                ],
                "movements": [[movement.table.noun, movement.index] for movement in plan.movements],
                "rows": plan.fresh,
            }
        )
    )

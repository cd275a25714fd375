"""Costs of the Secretariat for tests, entered as the portal enters them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from funding.enums import CostKind, CostMoveKind
from funding.models import CostMove, SecretariatCost
from funding.services.costs import CostPart, CostTerms, approve_cost_move, propose_cost, propose_cost_entry, propose_cost_forecast
from projects.enums import Role
from tests.factories import NOW, person_with

HUNDRED = Decimal("100000.00")


def terms(reference: str = "CT-2026-014", **given: Any) -> CostTerms:
    return CostTerms(**{"reference": reference, "reason": "Appel d’offres", "effective_on": date(2026, 11, 20), **given})


def proposed(*parts: CostPart, kind: CostKind = CostKind.CONTRACTS, **given: Any) -> CostMove:
    """A cost that waits for its decision; by default a contract of 100 000 $ in 2026-2027."""
    given = {"title": "Conception du portail", "supplier": "Atelier Numérique", "terms": terms(), "now": NOW, **given}
    given["actor"] = given.get("actor") or person_with(Role.DIRECTOR)
    return propose_cost(kind=kind, parts=parts or (CostPart(2026, HUNDRED),), **given)


def approved(move: CostMove, actor: Any = None) -> CostMove:
    return approve_cost_move(move_id=move.pk, actor=actor or person_with(Role.CONTROLLER), now=NOW)


def committed(*parts: CostPart, **given: Any) -> SecretariatCost:
    """A cost whose commitment was approved."""
    cost = approved(proposed(*parts, **given)).cost
    assert cost is not None
    return cost


def entered(cost: SecretariatCost, amount: Decimal, kind: CostMoveKind = CostMoveKind.PAYMENT, **given: Any) -> CostMove:
    """A payment (or another entry) of a cost, that waits for its decision."""
    year, fte = given.pop("year", 2026), given.pop("fte", Decimal(0))
    given = {"terms": terms(f"F-{amount}"), "now": NOW, **given}
    given["actor"] = given.get("actor") or person_with(Role.PAYMENT_REQUESTER)
    return propose_cost_entry(cost_id=cost.pk, kind=kind, part=CostPart(year, amount, fte), **given)


def corrected(cost: SecretariatCost, row: int, amount: Decimal, **given: Any) -> CostMove:
    """The contra-entry of a row of a cost, that waits for its decision."""
    given = {"terms": terms("Correction"), "actor": person_with(Role.DIRECTOR), "now": NOW, **given}
    return propose_cost_entry(cost_id=cost.pk, kind=CostMoveKind.CORRECTION, reverses_id=row, amount=amount, **given)


def forecast(*parts: CostPart, reason: str = "Première prévision", **given: Any) -> CostMove:
    """A forecast that waits for its decision."""
    return propose_cost_forecast(parts=parts, reason=reason, **{"actor": person_with(Role.DIRECTOR), "now": NOW, **given})

"""Moves of credit for tests, proposed as the portal proposes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from funding.enums import CreditMoveKind
from funding.models import CashEntry, CreditMove, DrawAuthority, Envelope
from funding.services.cash import adopt_authority, bring_authority_into_force, record_authority, record_cash
from funding.services.credit_moves import Account, Terms, approve_credit_move, propose_credit_move
from projects.enums import Role
from tests.factories import NOW, person_with

TERMS = Terms("Décision 2026-12 de la tête du Secrétariat", "Prudence budgétaire", date(2026, 11, 24))


def account(code: str = "PROJECTS", year: int = 2026) -> Account:
    return Account(Envelope.objects.get(code=code).pk, year)


def proposed(kind: CreditMoveKind, amount: Decimal, **given: Any) -> CreditMove:
    given = {"account": account(), "terms": TERMS, "now": NOW, **given}
    if given.get("actor") is None:
        given["actor"] = person_with(Role.HEAD)
    return propose_credit_move(kind=kind, amount=amount, **given)


def frozen(amount: Decimal, **given: Any) -> CreditMove:
    """A freeze that waits for its decision."""
    return proposed(CreditMoveKind.FREEZE, amount, **given)


def approved(kind: CreditMoveKind, amount: Decimal, **given: Any) -> CreditMove:
    """A move that the minister's delegate approved."""
    move = proposed(kind, amount, **given)
    return approve_credit_move(move_id=move.pk, actor=person_with(Role.MINISTER_DELEGATE), now=NOW)


def authority(ceiling: Decimal = Decimal("100000.00"), actor: Any = None) -> DrawAuthority:
    """An authority that is proposed."""
    actor = actor or person_with(Role.CONTROLLER)
    return record_authority(law="Loi sur le Fonds", article="5.2", ceiling=ceiling, actor=actor, now=NOW)


def in_force(ceiling: Decimal = Decimal("100000.00"), on: date = date(2026, 11, 2)) -> DrawAuthority:
    """An authority in force since a day."""
    found = authority(ceiling)
    adopt_authority(authority_id=found.pk, on=on, actor=person_with(Role.CONTROLLER), now=NOW)
    return bring_authority_into_force(authority_id=found.pk, on=on, actor=person_with(Role.HEAD), now=NOW)


def received(amount: Decimal, *, under: DrawAuthority | None = None, actor: Any = None, **given: Any) -> CashEntry:
    """A draw-down under an authority, or another receipt."""
    given = {"source": "Ministère", "reference": f"R-{amount}", "effective_on": date(2026, 11, 20), "now": NOW, **given}
    actor = actor or person_with(Role.CONTROLLER)
    return record_cash(authority_id=under and under.pk, amount=amount, actor=actor, **given)

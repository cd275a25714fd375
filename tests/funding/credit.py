"""Moves of credit for tests, proposed as the portal proposes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from funding.enums import CreditMoveKind
from funding.models import CreditMove, Envelope
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

"""Acts on the credit of envelopes and on the cash, and what each moves: the lines of the move that was approved, the sum received."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from benchmarks.money.kinds import REASON, Accepted, Arguments, Effect, Kind, Move, targets
from benchmarks.money.kinds import Account as Account_
from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import CreditMoveKind
from funding.models import CashEntry, CreditLine
from funding.services import cash, credit_moves, year_end
from funding.services.credit_moves import Account, Terms
from funding.services.year_end import Choices
from projects.enums import Role
from tests.factories import NOW

YEARS = (2026, 2027)
TERMS = Terms(authority="Décision d’essai", reason=REASON, effective_on=NOW.date())
_PROPOSED = "SELECT id FROM funding_creditmove WHERE state = 'proposed'"


def _proposal(envelope: int, rng: random.Random) -> Arguments:
    """A transfer between years, a freeze or a thaw, of more or less than what is left."""
    kind = rng.choice([CreditMoveKind.TRANSFER, CreditMoveKind.FREEZE, CreditMoveKind.THAW])
    year = rng.choice(YEARS)
    other = {"to": [envelope, sum(YEARS) - year]} if kind == CreditMoveKind.TRANSFER else {}
    return {"kind": str(kind), "account": [envelope, year], "amount": f"{rng.randrange(1, 60_000_00) / 100:.2f}", **other}


def _propose(given: Arguments) -> Any:
    given.pop("target")
    given |= {name: Account(*given[name]) for name in ("account", "to") if name in given}
    given |= {"kind": CreditMoveKind(given["kind"]), "amount": Decimal(given["amount"])}
    return credit_moves.propose_credit_move(terms=TERMS, **given)


def _year_end(envelope: int, rng: random.Random) -> Arguments:
    """The year that is over: a part of its credit is carried, the rest lapses."""
    return {"carried": f"{rng.randrange(1, 5_000_000_00) / 100:.2f}"}


def _prepare(given: Arguments) -> Any:
    account = Account(given.pop("target"), YEARS[0] - 1)
    return year_end.prepare_year_end(account=account, choices=Choices(carried=Decimal(given.pop("carried"))), terms=TERMS, **given)


def _receipt(authority: int, rng: random.Random) -> Arguments:
    """A draw-down, whose sum with the others soon passes the ceiling; or another receipt. Two people may enter the same one."""
    draw = rng.random() < 0.7
    return {
        "authority_id": authority if draw else None,
        "amount": f"{rng.randrange(1, 40_000_00) / 100:.2f}",
        "reference": f"{'TIR' if draw else 'REC'}-{rng.randrange(4000)}",
    }


def _record(given: Arguments) -> Any:
    given.pop("target")
    given["amount"] = Decimal(given["amount"])
    return cash.record_cash(source="Course", effective_on=NOW.date(), **given)


KINDS = {
    "prepare_year_end": Kind(
        1, (Role.CONTROLLER,),
        f"""SELECT id FROM funding_envelope e WHERE NOT EXISTS (
              SELECT FROM funding_creditmove m WHERE m.envelope_id = e.id AND m.kind = 'year_end' AND m.fiscal_year = {YEARS[0] - 1})""",
        _prepare, _year_end,
    ),
    "record_cash": Kind(3, (Role.CONTROLLER,), "SELECT id FROM funding_drawauthority WHERE state = 'in_force'", _record, _receipt),
    "reverse_cash": Kind(
        1, (Role.CONTROLLER,), "SELECT id FROM cash_entry WHERE reverses_id IS NULL",
        lambda given: cash.reverse_cash(entry_id=given.pop("target"), **given),
    ),
    "propose_credit_move": Kind(
        6, (Role.CONTROLLER, Role.HEAD), "SELECT id FROM funding_envelope WHERE code = 'PROJECTS'", _propose, _proposal
    ),
    "approve_credit_move": Kind(
        6, (Role.HEAD, Role.MINISTER_DELEGATE), _PROPOSED,
        lambda given: credit_moves.approve_credit_move(move_id=given.pop("target"), **given),
    ),
    "refuse_credit_move": Kind(
        1, (Role.HEAD, Role.MINISTER_DELEGATE), _PROPOSED,
        lambda given: credit_moves.refuse_credit_move(move_id=given.pop("target"), reason=REASON, **given),
    ),
}  # fmt: skip


def _moves(accepted: Accepted) -> Iterator[Move]:
    lines = CreditLine.objects.filter(move__in=targets(accepted["approve_credit_move"]))
    for kind, envelope, year, amount in lines.values_list("kind", "envelope__code", "fiscal_year", "amount"):
        yield (kind, envelope, year, ""), amount


def _receipts(accepted: Accepted) -> Iterator[Move]:
    year = fiscal_year_of(NOW.date())
    for one in accepted["record_cash"]:
        yield cash_account(one.given["authority_id"], year), Decimal(one.given["amount"])
    undone = CashEntry.objects.filter(pk__in=targets(accepted["reverse_cash"]))
    for authority, fiscal_year, amount in undone.values_list("authority", "fiscal_year", "amount"):
        yield cash_account(authority, fiscal_year), -amount


def cash_account(authority: int | None, year: int) -> Account_:
    """Where a receipt is counted, beside the accounts of the ledger."""
    return ("draw_down" if authority else "receipt", "", year, f"authority {authority}" if authority else "")


EFFECTS: tuple[Effect, ...] = (_moves, _receipts)

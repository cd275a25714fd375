"""Credit that moves: proposed with its authority, then approved by another person, which writes its lines in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, WrongState, act, on_constraint
from fondsinnovation.kit.money import ZERO
from funding.enums import CREDIT_MOVE_MOVES, CreditMoveKind, CreditMoveState, LedgerKind
from funding.models import CreditLine, CreditMove, Envelope, Fund
from funding.policies import credit_moves as policies
from funding.queries.year_end import year_left
from funding.services.envelopes import Posting, lock_years, post
from projects.models import User
from projects.services.journal import money_clock, next_numbers, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue

#: kind of move → the kind of row that it writes, and its sign
_ROWS = {
    CreditMoveKind.TRANSFER: (LedgerKind.TRANSFER, -1),
    CreditMoveKind.FREEZE: (LedgerKind.FREEZE, -1),
    CreditMoveKind.THAW: (LedgerKind.FREEZE, 1),
    CreditMoveKind.REINVESTMENT: (LedgerKind.REINVESTMENT, 1),
}


@dataclass(frozen=True, slots=True)
class Account:
    """One envelope × fiscal year."""

    envelope_id: int
    fiscal_year: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What every move has: the authority that allows it, why, and the day from which it counts."""

    authority: str
    reason: str
    effective_on: date


@act
def propose_credit_move(
    *,
    kind: CreditMoveKind,
    account: Account,
    to: Account | None = None,
    amount: Decimal,
    terms: Terms,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> CreditMove:
    """Propose a transfer from `account` to another one, a freeze of it, a thaw, or a reinvestment in it: `amount` dollars, above zero.

    Nothing moves before another person approves. Raises NotAllowed, Invalid.
    """
    crosses = to is not None and to.envelope_id != account.envelope_id
    policies.propose_credit_move(actor, now, crosses).require()
    _require_sound(kind, account, to, amount, terms, now)
    row, sign = _ROWS[kind]
    lines = [CreditLine(envelope_id=account.envelope_id, fiscal_year=account.fiscal_year, kind=row, amount=sign * amount)]
    if to is not None:
        lines.append(CreditLine(envelope_id=to.envelope_id, fiscal_year=to.fiscal_year, kind=row, amount=amount))
    return propose_lines(kind, account, lines, terms=terms, actor=actor, now=now)


def propose_lines(
    kind: CreditMoveKind, account: Account, lines: Sequence[CreditLine], *, terms: Terms, actor: User, now: datetime
) -> CreditMove:
    """Write a move that waits for its decision, with its lines."""
    move = CreditMove.objects.create(
        number=next_numbers(f"MVT-{timezone.localdate(now).year}", 1, width=4)[0],
        kind=kind,
        envelope_id=account.envelope_id,
        fiscal_year=account.fiscal_year,
        authority=terms.authority.strip(),
        reason=terms.reason.strip(),
        effective_on=terms.effective_on,
        proposed_by=actor,
        proposed_at=now,
    )
    for position, line in enumerate(lines, 1):
        line.move, line.position = move, position
    CreditLine.objects.bulk_create(lines)
    note(move, kind=str(kind), authority=move.authority, lines=[[x.envelope_id, x.fiscal_year, str(x.kind), x.amount] for x in lines])
    note_reason(move.reason)
    return move


@act
def approve_credit_move(*, move_id: int, actor: User, now: datetime, key: str | None = None) -> CreditMove:
    """Approve what another person proposed, and write its lines in the ledger as they are.

    Raises NotAllowed, WrongState (what it reverses has changed meanwhile), EnvelopeExceeded (the credit is no longer free).
    """
    known = money_clock(now)
    move = lock(CreditMove, move_id)
    policies.decide_credit_move(actor, move, now).require()
    transition([move], CreditMoveState.APPROVED, moves=CREDIT_MOVE_MOVES, now=now, decided_by=actor, decided_at=now)
    lock_years((line.envelope_id, line.fiscal_year) for line in move.lines.all())
    lines = move.lines.select_related("reverses", "agreement__project").order_by("position", "pk")
    post([_posting(move, line) for line in lines], actor=actor, recorded_at=known)
    if move.kind == CreditMoveKind.YEAR_END and not year_left(move.envelope_id, move.fiscal_year).is_closed:
        raise WrongState(_("L’exercice a changé depuis que sa fin a été préparée : refusez-la et préparez-la de nouveau."))
    queue("money", now=now)
    return move


@act
def refuse_credit_move(*, move_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> CreditMove:
    """Refuse what another person proposed, with a reason. Raises NotAllowed, WrongState, Invalid."""
    move = lock(CreditMove, move_id)
    policies.decide_credit_move(actor, move, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    note_reason(reason.strip())
    changes: dict[str, Any] = {"decided_by": actor, "decided_at": now, "refusal_reason": reason.strip()}
    transition([move], CreditMoveState.REFUSED, moves=CREDIT_MOVE_MOVES, now=now, **changes)
    return move


def _posting(move: CreditMove, line: CreditLine) -> Posting:
    held, undone = line.agreement, line.reverses
    if undone is not None:
        call_id, award_id = undone.call_id, undone.award_id
    else:
        call_id, award_id = (held.project.call_id, held.award_id) if held is not None else (None, None)
    return Posting(
        line.envelope_id,
        line.fiscal_year,
        LedgerKind(line.kind),
        line.amount,
        move.effective_on,
        call_id=call_id,
        award_id=award_id,
        agreement_id=line.agreement_id,
        reference=move.number,
        reverses_id=line.reverses_id,
        move_id=move.pk,
    )


def _require_sound(kind: CreditMoveKind, account: Account, to: Account | None, amount: Decimal, terms: Terms, now: datetime) -> None:
    errors = {}
    if amount <= ZERO:
        errors["amount"] = _("Inscrivez un montant plus grand que zéro.")
    if (kind == CreditMoveKind.TRANSFER) != (to is not None):
        errors["to_envelope"] = _("Choisissez l’enveloppe et l’exercice qui reçoivent le virement, et pour un virement seulement.")
    elif to == account:
        errors["to_year"] = _("Un virement va vers un autre exercice ou une autre enveloppe.")
    errors |= unsound_terms(terms, now)
    errors |= unknown_accounts([account, to] if to else [account])
    if errors:
        raise Invalid(errors=errors)


def unsound_terms(terms: Terms, now: datetime) -> dict[str, str]:
    """What is missing from the terms of a move, by field."""
    errors = {}
    if not terms.authority.strip():
        errors["authority"] = _("Inscrivez l’autorité qui permet ce mouvement : loi, décret, décision.")
    if not terms.reason.strip():
        errors["reason"] = _("Inscrivez le motif.")
    if terms.effective_on > timezone.localdate(now):
        errors["effective_on"] = _("La date d’effet ne peut pas être dans l’avenir.")
    return errors


def unknown_accounts(accounts: Sequence[Account]) -> dict[str, str]:
    """An envelope that does not exist, or a fiscal year outside the Fund's own, by field."""
    envelopes = {one.pk: one.fund_id for one in Envelope.objects.filter(pk__in={account.envelope_id for account in accounts})}
    funds = {fund.pk: fund for fund in Fund.objects.filter(pk__in=envelopes.values())}
    for account, (envelope, year) in zip(accounts, (("envelope", "fiscal_year"), ("to_envelope", "to_year")), strict=False):
        if account.envelope_id not in envelopes:
            return {envelope: _("Cette enveloppe n’existe pas.")}
        fund = funds[envelopes[account.envelope_id]]
        if not fund.first_fiscal_year <= account.fiscal_year < fund.first_fiscal_year + fund.fiscal_years:
            return {year: _("Cet exercice n’est pas un exercice du Fonds.")}
    return {}


@on_constraint("credit_move_as_approved")
def _not_as_approved(detail: dict[str, object]) -> DomainError:
    return WrongState(_("Les écritures d’un mouvement de crédits sont exactement ses lignes approuvées."))


@on_constraint("credit_move_sums_to_nothing")
def _not_balanced(detail: dict[str, object]) -> DomainError:
    return WrongState(_("Ce qu’un virement ou un report retire doit égaler ce qu’il donne."))


@on_constraint("ledger_thaw_within_frozen")
def _thawed_too_much(detail: dict[str, object]) -> DomainError:
    return WrongState(_("Ce dégel dépasse ce qui est gelé dans cet exercice."))

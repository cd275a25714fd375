"""What the Secretariat costs: entered by one person, approved by another, which writes its lines in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, EnvelopeExceeded, Invalid, WrongState, act, on_constraint
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, money_cents
from funding.enums import COST_MOVE_MOVES, CostKind, CostMoveKind, CostMoveState, LedgerKind
from funding.models import CostLine, CostMove, Envelope, LedgerEntry, SecretariatCost
from funding.policies import costs as policies
from funding.queries.calls import fund_years
from funding.queries.costs import rows_left
from funding.services.envelopes import Posting, post
from projects.enums import EnvelopeCode
from projects.models import User
from projects.services.journal import money_clock, next_numbers, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue

#: kind of entry → the kind of ledger row that it writes
_ROWS = {CostMoveKind.COMMITMENT: LedgerKind.COMMITMENT, CostMoveKind.PAYMENT: LedgerKind.PAYMENT}


@dataclass(frozen=True, slots=True)
class CostPart:
    """What falls in one fiscal year: dollars, and the full-time equivalents of salaries. `kind` matters in a forecast only."""

    fiscal_year: int
    amount: Decimal
    fte: Decimal = ZERO
    kind: CostKind | None = None


@dataclass(frozen=True, slots=True)
class CostTerms:
    """What every entry has: its reference (contract, payroll, invoice), why, and the day from which it counts."""

    reference: str
    reason: str
    effective_on: date


@act
def propose_cost(
    *,
    kind: CostKind,
    title: str,
    supplier: str,
    parts: Sequence[CostPart],
    terms: CostTerms,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> CostMove:
    """Enter a new cost with what it commits in each fiscal year: a contract of several years has several parts.

    Nothing is committed before another person approves. Raises NotAllowed, Invalid.
    """
    policies.propose_cost(actor, now).require()
    errors = _unsound(terms, now) | _unsound_parts(parts, kind)
    if not title.strip():
        errors["title"] = _("Inscrivez l’objet de la dépense.")
    if kind == CostKind.CONTRACTS and not supplier.strip():
        errors["supplier"] = _("Inscrivez le fournisseur du contrat.")
    if errors:
        raise Invalid(errors=errors)
    number = next_numbers(f"SEC-{timezone.localdate(now).year}", 1, width=4)[0]
    cost = SecretariatCost.objects.create(
        number=number, kind=kind, title=title.strip(), supplier=supplier.strip(), entered_by=actor, entered_at=now
    )
    lines = [_line(part, kind, LedgerKind.COMMITMENT) for part in parts]
    return _propose(cost, CostMoveKind.COMMITMENT, lines, terms=terms, actor=actor, now=now)


@act
def propose_cost_entry(
    *,
    cost_id: int,
    kind: CostMoveKind,
    part: CostPart | None = None,
    reverses_id: int | None = None,
    amount: Decimal = ZERO,
    terms: CostTerms,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> CostMove:
    """Enter one more commitment or payment of a cost (`part`), or take back `amount` dollars of a row that it wrote (`reverses_id`).

    Raises NotAllowed, Invalid, SecretariatCost.DoesNotExist.
    """
    cost = SecretariatCost.objects.get(pk=cost_id)  # it never changes: there is nothing to hold
    policies.propose_cost(actor, now).require()
    errors, cost_kind = _unsound(terms, now), CostKind(cost.kind)
    line: CostLine | None = None
    if kind == CostMoveKind.CORRECTION:
        undone, more = _to_undo(cost, reverses_id, amount)
        line = _undoing(undone, amount, cost_kind) if undone is not None else None
    else:
        more = _unsound_parts([part] if part else [], cost_kind)
        line = _line(part, cost_kind, _ROWS[kind]) if part is not None else None
    if errors | more or line is None:
        raise Invalid(errors=errors | more)
    return _propose(cost, kind, [line], terms=terms, actor=actor, now=now)


@act
def propose_cost_forecast(*, parts: Sequence[CostPart], reason: str, actor: User, now: datetime, key: str | None = None) -> CostMove:
    """Enter a forecast of all costs to the last fiscal year; the one in force stays until another person approves.

    Raises NotAllowed, Invalid.
    """
    policies.propose_cost(actor, now).require()
    errors = {} if reason.strip() else {"reason": _("Inscrivez le motif.")}
    if {part.fiscal_year for part in parts} - set(fund_years()):
        errors["parts"] = _("Cet exercice n’est pas un exercice du Fonds.")
    if errors:
        raise Invalid(errors=errors)
    lines = [_line(part, part.kind or CostKind.OTHER, None) for part in parts if part.amount]
    terms = CostTerms("", reason, timezone.localdate(now))
    return _propose(None, CostMoveKind.FORECAST, lines, terms=terms, actor=actor, now=now)


@act
def approve_cost_move(*, move_id: int, actor: User, now: datetime, key: str | None = None) -> CostMove:
    """Approve what another person entered, and write its lines in the ledger as they are.

    Raises NotAllowed, WrongState, EnvelopeExceeded (the year's credit, or the cost's commitment, does not cover it).
    """
    known = money_clock(now)
    move = lock(CostMove, move_id)
    policies.decide_cost_move(actor, move, now).require()
    transition([move], CostMoveState.APPROVED, moves=COST_MOVE_MOVES, now=now, decided_by=actor, decided_at=now)
    envelope = Envelope.objects.get(code=EnvelopeCode.SECRETARIAT)
    lines = move.lines.exclude(kind="").order_by("position", "pk")
    if postings := [_posting(move, line, envelope) for line in lines]:
        post(postings, actor=actor, recorded_at=known)
        queue("money", now=now)
    return move


@act
def refuse_cost_move(*, move_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> CostMove:
    """Refuse what another person entered, with a reason. Raises NotAllowed, WrongState, Invalid."""
    move = lock(CostMove, move_id)
    policies.decide_cost_move(actor, move, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    note_reason(reason.strip())
    changes: dict[str, Any] = {"decided_by": actor, "decided_at": now, "refusal_reason": reason.strip()}
    transition([move], CostMoveState.REFUSED, moves=COST_MOVE_MOVES, now=now, **changes)
    return move


def _propose(
    cost: SecretariatCost | None, kind: CostMoveKind, lines: Sequence[CostLine], *, terms: CostTerms, actor: User, now: datetime
) -> CostMove:
    """Write a move that waits for its decision, with its lines."""
    move = CostMove.objects.create(
        number=next_numbers(f"ECS-{timezone.localdate(now).year}", 1, width=4)[0],
        cost=cost,
        kind=kind,
        reference=terms.reference.strip(),
        reason=terms.reason.strip(),
        effective_on=terms.effective_on,
        entered_by=actor,
        entered_at=now,
    )
    for position, line in enumerate(lines, 1):
        line.move, line.position = move, position
    CostLine.objects.bulk_create(lines)
    told = [[x.fiscal_year, str(x.cost_kind), x.amount, x.fte] for x in lines]
    note(move, kind=str(kind), cost=cost.number if cost else "", reference=move.reference, lines=told)
    note_reason(move.reason)
    return move


def _line(part: CostPart, cost_kind: CostKind, kind: LedgerKind | None) -> CostLine:
    return CostLine(fiscal_year=part.fiscal_year, cost_kind=cost_kind, kind=kind or "", amount=part.amount, fte=part.fte)


def _to_undo(cost: SecretariatCost, entry_id: int | None, amount: Decimal) -> tuple[LedgerEntry | None, dict[str, str]]:
    """The row of this cost to take back, and what is wrong with taking that much of it, by field."""
    found = next(((row, left) for row, left in rows_left(cost) if row.pk == entry_id), None)
    if found is None:
        return None, {"reverses": _("Choisissez l’écriture à corriger.")}
    row, left = found
    if not ZERO < amount <= left:
        return None, {"amount": _("Inscrivez un montant de 0,01 à %(most)s.") % {"most": money_cents(left)}}
    return row, {}


def _undoing(entry: LedgerEntry, amount: Decimal, cost_kind: CostKind) -> CostLine:
    """The line that takes `amount` of a row back, with the same share of its full-time equivalents."""
    line = CostLine.objects.filter(move=entry.cost_move_id, fiscal_year=entry.fiscal_year, amount=entry.amount).order_by("pk")[0]
    fte = (line.fte * amount / entry.amount).quantize(Decimal("0.01"))
    return CostLine(fiscal_year=entry.fiscal_year, cost_kind=cost_kind, kind=entry.kind, amount=-amount, fte=-fte, reverses_id=entry.pk)


def _posting(move: CostMove, line: CostLine, envelope: Envelope) -> Posting:
    return Posting(
        envelope.pk,
        line.fiscal_year,
        LedgerKind(line.kind),
        line.amount,
        move.effective_on,
        reference=move.reference,
        reverses_id=line.reverses_id,
        cost_id=move.cost_id,
        cost_move_id=move.pk,
    )


def _unsound(terms: CostTerms, now: datetime) -> dict[str, str]:
    errors = {}
    if not terms.reference.strip():
        errors["reference"] = _("Inscrivez la référence : contrat, paie ou facture.")
    if not terms.reason.strip():
        errors["reason"] = _("Inscrivez le motif.")
    if terms.effective_on > timezone.localdate(now):
        errors["effective_on"] = _("La date d’effet ne peut pas être dans l’avenir.")
    return errors


def _unsound_parts(parts: Sequence[CostPart], kind: CostKind) -> dict[str, str]:
    """What is wrong with the years of an entry, by field."""
    if not parts or any(part.amount <= ZERO for part in parts):
        return {"amount": _("Inscrivez un montant plus grand que zéro.")}
    if unknown := sorted({part.fiscal_year for part in parts} - set(fund_years())):
        return {"fiscal_year": _("L’exercice %(year)s n’est pas un exercice du Fonds.") % {"year": fiscal_year(unknown[0])}}
    if kind != CostKind.SALARIES and any(part.fte for part in parts):
        return {"fte": _("Seuls des salaires ont des équivalents temps complet.")}
    if kind == CostKind.SALARIES and any(part.fte <= ZERO for part in parts):
        return {"fte": _("Inscrivez les équivalents temps complet que ces salaires paient.")}
    return {}


@on_constraint("cost_year_within_committed")
def _cost_exceeded(detail: dict[str, Any]) -> DomainError:
    if Decimal(detail["asked"]) < ZERO:  # less than nothing would be paid
        return WrongState(_("Cette écriture serait renversée de plus que son montant."))
    said = {
        "what": detail["what"],
        "year": fiscal_year(detail["fiscal_year"]),
        "margin": money_cents(Decimal(detail["margin"])),
        "asked": money_cents(Decimal(detail["asked"])),
    }
    return EnvelopeExceeded(
        _("L’engagement de la dépense %(what)s laisse %(margin)s à payer en %(year)s : %(asked)s demandés. Rien n’a été payé.") % said,
        **detail,
    )


@on_constraint("cost_move_as_approved")
def _not_as_approved(detail: dict[str, object]) -> DomainError:
    return WrongState(_("Les écritures d’une dépense du Secrétariat sont exactement ses lignes approuvées."))

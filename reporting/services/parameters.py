"""Dated parameters: proposed by one person with their source, and written when another one approves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.refusals import say
from projects.models import User
from projects.services.journal import money_clock, next_numbers, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue
from reporting.enums import PARAMETER_MOVES, ParameterKind, ParameterState
from reporting.models import DiscountRate, ParameterMove, PriceIndex, RenewalWeights
from reporting.policies import parameters as policies

_NEEDED = {
    ParameterKind.RATE: ("valid_from", "value"),
    ParameterKind.INDEX: ("fiscal_year", "value"),
    ParameterKind.RENEWAL: ("valid_from", "realisation_weight", "least_coverage", "least_score", "largest_factor"),
}


@dataclass(frozen=True, slots=True)
class ParameterValues:
    """What a parameter of one kind says; the rest is None. Rates and weights are shares of 1."""

    valid_from: date | None = None
    fiscal_year: int | None = None
    value: Decimal | None = None
    realisation_weight: Decimal | None = None
    least_coverage: Decimal | None = None
    least_score: Decimal | None = None
    largest_factor: Decimal | None = None


@act
def propose_parameter(
    *, kind: ParameterKind, values: ParameterValues, source: str, reason: str, actor: User, now: datetime, key: str | None = None
) -> ParameterMove:
    """Propose a dated parameter; no figure moves before another person approves. Raises NotAllowed, Invalid."""
    policies.propose_parameter(actor, now).require()
    given, errors = asdict(values), {}
    for name in _NEEDED[kind]:
        if given[name] is None:
            errors[name] = _("Inscrivez cette valeur.")
    errors |= _unsound(kind, values)
    for name, text in (("source", source), ("reason", reason)):
        if not text.strip():
            errors[name] = _("Inscrivez la source et le motif : ils restent avec chaque chiffre.")
    if errors:
        raise Invalid(errors=errors)
    kept = {name: given[name] for name in _NEEDED[kind]}
    move = ParameterMove.objects.create(
        number=next_numbers(f"PAR-{timezone.localdate(now).year}", 1, width=4)[0], kind=kind, **kept, source=source.strip(),
        reason=reason.strip(), proposed_by=actor, proposed_at=now,
    )  # fmt: skip
    note(move, kind=str(kind), source=move.source, **{name: str(value) for name, value in kept.items()})
    note_reason(move.reason)
    return move


@act
def approve_parameter(*, move_id: int, actor: User, now: datetime, key: str | None = None) -> ParameterMove:
    """Approve what another person proposed: it is known from this instant on, and the reports are computed again.

    Raises NotAllowed, WrongState.
    """
    known = money_clock(now)
    move = lock(ParameterMove, move_id)
    policies.decide_parameter(actor, move, now).require()
    transition([move], ParameterState.APPROVED, moves=PARAMETER_MOVES, now=now, decided_by=actor, decided_at=now)
    row = _row(move, known)
    row.save()
    note(row, source=move.source, recorded_at=known)
    queue("money", now=now)
    return move


@act
def refuse_parameter(*, move_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> ParameterMove:
    """Refuse what another person proposed, with a reason. Raises NotAllowed, WrongState, Invalid."""
    move = lock(ParameterMove, move_id)
    policies.decide_parameter(actor, move, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    note_reason(reason.strip())
    changes: dict[str, Any] = {"decided_by": actor, "decided_at": now, "refusal_reason": reason.strip()}
    transition([move], ParameterState.REFUSED, moves=PARAMETER_MOVES, now=now, **changes)
    return move


def _row(move: ParameterMove, known: datetime) -> DiscountRate | PriceIndex | RenewalWeights:
    """The row that an approved move writes: exactly its values (`parameter_move_fits_its_kind` has them complete)."""
    names = {name: getattr(move, name) for name in _NEEDED[ParameterKind(move.kind)]}
    common: dict[str, Any] = {"source": move.source, "recorded_at": known}
    if move.kind == ParameterKind.RATE:
        return DiscountRate(valid_from=names["valid_from"], rate=names["value"], **common)
    if move.kind == ParameterKind.INDEX:
        return PriceIndex(**names, **common)
    return RenewalWeights(**names, **common)


def _unsound(kind: ParameterKind, values: ParameterValues) -> dict[str, str]:
    """What is out of its bounds, by field; the database refuses it too."""
    one, errors = Decimal(1), {}
    if kind == ParameterKind.RATE and values.value is not None and not -one < values.value < one:
        errors["value"] = _("Un taux se situe entre −100 % et 100 %.")
    if kind == ParameterKind.INDEX and values.value is not None and values.value <= 0:
        errors["value"] = _("Un indice des prix dépasse zéro.")
    for name in ("realisation_weight", "least_coverage"):
        given = getattr(values, name)
        if given is not None and not 0 <= given <= one:
            errors[name] = _("Inscrivez une part de 0 à 1.")
    if None not in (values.least_score, values.largest_factor) and not 0 <= values.least_score <= values.largest_factor:  # type: ignore[operator]
        errors["largest_factor"] = _("Le facteur maximal est au moins le pointage minimal, qui n’est pas négatif.")
    return errors


say({"parameter_move_is_final": gettext_lazy("Ce qui est proposé ne change pas : refusez-le, puis proposez autre chose.")}, WrongState)

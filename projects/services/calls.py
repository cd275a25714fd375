"""Calls for projects: their draft, and the moves that the clock makes. Submission and approval are funding's, which knows the envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, WrongState, act
from projects.enums import CALL_MOVES, CallState, EnvelopeCode
from projects.models import Call, CallBudget, Criterion, Objective, User
from projects.policies import calls as policies
from projects.queries.calls import terms_in_force
from projects.services.journal import next_numbers, note, transition
from projects.services.locks import lock


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    indicator: str
    unit: str
    baseline: Decimal
    target: Decimal
    weight: int


@dataclass(frozen=True, slots=True)
class CriterionRow:
    title: str
    weight: int
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class CallContent:
    """Everything that the author of a call decides. `budgets`: dollars by fiscal year; a zero is no row."""

    title: str
    purpose: str
    terms_id: int
    opens_at: datetime
    closes_at: datetime
    envelope: EnvelopeCode = EnvelopeCode.PROJECTS
    budgets: Mapping[int, Decimal] | None = None
    objectives: Sequence[ObjectiveRow] = ()
    criteria: Sequence[CriterionRow] = ()

    def check(self) -> None:
        """Raise Invalid on what even a draft must respect."""
        if self.closes_at <= self.opens_at:
            raise Invalid(errors={"closes_at": _("La fermeture doit suivre l’ouverture.")})
        if not terms_in_force(timezone.localdate(self.opens_at)).filter(pk=self.terms_id).exists():
            raise Invalid(errors={"terms": _("Ces modalités ne sont pas en vigueur à l’ouverture de l’appel.")})


_OWN = ("title", "purpose", "terms_id", "opens_at", "closes_at", "envelope")


@act
def create_call(*, content: CallContent, actor: User, now: datetime, key: str | None = None) -> Call:
    """Begin a call, numbered in its calendar year. It may be incomplete: its submission checks it. Raises NotAllowed, Invalid."""
    policies.write_call(actor, now).require()
    content.check()
    call = Call(reference=next_numbers(f"AP-{timezone.localdate(now).year}", 1, width=2)[0], created_by=actor, created_at=now)
    _write(call, content)
    note(call, reference=call.reference, version=call.version)
    return call


@act
def edit_call(*, call_id: int, version: int, content: CallContent, actor: User, now: datetime, key: str | None = None) -> Call:
    """Replace the content of a draft. Raises NotAllowed, WrongState, Stale (changed since `version` was read), Invalid."""
    call = lock(Call, call_id)
    policies.write_call(actor, now).require()
    require_draft(call)
    if call.version != version:
        raise Stale(_("Une autre personne a modifié cet appel depuis que vous l’avez ouvert. Rien n’a été remplacé : rouvrez-le."))
    content.check()
    call.version += 1
    _write(call, content)
    note(call, version=call.version)
    return call


def require_draft(call: Call) -> None:
    """Raise WrongState unless the call may still be changed."""
    if call.state != CallState.DRAFT:
        raise WrongState(_("Seul un brouillon se modifie : cet appel est à l’état « %(state)s ».") % {"state": call.get_state_display()})


def _write(call: Call, content: CallContent) -> None:
    for name in _OWN:
        setattr(call, name, getattr(content, name))
    call.save()
    for rows in (call.budgets, call.objectives, call.criteria):
        rows.all().delete()
    CallBudget.objects.bulk_create(
        CallBudget(call=call, fiscal_year=year, amount=amount) for year, amount in sorted((content.budgets or {}).items()) if amount
    )
    Objective.objects.bulk_create(
        Objective(
            call=call, position=at, indicator=row.indicator, unit=row.unit, baseline=row.baseline, target=row.target, weight=row.weight
        )
        for at, row in enumerate(content.objectives, start=1)
    )
    Criterion.objects.bulk_create(
        Criterion(call=call, position=at, title=row.title, guidance=row.guidance, weight=row.weight)
        for at, row in enumerate(content.criteria, start=1)
    )


@act
def move_call(*, call_id: int, actor: None, now: datetime, key: str | None = None) -> Call:
    """Record every move that the clock has made by `now`: published at once, opened, closed. However late, the instants are the call's own.

    Raises WrongState when there is none to record.
    """
    call = lock(Call, call_id)
    if call.state == CallState.APPROVED:
        transition([call], CallState.PUBLISHED, moves=CALL_MOVES, now=now, published_at=now)
    elif not _is_due(call, now):
        raise WrongState(_("Rien n’est à consigner pour cet appel."))
    if call.state == CallState.PUBLISHED and call.opens_at <= now:
        assert call.published_at is not None  # noqa: S101 — tells the type checker
        transition([call], CallState.OPEN, moves=CALL_MOVES, now=now, opened_at=max(call.opens_at, call.published_at))
    if call.state == CallState.OPEN and call.closes_at <= now:
        transition([call], CallState.CLOSED, moves=CALL_MOVES, now=now, closed_at=call.closes_at)
    return call


def _is_due(call: Call, now: datetime) -> bool:
    opens = call.state == CallState.PUBLISHED and call.opens_at <= now
    closes = call.state == CallState.OPEN and call.closes_at <= now
    return opens or closes

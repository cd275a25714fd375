"""Submission and approval of a call: its approval reserves its money on the envelope, in the same act."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import LedgerKind
from funding.models import Envelope
from funding.policies import calls as policies
from funding.queries.calls import available_by_year
from funding.queries.prizes import total_of_prizes
from funding.services.envelopes import Posting, post
from projects.enums import CALL_MOVES, CallState
from projects.models import Call, User
from projects.policies.calls import write_call
from projects.queries.calls import Content, content_of, missing_from
from projects.services.journal import money_clock, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue


@act
def submit_call(*, call_id: int, actor: User, now: datetime, key: str | None = None) -> Call:
    """Submit a complete draft for approval (SM-1). Raises NotAllowed, WrongState, Invalid (what is missing, all of it)."""
    call = lock(Call, call_id)
    write_call(actor, now).require()
    require_move(CALL_MOVES, call.state, CallState.SUBMITTED)
    _complete(call, now)
    transition([call], CallState.SUBMITTED, moves=CALL_MOVES, now=now)
    return call


@act
def approve_call(*, call_id: int, actor: User, now: datetime, key: str | None = None) -> Call:
    """Approve a call and reserve its money, fiscal year by fiscal year. Beat publishes it.

    Raises NotAllowed, WrongState, Invalid (its dates or terms are over by now), EnvelopeExceeded (the database refuses an overrun).
    """
    recorded_at = money_clock(now)
    call = lock(Call, call_id)
    policies.decide_call(actor, call, now).require()
    require_move(CALL_MOVES, call.state, CallState.APPROVED)
    content = _complete(call, now)
    transition([call], CallState.APPROVED, moves=CALL_MOVES, now=now, approved_by=actor, approved_at=now)
    envelope = Envelope.objects.get(code=call.envelope)
    reservations = [
        Posting(
            envelope_id=envelope.pk,
            fiscal_year=budget.fiscal_year,
            kind=LedgerKind.RESERVATION,
            amount=budget.amount,
            effective_on=timezone.localdate(now),
            call_id=call.pk,
            reference=call.reference,
        )
        for budget in content.budgets
    ]
    post(reservations, actor=actor, recorded_at=recorded_at)
    queue("money", now=now)
    return call


@act
def return_call(*, call_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Call:
    """Send a submitted call back to its author, with the reason. Raises NotAllowed, WrongState, Invalid."""
    call = lock(Call, call_id)
    policies.decide_call(actor, call, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du retour.")})
    transition([call], CallState.DRAFT, moves=CALL_MOVES, now=now)
    note_reason(reason.strip())
    return call


def _complete(call: Call, now: datetime) -> Content:
    content = content_of(call)
    if missing := [*missing_from(call, content, available_by_year(call.envelope), now), *_prizes_over(call, content)]:
        raise Invalid(" ".join(missing))
    return content


def _prizes_over(call: Call, content: Content) -> list[str]:
    """What the prizes of the terms ask beyond what the call reserves, as a sentence."""
    prizes = total_of_prizes(call)
    if prizes <= content.total:
        return []
    return [
        _("Les prix totalisent %(prizes)s; l’appel en réserve %(total)s.")
        % {"prizes": money_cents(prizes), "total": money_cents(content.total)}
    ]

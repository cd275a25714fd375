"""Write-offs: what will not be recovered, asked by one person and decided one level above the decision that gave it (SD-12)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import WRITE_OFF_MOVES, WriteOffState
from funding.models import Recovery, WriteOff
from funding.policies import recoveries as policies
from funding.queries.recoveries import left_of
from funding.services.recoveries import hold, note_file, settle
from projects.enums import Role
from projects.models import User
from projects.policies.rights import rights_of
from projects.policies.scope import call_of
from projects.services.journal import money_clock, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue


@act
def request_write_off(*, recovery_id: int, amount: Decimal, reason: str, actor: User, now: datetime, key: str | None = None) -> WriteOff:
    """Ask that a part (dollars) of what is left be written off. Raises NotAllowed, WrongState, Invalid."""
    recovery = hold(recovery_id)
    policies.request_write_off(actor, recovery, now).require()
    _check(recovery, amount, reason)
    row = WriteOff.objects.create(
        recovery=recovery,
        amount=amount,
        reason=reason.strip(),
        requested_by=actor,
        requested_at=now,
        original_role=policies.original_level(recovery.agreement, now),
    )
    note(row, amount=amount, original_role=str(row.original_role))
    note_reason(row.reason)
    note_file(recovery)
    return row


@act
def approve_write_off(*, write_off_id: int, authority: str = "", actor: User, now: datetime, key: str | None = None) -> WriteOff:
    """Write the sum off, under the role that allows it and, when nothing is above the original decision, an outside instrument.

    Raises NotAllowed, WrongState, Invalid.
    """
    known = money_clock(now)
    row = _hold(write_off_id)
    policies.decide_write_off(actor, row, now).require()
    role = _role_of(actor, row, now)
    if row.original_role == Role.MINISTER_DELEGATE and not authority.strip():
        raise Invalid(errors={"authority": _("Nommez l’instrument qui autorise la radiation : décret ou décision du Conseil du trésor.")})
    changes: dict[str, Any] = {"decided_by": actor, "decided_at": known, "role": role, "authority": authority.strip()}
    transition([row], WriteOffState.APPROVED, moves=WRITE_OFF_MOVES, now=now, **changes)
    note(row.recovery, written_off=row.amount, role=str(role))
    settle(row.recovery, now)
    note_file(row.recovery)
    queue("money", now=now)
    return row


@act
def refuse_write_off(*, write_off_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> WriteOff:
    """Refuse it, with a reason: the sum is still due. Raises NotAllowed, WrongState, Invalid."""
    row = _hold(write_off_id)
    policies.decide_write_off(actor, row, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Un refus doit être motivé.")})
    changes: dict[str, Any] = {"decided_by": actor, "decided_at": now, "refusal_reason": reason.strip()}
    transition([row], WriteOffState.REFUSED, moves=WRITE_OFF_MOVES, now=now, **changes)
    note_reason(reason.strip())
    note_file(row.recovery)
    return row


def _hold(write_off_id: int) -> WriteOff:
    """The request, its recovery and their agreement, held until COMMIT: the recovery first, as every act on it does."""
    recovery_id = WriteOff.objects.values_list("recovery", flat=True).get(pk=write_off_id)
    recovery = lock(Recovery, recovery_id)
    row = lock(WriteOff, write_off_id)
    row.recovery = recovery
    return row


def _role_of(actor: User, row: WriteOff, now: datetime) -> Role:
    """The role under which this person decides: the lowest of theirs that is high enough."""
    rights, call = rights_of(actor, now), call_of(row)
    return next(role for role in policies.levels_above(Role(row.original_role)) if rights.has(role, call=call))


def _check(recovery: Recovery, amount: Decimal, reason: str) -> None:
    errors, left = {}, left_of(recovery)
    if amount <= ZERO:
        errors["amount"] = _("Inscrivez un montant plus grand que zéro.")
    elif amount > left:
        errors["amount"] = _("Il reste %(left)s à recouvrer.") % {"left": money_cents(left)}
    if not reason.strip():
        errors["reason"] = _("Inscrivez pourquoi cette somme ne sera pas recouvrée.")
    if errors:
        raise Invalid(errors=errors)

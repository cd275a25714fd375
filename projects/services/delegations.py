"""Delegations: proposed by the holder, agreed to by a third person, ended at once by either party."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import long_date
from projects.enums import DELEGATION_MOVES, DelegationState
from projects.models import Delegation, Membership, User
from projects.policies import delegations as policies
from projects.queries.delegations import deciders_of
from projects.services import messages
from projects.services.journal import note, note_organisation, note_reason, transition
from projects.services.locks import lock
from projects.services.people import give_role, revoke_role


@act
def propose_delegation(
    *,
    source_id: int,
    delegate_id: int,
    starts_on: date,
    ends_on: date,
    reason: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Delegation:
    """Propose that a colleague holds a role from a day to a day; nothing changes until a third person agrees.

    Raises NotAllowed, WrongState, Invalid.
    """
    source = lock(Membership, source_id)
    policies.propose_delegation(actor, source, now).require()
    delegate = User.objects.get(pk=delegate_id)
    _check(source, delegate, starts_on, ends_on, reason.strip(), now)
    delegation = Delegation.objects.create(
        source=source,
        holder=source.person,
        delegate=delegate,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
        proposed_by=actor,
        proposed_at=now,
    )
    note(delegation, source=source.pk, delegate=delegate.pk, starts_on=starts_on, ends_on=ends_on)
    note_reason(reason.strip())
    note_organisation(source.organisation_id)
    with messages.in_french():
        subject = _("Délégation à approuver")
        body = _("%(holder)s propose que %(delegate)s exerce son rôle « %(role)s » du %(start)s au %(end)s. Il vous revient d’en décider.")
    _tell(deciders_of(delegation, now), delegation, subject, body, now)
    return delegation


def _check(source: Membership, delegate: User, starts_on: date, ends_on: date, reason: str, now: datetime) -> None:
    errors = {}
    able = policies.stand_in(delegate, source, now)
    if not able:
        errors["delegate"] = able.reason
    elif (
        Membership.objects.filter(
            person=delegate, role=source.role, organisation=source.organisation, call=source.call, revoked_at=None, starts_on__lte=ends_on
        )
        .exclude(ends_on__lt=starts_on)
        .exists()
    ):
        errors["delegate"] = _("Cette personne a déjà ce rôle dans cet organisme pour une partie de ces dates.")
    if starts_on < timezone.localdate(now):
        errors["starts_on"] = _("Inscrivez une date à partir du %(day)s.") % {"day": timezone.localdate(now)}
    if ends_on < starts_on:
        errors["ends_on"] = _("La fin précède le début : inscrivez une date à partir du %(day)s.") % {"day": starts_on}
    elif source.ends_on is not None and ends_on > source.ends_on:
        errors["ends_on"] = _("Le rôle délégué se termine le %(day)s.") % {"day": source.ends_on}
    if not reason:
        errors["reason"] = _("Inscrivez le motif de la délégation.")
    if errors:
        raise Invalid(errors=errors)


@act
def approve_delegation(*, delegation_id: int, actor: User, now: datetime, key: str | None = None) -> Delegation:
    """Agree to a delegation: the delegate holds the role from its first day. Raises NotAllowed, WrongState."""
    delegation = lock(Delegation, delegation_id)
    policies.decide_delegation(actor, delegation, now).require()
    source, today = delegation.source, timezone.localdate(now)
    if delegation.ends_on < today:
        raise WrongState(_("Les dates de cette délégation sont passées."))
    if not (able := policies.stand_in(delegation.delegate, source, now)):
        raise WrongState(able.reason)
    require_move(DELEGATION_MOVES, delegation.state, DelegationState.APPROVED)
    membership = give_role(
        person=delegation.delegate,
        role=source.role,
        organisation=source.organisation,
        call_id=source.call_id,
        starts_on=max(delegation.starts_on, today),
        ends_on=delegation.ends_on,
        granted_by=actor,
        source=source,
    )
    transition(
        [delegation],
        DelegationState.APPROVED,
        moves=DELEGATION_MOVES,
        now=now,
        membership=membership,
        decided_by=actor,
        decided_at=now,
    )
    with messages.in_french():
        subject = _("Délégation approuvée")
        body = _("%(delegate)s exerce le rôle « %(role)s » de %(holder)s du %(start)s au %(end)s.")
    _tell([delegation.holder, delegation.delegate], delegation, subject, body, now)
    return delegation


@act
def refuse_delegation(*, delegation_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Delegation:
    """Refuse a delegation, with a reason. Raises NotAllowed, WrongState, Invalid."""
    delegation = lock(Delegation, delegation_id)
    policies.decide_delegation(actor, delegation, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    transition(
        [delegation],
        DelegationState.REFUSED,
        moves=DELEGATION_MOVES,
        now=now,
        decided_by=actor,
        decided_at=now,
        decision_reason=reason.strip(),
    )
    note_reason(reason.strip())
    note_organisation(delegation.source.organisation_id)
    with messages.in_french():
        subject = _("Délégation refusée")
        body = _("La délégation du rôle « %(role)s » de %(holder)s à %(delegate)s est refusée. Motif : %(reason)s")
    _tell([delegation.holder, delegation.delegate], delegation, subject, body, now)
    return delegation


@act
def end_delegation(*, delegation_id: int, actor: User, now: datetime, key: str | None = None) -> Delegation:
    """Withdraw a proposed delegation, or revoke an approved one: it stops at once. Raises NotAllowed, WrongState."""
    delegation = lock(Delegation, delegation_id)
    policies.end_delegation(actor, delegation, now).require()
    proposed = delegation.state == DelegationState.PROPOSED
    target = DelegationState.WITHDRAWN if proposed else DelegationState.REVOKED
    transition([delegation], target, moves=DELEGATION_MOVES, now=now, ended_by=actor, ended_at=now)
    if delegation.membership is not None:
        revoke_role(lock(Membership, delegation.membership.pk), actor=actor, now=now)
    note_organisation(delegation.source.organisation_id)
    with messages.in_french():
        subject = _("Délégation retirée")
        body = _("La délégation du rôle « %(role)s » de %(holder)s à %(delegate)s a pris fin.")
    _tell([delegation.holder, delegation.delegate], delegation, subject, body, now)
    return delegation


def _tell(people: Iterable[User], delegation: Delegation, subject: str, body: str, now: datetime) -> None:
    with messages.in_french():
        words = {
            "holder": delegation.holder.name,
            "delegate": delegation.delegate.name,
            "role": delegation.source.get_role_display(),
            "start": long_date(delegation.starts_on),
            "end": long_date(delegation.ends_on),
            "reason": delegation.decision_reason,
        }
    messages.send(people, subject=subject, body=body % words, now=now)

"""Invitations to take a role: sent, sent again, withdrawn, accepted once. Only the SHA-256 of a link's token is kept."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Throttled, WrongState, act, current_entry, on_constraint
from projects.enums import Role
from projects.models import Invitation, Membership, Organisation, User
from projects.policies import people as policies
from projects.queries.invitations import Problem, has_account, sent_lately
from projects.services.journal import note, note_organisation, sha256
from projects.services.locks import lock
from projects.services.outbox import queue
from projects.services.people import give_role


@act
def invite_member(
    *,
    email: str,
    role: Role,
    organisation_id: int,
    starts_on: date,
    ends_on: date | None,
    actor: User,
    now: datetime,
    call_id: int | None = None,
    key: str | None = None,
) -> Invitation:
    """Invite an address to a role; its link leaves by e-mail. What this answers never depends on who has an account.

    Raises NotAllowed, Throttled, Invalid, WrongState (invited already).
    """
    organisation = lock(Organisation, organisation_id)
    policies.grant_membership(actor, organisation, role, now).require()
    policies.held_there(role, organisation).require()
    email = email.strip().lower()
    if email == actor.email.lower():
        raise Invalid(errors={"email": _("Personne ne s’accorde un rôle à soi-même.")})
    if ends_on is not None and ends_on < timezone.localdate(now):
        raise Invalid(errors={"ends_on": _("Cette date est passée.")})
    offer = {"organisation": organisation, "email": email, "role": role, "call_id": call_id, "starts_on": starts_on, "ends_on": ends_on}
    return _send(Invitation(**offer), actor=actor, now=now)


@act
def resend_invitation(*, invitation_id: int, actor: User, now: datetime, key: str | None = None) -> Invitation:
    """Send an invitation again, as a new one: the first link is dead at once. Raises NotAllowed, WrongState, Throttled."""
    first = lock(Invitation, invitation_id)
    policies.settle_invitation(actor, first, now).require()
    _withdraw(first, actor, now)
    names = ("organisation", "email", "role", "call", "starts_on", "ends_on")
    return _send(Invitation(**{name: getattr(first, name) for name in names}, replaces=first), actor=actor, now=now)


@act
def revoke_invitation(*, invitation_id: int, actor: User, now: datetime, key: str | None = None) -> Invitation:
    """Withdraw an invitation: its link is dead at once. Raises NotAllowed, WrongState."""
    invitation = lock(Invitation, invitation_id)
    policies.settle_invitation(actor, invitation, now).require()
    _withdraw(invitation, actor, now)
    note_organisation(invitation.organisation_id)
    return invitation


def _send(invitation: Invitation, *, actor: User, now: datetime) -> Invitation:
    if sent_lately(actor, now) >= settings.INVITATIONS_PER_DAY:
        raise Throttled(_("Vous avez envoyé beaucoup d’invitations aujourd’hui. Continuez demain."))
    invitation.invited_by, invitation.invited_at = actor, now
    invitation.expires_at = now + timedelta(days=settings.INVITATION_DAYS)
    invitation.save(force_insert=True)
    note(invitation, role=str(invitation.role), call=invitation.call_id, replaces=invitation.replaces_id)
    note_organisation(invitation.organisation_id)
    queue("invitation", now=now, invitation=invitation.pk)
    return invitation


def _withdraw(invitation: Invitation, actor: User, now: datetime) -> None:
    invitation.revoked_at, invitation.revoked_by = now, actor
    invitation.save(update_fields=["revoked_at", "revoked_by"])
    note(invitation, revoked_at=now)


def make_link(invitation_id: int, now: datetime) -> tuple[Invitation, str] | None:
    """The invitation and the address of its link, made as the e-mail leaves; None when there is nothing to send any more.

    Asked again (an e-mail that failed), it makes another link, and the one that nobody received is dead.
    """
    with transaction.atomic():
        invitation = lock(Invitation, invitation_id)
        if not invitation.is_live(now):
            return None
        token = secrets.token_urlsafe(32)
        invitation.sha256 = sha256(token)
        invitation.save(update_fields=["sha256"])
    return invitation, f"{settings.PORTAL_URL}/invitations/{invitation.organisation.code}/{token}/"


@act
def accept_invitation(
    *, invitation_id: int, actor: User | None, now: datetime, name: str = "", password: str = "", key: str | None = None
) -> Membership:
    """Take the role that was offered: as the invited person signed in, or as a new person with a name and a password.

    Raises NotAllowed (another person; an account to sign in to), WrongState (not valid any more), Invalid.
    """
    email = Invitation.objects.values_list("email", flat=True).get(pk=invitation_id)
    secret = _checked_password(email, name.strip(), password) if actor is None else ""  # slow: before the lock
    invitation = lock(Invitation, invitation_id)
    policies.accept_invitation(actor, invitation, now).require()
    person = actor or _new_person(invitation, name.strip(), secret)
    today = timezone.localdate(now)
    invitation.membership = give_role(
        person=person,
        role=invitation.role,
        organisation=invitation.organisation,
        call_id=invitation.call_id,
        starts_on=max(invitation.starts_on, today),
        ends_on=invitation.ends_on,
        granted_by=invitation.invited_by,
    )
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at", "membership"])
    note(invitation, account="old" if actor else "new")
    current_entry().actor = person
    return invitation.membership


def _checked_password(email: str, name: str, password: str) -> str:
    errors = {} if name else {"name": _("Inscrivez votre nom.")}
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        errors["password"] = " ".join(error.messages)
    if errors:
        raise Invalid(errors=errors)
    return make_password(password)


def _new_person(invitation: Invitation, name: str, secret: str) -> User:
    if has_account(invitation.email):
        raise WrongState(_("Connectez-vous avec votre compte pour accepter cette invitation."))
    return User.objects.create(email=invitation.email, name=name, password=secret)


@act
def refuse_invitation_link(
    *, problem: Problem, invitation_id: int | None, actor: User | None, now: datetime, key: str | None = None
) -> None:
    """Keep in the journal that a link was refused, and why: it changes nothing else, and says nothing of its token."""
    current_entry().facts["problem"] = problem.value
    if invitation_id is not None:
        invitation = Invitation.objects.get(pk=invitation_id)
        note(invitation)
        note_organisation(invitation.organisation_id)


@on_constraint("invitation_frozen")
def _settled(detail: dict[str, Any]) -> WrongState:
    return WrongState(_("Cette invitation n’est plus en attente."))

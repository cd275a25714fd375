"""People and memberships: who holds which role, where, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, WrongState, act, current_entry, on_constraint
from projects.demo import PASSWORD, DemoAccount
from projects.enums import Role
from projects.models import Membership, Organisation, User
from projects.policies import people as policies
from projects.policies.rights import rights_of
from projects.policies.separation import holds_nothing_incompatible
from projects.services.journal import note, note_organisation
from projects.services.locks import lock
from projects.services.sessions import close_access


@act
def grant_membership(
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
) -> Membership:
    """Give a role in an organisation, on all files or on those of one call, to a person who has an account.

    Raises NotAllowed, Invalid, WrongState (they hold it already on some of these days).
    """
    organisation = lock(Organisation, organisation_id)
    policies.grant_membership(actor, organisation, role, now).require()
    policies.held_there(role, organisation).require()
    return give_role(
        person=_person_named(email, organisation, actor, now),
        role=role,
        organisation=organisation,
        call_id=call_id,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=actor,
    )


def _person_named(email: str, organisation: Organisation, actor: User, now: datetime) -> User:
    """The active account of an address. Raises Invalid.

    A signatory finds only the people who hold or held a role in the organisation: who else has an account is not theirs to learn.
    """
    found, refusal = User.objects.filter(email=email.strip().lower(), is_active=True), _("Aucun compte actif n’a ce courriel.")
    if not rights_of(actor, now).has(Role.DIRECTOR):
        found = found.filter(pk__in=organisation.memberships.values("person"))
        refusal = _("Personne de cet organisme n’a ce courriel : invitez plutôt cette personne.")
    try:
        return found.get()
    except User.DoesNotExist as error:
        raise Invalid(errors={"email": refusal}) from error


def give_role(
    *,
    person: User,
    role: str,
    organisation: Organisation,
    call_id: int | None,
    starts_on: date,
    ends_on: date | None,
    granted_by: User,
    source: Membership | None = None,
) -> Membership:
    """Write a membership and its facts: the step of every act that gives a role. Raises WrongState for roles that do not go together."""
    lock(User, person.pk)  # two roles given at once to one person see each other
    holds_nothing_incompatible(person.pk, role, organisation.pk, starts_on, ends_on).require()
    membership = Membership.objects.create(
        person=person,
        role=role,
        organisation=organisation,
        call_id=call_id,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=granted_by,
        delegated_from=source,
    )
    note(membership, person=person.pk, role=str(role), starts_on=starts_on, ends_on=ends_on, call=call_id)
    note_organisation(organisation.pk)
    return membership


@act
def change_membership(
    *, membership_id: int, starts_on: date, ends_on: date | None, version: int, actor: User, now: datetime, key: str | None = None
) -> Membership:
    """Change the first and last days of a role, as seen at `version`. Raises NotAllowed, WrongState, Invalid, Stale."""
    membership = lock(Membership, membership_id)
    policies.change_membership(actor, membership, now).require()
    _require_unchanged(membership, version)
    today = timezone.localdate(now)
    if ends_on is not None and ends_on < max(starts_on, today):
        earliest = max(starts_on, today)
        raise Invalid(errors={"ends_on": _("Inscrivez une date à partir du %(day)s.") % {"day": earliest}})
    lock(User, membership.person_id)  # a role given at the same time sees these days, or is seen
    kept = membership.person_id, membership.role, membership.organisation_id
    holds_nothing_incompatible(*kept, starts_on, ends_on, besides=membership.pk).require()
    before = _dates(membership)
    membership.starts_on, membership.ends_on = starts_on, ends_on
    membership.version += 1
    membership.save(update_fields=["starts_on", "ends_on", "version"])
    note(membership, person=membership.person_id, role=membership.role, before=before, after=_dates(membership))
    note_organisation(membership.organisation_id)
    return membership


def _dates(membership: Membership) -> dict[str, date | None]:
    return {"starts_on": membership.starts_on, "ends_on": membership.ends_on}


def _require_unchanged(membership: Membership, version: int | None) -> None:
    if version not in (None, membership.version):
        raise Stale(_("Quelqu’un a modifié ce rôle pendant que vous le consultiez. Rien n’a été écrasé : voici ce qu’il est maintenant."))


@act
def end_membership(*, membership_id: int, actor: User, now: datetime, version: int | None = None, key: str | None = None) -> Membership:
    """Revoke a role: access stops at once, sessions included when it was the last one; the past keeps its name.

    Raises NotAllowed, WrongState (over already), Stale.
    """
    membership = lock(Membership, membership_id)
    policies.end_membership(actor, membership, now).require()
    _require_unchanged(membership, version)
    revoke_role(membership, actor=actor, now=now)
    return membership


def revoke_role(membership: Membership, *, actor: User, now: datetime) -> None:
    """Revoke a membership and write its facts. The last day stays a day on which it was held, or its first one."""
    today = timezone.localdate(now)
    last = today if membership.ends_on is None else min(membership.ends_on, today)
    membership.ends_on = max(last, membership.starts_on)
    membership.revoked_at, membership.revoked_by = now, actor
    membership.version += 1
    membership.save(update_fields=["ends_on", "revoked_at", "revoked_by", "version"])
    closed = close_access(membership.person, now)
    note(membership, person=membership.person_id, role=membership.role, ends_on=membership.ends_on, revoked_at=now, **closed)
    note_organisation(membership.organisation_id)


# ── What the database refuses, in words ──────────────────────────────────────────────────────────────────────────────
@on_constraint("membership_role_fits_organisation")
def _role_elsewhere(detail: dict[str, Any]) -> WrongState:
    return WrongState(_("Ce rôle ne s’exerce pas dans un organisme de ce type."))


@on_constraint("membership_delegates_the_same")
def _delegates_else(detail: dict[str, Any]) -> WrongState:
    return WrongState(_("Une délégation donne à une autre personne le même rôle, au même endroit."))


@on_constraint("membership_revoked_for_good")
def _revoked(detail: dict[str, Any]) -> WrongState:
    return WrongState(_("Ce rôle est déjà terminé."))


@act
def create_demo_accounts(*, accounts: Sequence[DemoAccount], actor: None, now: datetime, key: str | None = None) -> None:
    """Create the accounts of a demonstration and their memberships; those that exist are left as they are."""
    organisations = dict(Organisation.objects.filter(code__in={a.organisation for a in accounts}).values_list("code", "pk"))
    secret = make_password(PASSWORD)
    created = []
    for account in accounts:
        person, is_new = User.objects.get_or_create(email=account.email, defaults={"name": account.name, "password": secret})
        held = {"person": person, "role": account.role, "organisation_id": organisations[account.organisation]}
        if not Membership.objects.filter(**held).exists():
            Membership.objects.create(**held, starts_on=date(2024, 4, 1))
        created += [person.pk] if is_new else []
    current_entry().facts["created"] = created

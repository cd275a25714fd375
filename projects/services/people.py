"""People and memberships: who holds which role, where, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act, current_entry
from projects.demo import PASSWORD, DemoAccount
from projects.enums import Role
from projects.models import Membership, Organisation, User
from projects.policies import people as policies
from projects.policies.separation import holds_nothing_incompatible
from projects.services.journal import note, note_organisation
from projects.services.locks import lock


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
    key: str | None = None,
) -> Membership:
    """Give a role in an organisation to a person who has an account. Raises NotAllowed, Invalid, WrongState."""
    organisation = lock(Organisation, organisation_id)
    policies.grant_membership(actor, organisation, role, now).require()
    try:
        person = User.objects.get(email=email.strip().lower(), is_active=True)
    except User.DoesNotExist as error:
        raise Invalid(errors={"email": _("Aucun compte actif n’a ce courriel.")}) from error
    lock(User, person.pk)  # two roles given at once to one person see each other
    holds_nothing_incompatible(person.pk, role, organisation.pk, starts_on, ends_on).require()
    membership = Membership.objects.create(
        person=person, role=role, organisation=organisation, starts_on=starts_on, ends_on=ends_on, granted_by=actor
    )
    note(membership, person=person.pk, role=str(role), starts_on=starts_on, ends_on=ends_on)
    note_organisation(organisation.pk)
    return membership


@act
def end_membership(*, membership_id: int, actor: User, now: datetime, key: str | None = None) -> Membership:
    """End a role as of yesterday: access stops at once, the past keeps its name. Raises NotAllowed."""
    membership = lock(Membership, membership_id)
    policies.end_membership(actor, membership, now).require()
    membership.ends_on = max(timezone.localdate(now) - timedelta(days=1), membership.starts_on)
    membership.save(update_fields=["ends_on"])
    note(membership, person=membership.person_id, role=membership.role, ends_on=membership.ends_on)
    note_organisation(membership.organisation_id)
    return membership


@act
def create_demo_accounts(*, accounts: Sequence[DemoAccount], actor: None, now: datetime, key: str | None = None) -> None:
    """Create the accounts of a demonstration and their memberships; those that exist are left as they are."""
    organisations = dict(Organisation.objects.filter(code__in={a.organisation for a in accounts}).values_list("code", "pk"))
    secret = make_password(PASSWORD)
    created = []
    for account in accounts:
        person, is_new = User.objects.get_or_create(email=account.email, defaults={"name": account.name, "password": secret})
        Membership.objects.get_or_create(
            person=person,
            role=account.role,
            organisation_id=organisations[account.organisation],
            defaults={"starts_on": date(2024, 4, 1)},
        )
        created += [person.pk] if is_new else []
    current_entry().facts["created"] = created

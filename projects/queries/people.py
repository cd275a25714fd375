"""Reads of organisations and their members."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from projects.enums import APPLICANT_ROLES, Role
from projects.models import JournalEntry, Membership, Organisation
from projects.models.people import MembershipQuerySet
from projects.policies.rights import rights_of


def organisations_for(person: Any, now: datetime) -> QuerySet[Organisation]:
    """The organisations whose members this person may see: their own, or all for staff and auditors."""
    rights = rights_of(person, now)
    if rights.is_staff or rights.has(Role.AUDITOR):
        return Organisation.objects.all()
    return Organisation.objects.filter(pk__in={where for _role, where, *_limits in (*rights.own, *rights.delegated)})


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Memberships of an organisation, past ones included, the current ones first."""
    members = Membership.objects.filter(organisation=organisation).select_related("person", "call", "delegated_from__person")
    return members.order_by(F("revoked_at").asc(nulls_first=True), "ends_on", "role", "person__name", "pk")


def last_change(membership: Membership) -> JournalEntry | None:
    """The last act on a membership, with who did it."""
    entries = JournalEntry.objects.filter(object_type="projects.membership", object_id=membership.pk).select_related("actor")
    return next(iter(entries.order_by("-pk")[:1]), None)


def active_members(organisation_id: int, now: datetime) -> MembershipQuerySet:
    """Memberships of an applicant organisation in force today, of people whose account is active; `for_call` narrows them to a file."""
    return Membership.objects.on(timezone.localdate(now)).filter(
        Q(person__is_active=True), organisation_id=organisation_id, role__in=APPLICANT_ROLES
    )

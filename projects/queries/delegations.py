"""Reads of delegations: those of an organisation, those of a person, and who could agree to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from projects.enums import Role
from projects.models import Delegation, Membership, Organisation, User
from projects.policies.rights import rights_of


def _delegations() -> QuerySet[Delegation]:
    return Delegation.objects.select_related(
        "source__organisation", "source__call", "holder", "delegate", "proposed_by", "decided_by", "membership"
    ).order_by("-proposed_at", "-pk")


def delegations_of(organisation: Organisation) -> QuerySet[Delegation]:
    """The delegations of an organisation's roles, past ones included, the latest first."""
    return _delegations().filter(source__organisation=organisation)


def delegations_for(person: Any, now: datetime) -> QuerySet[Delegation]:
    """Those that concern a person: as holder or delegate, or because they may decide on them."""
    rights = rights_of(person, now)
    seen = Q(holder=person) | Q(delegate=person) | Q(source__organisation__in=rights.organisations(Role.SIGNATORY))
    if rights.has(Role.HEAD):
        seen |= Q(source__role=Role.DIRECTOR)
    return _delegations() if rights.has(Role.DIRECTOR) else _delegations().filter(seen)


def colleagues_of(source: Membership, now: datetime) -> QuerySet[User]:
    """Who could stand in for the holder: the people with a role of their own in the organisation today, by name."""
    own = Membership.objects.on(timezone.localdate(now)).filter(organisation=source.organisation_id, delegated_from=None)
    return User.objects.filter(is_active=True, pk__in=own.values("person")).exclude(pk=source.person_id).order_by("name", "pk")


def deciders_of(delegation: Delegation, now: datetime) -> QuerySet[User]:
    """Who is asked to agree: the organisation's other signatories; the directors when there is none; the head for the director's role."""
    in_force = Membership.objects.on(timezone.localdate(now)).for_call(None)
    parties = [delegation.holder_id, delegation.delegate_id, delegation.proposed_by_id]
    source = delegation.source
    holding = in_force.filter(organisation=source.organisation_id, role=Role.SIGNATORY).exclude(person__in=parties)
    if not holding.exists():
        holding = in_force.filter(role=Role.HEAD if source.role == Role.DIRECTOR else Role.DIRECTOR).exclude(person__in=parties)
    return User.objects.filter(is_active=True, pk__in=holding.values("person")).order_by("pk")

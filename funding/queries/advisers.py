"""Reads of advisers: who accompanies a file, and who may be asked to."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from funding.models import Adviser, Eligibility, Milestone, Review
from funding.policies.separation import ACTS_APART
from projects.enums import Role
from projects.models import Application, JournalEntry, Membership, Recusal, User


def adviser_of(application: Application) -> Adviser | None:
    """The current adviser of an application: the last one to whom it was entrusted."""
    rows = Adviser.objects.filter(application=application).select_related("person", "assigned_by").order_by("-pk")[:1]
    return next(iter(rows), None)


def with_adviser(applications: QuerySet[Application]) -> QuerySet[Application]:
    """The same with the current adviser of each, read along: `adviser_name`, `adviser_since`, `adviser_by` (None when there is none)."""
    last = Adviser.objects.filter(application=OuterRef("pk")).order_by("-pk")
    return applications.annotate(
        adviser_name=Subquery(last.values("person__name")[:1]),
        adviser_since=Subquery(last.values("assigned_at")[:1]),
        adviser_by=Subquery(last.values("assigned_by__name")[:1]),
    )


def advisable(application: Application, actor: User, now: datetime) -> QuerySet[User]:
    """The people who may be entrusted with this application (`policies.advisers.advise`), its current adviser excepted, by name."""
    me = OuterRef("pk")
    acts = JournalEntry.objects.filter(application=application, act__in=ACTS_APART, actor=me)
    found = User.objects.filter(
        Exists(Membership.objects.on(timezone.localdate(now)).filter(person=me, role=Role.ADVISER)),
        ~Exists(Recusal.objects.filter(application=application, person=me)),
        ~Exists(acts),
        ~Exists(Eligibility.objects.filter(application=application, decided_by=me)),
        ~Exists(Eligibility.objects.filter(application=application, confirmed_by=me)),
        ~Exists(Review.objects.filter(application=application, reviewer=me)),
        ~Exists(Milestone.objects.filter(agreement__project__application=application, verified_by=me)),
        is_active=True,
    ).exclude(pk=actor.pk)
    if (current := adviser_of(application)) is not None:
        found = found.exclude(pk=current.person_id)
    return found.order_by("name", "pk")

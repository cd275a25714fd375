"""Reads of milestones, instalments and payments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from funding.enums import DEAD_PAYMENTS
from funding.models import Cofunding, Instalment, Milestone, Payment
from projects.queries.applications import projects_for


def has_live_payment(instalment: Instalment) -> bool:
    """Whether a payment of an instalment is under way or done: only a rejected or a reversed one leaves room for another."""
    return Payment.objects.filter(instalment=instalment).exclude(state__in=DEAD_PAYMENTS).exists()


def payments_for(person: Any, now: datetime) -> QuerySet[Payment]:
    """The payments of the projects that this person may see."""
    return Payment.objects.filter(instalment__agreement__project__in=projects_for(person, now)).select_related(
        "instalment__milestone",
        "instalment__agreement__project__organisation",
        "requested_by",
        "certified_by",
        "authorised_by",
        "transmitted_by",
        "confirmed_by",
        "reversed_by",
    )


def milestones_for(person: Any, now: datetime) -> QuerySet[Milestone]:
    """The milestones of the projects that this person may see."""
    return Milestone.objects.filter(agreement__project__in=projects_for(person, now)).select_related(
        "agreement__project__organisation", "document", "reported_by", "verified_by"
    )


def instalments_for(person: Any, now: datetime) -> QuerySet[Instalment]:
    """The instalments of the projects that this person may see, each with its live payment in `live_payments`."""
    live = Payment.objects.exclude(state__in=DEAD_PAYMENTS).order_by("pk")
    return (
        Instalment.objects.filter(agreement__project__in=projects_for(person, now))
        .select_related("milestone", "agreement__project__organisation")
        .prefetch_related(Prefetch("payments", live, to_attr="live_payments"))
    )


def cofunding_of(project_id: int) -> QuerySet[Cofunding]:
    return Cofunding.objects.filter(project_id=project_id).order_by("effective_on", "pk")

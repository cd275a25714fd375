"""Reads of shared gains: `sharings_for` is the only way one reaches a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from projects.queries.applications import projects_for
from reporting.models import GainShare, GainSharing, SharedGain, SharedGainPart


def shares_of(sharing: int) -> list[GainShare]:
    """The shares of a sharing in their order, which decides of equal remainders."""
    rows = GainShare.objects.filter(sharing=sharing).select_related("line", "project__application", "project__organisation")
    return list(rows.order_by("pk"))


def sharings_for(person: Any, now: datetime) -> QuerySet[GainSharing]:
    """The sharings of which this person may see a project: whoever shares a gain reads its keys."""
    seen = GainShare.objects.filter(project__in=projects_for(person, now)).values("sharing")
    return GainSharing.objects.filter(pk__in=seen).order_by("title", "pk")


def measures_of(sharing: GainSharing) -> QuerySet[SharedGain]:
    """What was measured, the latest first, each with its parts in the order of the shares."""
    parts = SharedGainPart.objects.select_related("report__line", "report__project").order_by("pk")
    return SharedGain.objects.filter(sharing=sharing).prefetch_related(Prefetch("parts", parts)).order_by("-period_end", "-pk")

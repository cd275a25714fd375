"""Reads of shared gains: `sharings_for` is the only way one reaches a page."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from projects.models import GainLine
from projects.queries.applications import not_recused, projects_for
from reporting.models import GainShare, GainSharing, SharedGain, SharedGainCorrection, SharedGainPart
from reporting.queries.gains import gain_line


def shares_of(sharing: int) -> list[GainShare]:
    """The shares of a sharing in their order, which decides of equal remainders."""
    rows = GainShare.objects.filter(sharing=sharing).select_related("line", "project__application", "project__organisation")
    return list(rows.order_by("pk"))


def amount_of(shared: SharedGain) -> Decimal:
    """A measure as it was corrected last."""
    last = shared.corrections.order_by("-pk").first()
    return last.amount if last else shared.amount


def shared_gains_for(person: Any, now: datetime) -> QuerySet[SharedGain]:
    """The measures of the sharings that this person may see."""
    return SharedGain.objects.filter(sharing__in=sharings_for(person, now)).select_related("sharing")


def sharings_for(person: Any, now: datetime) -> QuerySet[GainSharing]:
    """The sharings of which this person may see a project: whoever shares a gain reads its keys; none with a file behind a recusal."""
    seen = GainShare.objects.filter(project__in=projects_for(person, now)).values("sharing")
    hidden = GainShare.objects.exclude(not_recused(person, "project__application_id")).values("sharing")
    keys = GainShare.objects.select_related("line", "project__application", "project__organisation").order_by("pk")
    parts = SharedGainPart.objects.select_related("report").order_by("pk")
    corrections = SharedGainCorrection.objects.select_related("recorded_by").order_by("-pk")
    told = (Prefetch("parts", parts, to_attr="shown_parts"), Prefetch("corrections", corrections, to_attr="shown_corrections"))
    measures = SharedGain.objects.prefetch_related(*told).order_by("-period_end", "-pk")
    shown = (Prefetch("shares", keys, to_attr="keys"), Prefetch("gains", measures, to_attr="measures"))
    return GainSharing.objects.filter(pk__in=seen).exclude(pk__in=hidden).prefetch_related(*shown).order_by("title", "pk")


def is_shared(line: int) -> bool:
    """Whether a line measures its gain together with others."""
    return GainShare.objects.filter(line=line).exists()


def line_of(person: Any, project: str, code: str, now: datetime) -> int:
    """The key of a locked line of a project that this person may see. Raises GainLine.DoesNotExist."""
    found = projects_for(person, now).filter(reference=project).first()
    if found is None:
        raise GainLine.DoesNotExist
    return gain_line(found, code).pk

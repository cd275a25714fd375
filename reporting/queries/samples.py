"""Reads of samples: the population that one is drawn from, and what was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Cast

from fondsinnovation.kit.money import fiscal_year_start
from projects.enums import Stage
from projects.queries.applications import projects_for
from reporting.enums import Population
from reporting.models import Gain, GainSample, GainSampleItem
from reporting.sampling import Item


@dataclass(frozen=True, slots=True)
class Asked:
    """A population: the gains reported by a pair of dates, of one fiscal year or all, of one call or all, examined or not."""

    population: str
    effective: date
    known: datetime
    fiscal_year: int | None = None
    call_id: int | None = None


def population_of(asked: Asked) -> tuple[list[Item], dict[str, int]]:
    """The items of a population, and the gain row of each name. Of one line and period the latest row known counts: append-only rows
    alone are read, so that the same dates give the same population for ever. A fiscal year is that of the end of the period."""
    same = {"line": OuterRef("line"), "period_start": OuterRef("period_start"), "period_end": OuterRef("period_end")}
    verified = Exists(Gain.objects.filter(stage=Stage.VERIFIED, recorded_at__lte=asked.known, **same))
    rows = Gain.objects.filter(stage=Stage.REPORTED, recorded_at__lte=asked.known, period_end__lte=asked.effective)
    if asked.fiscal_year is not None:
        rows = rows.filter(period_end__gte=fiscal_year_start(asked.fiscal_year), period_end__lt=fiscal_year_start(asked.fiscal_year + 1))
    if asked.call_id is not None:
        rows = rows.filter(project__call=asked.call_id)
    if asked.population != Population.ALL:
        rows = rows.filter(verified if asked.population == Population.EXAMINED else ~verified)
    period = ("line", "period_start", "period_end")
    latest = rows.order_by(*period, "-recorded_at", "-pk").distinct(*period)
    cents = Cast(F("amount") * 100, BigIntegerField())
    found = latest.values_list("pk", "project__reference", "line__code", "period_start", "period_end", cents)
    names = [(f"{project}/{code}/{start}/{end}", pk, amount) for pk, project, code, start, end, amount in found]
    return [(name, amount) for name, _pk, amount in names], {name: pk for name, pk, _amount in names}


def samples_for(person: Any) -> QuerySet[GainSample]:
    """Every sample, with how many items it has and how many were examined, the latest first."""
    counted = GainSample.objects.annotate(size=Count("items"), examined=Count("items__finding"))
    return counted.select_related("call", "drawn_by").order_by("-drawn_at", "-pk")


def items_for(sample: GainSample, person: Any, now: datetime) -> QuerySet[GainSampleItem]:
    """The items of a sample on the files that this person sees: a recusal hides an item, not its part of the totals."""
    rows = sample.items.filter(gain__project__in=projects_for(person, now)).order_by("position")
    return rows.select_related("gain__project__organisation", "gain__line", "gain__report", "finding__examined_by")


def seen_gains(gains: dict[str, int], person: Any, now: datetime) -> dict[str, Gain]:
    """Of gains about to be drawn, by name, those that this person sees."""
    rows = Gain.objects.filter(pk__in=gains.values(), project__in=projects_for(person, now)).order_by("pk")
    shown = {gain.pk: gain for gain in rows.select_related("project__organisation", "line", "report")}
    return {name: shown[pk] for name, pk in gains.items() if pk in shown}

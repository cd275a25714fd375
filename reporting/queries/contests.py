"""Reads of contested lines: what the reports know of them, and which lines are contested now, in which fiscal years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from projects.models import GainLine, Project
from reporting.models import LineContest

_CHUNK = 20_000


def contest_rows(known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[tuple[Any, ...]]:
    """The events known by an instant, in their order: project, line, cause, year, contested, recorded_at; of some or all projects."""
    rows = LineContest.objects.filter(recorded_at__lte=known)
    if projects is not None:
        rows = rows.filter(project__in=projects)
    names = ("project__reference", "line__code", "cause", "fiscal_year", "contested", "recorded_at")
    return rows.order_by("recorded_at", "pk").values_list(*names).iterator(chunk_size=_CHUNK)


def contests_of(lines: Iterable[int]) -> QuerySet[LineContest]:
    """The event that says what each of these lines is today, for each cause and fiscal year."""
    latest = LineContest.objects.filter(line__in=lines).order_by("line_id", "cause", "fiscal_year", "-recorded_at", "-pk")
    return latest.distinct("line_id", "cause", "fiscal_year")


def contested_years(lines: Iterable[int]) -> dict[int, list[int]]:
    """The fiscal years in which each of these lines is contested today, whatever the cause: 0 alone when it is in all of them."""
    found: dict[int, set[int]] = {}
    for event in contests_of(lines):
        if event.contested:
            found.setdefault(event.line_id, set()).add(event.fiscal_year)
    return {line: [0] if 0 in years else sorted(years) for line, years in found.items()}


def contests_of_period(line: int, first: int, last: int) -> list[LineContest]:
    """What contests a line today in some fiscal year from `first` to `last`, or in all."""
    return [event for event in contests_of([line]) if event.contested and (event.fiscal_year == 0 or first <= event.fiscal_year <= last)]


def projects_of_lines(lines: Iterable[int]) -> dict[int, int]:
    """The project of each line: a plan belongs to its project, or still to the application that became it."""
    owner = Coalesce("plan__project", "plan__application__project")
    found = GainLine.objects.filter(pk__in=set(lines)).alias(owner=owner).filter(owner__isnull=False)
    return dict(found.order_by("pk").values_list("pk", owner))

"""Reads of contested lines: what the reports know of them, and which lines are contested now."""

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
    """The events known by an instant, in their order: project, line, cause, contested, recorded_at; of some projects or of all."""
    rows = LineContest.objects.filter(recorded_at__lte=known)
    if projects is not None:
        rows = rows.filter(project__in=projects)
    names = ("project__reference", "line__code", "cause", "contested", "recorded_at")
    return rows.order_by("recorded_at", "pk").values_list(*names).iterator(chunk_size=_CHUNK)


def contests_of(lines: Iterable[int]) -> QuerySet[LineContest]:
    """The event that says what each of these lines is today, for each cause."""
    latest = LineContest.objects.filter(line__in=lines).order_by("line_id", "cause", "-recorded_at", "-pk")
    return latest.distinct("line_id", "cause")


def contested_lines(lines: Iterable[int], cause: str) -> set[int]:
    """Which of these lines are contested today for a cause."""
    return {event.line_id for event in contests_of(lines).filter(cause=cause) if event.contested}


def projects_of_lines(lines: Iterable[int]) -> dict[int, int]:
    """The project of each line: a plan belongs to its project, or still to the application that became it."""
    owner = Coalesce("plan__project", "plan__application__project")
    found = GainLine.objects.filter(pk__in=set(lines)).alias(owner=owner).filter(owner__isnull=False)
    return dict(found.order_by("pk").values_list("pk", owner))

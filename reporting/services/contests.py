"""Steps that contest lines in a fiscal year or in all, or no longer: they leave the totals or come back, from a knowledge date on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from projects.models import GainLine, User
from projects.services.journal import note
from projects.services.locks import lock_all
from projects.services.outbox import queue
from reporting.models import LineContest
from reporting.queries.contests import contests_of, projects_of_lines


def record_contest(
    line: GainLine, *, cause: str, contested: bool, reason: str, known: datetime, actor: User | None, now: datetime, fiscal_year: int = 0
) -> LineContest | None:
    """Contest one line in a fiscal year (0: in all), or stop contesting it; None when that is what is known already.

    `known` is the act's `money_clock(now)`.
    """
    rows = record_contests([(line.pk, fiscal_year)], cause=cause, contested=contested, reason=reason, known=known, actor=actor, now=now)
    return rows[0] if rows else None


def record_contests(
    places: Iterable[tuple[int, int]], *, cause: str, contested: bool, reason: str, known: datetime, actor: User | None, now: datetime
) -> list[LineContest]:
    """Add one event for each line (key) and fiscal year that is not yet what is said of it; the reports are then recomputed.

    The lines are held, so that two acts on one of them speak in turn; an event is never dated before the one that it follows.
    """
    wanted = set(places)
    owners = projects_of_lines({line for line, _year in wanted})
    lock_all(GainLine, owners)
    last = {(event.line_id, event.fiscal_year): event for event in contests_of(owners).filter(cause=cause)}
    held = sorted((line, year) for line, year in wanted if line in owners)
    changed = [place for place in held if (place in last and last[place].contested) is not contested]
    rows = LineContest.objects.bulk_create(
        LineContest(
            project_id=owners[place[0]],
            line_id=place[0],
            cause=cause,
            fiscal_year=place[1],
            contested=contested,
            reason=reason,
            recorded_at=max(known, last[place].recorded_at) if place in last else known,
            recorded_by=actor,
        )
        for place in changed
    )
    for row in rows:
        note(row, line=row.line_id, cause=str(cause), fiscal_year=row.fiscal_year, contested=contested)
    if rows:
        queue("money", now=now)
    return rows

"""Steps that contest lines and stop contesting them: their gains then leave every total, or come back, from a knowledge date on."""

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
    line: GainLine, *, cause: str, contested: bool, reason: str, known: datetime, actor: User | None, now: datetime
) -> LineContest | None:
    """Contest one line, or stop contesting it; None when that is what is known already. `known` is the act's `money_clock(now)`."""
    rows = record_contests([line.pk], cause=cause, contested=contested, reason=reason, known=known, actor=actor, now=now)
    return rows[0] if rows else None


def record_contests(
    lines: Iterable[int], *, cause: str, contested: bool, reason: str, known: datetime, actor: User | None, now: datetime
) -> list[LineContest]:
    """Add one event for each line (keys) that is not yet what is said of it; the reports are then recomputed.

    The lines are held, so that two acts on one of them speak in turn; an event is never dated before the one that it follows.
    """
    owners = projects_of_lines(lines)
    lock_all(GainLine, owners)
    last = {event.line_id: event for event in contests_of(owners).filter(cause=cause)}
    changed = [line for line in sorted(owners) if (line in last and last[line].contested) is not contested]
    rows = LineContest.objects.bulk_create(
        LineContest(
            project_id=owners[line],
            line_id=line,
            cause=cause,
            contested=contested,
            reason=reason,
            recorded_at=max(known, last[line].recorded_at) if line in last else known,
            recorded_by=actor,
        )
        for line in changed
    )
    for row in rows:
        note(row, line=row.line_id, cause=str(cause), contested=contested)
    if rows:
        queue("money", now=now)
    return rows

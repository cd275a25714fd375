"""The health of the service, in figures that name no file, no person and no amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from projects.models import OutboxMessage
from projects.queries.outbox import BEAT
from reporting.models import Run

#: beat ticks every minute: after this, it has stopped or no worker serves it
SILENT_AFTER = timedelta(minutes=5)
#: an outbox row that waits longer says that no worker sweeps it
LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work: what was found, and whether it is well."""

    code: str
    well: bool
    found: Any


@dataclass(frozen=True, slots=True)
class Topic:
    topic: str
    waiting: int
    failing: int
    oldest: datetime | None


def checks(now: datetime, topics: list[Topic]) -> list[Check]:
    """The database, the broker, beat and the outbox."""
    broker, beat = _beat()
    late = [one for one in topics if one.oldest and one.oldest < now - LATE_AFTER]
    return [
        Check("database", True, _database()),
        Check("broker", broker, None),
        Check("beat", beat is not None and now - beat < SILENT_AFTER, beat),
        Check("outbox", not late, sum(one.waiting for one in topics)),
    ]


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def _beat() -> tuple[bool, datetime | None]:
    """Whether the broker's server answers, and the instant of beat's last tick as a worker wrote it there."""
    try:
        return True, cache.get(BEAT)
    except Exception:  # whatever a server that is down raises, the page says so rather than fail
        return False, None


def outbox_backlog() -> list[Topic]:
    """What waits to be served, by topic: one query."""
    open_ = OutboxMessage.objects.filter(done_at__isnull=True).order_by("topic").values("topic")
    rows = open_.annotate(waiting=Count("pk"), failing=Count("pk", filter=~Q(error="")), oldest=Min("queued_at"))
    return [Topic(row["topic"], row["waiting"], row["failing"], row["oldest"]) for row in rows]


def last_runs() -> QuerySet[Run]:
    """The last computations of the reports: their state and instants, never their error's text, which may quote a row."""
    return Run.objects.only("state", "requested_at", "started_at", "ended_at").order_by("-pk")[:10]

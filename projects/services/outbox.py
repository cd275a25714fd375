"""Leave work for later inside the act's own transaction, and serve it after COMMIT: the broker is only nudged.

A message is served at least once: whoever claims it holds a lease, and when they die with it the message comes back. So a
handler must be harmless when repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import F

from fondsinnovation.logs import masked
from projects.models import OutboxMessage

#: serves one message: its payload and the clock
Handler = Callable[[dict[str, Any], datetime], None]

LEASE = timedelta(minutes=10)
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=1)
BATCH = 20

logger = logging.getLogger(__name__)
_HANDLERS: dict[str, Handler] = {}


def serves(topic: str) -> Callable[[Handler], Handler]:
    """Register the one handler of a topic; an app does it in its `tasks` module, which its AppConfig loads."""

    def register(handler: Handler) -> Handler:
        if _HANDLERS.setdefault(topic, handler) is not handler:
            raise RuntimeError(f"the topic {topic!r} is served twice")
        return handler

    return register


def queue(topic: str, *, now: datetime, **payload: Any) -> OutboxMessage:
    """Leave one message. The row is the truth: beat sweeps what a broker that was down never heard of."""
    message = OutboxMessage.objects.create(topic=topic, payload=dict(payload), queued_at=now, due_at=now)
    transaction.on_commit(_nudge, robust=True)
    return message


def _nudge() -> None:
    current_app.send_task("projects.tasks.sweep_outbox")


def claim(now: datetime) -> list[OutboxMessage]:
    """Take the next due messages that somebody here can serve; nobody else gets them until the lease ends."""
    with transaction.atomic():
        due = OutboxMessage.objects.filter(done_at__isnull=True, due_at__lte=now, topic__in=_HANDLERS)
        taken = list(due.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
        OutboxMessage.objects.filter(pk__in=[m.pk for m in taken]).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return taken


def serve(message: OutboxMessage, now: datetime) -> bool:
    """Serve a claimed message. What goes wrong is kept on its row, which is due again after a delay that doubles."""
    try:
        _HANDLERS[message.topic](message.payload, now)
    except Exception as error:  # whatever a handler raises, the other messages are still served
        logger.exception("outbox message %s (%s) failed", message.pk, message.topic)
        due_at = now + delay_after(message.attempts + 1)
        OutboxMessage.objects.filter(pk=message.pk).update(error=masked(f"{type(error).__name__}: {error}"), due_at=due_at)
        return False
    OutboxMessage.objects.filter(pk=message.pk).update(done_at=now, error="")
    return True


def delay_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 15 s, 30 s, 1 min… at most an hour. A message is never given up."""
    return min(FIRST_DELAY * 2 ** (min(attempts, 10) - 1), LONGEST_DELAY)

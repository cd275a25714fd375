"""Leave work for later inside the act's own transaction; after COMMIT the broker is only nudged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import current_app
from django.db import transaction

from projects.models import OutboxMessage


def queue(topic: str, *, now: datetime, **payload: Any) -> OutboxMessage:
    """Leave one message. The row is the truth: beat sweeps what a broker that was down never heard of."""
    message = OutboxMessage.objects.create(topic=topic, payload=dict(payload), queued_at=now)
    transaction.on_commit(_nudge, robust=True)
    return message


def _nudge() -> None:
    current_app.send_task("projects.tasks.sweep_outbox")  # by name: tasks sit above services



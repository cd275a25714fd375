"""What beat and the outbox ask of the ground floor. Each task is safe to run twice, late, or after a crash."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from celery import shared_task
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone

from fondsinnovation.kit.errors import WrongState
from projects.models import Message
from projects.queries.calls import calls_to_move
from projects.queries.outbox import messages_to_send
from projects.services.calls import move_call
from projects.services.outbox import claim, serve, serves
from projects.services.sign_in import purge_sessions as purge


@shared_task
def tick_calls() -> None:
    """Record which calls are published, open and closed by now. Whether one takes applications never waits for this."""
    now = timezone.now()
    for call_id in calls_to_move(now).values_list("pk", flat=True):
        with suppress(WrongState):  # another tick was here first
            move_call(call_id=call_id, actor=None, now=now)


@shared_task
def sweep_outbox() -> int:
    """Serve the messages that are due, until none is left. Returns how many were served."""
    now, served = timezone.now(), 0
    while taken := claim(now):
        served += sum(serve(message, timezone.now()) for message in taken)
    return served


@shared_task
def purge_sessions() -> int:
    """Forget the sessions past their end, and their devices. Returns how many ended."""
    return purge(timezone.now())


@serves("mail")
def send_mail(payload: dict[str, Any], now: datetime) -> None:
    """Send the e-mails of these messages, each once; whoever may not see the file by now gets none.

    One that fails does not hold back the others: the first error is raised at the end, so that the rest is tried again.
    """
    failed: list[Exception] = []
    with get_connection(timeout=20) as connection:
        for message in messages_to_send(payload["messages"]):
            mail = EmailMessage(" ".join(message.subject.split()), message.body, to=[message.person.email], connection=connection)
            try:
                mail.send()
            except (OSError, ValueError) as error:  # smtplib and the network; an address that cannot be written
                failed.append(error)
            else:
                Message.objects.filter(pk=message.pk).update(sent_at=now)
    if failed:
        raise failed[0]

"""Messages to people about a file: a row that the portal shows, and an e-mail that the outbox sends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import translation

from projects.models import Application, Message, User
from projects.services.outbox import queue


def in_french() -> translation.override:
    """Where a message is written: in French for everyone, not in the language of the person whose act sends it."""
    return translation.override("fr-ca")


def send(people: Iterable[User], *, subject: str, body: str, now: datetime, application: Application | None = None) -> list[Message]:
    """Leave a message for each person. Whoever is recused of the application by then is not written to (`projects.tasks`)."""
    messages = Message.objects.bulk_create(
        [Message(person=person, application=application, subject=subject, body=body, queued_at=now) for person in people]
    )
    if messages:
        queue("mail", now=now, messages=[message.pk for message in messages])
    return messages

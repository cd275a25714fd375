"""Work and messages left for later in the transaction of their act: the row is the truth, the broker only a nudge."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """A topic and its payload, served at least once. `due_at` is when to try next; a claim moves it past the time that serving takes."""

    topic = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["topic", "id"], condition=Q(done_at__isnull=True), name="outbox_open")]


class Message(models.Model):
    """A message to a person about a file: shown in the portal and sent by e-mail, unless the file is hidden from them."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    application = models.ForeignKey("projects.Application", models.PROTECT, null=True, blank=True, related_name="messages")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "id"])]

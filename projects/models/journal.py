"""The journal of acts (append-only, hash-chained at COMMIT), the keys that make a repeat harmless, and the knowledge floor."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class JournalEntry(models.Model):
    """One act. `content` is canonical JSON, hashed exactly as stored; the typed columns are set from it by a trigger."""

    content = models.TextField()
    act = models.CharField(max_length=60, editable=False, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, null=True, editable=False, related_name="+")
    object_type = models.CharField(max_length=60, editable=False, default="")
    object_id = models.BigIntegerField(null=True, editable=False)
    application = models.ForeignKey("projects.Application", models.PROTECT, null=True, editable=False, related_name="+")
    at = models.DateTimeField(editable=False, null=True)

    class Meta:
        db_table = "journal"
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"]),
            models.Index(fields=["application", "id"]),
            models.Index(fields=["actor", "id"]),
            models.Index(fields=["act", "id"]),
            models.Index(fields=["at", "id"]),
        ]


class JournalLink(models.Model):
    """A link of the one chain: hash = sha256(prev ‖ content), made at COMMIT under the lock of the single head row."""

    seq = models.BigIntegerField(primary_key=True)
    journal = models.OneToOneField(JournalEntry, models.PROTECT, related_name="link")
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "journal_link"


class JournalHead(models.Model):
    """The single row that every link locks; written by the database alone."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "journal_head"
        constraints = [models.CheckConstraint(name="journal_head_single", condition=models.Q(id=1))]


class ActKey(models.Model):
    """A posted act's key: the same (actor, act, key) again changes nothing and returns the first result."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    act = models.CharField(max_length=60)
    key = models.CharField(max_length=64)
    result = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="act_key_unique", fields=["actor", "act", "key"], nulls_distinct=False)]


class KnowledgeFloor(models.Model):
    """The latest knowledge date that a report fixed: money and gains recorded after it are later than it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    known = models.DateTimeField()

    class Meta:
        db_table = "knowledge_floor"
        constraints = [models.CheckConstraint(name="knowledge_floor_single", condition=models.Q(id=1))]


class Counter(models.Model):
    """The last number given in a numbered series, such as DEM-2026."""

    series = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField()

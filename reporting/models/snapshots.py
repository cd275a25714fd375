"""Snapshots of reports, the runs that make them, and the exports that people took."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reporting.enums import RunState, SnapshotKind


class Run(models.Model):
    """A long piece of work with its progress, polled by the page. At most one is queued per scope."""

    scope = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=RunState, default=RunState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    parameters = models.JSONField(default=dict)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="run_one_queued_per_scope", fields=["scope"], condition=Q(state=RunState.QUEUED)),
            models.CheckConstraint(name="run_failure_has_a_reason", condition=~Q(state=RunState.FAILED) | ~Q(error="")),
        ]


class Snapshot(models.Model):
    """A report computed for one pair of dates: `effective` (a day) and `known` (an instant). `sha256` is of its rows."""

    report = models.CharField(max_length=24)
    kind = models.CharField(max_length=8, choices=SnapshotKind)
    effective = models.DateField(_("date d’effet"))
    known = models.DateTimeField(_("date de connaissance"))
    manifest = models.JSONField(default=dict)
    row_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="snapshots")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="snapshot_one_working_per_report", fields=["report"], condition=Q(kind=SnapshotKind.WORKING))
        ]


class SnapshotRow(models.Model):
    """One row of a snapshot: `key` names the project, envelope or line it speaks of; `data` holds strings, exact.

    A row of the register `gains` stands for a whole project: its rows are those of `sheet`.
    """

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=80)
    data = models.JSONField()
    sheet = models.ForeignKey("reporting.GainSheet", models.PROTECT, null=True, blank=True, related_name="shown")

    class Meta:
        constraints = [models.UniqueConstraint(name="snapshot_row_unique", fields=["snapshot", "position"])]
        indexes = [models.Index(fields=["snapshot", "key"])]


class Export(models.Model):
    """A file that somebody took: created by POST, then downloaded; journalled."""

    report = models.CharField(max_length=24)
    format = models.CharField(max_length=8)
    effective = models.DateField()
    known = models.DateTimeField()
    parameters = models.JSONField(default=dict)
    path = models.FileField(max_length=200)
    name = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class DiscountRate(models.Model):
    """A yearly discount rate (share of 1) in force from a day on; 3.5 % where none is set (contracts: `npv`).

    Append-only: of one day the latest known counts.
    """

    valid_from = models.DateField(_("en vigueur du"))
    rate = models.DecimalField(_("taux"), max_digits=9, decimal_places=6)
    source = models.CharField(_("source"), max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="discount_rate_above_minus_one", condition=Q(rate__gt=-1)),
            models.CheckConstraint(name="discount_rate_has_a_source", condition=~Q(source="")),
            models.UniqueConstraint(name="discount_rate_unique", fields=["valid_from", "recorded_at"]),
        ]

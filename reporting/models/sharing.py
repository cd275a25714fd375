"""Shared gains (INV-18): lines that share one measured gain by fixed keys, and the measures that were shared, to the cent."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_PERSON = settings.AUTH_USER_MODEL
_MONEY: Any = {"max_digits": 15, "decimal_places": 2}


class GainSharing(models.Model):
    """Lines of different projects that measure one gain together. Recorded once its lines are locked, and never changed."""

    title = models.CharField(_("gain partagé"), max_length=200)
    reason = models.TextField(_("motif des clés"), max_length=4000)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gain_sharing_has_a_reason",
                condition=Q(reason__regex=r"\S", title__regex=r"\S"),
                violation_error_message=_("Un partage a un titre et un motif."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class GainShare(models.Model):
    """The key of one line: a share of 1. Those of a sharing make 1 exactly, which the database holds at COMMIT."""

    sharing = models.ForeignKey(GainSharing, models.PROTECT, related_name="shares")
    line = models.OneToOneField("projects.GainLine", models.PROTECT, related_name="share")
    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="+")
    share = models.DecimalField(_("clé"), max_digits=7, decimal_places=6)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gain_share_within_one",
                condition=Q(share__gt=0, share__lt=1),
                violation_error_message=_("Une clé est supérieure à 0 % et inférieure à 100 %."),
            )
        ]


class SharedGain(models.Model):
    """One measure of a shared gain over one period, in dollars, as it was split between the lines. Append-only."""

    sharing = models.ForeignKey(GainSharing, models.PROTECT, related_name="gains")
    period_start = models.DateField()
    period_end = models.DateField()
    amount = models.DecimalField(_("gain mesuré"), **_MONEY)
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "shared_gain"
        constraints = [
            models.CheckConstraint(name="shared_gain_dates_in_order", condition=Q(period_end__gte=F("period_start"))),
            models.CheckConstraint(name="shared_gain_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]


class SharedGainPart(models.Model):
    """What a report was given of a shared gain. The parts make the measure to the cent, which the database holds at COMMIT."""

    shared = models.ForeignKey(SharedGain, models.PROTECT, related_name="parts")
    report = models.OneToOneField("reporting.GainReport", models.PROTECT, related_name="shared_part")
    amount = models.DecimalField(_("part"), **_MONEY)

    class Meta:
        db_table = "shared_gain_part"
        constraints = [models.UniqueConstraint(name="shared_gain_part_once", fields=["shared", "report"])]


class SharedGainCorrection(models.Model):
    """Another amount for the whole of a measure that was shared, split by the same keys. Append-only: the measure itself stays."""

    shared = models.ForeignKey(SharedGain, models.PROTECT, related_name="corrections")
    before = models.DecimalField(_("gain mesuré avant"), **_MONEY)
    amount = models.DecimalField(_("gain mesuré, corrigé"), **_MONEY)
    reason = models.TextField(_("motif de la correction"), max_length=4000)
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "shared_gain_correction"
        constraints = [
            models.CheckConstraint(
                name="shared_correction_has_a_reason",
                condition=Q(reason__regex=r"\S"),
                violation_error_message=_("La correction d’un gain partagé a un motif."),
            ),
            models.CheckConstraint(name="shared_correction_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]


class SharedCorrectionPart(models.Model):
    """What a report is given of the corrected whole: by a restatement when it was verified, at once when it was not."""

    correction = models.ForeignKey(SharedGainCorrection, models.PROTECT, related_name="parts")
    report = models.ForeignKey("reporting.GainReport", models.PROTECT, related_name="shared_corrections")
    restatement = models.OneToOneField("reporting.GainRestatement", models.PROTECT, null=True, blank=True, related_name="shared_correction")
    amount = models.DecimalField(_("part"), **_MONEY)

    class Meta:
        db_table = "shared_correction_part"
        constraints = [models.UniqueConstraint(name="shared_correction_part_once", fields=["correction", "report"])]

"""What was measured behind a reported gain: its cost and volume, or its hours, and the service indicators of its line. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reporting.models.gains import GainReport
from reporting.models.verification import GainRestatement

_NUMBER: Any = {"max_digits": 15, "decimal_places": 2, "null": True, "blank": True}


class GainMeasure(models.Model):
    """What one version of a report measured over its period, in dollars, units and hours; the latest row of a report counts.

    A report measures by cost and volume or by hours, or nothing of its own but its indicators. What a restatement measured
    anew counts once that restatement is co-signed.
    """

    report = models.ForeignKey(GainReport, models.PROTECT, related_name="measures")
    restatement = models.OneToOneField(GainRestatement, models.PROTECT, null=True, blank=True, related_name="measure")
    cost = models.DecimalField(_("coût réel"), **_NUMBER)
    volume = models.DecimalField(_("volume réel"), **_NUMBER)
    hours = models.DecimalField(_("heures libérées"), **_NUMBER)
    hourly_rate = models.DecimalField(_("taux horaire chargé"), **_NUMBER)
    redeployed = models.DecimalField(_("part réaffectée"), max_digits=7, decimal_places=6, null=True, blank=True)
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "gain_measure"
        constraints = [
            models.CheckConstraint(
                name="gain_measure_cost_with_volume",
                condition=Q(cost__isnull=True, volume__isnull=True)
                | Q(cost__isnull=False, volume__isnull=False, cost__gte=0, volume__gte=0),
                violation_error_message=_("Inscrivez le coût et le volume, sans signe."),
            ),
            models.CheckConstraint(
                name="gain_measure_hours_with_rate",
                condition=Q(hours__isnull=True, hourly_rate__isnull=True, redeployed__isnull=True)
                | Q(
                    hours__isnull=False,
                    hourly_rate__isnull=False,
                    redeployed__isnull=False,
                    hours__gte=0,
                    hourly_rate__gte=0,
                    redeployed__range=(0, 1),
                ),
                violation_error_message=_("Inscrivez les heures, leur taux et la part réaffectée, sans signe."),
            ),
        ]
        indexes = [models.Index(fields=["report", "-id"])]

    @property
    def known_at(self) -> datetime:
        """From when it counts. Raises TypeError for that of a restatement that is not co-signed."""
        if self.restatement is None:
            return self.recorded_at
        if self.restatement.recorded_at is None:
            raise TypeError("a restatement is known once it is co-signed")
        return self.restatement.recorded_at


class IndicatorMeasure(models.Model):
    """The value of one service indicator of the line over the period of a report."""

    measure = models.ForeignKey(GainMeasure, models.PROTECT, related_name="indicators")
    indicator = models.ForeignKey("projects.ServiceIndicator", models.PROTECT, related_name="measures")
    value = models.DecimalField(_("valeur mesurée"), max_digits=15, decimal_places=2)

    class Meta:
        db_table = "indicator_measure"
        constraints = [models.UniqueConstraint(name="indicator_measured_once", fields=["measure", "indicator"])]

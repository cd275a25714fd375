"""A baseline set anew after signature: asked for with its reason, decided by another person; the one that was signed stays."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import rounded
from projects.models.gain_plans import Baseline, GainLine

_PERSON = settings.AUTH_USER_MODEL
_NUMBER: Any = {"max_digits": 15, "decimal_places": 2}


class BaselineVersion(models.Model):
    """A version of a line's baseline, from number 2 on: the signed baseline is the first. Append-only; in force once accepted.

    It holds for the periods that end on or after `effective_on`. Its unit is that of the line's signed baseline.
    """

    line = models.ForeignKey(GainLine, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    cost = models.DecimalField(_("coût annuel"), **_NUMBER)
    volume = models.DecimalField(_("volume annuel"), **_NUMBER)
    period_start = models.DateField(_("début de la période mesurée"))
    period_end = models.DateField(_("fin de la période mesurée"))
    source = models.CharField(_("source des chiffres"), max_length=300)
    reason = models.TextField(_("motif"), max_length=2000)
    effective_on = models.DateField(_("en vigueur à partir du"))
    asked_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        db_table = "baseline_version"
        constraints = [
            models.UniqueConstraint(
                name="baseline_version_unique",
                fields=["line", "number"],
                violation_error_message=_("Une autre version de cette situation de départ vient d’être demandée."),
            ),
            models.CheckConstraint(name="baseline_version_after_the_first", condition=Q(number__gte=2)),
            models.CheckConstraint(
                name="baseline_version_amounts_not_negative",
                condition=Q(cost__gte=0, volume__gt=0),
                violation_error_message=_("Le coût s’inscrit sans signe et le volume dépasse zéro."),
            ),
            models.CheckConstraint(
                name="baseline_version_dates_in_order",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message=_("La fin de la période précède son début."),
            ),
            models.CheckConstraint(
                name="baseline_version_has_a_reason",
                condition=Q(reason__regex=r"\S"),
                violation_error_message=_("Inscrivez pourquoi la situation de départ change."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} – {self.number}"

    @property
    def unit_cost(self) -> Decimal:
        """As that of the signed baseline."""
        return rounded(Fraction(self.cost) / Fraction(self.volume), 2)


class BaselineDecision(models.Model):
    """What another person than its author decided of a version, and when it was known. Append-only."""

    version = models.OneToOneField(BaselineVersion, models.PROTECT, related_name="decision")
    accepted = models.BooleanField(_("acceptée"))
    reason = models.TextField(_("motif"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("date de connaissance"))

    class Meta:
        db_table = "baseline_decision"
        constraints = [
            models.CheckConstraint(
                name="baseline_refusal_has_a_reason",
                condition=Q(accepted=True) | Q(reason__regex=r"\S"),
                violation_error_message=_("Inscrivez le motif du refus : l’organisme le lira."),
            )
        ]


#: the first baseline and the later ones say the same things
AnyBaseline = Baseline | BaselineVersion

"""The gain plan: born in the application, locked by the agreement, read by every report."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import rounded
from projects.enums import Nature, Recurrence, Worse

#: a share of 1, to six decimals
_SHARE: Any = {"max_digits": 7, "decimal_places": 6}
_MONEY: Any = {"max_digits": 15, "decimal_places": 2}


class GainPlan(models.Model):
    """The plan of one application; once locked (agreement signed) its lines and baselines never change."""

    application = models.OneToOneField("projects.Application", models.PROTECT, related_name="gain_plan", null=True, blank=True)
    project = models.OneToOneField("projects.Project", models.PROTECT, related_name="gain_plan", null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="gain_plan_has_an_owner", condition=Q(application__isnull=False) | Q(project__isnull=False))
        ]


class GainLine(models.Model):
    """One expected effect with a stable identity: `code` within its plan (L1, L2…).

    `cost_centre` and `account` say where the effect reads in the budget of `organisation`, which bears it. What comes of the gross
    yearly gain G is N = G·(1 − deadweight)·attribution − displacement, less `decay` of it each year after the first.
    """

    plan = models.ForeignKey(GainPlan, models.PROTECT, related_name="lines")
    code = models.CharField(_("ligne"), max_length=40)
    title = models.CharField(_("effet attendu"), max_length=200)
    nature = models.CharField(_("nature"), max_length=5, choices=Nature)
    recurrence = models.CharField(_("récurrence"), max_length=10, choices=Recurrence)
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="+")
    cost_centre = models.CharField(_("centre de coûts ou crédit budgétaire"), max_length=60, blank=True, default="", db_default="")
    account = models.CharField(_("compte"), max_length=60, blank=True, default="", db_default="")
    starts_on = models.DateField(_("début de l’effet"), null=True, blank=True)
    ends_on = models.DateField(_("fin de l’effet"), null=True, blank=True)
    decay = models.DecimalField(_("diminution par an"), **_SHARE, default=Decimal(0), db_default=0)
    attribution = models.DecimalField(_("part attribuable au projet"), **_SHARE, default=Decimal(1), db_default=1)
    deadweight = models.DecimalField(_("part qui serait arrivée sans le projet"), **_SHARE, default=Decimal(0), db_default=0)
    displacement = models.DecimalField(_("coût déplacé ailleurs, par an"), **_MONEY, default=Decimal(0), db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="gain_line_unique", fields=["plan", "code"]),
            models.CheckConstraint(
                name="gain_line_shares_within_one",
                condition=Q(decay__range=(0, 1), attribution__range=(0, 1), deadweight__range=(0, 1)),
                violation_error_message=_("Une part se situe entre 0 et 100 %."),
            ),
            models.CheckConstraint(
                name="gain_line_displacement_not_negative",
                condition=Q(displacement__gte=0),
                violation_error_message=_("Le coût déplacé s’inscrit sans signe."),
            ),
            models.CheckConstraint(
                name="gain_line_dates_in_order",
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("La fin de l’effet précède son début."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.title}"


class Baseline(models.Model):
    """The situation before the project: annual cost (dollars), volume, and where the figures come from."""

    line = models.OneToOneField(GainLine, models.PROTECT, related_name="baseline")
    cost = models.DecimalField(_("coût annuel actuel"), max_digits=15, decimal_places=2)
    volume = models.DecimalField(_("volume annuel"), max_digits=15, decimal_places=2)
    unit = models.CharField(_("unité du volume"), max_length=60)
    period_start = models.DateField(_("début de la période"))
    period_end = models.DateField(_("fin de la période"))
    source = models.CharField(_("source des chiffres"), max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(name="baseline_amounts_not_negative", condition=Q(cost__gte=0, volume__gt=0)),
            models.CheckConstraint(name="baseline_dates_in_order", condition=Q(period_end__gte=F("period_start"))),
        ]

    @property
    def unit_cost(self) -> Decimal:
        """Dollars for one unit of the volume, as a page shows them; a calculation divides exactly."""
        return rounded(Fraction(self.cost) / Fraction(self.volume), 2)


class ServiceIndicator(models.Model):
    """What a service must not lose for a saving to be one: a measured value outside `tolerance` contests the line's gains.

    `reference` and `tolerance` are in `unit`; only the way that is `worse` counts.
    """

    line = models.ForeignKey(GainLine, models.PROTECT, related_name="indicators")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("indicateur de service"), max_length=120)
    unit = models.CharField(_("unité"), max_length=60)
    reference = models.DecimalField(_("valeur de départ"), max_digits=15, decimal_places=2)
    tolerance = models.DecimalField(_("écart toléré"), max_digits=15, decimal_places=2)
    worse = models.CharField(_("se dégrade"), max_length=6, choices=Worse)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="service_indicator_unique", fields=["line", "position"]),
            models.CheckConstraint(
                name="service_indicator_tolerance_not_negative",
                condition=Q(tolerance__gte=0),
                violation_error_message=_("L’écart toléré s’inscrit sans signe."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ForecastGain(models.Model):
    """A forecast for a period (both days included), in dollars; append-only, a later `recorded_at` supersedes.

    Of two amounts recorded together, the later row counts.
    """

    line = models.ForeignKey(GainLine, models.PROTECT, related_name="forecasts")
    period_start = models.DateField()
    period_end = models.DateField()
    amount = models.DecimalField(max_digits=15, decimal_places=2)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="forecast_dates_in_order", condition=Q(period_end__gte=F("period_start"))),
            models.UniqueConstraint(name="forecast_unique", fields=["line", "period_start", "period_end", "recorded_at", "amount"]),
        ]

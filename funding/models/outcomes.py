"""Payment by results: what an agreement pays for one unit of a measured result, and what was declared and verified, period by period."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import OUTCOME_DECIDED, OutcomeState

_PERSON = settings.AUTH_USER_MODEL
_QUANTITY = {"max_digits": 15, "decimal_places": 2}
_DECIDED = sorted(OUTCOME_DECIDED)


class OutcomeSchedule(models.Model):
    """What an agreement pays by results: dollars for one unit. Written with the draft, signed with it, then never changed."""

    agreement = models.OneToOneField("funding.Agreement", models.PROTECT, related_name="outcome")
    metric = models.CharField(_("résultat mesuré"), max_length=200)
    unit = models.CharField(_("unité"), max_length=60)
    unit_price = models.DecimalField(_("prix de l’unité"), **_QUANTITY)
    #: units, all periods together; None: the aid is the only cap
    cap = models.DecimalField(_("quantité maximale"), **_QUANTITY, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outcome_price_positive",
                condition=Q(unit_price__gt=0),
                violation_error_message=_("Le prix de l’unité est plus grand que zéro."),
            ),
            models.CheckConstraint(
                name="outcome_cap_positive",
                condition=Q(cap__isnull=True) | Q(cap__gt=0),
                violation_error_message=_("La quantité maximale est plus grande que zéro."),
            ),
            models.CheckConstraint(name="outcome_is_named", condition=~Q(metric="") & ~Q(unit="")),
        ]


class OutcomeBalance(models.Model):
    """Counter of one schedule: 0 ≤ counted ≤ cap."""

    schedule = models.OneToOneField(OutcomeSchedule, models.PROTECT, primary_key=True, related_name="+")
    cap = models.DecimalField(**_QUANTITY, null=True)
    counted = models.DecimalField(**_QUANTITY, default=0)

    class Meta:
        db_table = "outcome_balance"
        constraints = [
            models.CheckConstraint(
                name="outcome_balance_within_cap",
                condition=Q(counted__gte=0) & (Q(cap__isnull=True) | Q(cap__gte=F("counted"))),
                violation_error_message=_("La quantité maximale de la convention serait dépassée."),
            )
        ]


class OutcomeDeclaration(models.Model):
    """A quantity declared for a period, with its evidence; then how much of it was found true, and the dollars due for it.

    `counted` is what the cap leaves of the verified quantity. A declaration that is decided never changes: one that was refused makes
    place for another.
    """

    schedule = models.ForeignKey(OutcomeSchedule, models.PROTECT, related_name="declarations")
    milestone = models.ForeignKey("funding.Milestone", models.PROTECT, related_name="declarations")
    state = models.CharField(_("état"), max_length=16, choices=OutcomeState, default=OutcomeState.DECLARED)
    period_start = models.DateField(_("début de la période"))
    period_end = models.DateField(_("fin de la période"))
    quantity = models.DecimalField(_("quantité déclarée"), **_QUANTITY)
    document = models.ForeignKey("projects.Document", models.PROTECT, related_name="+")
    declared_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(_("déclarée le"))
    verified = models.DecimalField(_("quantité vérifiée"), **_QUANTITY, null=True, blank=True)
    counted = models.DecimalField(_("quantité payée"), **_QUANTITY, null=True, blank=True)
    amount = models.DecimalField(_("montant dû"), max_digits=15, decimal_places=2, null=True, blank=True)
    reason = models.TextField(_("motif"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("vérifiée le"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="outcome_one_live_per_milestone",
                fields=["milestone"],
                condition=~Q(state=OutcomeState.REFUSED),
                violation_error_message=_("Cette période a déjà sa déclaration."),
            ),
            ExclusionConstraint(
                name="outcome_periods_apart",
                expressions=[
                    ("schedule", RangeOperators.EQUAL),
                    (
                        Func("period_start", "period_end", RangeBoundary(True, True), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(state=OutcomeState.REFUSED),
                violation_error_message=_("Cette période en recoupe une autre : le même résultat ne se déclare pas deux fois."),
            ),
            models.CheckConstraint(
                name="outcome_dates_in_order",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message=_("La fin de la période suit son début."),
            ),
            models.CheckConstraint(name="outcome_quantity_not_negative", condition=Q(quantity__gte=0)),
            models.CheckConstraint(
                name="outcome_decision_is_complete",
                condition=Q(
                    state__in=_DECIDED,
                    verified__gte=0,
                    counted__gte=0,
                    amount__gte=0,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(
                    state=OutcomeState.DECLARED,
                    verified__isnull=True,
                    counted__isnull=True,
                    amount__isnull=True,
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="outcome_counts_what_is_verified",
                condition=Q(verified__isnull=True) | Q(verified__lte=F("quantity"), counted__lte=F("verified")),
                violation_error_message=_("La quantité vérifiée ne dépasse pas celle qui est déclarée."),
            ),
            models.CheckConstraint(
                name="outcome_state_says_how_much",
                condition=Q(state=OutcomeState.DECLARED)
                | Q(state=OutcomeState.VERIFIED, verified=F("quantity"))
                | Q(state=OutcomeState.PARTLY_VERIFIED, verified__lt=F("quantity"))
                | Q(state=OutcomeState.REFUSED, verified=0, counted=0, amount=0),
            ),
            models.CheckConstraint(
                name="outcome_reduction_has_a_reason",
                condition=Q(state__in=[OutcomeState.DECLARED, OutcomeState.VERIFIED]) | ~Q(reason=""),
                violation_error_message=_("Ce qui n’est pas vérifié a un motif."),
            ),
            models.CheckConstraint(
                name="outcome_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("declared_by")),
                violation_error_message=_("La personne qui déclare un résultat ne le vérifie pas."),
            ),
        ]

"""What the figures rest on beside the facts: price indices, weights of a renewal, and who proposed and approved each of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.models.decided import Decided, decided_with_its_state, two_people
from reporting.enums import ParameterKind, ParameterState

_PERSON = settings.AUTH_USER_MODEL
_SHARE: Any = {"max_digits": 9, "decimal_places": 6}
_RENEWAL = ("realisation_weight", "least_coverage", "least_score", "largest_factor")
_ALL_FOUR = {f"{name}__isnull": False for name in _RENEWAL}


def _sound() -> Q:
    return Q(
        realisation_weight__gte=0, realisation_weight__lte=1, least_coverage__gte=0, least_coverage__lte=1, least_score__gte=0,
        largest_factor__gte=F("least_score"),
    )  # fmt: skip


class PriceIndex(models.Model):
    """The price index declared for one fiscal year (its first calendar year). Append-only: of one year the latest known counts."""

    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    value = models.DecimalField(_("indice"), max_digits=12, decimal_places=4)
    source = models.CharField(_("source"), max_length=200)
    recorded_at = models.DateTimeField(_("date de connaissance"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="price_index_above_zero", condition=Q(value__gt=0), violation_error_message=_("Un indice des prix dépasse zéro.")
            ),
            models.CheckConstraint(name="price_index_has_a_source", condition=~Q(source="")),
            models.UniqueConstraint(name="price_index_unique", fields=["fiscal_year", "recorded_at"]),
        ]


class RenewalWeights(models.Model):
    """The parameters of renewals in force from a day on. Append-only: of one day the latest known counts."""

    valid_from = models.DateField(_("en vigueur du"))
    realisation_weight = models.DecimalField(_("poids de la réalisation"), **_SHARE)
    least_coverage = models.DecimalField(_("couverture minimale"), **_SHARE)
    least_score = models.DecimalField(_("pointage minimal"), **_SHARE)
    largest_factor = models.DecimalField(_("facteur maximal"), **_SHARE)
    source = models.CharField(_("source"), max_length=200)
    recorded_at = models.DateTimeField(_("date de connaissance"))

    class Meta:
        constraints = [
            models.CheckConstraint(name="renewal_weights_sound", condition=_sound()),
            models.CheckConstraint(name="renewal_weights_have_a_source", condition=~Q(source="")),
            models.UniqueConstraint(name="renewal_weights_unique", fields=["valid_from", "recorded_at"]),
        ]


class ParameterMove(Decided):
    """A parameter that one person proposes with its source and that another one approves: its row is written then, as it is here.

    A discount rate has `valid_from` and `value` (a share of 1), a price index `fiscal_year` and `value`, the weights of renewals
    `valid_from` and their four numbers.
    """

    kind = models.CharField(_("paramètre"), max_length=8, choices=ParameterKind)
    state = models.CharField(_("état"), max_length=8, choices=ParameterState, default=ParameterState.PROPOSED)
    valid_from = models.DateField(_("en vigueur du"), null=True, blank=True)
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"), null=True, blank=True)
    value = models.DecimalField(_("valeur"), max_digits=12, decimal_places=6, null=True, blank=True)
    realisation_weight = models.DecimalField(_("poids de la réalisation"), **_SHARE, null=True, blank=True)
    least_coverage = models.DecimalField(_("couverture minimale"), **_SHARE, null=True, blank=True)
    least_score = models.DecimalField(_("pointage minimal"), **_SHARE, null=True, blank=True)
    largest_factor = models.DecimalField(_("facteur maximal"), **_SHARE, null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)
    proposed_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [
            two_people(
                "parameter_move_two_people",
                proposer="proposed_by",
                message=_("Une autre personne que celle qui propose un paramètre doit en décider."),
            ),
            decided_with_its_state(
                "parameter_move_decided_with_its_state",
                proposed=ParameterState.PROPOSED,
                decided=[ParameterState.APPROVED, ParameterState.REFUSED],
            ),
            models.CheckConstraint(
                name="parameter_move_says_why",
                condition=~Q(source="") & ~Q(reason="") & (~Q(state=ParameterState.REFUSED) | ~Q(refusal_reason="")),
                violation_error_message=_("Un paramètre a sa source et son motif; un refus est motivé."),
            ),
            models.CheckConstraint(
                name="parameter_move_fits_its_kind",
                condition=Q(
                    kind=ParameterKind.RATE, valid_from__isnull=False, value__isnull=False, value__gt=Decimal(-1), fiscal_year=None,
                    **dict.fromkeys(_RENEWAL, None),
                )
                | Q(
                    kind=ParameterKind.INDEX, valid_from=None, value__isnull=False, value__gt=0, fiscal_year__isnull=False,
                    **dict.fromkeys(_RENEWAL, None),
                )
                | Q(kind=ParameterKind.RENEWAL, valid_from__isnull=False, value=None, fiscal_year=None, **_ALL_FOUR) & _sound(),
                violation_error_message=_("Un paramètre a exactement les valeurs de son type."),
            ),
        ]  # fmt: skip

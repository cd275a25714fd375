"""Reads of what the figures rest on beside the facts: rates, indices and weights at a day, as known at an instant, with their source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from reporting import rules
from reporting.models import DiscountRate, ParameterMove, PriceIndex, RenewalWeights
from reporting.scoring import Weights


@dataclass(frozen=True, slots=True)
class InForce:
    """The weights of renewals on a day, and where they come from: empty for those of the framework itself."""

    weights: Weights
    source: str


def rates_at(known: datetime) -> QuerySet[DiscountRate]:
    """The rate of each day from which one is in force: the latest known."""
    return _latest(DiscountRate.objects.filter(recorded_at__lte=known), "valid_from")


def indices_at(known: datetime) -> QuerySet[PriceIndex]:
    """The price index of each fiscal year: the latest known."""
    return _latest(PriceIndex.objects.filter(recorded_at__lte=known), "fiscal_year")


def weights_at(effective: date, known: datetime) -> InForce:
    """The weights in force on a day; those of the framework where none was set."""
    rows = _latest(RenewalWeights.objects.filter(recorded_at__lte=known, valid_from__lte=effective), "valid_from")
    row = rows.last()
    if row is None:
        return InForce(Weights(), "")
    return InForce(Weights(row.realisation_weight, row.least_coverage, row.least_score, row.largest_factor), row.source)


def known_rates(known: datetime) -> list[tuple[date, Decimal]]:
    return list(rates_at(known).values_list("valid_from", "rate"))


def known_indices(known: datetime) -> dict[int, Decimal]:
    return dict(indices_at(known).values_list("fiscal_year", "value"))


def rate_source(day: date, rates: Iterable[DiscountRate]) -> DiscountRate | None:
    """Which of these rates is in force on a day; None: the default one of `rules`."""
    return max((rate for rate in rates if rate.valid_from <= day), key=lambda rate: rate.valid_from, default=None)


def default_rate() -> Decimal:
    return rules.DEFAULT_RATE


def moves() -> QuerySet[ParameterMove]:
    """What was proposed, the latest first."""
    return ParameterMove.objects.select_related("proposed_by", "decided_by").order_by("-proposed_at", "-pk")


def _latest(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    last = rows.order_by(name, "-recorded_at", "-pk").distinct(name)
    return rows.model.objects.filter(pk__in=last.values("pk")).order_by(name, "pk")

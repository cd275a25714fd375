"""Present values at other rates and on other readings than the report's own: sensitivity, mid-year, real and nominal. No ORM.

The flows are those of `npv` in the reports: cents by fiscal year, from the year of the decision. Factors are exact fractions
(`rules.Discount`) but for the mid-year option, whose square root is taken at 50 digits. docs/rules/discounting.md has worked examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from fondsinnovation.kit.money import fiscal_year_start
from reporting import rules

#: the rates that every figure is shown at beside the dated one
SENSITIVITY = (Decimal("0.00"), Decimal("0.02"), Decimal("0.07"))
_DIGITS = 50
#: dated rates, as `rules.Rates`; a nominal rate is a fraction
DatedRates = Sequence[tuple[date, Any]]


@dataclass(frozen=True)
class Flows:
    """Gains and costs in cents (or parts of cents) by fiscal year; what falls before `first` counts in it."""

    first: int
    gains: Mapping[int, rules.Number] = field(default_factory=dict)
    costs: Mapping[int, rules.Number] = field(default_factory=dict)

    @property
    def years(self) -> list[int]:
        """The years in which something flows."""
        return sorted({year for flows in (self.gains, self.costs) for year, cents in flows.items() if cents})

    @property
    def last(self) -> int:
        return max([self.first, *self.years])

    @property
    def has_cost(self) -> bool:
        return sum(map(Fraction, self.costs.values())) > 0


@dataclass(frozen=True, slots=True)
class Value:
    """Dollars with 2 decimals and a ratio with 4; the ratio is None when a cost, or its present value, is not above zero."""

    npv: Decimal
    bcr: Decimal | None


def constant(rate: Decimal) -> DatedRates:
    """One rate for every year."""
    return ((date.min, rate),)


def value(flows: Flows, rates: DatedRates, *, mid_year: bool = False) -> Value:
    """NPV and BCR at dated rates: flows at the end of each year as the reports count them or, `mid_year`, half a year later in each.

    Mid-year divides the factor of each year by √(1 + rate in force on its first day): exponent + 0.5.
    """
    present = _mid_year_present if mid_year else _present
    gain, cost = present(flows, flows.gains, rates), present(flows, flows.costs, rates)
    return Value(rules.money(gain - cost), rules.ratio(rules.multiple(gain, cost)) if flows.has_cost else None)


def _present(flows: Flows, cents: Mapping[int, rules.Number], rates: DatedRates) -> Fraction:
    discount = rules.Discount(flows.first, flows.last, rates)
    return sum((Fraction(amount) * discount.factor(year) for year, amount in cents.items() if amount), Fraction(0))


def _mid_year_present(flows: Flows, cents: Mapping[int, rules.Number], rates: DatedRates) -> Fraction:
    discount, total = rules.Discount(flows.first, flows.last, rates), Fraction(0)
    for year, amount in ((year, amount) for year, amount in cents.items() if amount):
        rate = rules.rate_on(fiscal_year_start(max(year, flows.first)), rates)
        total += Fraction(amount) * discount.factor(year) / _root(1 + Fraction(rate))
    return total


def _root(number: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = _DIGITS
        return Fraction((Decimal(number.numerator) / Decimal(number.denominator)).sqrt())


# -- real and nominal --------------------------------------------------------------------------------------------------


def real(flows: Flows, indices: Mapping[int, Decimal]) -> Flows | None:
    """The same flows in the dollars of the first year: × index of that year ÷ index of their own; None when an index is missing."""
    if flows.first not in indices or not indices.keys() >= set(flows.years):
        return None
    base = indices[flows.first]

    def deflated(cents: Mapping[int, rules.Number]) -> dict[int, rules.Number]:
        return {
            year: rules.real_gain(nominal=amount, index=indices[year], base_index=base) if amount else Fraction(0)
            for year, amount in cents.items()
        }

    return Flows(flows.first, deflated(flows.gains), deflated(flows.costs))


def nominal_rates(flows: Flows, rates: DatedRates, indices: Mapping[int, Decimal]) -> DatedRates | None:
    """(1 + real rate)(1 + rise of the index) − 1 for each year after the first; None when an index is missing."""
    years = range(flows.first + 1, flows.last + 1)
    if not indices.keys() >= {flows.first, *years}:
        return None
    found: list[tuple[date, Any]] = [(date.min, Fraction(0))]
    for year in years:
        day, rise = fiscal_year_start(year), Fraction(indices[year]) / Fraction(indices[year - 1]) - 1
        found.append((day, (1 + Fraction(rules.rate_on(day, rates))) * (1 + rise) - 1))
    return found

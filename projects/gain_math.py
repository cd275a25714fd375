"""From a baseline to a net attributable gain, exact and without a database: docs/rules/baselines.md holds the worked examples.

Dollars, shares of 1, and exact fractions in between; whoever shows an amount rounds it once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from fondsinnovation.kit.money import fiscal_year_end, fiscal_year_of, fiscal_year_start, rounded
from projects.enums import Nature, Recurrence

Number = Decimal | Fraction | int
_NOTHING = Fraction(0)


def adjusted_baseline(*, cost: Decimal, volume: Decimal, actual_volume: Decimal) -> Fraction:
    """What the actual volume would have cost at the unit cost of the baseline."""
    return Fraction(cost) / Fraction(volume) * Fraction(actual_volume)


def efficiency_gain(
    *, cost: Decimal, volume: Decimal, actual_cost: Decimal, actual_volume: Decimal, part: Number = 1
) -> dict[str, Fraction]:
    """Baseline cost and volume (of a year) against the actual ones, in dollars: the gain by nature at comparable volume.

    Gross = unit cost of the baseline × actual volume − actual cost. What the budget fell by is CASH, the rest is AVOID; a
    negative gross gain is COST as a whole: a volume that falls is not an efficiency. `part` is the share of a year that the actual
    figures cover.
    """
    gross = adjusted_baseline(cost=cost, volume=volume, actual_volume=actual_volume) - Fraction(actual_cost)
    if gross < 0:
        return {"CASH": _NOTHING, "AVOID": _NOTHING, "COST": gross}
    cashable = min(max(Fraction(cost) * Fraction(part) - Fraction(actual_cost), _NOTHING), gross)
    return {"CASH": cashable, "AVOID": gross - cashable, "COST": _NOTHING}


def attributable_gain(*, gross: Number, deadweight: Decimal, attribution: Decimal, displacement: Number) -> Fraction:
    """gross × (1 − deadweight) × attribution − displacement: dollars, and shares of 1."""
    return Fraction(gross) * (1 - Fraction(deadweight)) * Fraction(attribution) - Fraction(displacement)


def freed_capacity(*, hours: Decimal, hourly_rate: Decimal, redeployed: Decimal) -> tuple[Fraction, Fraction]:
    """(value of the hours freed, value of the share redeployed), in dollars; none of it is cashable until a budget falls."""
    capacity = Fraction(hours) * Fraction(hourly_rate)
    return capacity, capacity * Fraction(redeployed)


# ── The steps that a page shows ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Shares:
    """What is the project's: a, d and D (dollars a year)."""

    attribution: Decimal = Decimal(1)
    deadweight: Decimal = Decimal(0)
    displacement: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Steps:
    """Each step from what was measured to the net gain of one line, in dollars to the cent; None where a step does not apply."""

    gross: Decimal
    counted: Decimal
    after_deadweight: Decimal
    attributed: Decimal
    displacement: Decimal
    net: Decimal
    adjusted: Decimal | None = None
    cashable: Decimal | None = None
    avoided: Decimal | None = None
    capacity: Decimal | None = None


def steps_from_costs(
    nature: str, *, cost: Decimal, volume: Decimal, actual_cost: Decimal, actual_volume: Decimal, shares: Shares, part: Number = 1
) -> Steps:
    """The steps of a line measured by its cost and volume. What counts in a line is what is of its nature.

    A revenue is what came in above what came in before, whatever the volume.
    """
    if nature == Nature.REV:
        gain = Fraction(actual_cost) - Fraction(cost) * Fraction(part)
        return _net(gain, gain, shares, part)
    found = efficiency_gain(cost=cost, volume=volume, actual_cost=actual_cost, actual_volume=actual_volume, part=part)
    return _net(
        sum(found.values(), _NOTHING),
        found.get(nature, _NOTHING),
        shares,
        part,
        adjusted=_cents(adjusted_baseline(cost=cost, volume=volume, actual_volume=actual_volume)),
        cashable=_cents(found[Nature.CASH]),
        avoided=_cents(found[Nature.AVOID]),
    )


def steps_from_hours(*, hours: Decimal, hourly_rate: Decimal, redeployed: Decimal, shares: Shares, part: Number = 1) -> Steps:
    """The steps of a productivity line: what counts is the share that was redeployed."""
    capacity, used = freed_capacity(hours=hours, hourly_rate=hourly_rate, redeployed=redeployed)
    return _net(capacity, used, shares, part, capacity=_cents(capacity), cashable=_cents(0))


def of_its_sign(nature: str, net: Number) -> bool:
    """Whether a net gain may be written on a line of this nature: an increase of cost is never above zero, any other gain never below."""
    return net <= 0 if nature == Nature.COST else net >= 0


def _net(gross: Fraction, counted: Fraction, shares: Shares, part: Number, **steps: Decimal) -> Steps:
    moved = Fraction(shares.displacement) * Fraction(part)
    kept = counted * (1 - Fraction(shares.deadweight))
    return Steps(
        gross=_cents(gross),
        counted=_cents(counted),
        after_deadweight=_cents(kept),
        attributed=_cents(kept * Fraction(shares.attribution)),
        displacement=_cents(moved),
        net=_cents(attributable_gain(gross=counted, deadweight=shares.deadweight, attribution=shares.attribution, displacement=moved)),
        **steps,
    )


def _cents(amount: Number) -> Decimal:
    return rounded(amount, 2)


# ── Years ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def part_of_year(start: date, end: date) -> Fraction:
    """The days of a period over those of the twelve months that begin with it: 1 for a whole year, leap or not."""
    return Fraction((end - start).days + 1, (_a_year_after(start) - start).days)


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 3, 1)


def yearly_forecast(
    net: Number, years: Iterable[int], *, recurrence: str, starts_on: date | None, ends_on: date | None, decay: Decimal
) -> dict[int, Decimal]:
    """The net gain of a whole year over fiscal years: by days in the first and the last, and less `decay` of it each year after the first.

    A one-off gain is whole in the fiscal year of its start; a year that the effect does not reach has 0.
    """
    asked = list(years)
    start = starts_on or fiscal_year_start(asked[0])
    first = fiscal_year_of(start)
    if recurrence == Recurrence.ONE_OFF:
        return {year: _cents(net if year == first else 0) for year in asked}
    return {
        year: _cents(Fraction(net) * (1 - Fraction(decay)) ** max(year - first, 0) * _part_within(year, start, ends_on)) for year in asked
    }


def _part_within(year: int, start: date, end: date | None) -> Fraction:
    """The share of a fiscal year's days on which the effect lasts."""
    first, last = fiscal_year_start(year), fiscal_year_end(year)
    days = (min(last, end or last) - max(first, start)).days + 1
    return Fraction(max(days, 0), (last - first).days + 1)


# ── Quality ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def outside_tolerance(*, reference: Decimal, tolerance: Decimal, higher_is_worse: bool, measured: Decimal) -> bool:
    """Whether a service got worse than its tolerance lets it; to get better is never outside."""
    return measured > reference + tolerance if higher_is_worse else measured < reference - tolerance

"""The arithmetic of the return on investment: exact fractions in between, one rounding at the end, no ORM.

Sources: the published contract of the reports (docs/rules/roi.md holds the formulas and worked examples, which a test runs).
Amounts are integer cents inside `Sums` and Decimal dollars everywhere else; a rate is a share of 1. What is undefined is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from fondsinnovation.kit.money import fiscal_year_end, fiscal_year_of, fiscal_year_start, rounded
from projects.gain_math import attributable_gain as attributable_gain
from projects.gain_math import efficiency_gain as efficiency_gain
from projects.gain_math import freed_capacity as freed_capacity

Number = Decimal | Fraction | int
Rates = Sequence[tuple[date, Decimal]]

ZONE = ZoneInfo("America/Toronto")
#: the yearly rate where none is set
DEFAULT_RATE = Decimal("0.035")
TOTAL = "TOTAL"


# -- the two clocks ----------------------------------------------------------------------------------------------------


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in America/Toronto, in UTC: what a day means as a knowledge date."""
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZONE)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def last_ended_year(effective: date) -> int:
    """The latest fiscal year whose last day is on or before `effective`."""
    year = fiscal_year_of(effective)
    return year if effective == fiscal_year_end(year) else year - 1


# -- rounding, once, and the text that pages and files show ------------------------------------------------------------


def dollars(cents: int) -> Decimal:
    """Whole cents to dollars: exact, nothing to round."""
    return Decimal(cents).scaleb(-2)


def money(cents: Number) -> Decimal:
    """Cents, or parts of cents, to dollars with 2 decimals."""
    return rounded(Fraction(cents) / 100, 2)


def over(numerator: Number, denominator: Number, places: int = 4) -> Decimal | None:
    """`numerator` ÷ `denominator`, rounded; None over zero. Between integers no fraction is made: thousands of rows take no time."""
    if not denominator:
        return None
    if not (isinstance(numerator, int) and isinstance(denominator, int)):
        return rounded(Fraction(numerator) / Fraction(denominator), places)
    size = abs(denominator)
    whole = (2 * abs(numerator) * 10**places + size) // (2 * size)
    return Decimal(-whole if (numerator < 0) != (denominator < 0) else whole).scaleb(-places)


def over_cost(gain: Number, cost: Number) -> Decimal | None:
    """gain ÷ cost, rounded to 4 decimals; None when the cost is not above zero."""
    return over(gain, cost) if cost > 0 else None


def ratio(value: Number | None) -> Decimal | None:
    """A ratio, or a number of years, with 4 decimals."""
    return None if value is None else rounded(value, 4)


def text(value: object) -> str:
    """The one text form of a report's cell: empty when unknown, plain decimals, ISO dates, instants in UTC, yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


# -- ratios ------------------------------------------------------------------------------------------------------------


def quotient(numerator: Number, denominator: Number) -> Fraction | None:
    """`numerator` ÷ `denominator`; None over zero."""
    if not denominator:
        return None
    if isinstance(numerator, int) and isinstance(denominator, int):
        return Fraction(numerator, denominator)
    return Fraction(numerator) / Fraction(denominator)


def multiple(gain: Number, cost: Number) -> Fraction | None:
    """gain ÷ cost; None when the cost is not above zero."""
    return quotient(gain, cost) if cost > 0 else None


def roi(gain: Number, cost: Number) -> Fraction | None:
    """(gain − cost) ÷ cost; None when the cost is not above zero."""
    return multiple(Fraction(gain) - Fraction(cost), cost)


def variance(gain: Number, forecast: Number) -> Fraction | None:
    """(gain − forecast) ÷ |forecast|; None over a forecast of zero."""
    return quotient(Fraction(gain) - Fraction(forecast), abs(Fraction(forecast)))


def annualised(gain: Number, days: int, year: int) -> Fraction:
    """A gain earned over `days` of a fiscal year, brought to the whole year."""
    return Fraction(gain) * days_of(year) / days


def days_of(year: int) -> int:
    """The days of a fiscal year: 366 when it holds a 29 February."""
    return (fiscal_year_end(year) - fiscal_year_start(year)).days + 1


# -- yearly flows ------------------------------------------------------------------------------------------------------


def rate_on(day: date, rates: Rates) -> Decimal:
    """The rate in force on a day among dated rates in any order; 3.5 % when none is set."""
    return max(((since, rate) for since, rate in rates if since <= day), default=(day, DEFAULT_RATE))[1]


class Discount:
    """Factors of the years `first` … `last`: 1 in the first, then ÷ (1 + rate in force on the first day of each year)."""

    def __init__(self, first: int, last: int, rates: Rates = ()) -> None:
        growth = [1 + Fraction(rate_on(fiscal_year_start(year), rates)) for year in range(first + 1, last + 1)]
        # One common denominator keeps a present value an integer sum: exact, and fast on thousands of projects.
        self.first = first
        self.denominator = 1
        for step in growth:
            self.denominator *= step.numerator
        self._weights = [self.denominator]
        for step in growth:
            self._weights.append(self._weights[-1] * step.denominator // step.numerator)

    def factor(self, year: int) -> Fraction:
        return Fraction(self._weight(year), self.denominator)

    def present(self, flows: Mapping[int, int]) -> Fraction:
        """The present value of flows by fiscal year; what falls before the first year counts in it."""
        return Fraction(self.weighted(flows), self.denominator)

    def weighted(self, flows: Mapping[int, int]) -> int:
        """The present value in parts of `denominator`: an integer."""
        return sum(flow * self._weight(year) for year, flow in flows.items())

    def _weight(self, year: int) -> int:
        return self._weights[max(year - self.first, 0)]


def payback(flows: Mapping[int, Number], first: int) -> Fraction | None:
    """Years until the cumulative flow, once negative, is back at zero: i + (−cumulative before) ÷ flow_i.

    `first` is index 0, and what falls before it counts in it. 0 when the cumulative is never negative, None when it never comes back.
    """
    yearly: dict[int, Any] = {}
    for year, flow in flows.items():
        index = max(year - first, 0)
        yearly[index] = yearly.get(index, 0) + flow
    before: Any = 0
    ever_negative = False
    for index, flow in sorted(yearly.items()):
        after = before + flow
        if before < 0 <= after:
            return index - Fraction(before) / Fraction(flow)
        before, ever_negative = after, ever_negative or after < 0
    return None if ever_negative else Fraction(0)


# -- the indicators of one row -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sums:
    """What one row of a report adds up, in cents: a project, a group or the total.

    `fund` and `public` are (verified gain, cost) over the projects whose cost, by that reading, is above zero; `mature_*` are
    (gain of years t1+1 … t1+3, recurrent gain of year t1+3 brought to a year, cost) over those of them whose year t1+3 has ended.
    `gains` and `costs` are flows by fiscal year, from `first_year` (None: nothing to discount).
    """

    fund_paid: int = 0
    cofunding: int = 0
    forecast: int = 0
    reported: int = 0
    verified: int = 0
    captured: int = 0
    avoided: int = 0
    productivity: int = 0
    expected: int = 0
    examined: int = 0
    reported_size: int = 0
    examined_size: int = 0
    cashable_verified: int = 0
    cashable_captured: int = 0
    contested: int = 0
    fund: tuple[int, int] = (0, 0)
    public: tuple[int, int] = (0, 0)
    mature_fund: tuple[int, Fraction, int] = (0, Fraction(0), 0)
    mature_public: tuple[int, Fraction, int] = (0, Fraction(0), 0)
    first_year: int | None = None
    gains: dict[int, int] = field(default_factory=dict)
    costs: dict[int, int] = field(default_factory=dict)
    projects: int = 0
    excluded: int = 0
    excluded_gain: int = 0
    immature: int = 0
    immature_cost: int = 0


AMOUNTS: dict[str, Callable[[Any], Any]] = {
    "fund_paid": lambda s: s.fund_paid,
    "cofunding": lambda s: s.cofunding,
    "net_gain_forecast": lambda s: s.forecast,
    "net_gain_reported": lambda s: s.reported,
    "net_gain_verified": lambda s: s.verified,
    "net_gain_captured": lambda s: s.captured,
    "avoided_verified": lambda s: s.avoided,
    "productivity_verified": lambda s: s.productivity,
}

#: what no amount and no ratio shows by itself, beside them so that the register, the ratios and the return can be reconciled
RECONCILING: dict[str, Callable[[Any], Any]] = {
    "net_gain_contested": lambda s: s.contested,
    "net_gain_expected": lambda s: s.expected,
    "net_gain_examined": lambda s: s.examined,
}
#: of a group, what its ratios leave out: the gains of projects without cost, and the investment of those with no elapsed forecast
POPULATION: dict[str, Callable[[Any], Any]] = {"excluded_gain": lambda s: s.excluded_gain, "immature_cost": lambda s: s.immature_cost}

#: `roi` and `multiple` of whole cents as what is divided by what: nothing unless a cost is above zero. Sums may hold whole columns
RATIOS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "roi_public": lambda s: (s.public[0] - s.public[1], s.public[1]),
    "roi_fund": lambda s: (s.fund[0] - s.fund[1], s.fund[1]),
    "multiple_public": lambda s: s.public,
    "multiple_fund": lambda s: s.fund,
    "rec3_fund": lambda s: s.mature_fund[1:],
    "rec3_public": lambda s: s.mature_public[1:],
    "cum3_fund": lambda s: (s.mature_fund[0], s.mature_fund[2]),
    "cum3_public": lambda s: (s.mature_public[0], s.mature_public[2]),
}
#: `quotient` and `variance` in the same way: nothing over zero
REALISATION: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "realisation_reported": lambda s: (s.reported, s.expected),
    "realisation_verified": lambda s: (s.verified, s.expected),
    # every verified row is examined by definition: the verified gain over examined periods is the verified gain
    "verification_yield": lambda s: (s.verified, s.examined),
    "coverage": lambda s: (s.examined_size, s.reported_size),
    "capture_rate": lambda s: (s.cashable_captured, s.cashable_verified),
    "variance": lambda s: (s.verified - s.expected, abs(s.expected)),
}

INDICATORS = (*AMOUNTS, *RATIOS, "npv", "bcr", "payback_years", *REALISATION)


def indicators(sums: Sums, discount: Discount | None) -> dict[str, Decimal | None]:
    """Every figure of one row, rounded: dollars with 2 decimals, ratios and years with 4, None when undefined."""
    return {
        **{name: dollars(amount(sums)) for name, amount in AMOUNTS.items()},
        **{name: over_cost(*parts(sums)) for name, parts in RATIOS.items()},
        **discounted(sums.gains, sums.costs, sums.first_year, discount),
        **{name: over(*parts(sums)) for name, parts in REALISATION.items()},
        **{name: dollars(amount(sums)) for name, amount in RECONCILING.items()},
    }


def discounted(gains: Mapping[int, int], costs: Mapping[int, int], first: int | None, discount: Discount | None) -> dict[str, Any]:
    """The figures of two flows by fiscal year, in cents, from a year `first`; None: nothing to discount.

    `npv` is given even without a cost; `bcr` and `payback_years` need a cost above zero.
    """
    if first is None or discount is None:
        return {"npv": None, "bcr": None, "payback_years": None}
    gain, cost = discount.weighted(gains), discount.weighted(costs)
    npv = over(gain - cost, 100 * discount.denominator, 2)
    if sum(costs.values()) <= 0:
        return {"npv": npv, "bcr": None, "payback_years": None}
    flows = {year: gains.get(year, 0) - costs.get(year, 0) for year in {*gains, *costs}}
    return {"npv": npv, "bcr": over_cost(gain, cost), "payback_years": ratio(payback(flows, first))}


def roi_after_admin(sums: Sums, secretariat: int) -> Decimal | None:
    """(NG − F − A) ÷ (F + A) with A the Secretariat's costs in cents; None when F + A is not above zero."""
    return ratio(roi(sums.verified, sums.fund_paid + secretariat))


# -- from a baseline to a gain, before it is a row ----------------------------------------------------------------------

#: how much of an amount planning may count, by what stands behind it (never in an audit export but under its own name)
CONFIDENCE = {
    "verified": Decimal("1.00"),
    "reported_with_evidence": Decimal("0.60"),
    "reported": Decimal("0.25"),
    "forecast": Decimal("0.00"),
}


def real_gain(*, nominal: Number, index: Decimal, base_index: Decimal) -> Fraction:
    """A nominal gain in the dollars of the base year of a price index."""
    return Fraction(nominal) * Fraction(base_index) / Fraction(index)


def nominal_rate(*, real: Decimal, inflation: Decimal) -> Fraction:
    """(1 + real)(1 + inflation) − 1: nominal flows take a nominal rate, real flows a real one."""
    return (1 + Fraction(real)) * (1 + Fraction(inflation)) - 1


def confidence_weighted(amounts: Mapping[str, Number]) -> Fraction:
    """Σ weight × amount over the keys of CONFIDENCE."""
    return sum((Fraction(CONFIDENCE[name]) * Fraction(amount) for name, amount in amounts.items()), Fraction(0))


def attainment(*, baseline: Number, target: Number, actual: Number) -> Fraction | None:
    """How far an objective has come from its baseline to its target, whatever the direction: not below 0; None without distance."""
    reached = quotient(Fraction(actual) - Fraction(baseline), Fraction(target) - Fraction(baseline))
    return None if reached is None else max(reached, Fraction(0))

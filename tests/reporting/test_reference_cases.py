"""Cases that others published, through the arithmetic of the reports. The product has no internal rate of return and discounts by fiscal
year: a published rate is one at which the present value is nothing, and cases dated by the day are left out.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from reporting import rules
from reporting.discounting import constant

CASES = json.loads((Path(__file__).parent / "data" / "reference_cases.json").read_text(encoding="utf-8"), parse_float=Decimal)
FIRST = 2001


def of(function, *, known=True):
    return [pytest.param(case, id=case["id"]) for case in CASES if case["fonction"] == function and (case["attendu"] is not None) == known]


def by_year(flows, first=FIRST) -> dict[int, Fraction]:
    return {first + place: Fraction(flow) for place, flow in enumerate(flows)}


def present(flows: Mapping[int, Fraction], rate, first=FIRST) -> Fraction:
    return rules.Discount(first, max(flows), constant(Decimal(rate))).present(flows)


def close(found: Fraction, case, expected=None) -> bool:
    return abs(found - Fraction(Decimal(case["attendu"] if expected is None else expected))) <= Fraction(case["tolerance"])


@pytest.mark.parametrize("case", of("npv"))
def test_present_value(case):
    first = FIRST if case["convention"] == "t0 non actualisé" else FIRST - 1  # a spreadsheet discounts the first flow too
    assert close(present(by_year(case["flux"]), case["taux"], first), case)


@pytest.mark.parametrize("case", of("irr"))
def test_present_value_is_nothing_at_the_published_rate(case):
    flows, rate, margin = by_year(case["flux"]), Decimal(case["attendu"]), Decimal(case["tolerance"])
    around = [present(flows, at) for at in (rate - margin, rate + margin)]
    assert min(around) <= 0 <= max(around)


@pytest.mark.parametrize("case", of("irr", known=False))
def test_present_value_crosses_nothing_where_no_rate_is_published(case):
    flows = by_year(case["flux"])
    found = [present(flows, rate) for rate in ("-0.5", "0", "0.5")]
    assert all(value < 0 for value in found) or not any(found)
    assert rules.payback(flows, FIRST) == (None if any(flows.values()) else 0)


@pytest.mark.parametrize("case", of("vaca"))
def test_benefits_and_costs(case):
    discount = rules.Discount(FIRST, FIRST + 10, constant(Decimal(case["taux"])))
    assert [float(rules.rounded(discount.factor(FIRST + year), 4)) for year in case["annees"]] == [float(f) for f in case["facteurs"]]
    cost, gain = (discount.present(by_year(case[name], FIRST + 1)) for name in ("couts", "avantages"))
    for found, name in ((cost, "va_couts"), (gain, "va_avantages"), (gain - cost, "van")):
        assert close(found, case, case["attendu"][name])


@pytest.mark.parametrize("case", of("facteurs_degressifs"))
def test_rates_that_fall_with_time(case):
    rates = [(date(FIRST + start, 4, 1), Decimal(rate)) for start, _end, rate in case["bareme"]]
    discount = rules.Discount(FIRST, FIRST + 125, rates)
    assert [year for year, factor in case["attendu"].items() if not close(discount.factor(FIRST + int(year)), case, factor)] == []


@pytest.mark.parametrize("case", of("delai_recuperation"))
def test_payback(case):
    """The cases invest at once, at the start of the year of the first flow; a flow is discounted to that start."""
    flows, rate = by_year(case["flux"]), Decimal(case["taux"])
    discount = rules.Discount(FIRST - 1, max(flows), constant(rate))
    readings = {"simple": flows, "actualise": {year: flow * discount.factor(year) for year, flow in flows.items()}}
    for name, gains in readings.items():
        found = rules.payback({**gains, FIRST: gains[FIRST] - case["investissement"]}, FIRST)
        expected = case["attendu"][name]
        assert found is None if expected is None else close(found, case, expected)

"""Present values at other rates: sensitivity, mid-year, real and nominal; and dated parameters with their source."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from reporting import rules
from reporting.discounting import Flows, constant, nominal_rates, real, value
from tests.reporting.test_vectors import VECTORS

T01 = Flows(
    2024,
    {2024 + n: int(amount) * 100 for n, amount in enumerate(VECTORS["T01_core_project"]["net_budget_gain_by_fy"])},
    {2024: 50_000_000, 2025: 75_000_000},
)
INDICES = {2024: Decimal("100"), 2025: Decimal("102"), 2026: Decimal("104.04"), 2027: Decimal("106.1208")}


@pytest.mark.parametrize(("rate", "name"), [("0", "npv_0"), ("0.035", "npv_3_5"), ("0.07", "npv_7")])
def test_t01_at_each_rate(rate, name):
    assert str(value(T01, constant(Decimal(rate))).npv) == VECTORS["T01_core_project"][name]


def test_t01_mid_year_is_half_a_year_later_in_each():
    found = value(T01, (), mid_year=True)
    assert str(found.npv) == VECTORS["T01_core_project"]["npv_3_5_midyear"]
    assert str(found.bcr) == VECTORS["T01_core_project"]["bcr_3_5"]  # both sides move by the same half year
    assert value(T01, constant(Decimal(0)), mid_year=True).npv == value(T01, constant(Decimal(0))).npv


def test_mid_year_takes_the_rate_of_each_year_from_the_first_on():
    rates = [(date(2024, 4, 1), Decimal("0.21")), (date(2025, 4, 1), Decimal("0.44"))]
    flows = Flows(2024, {2023: 11_000, 2025: 172_800})
    assert value(flows, rates, mid_year=True).npv == Decimal("1100.00")  # 110 ÷ 1.1 + 1728 ÷ 1.44 ÷ 1.2


def test_without_cost_the_value_is_given_and_the_ratio_is_not():
    assert value(Flows(2024, {2025: 103_500}), ()) == value(Flows(2024, {2025: 103_500}, {2024: 0}), ())
    found = value(Flows(2024, {2025: 103_500}, {2025: -10}), ())
    assert (found.npv, found.bcr) == (Decimal("1000.10"), None)
    assert value(Flows(2024), ()).npv == Decimal("0.00")
    assert [value(Flows(2024, {2025: 103_500, 2030: 0}), (), mid_year=mid).npv > 0 for mid in (False, True)] == [True, True]


def test_t08_both_routes_give_one_present_value():
    flows = Flows(2024, {2027: Fraction(10_612_080)})  # 100 000 $ of 2024, three years later
    in_real, rates = real(flows, INDICES), nominal_rates(flows, (), INDICES)
    assert in_real.gains == {2027: 10_000_000}
    vector = VECTORS["T08_real_nominal"]
    assert str(value(in_real, ()).npv) == vector["pv_real_route"]
    assert str(value(flows, rates).npv) == vector["pv_nominal_route"]
    assert {str(rules.rounded(rate, 6)) for _day, rate in rates[1:]} == {vector["fisher_nominal_rate"]}


def test_missing_index_leaves_the_real_reading_unknown():
    flows = Flows(2024, {2027: 100})
    assert real(flows, {2024: Decimal(100)}) is None
    assert real(flows, {2027: Decimal(100)}) is None
    assert real(flows, {2024: Decimal(100), 2027: Decimal(110)}).gains == {2027: Fraction(1000, 11)}
    assert nominal_rates(flows, (), {2024: Decimal(100), 2027: Decimal(110)}) is None
    assert real(Flows(2024, {2026: 0}), {2024: Decimal(100)}).gains == {2026: 0}


def test_discount_of_the_report_is_the_same_computation():
    discount = rules.Discount(2024, 2029, ())
    assert value(T01, ()).npv == rules.money(discount.present(T01.gains) - discount.present(T01.costs))

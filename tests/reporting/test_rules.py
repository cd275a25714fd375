"""The pure rules: rounding, text, the two clocks, discounting; their worked examples are in docs/rules/roi.md."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting import rules


@given(value=st.decimals(-(10**15), 10**15, places=6), places=st.integers(0, 6))
def test_rounded_is_half_up_without_negative_zero(value, places):
    expected = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    assert rules.text(rules.rounded(value, places)) == rules.text(abs(expected) if expected == 0 else expected)


def test_dollars_are_exact_whatever_their_size():
    assert [str(rules.dollars(cents)) for cents in (0, 1, -1, 100, 9_223_372_036_854_775_807)] == [
        "0.00", "0.01", "-0.01", "1.00", "92233720368547758.07",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (Decimal("0.00"), "0.00"),
        (Decimal("1E+3"), "1000"),
        (date(2026, 4, 1), "2026-04-01"),
        (datetime(2026, 4, 1, 8, tzinfo=timezone(timedelta(hours=-4))), "2026-04-01T12:00:00Z"),
        (2026, "2026"),
        ("Ville d’Été", "Ville d’Été"),
    ],
)
def test_text_of_a_cell(value, shown):
    assert rules.text(value) == shown


@given(day=st.dates(date(2000, 1, 1), date(2060, 12, 31)))
def test_end_of_day_is_a_microsecond_before_the_next_day_in_toronto(day):
    end = rules.end_of_day(day)
    local, after = end.astimezone(rules.ZONE), (end + timedelta(microseconds=1)).astimezone(rules.ZONE)
    assert (local.date(), after.date(), after.time().isoformat()) == (day, day + timedelta(days=1), "00:00:00")
    assert end.tzinfo is UTC


def test_rate_in_force_is_the_latest_set_by_the_day():
    rates = [(date(2026, 4, 1), Decimal("0.05")), (date(2025, 4, 1), Decimal("0.04"))]
    days = (date(2025, 3, 31), date(2025, 4, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert [rules.rate_on(day, rates) for day in days] == [Decimal("0.035"), Decimal("0.04"), Decimal("0.04"), Decimal("0.05")]


@given(rates=st.lists(st.decimals("-0.5", "0.5", places=6), min_size=4, max_size=4))
def test_discount_factors_are_the_exact_products(rates):
    dated = [(date(2024 + n, 4, 1), rate) for n, rate in enumerate(rates)]
    discount, factor = rules.Discount(2024, 2027, dated), Fraction(1)
    for year in range(2024, 2028):
        factor = factor / (1 + Fraction(rates[year - 2024])) if year > 2024 else factor
        assert discount.factor(year) == factor


def test_payback_takes_the_first_crossing():
    flows = {2024: -100, 2025: 150, 2026: -500, 2027: 1000}
    assert rules.payback(flows, 2024) == Fraction(5, 3)


def test_payback_is_zero_when_nothing_was_ever_owed():
    assert rules.payback({}, 2024) == rules.payback({2024: 0, 2025: 5}, 2024) == 0


def test_payback_of_a_cost_after_the_first_year_counts_from_the_first_year():
    assert rules.payback({2026: -100, 2028: 400}, 2024) == Fraction(17, 4)


def test_indicators_without_any_project_are_empty_but_for_the_sums():
    found = rules.indicators(rules.Sums(), None)
    assert {name for name, value in found.items() if value is not None} == {*rules.AMOUNTS, *rules.RECONCILING}
    assert tuple(found) == (*rules.INDICATORS, *rules.RECONCILING)


def test_cost_that_nets_to_zero_later_leaves_only_the_present_value():
    sums = rules.Sums(first_year=2024, gains={2025: 1}, costs={2024: 100, 2025: -100})
    found = rules.indicators(sums, rules.Discount(2024, 2025))
    assert (found["npv"], found["bcr"], found["payback_years"]) == (Decimal("-0.02"), None, None)


def test_cost_recovered_beyond_its_present_value_leaves_the_ratio_empty():
    """K > 0 but PV(K) ≤ 0 needs a negative rate: the later recovery weighs more than the earlier payment."""
    sums = rules.Sums(first_year=2024, gains={2025: 50}, costs={2024: 100, 2025: -99})
    found = rules.indicators(sums, rules.Discount(2024, 2025, [(date(2020, 1, 1), Decimal("-0.02"))]))
    assert (found["bcr"], found["payback_years"]) == (None, Decimal("1.6711"))

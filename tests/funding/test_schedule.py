"""Schedules sum to the cent, whatever the amount, the number of parts and the shares (hypothesis); T21 is the published vector."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondsinnovation.kit.money import CENT
from funding import schedule
from funding.enums import InstalmentKind

D = Decimal
VECTOR = json.loads((Path(__file__).parents[1] / "reporting" / "data" / "roi_vectors.json").read_text())["T21_instalments"]
AMOUNTS = st.integers(min_value=1, max_value=30_000_000_000).map(lambda cents: cents * CENT)
RATES = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)).map(lambda two: (D(two[0]) / 10_000, D(two[1]) / 10_000))
COUNTS = st.integers(min_value=1, max_value=24)
MILESTONES = st.integers(min_value=1, max_value=8).map(lambda n: list(range(1, n + 1)))
QUICK = settings(max_examples=60, deadline=None, database=None)


@st.composite
def shares_of_one(draw):
    """Shares with six digits that make up exactly 1."""
    cuts = sorted(draw(st.lists(st.integers(0, 1_000_000), min_size=(n := draw(st.integers(1, 12))) - 1, max_size=n - 1)))
    return [D(after - before) / 1_000_000 for before, after in zip([0, *cuts], [*cuts, 1_000_000], strict=True)]


def within(parts, amount, shares):
    """Each part but the last is its exact share rounded down; the last holds less than a cent more for each part."""
    exact = [amount * share for share in shares]
    last = max(place for place, share in enumerate(shares) if share)
    fair = all(0 <= one - part < CENT for place, (part, one) in enumerate(zip(parts, exact, strict=True)) if place != last)
    return fair and 0 <= parts[last] - exact[last] < CENT * len(parts)


def test_t21_at_forty_forty_twenty():
    assert [str(one) for one in schedule.by_rates(D(VECTOR["total"]), [D("0.4"), D("0.4"), D("0.2")])] == VECTOR["parts"]


@QUICK
@given(AMOUNTS, shares_of_one())
def test_rates_sum_to_the_cent(amount, rates):
    parts = schedule.by_rates(amount, rates)
    assert (sum(parts), min(parts) >= 0, within(parts, amount, rates)) == (amount, True, True)


@QUICK
@given(AMOUNTS, COUNTS)
def test_equal_parts_differ_by_the_cents_that_are_left(amount, count):
    parts = schedule.equal(amount, count)
    assert (len(parts), sum(parts), len(set(parts[:-1])) <= 1) == (count, amount, True)
    assert 0 <= parts[-1] - parts[0] < CENT * count


@QUICK
@given(AMOUNTS, RATES, MILESTONES)
def test_a_part_per_milestone_keeps_the_advance_below_the_terms(amount, rates, milestones):
    advance, holdback = rates[0], min(rates[1], 1 - rates[0])
    shares = schedule.per_milestone(amount, advance, holdback, milestones)
    assert sum(share.amount for share in shares) == amount
    assert [share.milestone for share in shares] == [None, *milestones, milestones[-1]]
    if advance < 1:
        assert shares[0].amount == schedule.at_most(amount, advance)


@QUICK
@given(AMOUNTS, COUNTS, RATES, MILESTONES)
def test_equal_instalments_hold_back_what_the_terms_say(amount, count, rates, milestones):
    shares = schedule.in_equal_parts(amount, count, rates[0], milestones)
    held = sum(share.amount for share in shares if share.kind == InstalmentKind.HOLDBACK)
    assert (sum(share.amount for share in shares), shares[-1].milestone) == (amount, milestones[-1])
    assert held >= amount * rates[0]
    assert [share.milestone for share in shares] == sorted(share.milestone for share in shares)


@QUICK
@given(AMOUNTS, st.lists(st.integers(1, 50), min_size=1, max_size=5), MILESTONES)
def test_fiscal_years_are_filled_in_order(amount, weights, milestones):
    parts = dict(zip(range(2026, 2031), schedule.by_weights(amount, weights), strict=False))
    planned = list(schedule.poured(schedule.per_milestone(amount, D("0.25"), D("0.20"), milestones), parts))
    filled = {year: sum(one.amount for one in planned if one.fiscal_year == year) for year in parts}
    assert (filled, min(one.amount for one in planned) > 0) == (parts, True)
    assert [one.fiscal_year for one in planned] == sorted(one.fiscal_year for one in planned)


def test_equal_parts_spread_over_the_milestones():
    shares = schedule.in_equal_parts(D("100.00"), 3, D(0), [1, 2])
    assert [(str(share.kind), share.milestone, share.amount) for share in shares] == [
        ("milestone", 1, D("33.33")),
        ("milestone", 2, D("33.33")),
        ("milestone", 2, D("33.34")),
    ]
    assert [share.milestone for share in schedule.in_equal_parts(D("100.00"), 1, D(0), [1, 2, 3])] == [3]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: schedule.by_weights(D("1.00"), [0, 0]),
        lambda: schedule.by_weights(D("1.00"), [2, -1]),
        lambda: schedule.by_weights(D("-1.00"), [1]),
        lambda: schedule.equal(D("1.00"), 0),
        lambda: schedule.by_rates(D("1.00"), [D("0.5"), D("0.4")]),
        lambda: schedule.in_rates(D("1.00"), [D("0.5"), D("0.5")], [1]),
        lambda: schedule.per_milestone(D("1.00"), D(0), D(0), []),
    ],
)
def test_what_cannot_make_a_schedule_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"schedule|rate"):
        wrong()

"""docs/rules/baselines.md says what the calculation of a gain does: each row of its tables is run."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from fondsinnovation.kit.money import rounded
from projects import gain_math
from projects.gain_math import Shares
from tests.reporting.pages import examples, value


def net_of_costs(*, nature, attribution, deadweight, displacement, part, **measured):
    shares = Shares(Decimal(attribution), Decimal(deadweight), Decimal(displacement))
    given = {name: Decimal(cell) for name, cell in measured.items()}
    return f"{gain_math.steps_from_costs(nature, **given, shares=shares, part=Decimal(part)).net}"


def net_of_hours(**given):
    steps = gain_math.steps_from_hours(**{name: Decimal(cell) for name, cell in given.items()}, shares=Shares())
    return f"{steps.capacity}, {steps.net}, {steps.cashable}"


def part_of_year(*, start, end):
    return f"{rounded(gain_math.part_of_year(value(start), value(end)), 4)}"


def yearly_forecast(*, net, recurrence, starts_on, ends_on, decay):
    found = gain_math.yearly_forecast(
        Decimal(net),
        (2026, 2027, 2028, 2029),
        recurrence=recurrence,
        starts_on=value(starts_on),
        ends_on=value(ends_on),
        decay=Decimal(decay),
    )
    return ", ".join(f"{amount}" for amount in found.values())


def outside_tolerance(*, higher_is_worse, **given):
    numbers = {name: Decimal(cell) for name, cell in given.items()}
    return "yes" if gain_math.outside_tolerance(**numbers, higher_is_worse=higher_is_worse == "yes") else "no"


CALCULATIONS = {each.__name__: each for each in (net_of_costs, net_of_hours, part_of_year, yearly_forecast, outside_tolerance)}
EXAMPLES = list(examples("baselines.md"))


@pytest.mark.parametrize(("name", "given", "result"), EXAMPLES)
def test_example_of_the_rules_page_is_what_the_code_gives(name, given, result):
    assert CALCULATIONS[name](**given) == result


def test_rules_page_shows_every_calculation():
    assert {name for name, _, _ in EXAMPLES} == set(CALCULATIONS)


def test_each_step_from_the_baseline_to_the_net_gain_is_kept():
    steps = gain_math.steps_from_costs(
        "CASH",
        cost=Decimal(2_400_000),
        volume=Decimal(80_000),
        actual_cost=Decimal(2_310_000),
        actual_volume=Decimal(90_000),
        shares=Shares(Decimal("0.75"), Decimal("0.2"), Decimal(4_000)),
    )
    assert (steps.adjusted, steps.gross, steps.cashable, steps.avoided) == (2_700_000, 390_000, 90_000, 300_000)
    assert (steps.counted, steps.after_deadweight, steps.attributed, steps.displacement, steps.net) == (
        90_000,
        72_000,
        54_000,
        4_000,
        50_000,
    )


def test_unit_cost_that_does_not_fall_on_a_cent_is_exact_until_the_end():
    found = gain_math.efficiency_gain(cost=Decimal(100), volume=Decimal(3), actual_cost=Decimal(0), actual_volume=Decimal(1))
    assert sum(found.values()) == Fraction(100, 3)


@pytest.mark.parametrize(
    ("nature", "net", "fits"),
    [("CASH", 1, True), ("CASH", 0, True), ("CASH", -1, False), ("COST", -1, True), ("COST", 0, True), ("COST", 1, False)],
)
def test_net_gain_is_written_where_its_sign_fits(nature, net, fits):
    assert gain_math.of_its_sign(nature, net) is fits


def test_year_that_begins_on_a_leap_day_ends_with_february():
    assert gain_math.part_of_year(date(2028, 2, 29), date(2028, 2, 29)) == Fraction(1, 366)

"""The rules pages say what the code does: each row of their tables is run."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from reporting import analysis, rules
from reporting.analysis.frames import UNKNOWN, day_number
from reporting.analysis.split import split_by_days
from reporting.queries.returns import path_of
from tests.reporting.pages import cents, examples, pairs, value


def flows(written):
    return {int(year): cents(amount) for year, amount in pairs(written).items()}


def rates(written):
    return [(date.fromisoformat(day), rate) for day, rate in pairs(written).items()]


def discounted(name):
    def run(*, first, gains, costs, **given):
        sums = rules.Sums(first_year=int(first), gains=flows(gains), costs=flows(costs))
        years = [int(first), *sums.gains, *sums.costs]
        return rules.indicators(sums, rules.Discount(int(first), max(years), rates(given["rates"])))[name]

    return run


def plain(function, show=rules.ratio):
    def run(**given):
        return show(function(**{name: value(cell) for name, cell in given.items()}))

    return run


def whole(name):
    """The calculations whose argument `name` is a number of days, places or a year."""
    return lambda function, show: (
        lambda **given: show(function(**{key: int(cell) if key in name else value(cell) for key, cell in given.items()}))
    )


def split(*, start, end, starts_on, amount):
    row = {
        "start": day_number(date.fromisoformat(start)),
        "end": day_number(date.fromisoformat(end)),
        "starts_on": day_number(date.fromisoformat(starts_on)) if starts_on else UNKNOWN,
        "cents": cents(Decimal(amount)),
    }
    parts = split_by_days(pd.DataFrame([row]))
    names = ["windfall" if lost else str(year) for year, lost in zip(parts["fiscal_year"], parts["windfall"], strict=True)]
    return ", ".join(f"{name}: {rules.dollars(part)}" for name, part in zip(names, parts["cents"].tolist(), strict=True))


def roi_of_group(*, costs, gains):
    at, day = datetime(2026, 5, 1, tzinfo=UTC), date(2025, 5, 1)
    both = list(enumerate(zip(costs.split(", "), gains.split(", "), strict=True)))
    frames = analysis.Frames(
        projects=analysis.frame("projects", [(f"P{n}", "C", "O", "R", "active", day, day, day, None) for n, _ in both]),
        payments=analysis.frame(
            "payments", [(f"P{n}", "payment", cents(Decimal(c)), day, at, 2025, f"{n}") for n, (c, _) in both if Decimal(c)]
        ),
        gains=analysis.frame(
            "gains",
            [(f"P{n}", "L", "CASH", "one_off", "verified", day, day, cents(Decimal(g)), at, n) for n, (_, g) in both],
        ),
    )
    return analysis.roi_projects(frames, effective=date(2026, 5, 1), known=at)["roi_public"].iloc[-1]


def counted_gain(*, gains, events, known):
    """Verified CASH gains of one project by line, half of each in 2025 and in 2026; said of lines: `line cause year yes|no day; …`."""
    at, day, end = datetime(2026, 1, 1, tzinfo=UTC), date(2025, 10, 1), date(2026, 9, 29)
    said = [event.split() for event in events.split("; ") if event]
    lines = (pair.split(": ") for pair in gains.split(", "))
    rows = [("P", line, "CASH", "one_off", "verified", day, end, cents(Decimal(amount)), at, 0) for line, amount in lines]
    frames = analysis.Frames(
        projects=analysis.frame("projects", [("P", "C", "O", "R", "active", day, day, day, None)]),
        gains=analysis.frame("gains", rows),
        contests=analysis.frame(
            "contests",
            [
                ("P", line, cause, int(year), state == "yes", rules.end_of_day(date.fromisoformat(on)))
                for line, cause, year, state, on in said
            ],
        ),
    )
    until = rules.end_of_day(date.fromisoformat(known))
    row = next(analysis.records(analysis.roi_projects(frames, effective=date(2026, 12, 31), known=until)))
    return f"{row['net_gain_verified']}, {row['net_gain_contested']}"


def after_admin(*, gain, fund_paid, secretariat):
    sums = rules.Sums(verified=cents(Decimal(gain)), fund_paid=cents(Decimal(fund_paid)))
    return rules.roi_after_admin(sums, cents(Decimal(secretariat)))


def way_back(*, first, gains, costs):
    found = path_of(*({int(year): amount for year, amount in pairs(flow).items()} for flow in (gains, costs)), int(first))
    ends = (
        f"{found.years[found.crossing].year}" if found.crossing is not None else "non récupéré" if found.ever_negative else "jamais négatif"
    )
    return f"{', '.join(str(one.cumulative) for one in found.years)}; {ends}{', puis sous zéro' * found.falls_back}"


def by_nature(**given):
    found = rules.efficiency_gain(**{name: Decimal(cell) for name, cell in given.items()})
    return ", ".join(f"{nature}: {rules.rounded(amount, 2)}" for nature, amount in found.items())


CALCULATIONS = {
    "split_by_days": split,
    "end_of_day": plain(rules.end_of_day, rules.text),
    "last_ended_year": plain(rules.last_ended_year, rules.text),
    "rounded": whole({"places"})(rules.rounded, rules.text),
    "roi": plain(rules.roi),
    "multiple": plain(rules.multiple),
    "quotient": plain(rules.quotient),
    "variance": plain(rules.variance),
    "annualised": whole({"days", "year"})(rules.annualised, rules.ratio),
    "discount_factor": lambda first, year, **g: rules.ratio(
        rules.Discount(int(first), max(int(first), int(year)), rates(g["rates"])).factor(int(year))
    ),
    "npv": discounted("npv"),
    "bcr": discounted("bcr"),
    "payback_years": discounted("payback_years"),
    "roi_of_group": roi_of_group,
    "roi_after_admin": after_admin,
    "counted_gain": counted_gain,
    "path_of": way_back,
    "efficiency_gain": by_nature,
    "attributable_gain": plain(rules.attributable_gain),
    "attainment": plain(rules.attainment),
}
EXAMPLES = [(page, *example) for page in ("fiscal_split.md", "roi.md", "returns.md") for example in examples(page)]


@pytest.mark.parametrize(("page", "name", "given", "result"), EXAMPLES)
def test_example_of_a_rules_page_is_what_the_code_gives(page, name, given, result):
    assert rules.text(CALCULATIONS[name](**given)) == result


def test_rules_pages_show_every_calculation():
    assert {name for _, name, _, _ in EXAMPLES} == set(CALCULATIONS)

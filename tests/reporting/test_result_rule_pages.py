"""The rules pages of objectives, variances, renewals and discounting: each row of their tables is run."""

from decimal import Decimal
from fractions import Fraction

import pytest

from reporting import rules, scoring
from reporting.discounting import Flows, constant, nominal_rates, real, value
from tests.reporting.pages import cents, examples, pairs
from tests.reporting.pages import value as written

PAGES = ("objectives.md", "variances.md", "renewal.md", "discounting.md")


def numbers(function, show=rules.ratio):
    return lambda **given: show(function(**{name: written(cell) for name, cell in given.items()}))


def together(*, weights, attainments):
    parts = zip(weights.split(", "), attainments.split(", "), strict=True)
    return rules.ratio(scoring.weighted_attainment((int(weight), None if text == "?" else Decimal(text)) for weight, text in parts))


def factor(*, realisation, attainment, coverage):
    score = scoring.renewal_score(realisation=written(realisation), attainment=written(attainment))
    return rules.ratio(scoring.renewal_factor(score=score, coverage=written(coverage)))


def by_year(text):
    return {int(year): cents(amount) for year, amount in pairs(text).items()}


def at(*, first, gains, costs, rate, mid_year=False):
    return value(Flows(int(first), by_year(gains), by_year(costs)), constant(Decimal(rate)), mid_year=mid_year).npv


def in_real(*, first, gains, indices, rate):
    flows = real(Flows(int(first), by_year(gains)), {int(year): index for year, index in pairs(indices).items()})
    return value(flows, constant(Decimal(rate))).npv


def in_nominal(*, first, gains, indices, rate):
    flows = Flows(int(first), by_year(gains))
    rates = nominal_rates(flows, constant(Decimal(rate)), {int(year): index for year, index in pairs(indices).items()})
    return value(flows, rates).npv


CALCULATIONS = {
    "attainment": numbers(rules.attainment),
    "weighted_attainment": together,
    "variance": numbers(rules.variance),
    "variance_band": numbers(scoring.variance_band, rules.text),
    "renewal_factor": factor,
    "renewal_advice": numbers(scoring.renewal_advice, rules.text),
    "npv_at": at,
    "npv_mid_year": lambda **given: at(**given, mid_year=True),
    "real_gain": numbers(rules.real_gain, lambda exact: rules.rounded(exact, 2)),
    "nominal_rate": numbers(rules.nominal_rate),
    "npv_real": in_real,
    "npv_nominal": in_nominal,
    "confidence_weighted": lambda **given: rules.rounded(Fraction(rules.confidence_weighted({n: Decimal(c) for n, c in given.items()})), 2),
}
EXAMPLES = [(page, *example) for page in PAGES for example in examples(page)]


@pytest.mark.parametrize(("page", "name", "given", "result"), EXAMPLES)
def test_example_of_a_rules_page_is_what_the_code_gives(page, name, given, result):
    assert rules.text(CALCULATIONS[name](**given)) == result


def test_rules_pages_show_every_calculation():
    assert {name for _, name, _, _ in EXAMPLES} == set(CALCULATIONS)

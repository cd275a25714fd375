"""The stacking of public aid: the published vector T20, and its limits."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from funding.stacking import Stack

D = Decimal
VECTOR = json.loads((Path(__file__).parents[1] / "reporting" / "data" / "roi_vectors.json").read_text())["T20_cumul"]


def test_t20_half_a_million_of_the_fund_is_too_much():
    stack = Stack(cost=D("1000000.00"), fund=D("500000.00"), others=D("350000.00"), limit=D(VECTOR["limit"]))
    assert (f"{stack.rate:.4f}", stack.is_within, str(stack.most)) == (VECTOR["rate"], VECTOR["compliant"], VECTOR["max_fip"])


@pytest.mark.parametrize(
    ("cost", "others", "most", "rate"),
    [
        ("0.00", "0.00", "0.00", None),
        ("100.00", "80.00", "0.00", D("0.8")),
        ("100.00", "90.00", "0.00", D("0.9")),
        ("0.03", "0.00", "0.02", D(0)),
        ("100.01", "0.01", "79.99", D("0.01") / D("100.01")),
    ],
)
def test_most_is_never_negative_nor_above_the_limit(cost, others, most, rate):
    stack = Stack(D(cost), D("0.00"), D(others), D("0.80"))
    assert (stack.most, stack.rate) == (D(most), rate)


PAGE = (Path(__file__).parents[2] / "docs" / "rules" / "claims.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## Cumul des aides publiques")[1].splitlines()
    if line.startswith("| ") and line[2].isdigit()
]


@pytest.mark.parametrize(("cost", "fund", "others", "limit", "rate", "most", "within"), ROWS)
def test_stacking_is_that_of_the_page(cost, fund, others, limit, rate, most, within):
    stack = Stack(D(cost), D(fund), D(others), D(limit))
    assert (f"{stack.rate:.4f}", str(stack.most), stack.is_within) == (rate, most, within == "oui")

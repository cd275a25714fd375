"""The worked examples of docs/rules/review.md are run."""

from decimal import Decimal

import pytest

from funding import scoring
from tests.reporting.pages import DOCS


def rows(title):
    """The cells of the table under a heading of the page, without its header."""
    lines = (DOCS / "review.md").read_text(encoding="utf-8").split(f"\n{title}\n", 1)[1].split("\n## ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][2:]


@pytest.mark.parametrize(("weights", "scores", "maxima", "total"), rows("## Cote d’une évaluation"))
def test_total_of_a_grid_is_the_page_s(weights, scores, maxima, total):
    marks = zip(*(map(int, cell.split(", ")) for cell in (weights, scores, maxima)), strict=True)
    assert scoring.total(marks) == Decimal(total)


@pytest.mark.parametrize(("totals", "mean", "spread"), rows("## Cote d’une demande"))
def test_mean_and_spread_are_the_page_s(totals, mean, spread):
    given = [Decimal(total) for total in totals.split(", ") if total]
    assert (scoring.mean(given), scoring.spread(given)) == (Decimal(mean) if mean else None, Decimal(spread) if spread else None)

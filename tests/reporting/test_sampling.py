"""The draw itself, and what docs/rules/verification.md says of it."""

import re
from decimal import Decimal

import pytest

from reporting.sampling import Why, draw, first_point
from tests.reporting.pages import DOCS, cents, examples, pairs

PAGE = (DOCS / "verification.md").read_text(encoding="utf-8")
ITEMS = [(name, cents(amount)) for name, amount in pairs(re.search(r"`(A: .*)`", PAGE)[1]).items()]
EXAMPLES = [example for example in examples("verification.md") if example[0] in ("drawn", "how")]


def dollars(amount):
    return f"{Decimal(amount) / 100:.2f}"


@pytest.mark.parametrize(("name", "given", "expected"), EXAMPLES)
def test_page_says_what_is_drawn(name, given, expected):
    sample = draw(ITEMS, largest=int(given["largest"]), points=int(given["points"]), seed=given["seed"])
    said = {
        "drawn": ", ".join(pick.key if pick.hits == 1 else f"{pick.key}×{pick.hits}" for pick in sample.picks),
        "how": ", ".join(map(dollars, (sample.interval, sample.start, sample.covered, sample.cents))),
    }
    assert said[name] == expected


def test_page_holds_its_examples():
    assert [name for name, _given, _expected in EXAMPLES] == ["drawn"] * 4 + ["how"] * 2


def test_order_of_the_items_changes_nothing_and_the_seed_does():
    one = draw(ITEMS, largest=1, points=3, seed="a")
    assert draw(list(reversed(ITEMS)), largest=1, points=3, seed="a") == one
    assert {first_point(seed, 475_000) for seed in ("a", "b", "c")} == {first_point(seed, 475_000) for seed in "abc"}
    assert len({first_point(seed, 475_000) for seed in "abc"}) == 3


@pytest.mark.parametrize(("points", "seed"), [(1, "x"), (7, "y"), (50, "z"), (1000, "w")])
def test_every_point_is_in_one_item_and_an_item_has_as_many_as_fall_in_it(points, seed):
    sample = draw(ITEMS, largest=0, points=points, seed=seed)
    assert sum(pick.hits for pick in sample.picks) == points
    at = [sample.start + n * sample.interval for n in range(points)]
    for pick in sample.picks:
        assert pick.hits == len([point for point in at if pick.cumulative - pick.cents < point <= pick.cumulative])
        assert (pick.why, pick.cents > 0) == (Why.UNIT, True)


@pytest.mark.parametrize("items", [[], [("A", 0)]])
def test_nothing_is_drawn_of_nothing(items):
    assert draw(items, largest=3, points=3, seed="a").picks == ()


def test_fewer_cents_than_points_draws_each_cent():
    [pick] = draw([("A", -3)], largest=0, points=9, seed="a").picks
    assert (pick.hits, pick.cents) == (3, 3)

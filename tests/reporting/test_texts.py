"""Whole columns as text: to the last digit what `rules` gives row by row, whatever the size of the amounts."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from reporting import rules
from reporting.analysis.texts import dollars, ratios
from reporting.analysis.variances import _bands
from reporting.scoring import variance_band


def column(seed: int, largest: int) -> list[int]:
    random = Random(seed)
    return [0, 1, -1, largest, -largest, *(random.randint(-largest, largest) for _ in range(300)), *([0] * 20)]


def pairs(largest: int) -> tuple[list[int], list[int]]:
    top, bottom = column(1, largest), column(2, largest)
    Random(3).shuffle(bottom)
    return top, bottom


@pytest.mark.parametrize("largest", [3, 10_000, 10**12, 10**14, 2**61, 2**63 - 1])
def test_ratios_of_columns_are_those_of_rows(largest: int) -> None:
    top, bottom = pairs(largest)
    expected = [rules.text(rules.over(one, other)) for one, other in zip(top, bottom, strict=True)]
    assert ratios(np.array(top), np.array(bottom)) == expected
    costs = [rules.text(rules.over_cost(one, other)) for one, other in zip(top, bottom, strict=True)]
    assert ratios(np.array(top), np.array(bottom), of_cost=True) == costs != expected


def test_ratios_take_fractions_and_integers_of_any_size() -> None:
    top = np.array([Fraction(1, 3), Fraction(-1, 20_000), 10**20, 5], dtype=object)
    assert ratios(top, np.array([1, 1, 7, 0])) == ["0.3333", "-0.0001", "14285714285714285714.2857", ""]
    assert ratios(top, np.array([-1, -1, -7, 0]), of_cost=True) == ["", "", "", ""]


def test_ratio_halfway_goes_away_from_zero_and_zero_has_no_sign() -> None:
    assert ratios(np.array([1, -1, 1, -1]), np.array([20_000, 20_000, 20_001, 20_001])) == ["0.0001", "-0.0001", "0.0000", "0.0000"]


def test_dollars_of_columns_are_those_of_rows() -> None:
    cents = column(4, 2**63 - 1)
    assert dollars(np.array(cents)) == [rules.text(rules.dollars(amount)) for amount in cents]
    assert dollars(np.array([5, -5, -100])) == ["0.05", "-0.05", "-1.00"]


@pytest.mark.parametrize("largest", [40, 10**12, 2**60])
def test_bands_of_columns_are_those_of_rows(largest: int) -> None:
    difference, forecast = pairs(largest)
    difference += [10, 11, 25, 26, -10, -25]
    forecast += [100, 100, -100, 100, -100, 100]
    found = [variance_band(Fraction(one, abs(other)) if other else None) for one, other in zip(difference, forecast, strict=True)]
    assert _bands(np.array(difference), np.array(forecast)) == [band.value if band else "" for band in found]
    assert {"", "green", "amber", "red"} == {*_bands(np.array(difference), np.array(forecast))}


def test_empty_columns_are_empty() -> None:
    none = np.empty(0, np.int64)
    assert (ratios(none, none), dollars(none), Decimal(len(none))) == ([], [], 0)

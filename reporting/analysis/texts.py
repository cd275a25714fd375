"""Whole columns of exact integers as the text of a report, to the last digit what `reporting.rules` gives row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from reporting import rules

#: what a ratio is written with
PLACES = 4


def dollars(cents: Any) -> list[str]:
    """Whole cents as dollars with 2 decimals."""
    return _fixed(np.asarray(cents).tolist(), 2)


def ratios(numerators: Any, denominators: Any, *, of_cost: bool = False) -> list[str]:
    """`rules.over` of two columns, or `rules.over_cost`: empty over zero; `of_cost`: below zero too.

    Columns hold integers, or any exact numbers as objects. Integers that 64 bits may not hold on the way are Python's own.
    """
    top, bottom = np.asarray(numerators), np.asarray(denominators)
    if object in (top.dtype, bottom.dtype):
        formula = rules.over_cost if of_cost else rules.over
        return [rules.text(formula(one, other)) for one, other in zip(top.tolist(), bottom.tolist(), strict=True)]
    if not _fits(top, bottom):
        top, bottom = top.astype(object), bottom.astype(object)
    there = bottom > 0 if of_cost else bottom != 0
    size = np.where(there, abs(bottom), 1)
    whole = (2 * abs(top) * 10**PLACES + size) // (2 * size)
    signed = np.where((top < 0) != (bottom < 0), -whole, whole)
    return [text if kept else "" for text, kept in zip(_fixed(signed.tolist(), PLACES), there.tolist(), strict=True)]


def _fits(top: np.ndarray, bottom: np.ndarray) -> bool:
    """Whether no step of the rounding leaves 64 bits."""
    if not len(top):
        return True
    low, high = min(int(top.min()), -int(top.max())), max(int(bottom.max()), -int(bottom.min()))
    return -low * 2 * 10**PLACES + 2 * high < 2**63


def _fixed(numbers: list[int], places: int) -> list[str]:
    unit = 10**places
    return [
        f"{number // unit}.{number % unit:0{places}d}" if number >= 0 else f"-{-number // unit}.{-number % unit:0{places}d}"
        for number in numbers
    ]

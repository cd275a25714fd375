"""The score of an application (docs/rules/review.md). Pure: exact fractions in, Decimal out, rounded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from fondsinnovation.kit.money import round_cents


def total(marks: Iterable[tuple[int, int, int]]) -> Decimal:
    """The total of a grid, out of 100: Σ weight × score ÷ maximum, from (weight, score, maximum), half up at 2 decimals."""
    return _rounded(sum((Fraction(weight * score, maximum) for weight, score, maximum in marks), Fraction(0)))


def mean(totals: Sequence[Decimal]) -> Decimal | None:
    """The score of an application: the mean of its reviews' totals, half up at 2 decimals; None without any."""
    return _rounded(sum((Fraction(one) for one in totals), Fraction(0)) / len(totals)) if totals else None


def spread(totals: Sequence[Decimal]) -> Decimal | None:
    """How far apart the reviews are: the highest total less the lowest; None without any."""
    return max(totals) - min(totals) if totals else None


def _rounded(value: Fraction) -> Decimal:
    """28 digits tell a half from its neighbours: two fractions of a grid differ by far more than that."""
    return round_cents(Decimal(value.numerator) / value.denominator)

"""Money is Decimal dollars to the cent; fiscal years run from 1 April and are named by their first calendar year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
#: no amount passes it, whatever its sign: what people type, what files bring, and every table of amounts that the reports add
LARGEST = Decimal("10000000000.00")
_SPACES = re.compile(r"[\s\u00a0\u202f]")
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?")
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]{1,2})?")


class BadAmount(ValueError):
    """An amount that cannot be read; `code` says why: empty, number, sign, decimals, large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def round_cents(value: Decimal) -> Decimal:
    """Round dollars to the cent, half up: the one rounding of the house."""
    return value.quantize(CENT, ROUND_HALF_UP)


def rounded(value: Decimal | Fraction | int, places: int) -> Decimal:
    """Round half up (away from zero) to `places` decimals; what rounds to zero has no sign."""
    exact = Fraction(value)
    whole = (2 * abs(exact.numerator) * 10**places + exact.denominator) // (2 * exact.denominator)
    return Decimal(-whole if exact < 0 else whole).scaleb(-places)


def typed_amount(text: str) -> Decimal:
    """Read dollars as a person types them in Québec: « 1 250 000,50 $ », « 12,5 », « 1250000.50 ».

    Raises BadAmount. Exponents, signs, NaN and a third decimal are refused, never rounded away.
    """
    bare = _SPACES.sub("", text).removesuffix("$")
    if not bare:
        raise BadAmount("empty")
    if re.fullmatch(r"[-\u2212][0-9]+(?:[.,][0-9]+)?", bare):
        raise BadAmount("sign")
    if re.fullmatch(r"[0-9]+[.,][0-9]{3,}", bare):
        raise BadAmount("decimals")
    if not _AMOUNT.fullmatch(bare):
        raise BadAmount("number")
    return _within(Decimal(bare.replace(",", ".")))


def plain_amount(text: str, *, signed: bool = False) -> Decimal:
    """Read dollars as a file writes them: digits, a point, at most two decimals. Raises BadAmount."""
    bare = text.strip()
    if not bare:
        raise BadAmount("empty")
    if re.fullmatch(r"-?[0-9]+\.[0-9]{3,}", bare):
        raise BadAmount("decimals")
    if not _PLAIN.fullmatch(bare):
        raise BadAmount("number")
    if bare.startswith("-") and not signed:
        raise BadAmount("sign")
    return _within(Decimal(bare))


def _within(value: Decimal) -> Decimal:
    if abs(value) > LARGEST:
        raise BadAmount("large")
    return value.quantize(CENT)


def split(amount: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Split dollars by weights, to the cent, by largest remainder (ties to the earlier part); the sum is exact.

    A negative amount is split on its absolute value and the sign restored. Raises ValueError when no weight is positive.
    """
    total = sum(Fraction(w) for w in weights)
    if total <= 0:
        raise ValueError("a split needs a positive weight")
    cents = int(abs(amount) / CENT)
    exact = [cents * Fraction(w) / total for w in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: cents - sum(parts)]:
        parts[i] += 1
    sign = -1 if amount < 0 else 1
    return [sign * part * CENT for part in parts]


def fiscal_year_of(day: date) -> int:
    """The government fiscal year (its first calendar year) that a day falls in."""
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_start(year: int) -> date:
    return date(year, 4, 1)


def fiscal_year_end(year: int) -> date:
    return date(year + 1, 3, 31)

"""What a measured result is worth (docs/rules/outcomes.md). Pure: quantities and dollars in, dollars out, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from fondsinnovation.kit.money import ZERO, round_cents


@dataclass(frozen=True, slots=True)
class OutcomeTerms:
    """What a draft says of its results: what is measured and its unit, dollars for one, and at most how many units (None: no cap)."""

    metric: str
    unit: str
    unit_price: Decimal
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Of a verified quantity, what the cap lets be counted, and the dollars that it makes due."""

    counted: Decimal
    amount: Decimal


def due(quantity: Decimal, unit_price: Decimal, *, scheduled: Decimal, cap_left: Decimal | None = None) -> Due:
    """Unit price × verified quantity: never more units than the cap leaves, nor more dollars than the period's instalments."""
    counted = quantity if cap_left is None else min(quantity, max(cap_left, ZERO))
    return Due(counted, min(round_cents(counted * unit_price), scheduled))


def shares(amount: Decimal, scheduled: Iterable[Decimal]) -> Iterator[Decimal]:
    """The dollars due for a period, poured in its instalments in their order."""
    for most in scheduled:
        piece = min(amount, most)
        yield piece
        amount -= piece

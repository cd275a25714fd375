"""Schedules of instalments (docs/rules/payments.md). Pure: dollars in, dollars out, to the cent, the sum always exact.

Each part but the last is rounded down; the last takes the cents that are left, so that no part ever exceeds its share by more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from fondsinnovation.kit.money import CENT, ZERO
from funding.enums import InstalmentKind


@dataclass(frozen=True, slots=True)
class PlannedInstalment:
    """An instalment to be: `milestone` is the position of the one that unlocks it (None: an advance); `amount` is dollars."""

    kind: InstalmentKind
    milestone: int | None
    fiscal_year: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the aid before it is cut by fiscal year."""

    kind: InstalmentKind
    milestone: int | None
    amount: Decimal


# ── Splits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def by_weights(amount: Decimal, weights: Sequence[Decimal | Fraction | int]) -> list[Decimal]:
    """Dollars split by weights, each part rounded down, the cents left in the last part that weighs anything.

    Raises ValueError for a negative amount or weight, or when nothing weighs anything.
    """
    exact = [Fraction(weight) for weight in weights]
    total = sum(exact, Fraction(0))
    if amount < 0 or total <= 0 or min(exact) < 0:
        raise ValueError("a schedule needs an amount and weights that are not negative, one of them positive")
    cents = int(amount / CENT)
    parts = [cents * weight // total for weight in exact]
    last = max(place for place, weight in enumerate(exact) if weight)
    parts[last] += cents - sum(parts)
    return [part * CENT for part in parts]


def equal(amount: Decimal, count: int) -> list[Decimal]:
    """`count` equal parts. Raises ValueError when there is none."""
    return by_weights(amount, [1] * count) if count > 0 else by_weights(amount, [0])


def by_rates(amount: Decimal, rates: Sequence[Decimal]) -> list[Decimal]:
    """Parts by shares of 1 (domain.md T21: 40, 40 and 20 %). Raises ValueError unless the shares make up 1."""
    if sum(rates, Decimal(0)) != 1:
        raise ValueError("the rates of a schedule make up 1")
    return by_weights(amount, rates)


def at_most(amount: Decimal, rate: Decimal) -> Decimal:
    """The most dollars that a share of an amount stands for: rounded down, so that the limit is never passed."""
    return (amount * rate).quantize(CENT, ROUND_DOWN)


# ── Three methods ────────────────────────────────────────────────────────────────────────────────────────────────────
def per_milestone(amount: Decimal, advance: Decimal, holdback: Decimal, milestones: Sequence[int]) -> list[Share]:
    """The advance and the holdback of the terms (shares of 1); the rest in equal parts, one for each milestone, by position.

    Raises ValueError without a milestone.
    """
    _require(milestones)
    rest = max(1 - Fraction(advance) - Fraction(holdback), Fraction(0)) / len(milestones)
    return _framed(by_weights(amount, [Fraction(advance), *[rest] * len(milestones), Fraction(holdback)]), milestones)


def in_rates(amount: Decimal, rates: Sequence[Decimal], milestones: Sequence[int]) -> list[Share]:
    """The shares given for the advance, each milestone and the holdback, in that order. Raises ValueError unless they make up 1."""
    _require(milestones)
    if len(rates) != len(milestones) + 2:
        raise ValueError("a rate for the advance, for each milestone and for the holdback")
    return _framed(by_rates(amount, rates), milestones)


def in_equal_parts(amount: Decimal, count: int, holdback: Decimal, milestones: Sequence[int]) -> list[Share]:
    """`count` equal instalments without an advance, spread over the milestones; the last ones, until the holdback is kept, wait longer.

    Raises ValueError without a milestone, or for a count below 1.
    """
    _require(milestones)
    parts = equal(amount, count)
    wanted, held, kept = amount * holdback, ZERO, count
    while held < wanted and kept > 0:
        kept -= 1
        held += parts[kept]
    return [
        Share(InstalmentKind.MILESTONE, milestones[-(-(place + 1) * len(milestones) // count) - 1], part)
        if place < kept
        else Share(InstalmentKind.HOLDBACK, milestones[-1], part)
        for place, part in enumerate(parts)
    ]


def _require(milestones: Sequence[int]) -> None:
    if not milestones:
        raise ValueError("a schedule needs a milestone")


def _framed(parts: Sequence[Decimal], milestones: Sequence[int]) -> list[Share]:
    """The first part is the advance, the last the holdback, which waits for the last milestone."""
    return [
        Share(InstalmentKind.ADVANCE, None, parts[0]),
        *[Share(InstalmentKind.MILESTONE, position, part) for position, part in zip(milestones, parts[1:-1], strict=True)],
        Share(InstalmentKind.HOLDBACK, milestones[-1], parts[-1]),
    ]


# ── Fiscal years ─────────────────────────────────────────────────────────────────────────────────────────────────────
def poured(shares: Iterable[Share], parts: Mapping[int, Decimal]) -> Iterator[PlannedInstalment]:
    """Shares poured in the fiscal years' parts in order: one that crosses the end of a part is paid in two, and none is zero."""
    room = {year: parts[year] for year in sorted(parts)}
    for share in shares:
        left = share.amount
        for year in room:
            piece = min(left, room[year])
            if piece > 0:
                yield PlannedInstalment(share.kind, share.milestone, year, piece)
                room[year] -= piece
                left -= piece

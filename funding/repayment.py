"""The schedule of a recovery (docs/rules/recoveries.md). Pure: dollars and days in, dollars and days out, the sum always exact."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fondsinnovation.kit.money import ZERO
from funding.schedule import equal


@dataclass(frozen=True, slots=True)
class Due:
    """A sum (dollars) and the day by which it is to be returned."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Covered:
    """A due date with what came back of it and what was given up, in dollars; `late_days` counts only while something is left."""

    due_on: date
    amount: Decimal
    received: Decimal
    written_off: Decimal
    late_days: int

    @property
    def left(self) -> Decimal:
        return self.amount - self.received - self.written_off

    @property
    def late(self) -> Decimal:
        return self.left if self.late_days else ZERO


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_parts(amount: Decimal, first: date, count: int, months: int) -> list[Due]:
    """`count` equal parts, `months` apart; the cents that are left are in the last one. Raises ValueError when there is none."""
    return [Due(months_later(first, place * months), part) for place, part in enumerate(equal(amount, count))]


def covered(parts: Sequence[Due], received: Decimal, written_off: Decimal, day: date) -> list[Covered]:
    """What came back covers the earliest dates first; what was written off, the latest."""
    of_receipts = _spread([part.amount for part in parts], received)
    rest = [part.amount - taken for part, taken in zip(parts, of_receipts, strict=True)]
    of_write_offs = _spread(rest[::-1], written_off)[::-1]
    found = []
    for part, back, off in zip(parts, of_receipts, of_write_offs, strict=True):
        late = (day - part.due_on).days if part.amount > back + off else 0
        found.append(Covered(part.due_on, part.amount, back, off, max(late, 0)))
    return found


def _spread(amounts: Iterable[Decimal], total: Decimal) -> list[Decimal]:
    taken = []
    for amount in amounts:
        taken.append(min(amount, total))
        total -= taken[-1]
    return taken

"""Draw a sample of amounts: the largest items, then monetary units among the others. Pure: the same seed and items, the same sample.

`docs/rules/verification.md` says it with an example that the tests run. Amounts are integer cents, taken without their sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

#: an item: what names it, and its cents
Item = tuple[str, int]


class Why(StrEnum):
    """Why an item is in a sample."""

    LARGEST = "largest"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Pick:
    """One item of a sample. `cumulative`: the sum of what is not among the largest, up to it; `hits`: how many points fall in it."""

    key: str
    cents: int
    why: Why
    cumulative: int = 0
    hits: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, and what it covers. Without points, `interval` and `start` are 0."""

    picks: tuple[Pick, ...]
    interval: int
    start: int
    count: int
    cents: int

    @property
    def covered(self) -> int:
        """The cents of the items drawn, without their sign."""
        return sum(pick.cents for pick in self.picks)


def draw(items: Sequence[Item], *, largest: int, points: int, seed: str) -> Sample:
    """The `largest` items, then `points` monetary units at one interval among the others, from a start that the seed gives.

    The interval is the cents of the others divided by `points`, rounded down, at least 1; the start is between 1 and the interval. An item
    of 0 is never drawn. Items are taken in the order of their names, whatever the order in which they come.
    """
    sizes = sorted((key, abs(cents)) for key, cents in items)
    top = sorted((item for item in sizes if item[1]), key=lambda item: (-item[1], item[0]))[: max(largest, 0)]
    taken = {key for key, _cents in top}
    others = [item for item in sizes if item[0] not in taken]
    total = sum(cents for _key, cents in others)
    picks = [Pick(key, cents, Why.LARGEST) for key, cents in top]
    interval = start = 0
    if points > 0 and total:
        interval = max(total // points, 1)
        start = first_point(seed, interval)
        picks += _units(others, start=start, interval=interval, points=min(points, total))
    return Sample(tuple(picks), interval, start, len(sizes), sum(cents for _key, cents in sizes))


def first_point(seed: str, interval: int) -> int:
    """A number between 1 and `interval`: the SHA-256 of the seed, which no version of a library changes."""
    return int(hashlib.sha256(seed.encode()).hexdigest(), 16) % interval + 1


def _units(items: Sequence[Item], *, start: int, interval: int, points: int) -> list[Pick]:
    """The items in which the points start, start + interval, … fall, each once with its number of points."""
    found, cumulative, point, left = [], 0, start, points
    for key, cents in items:
        cumulative += cents
        hits = min(left, max((cumulative - point) // interval + 1, 0)) if cumulative >= point else 0
        if hits:
            found.append(Pick(key, cents, Why.UNIT, cumulative, hits))
            point += hits * interval
            left -= hits
    return found

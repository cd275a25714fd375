"""What one kind of act is, one attempt of it, and what it moves on the ledger."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from funding.enums import AmendmentState
from funding.models import AgreementPart, AmendmentPart
from projects.enums import Role

REASON = "Course aux montants"
Arguments = dict[str, Any]
#: kind, envelope, fiscal year, holder (agreement, or else award, or else call)
Account = tuple[str, str, int, str]
Move = tuple[Account, Decimal]


def alone(target: int, rng: random.Random) -> Arguments:
    return {}


@dataclass(frozen=True)
class Kind:
    """One kind of act. `waiting` selects the files that wait for it; a few of them are kept, so that people meet on the same ones.

    `choose` says what else the act is given, once: the same when the act is delivered again.
    """

    weight: int
    roles: tuple[Role, ...]
    waiting: str
    run: Callable[[Arguments], Any]
    choose: Callable[[int, random.Random], Arguments] = alone


@dataclass(frozen=True)
class Attempt:
    """One act to try, as it is written in the worker's file before it begins."""

    key: str
    kind: str
    actor: int
    given: Arguments

    @property
    def target(self) -> int:
        return self.given["target"]

    def line(self) -> str:
        return json.dumps({"key": self.key, "kind": self.kind, "actor": self.actor, "given": self.given})


#: accepted acts by kind
Accepted = Mapping[str, list[Attempt]]
Effect = Callable[[Accepted], Iterator[Move]]


def targets(acts: Iterable[Attempt]) -> list[int]:
    return [one.target for one in acts]


def parts(model: Any, name: str, acts: list[Attempt]) -> Iterator[tuple[int, int, Decimal, int]]:
    """The parts by fiscal year of what these acts are about, and how many of them are about it."""
    times = Counter(targets(acts))
    for target, year, amount in model.objects.filter(**{f"{name}__in": list(times)}).values_list(name, "fiscal_year", "amount"):
        yield target, year, amount, times[target]


def signed_parts(agreements: Iterable[int]) -> dict[tuple[int, int], Decimal]:
    """(agreement, fiscal year) → dollars as signed: what the parts are today, less what amendments in force changed of them."""
    sums: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for agreement, year, amount in AgreementPart.objects.filter(agreement__in=agreements).values_list("agreement", "fiscal_year", "amount"):
        sums[agreement, year] += amount
    changed = AmendmentPart.objects.filter(amendment__agreement__in=agreements, amendment__state=AmendmentState.IN_FORCE)
    for agreement, year, before, after in changed.values_list("amendment__agreement", "fiscal_year", "before", "after"):
        sums[agreement, year] -= after - before
    return sums


def some(sql: str, most: int = 3) -> list[Any]:
    """A few values of a query's first column, by chance."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT one FROM ({sql} ORDER BY 1 LIMIT 24) AS few (one) ORDER BY random() LIMIT {most}")
        return [row[0] for row in cursor.fetchall()]

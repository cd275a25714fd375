"""The acts of the race, each on a file chosen at random among those that wait for it, by a person chosen among those whose role it is."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from benchmarks.money import amend, credits, ends, files, orders, recovering
from benchmarks.money.kinds import Attempt, Effect, Kind, some
from benchmarks.money.world import World
from projects.models import User

KINDS: dict[str, Kind] = {**files.KINDS, **amend.KINDS, **ends.KINDS, **orders.KINDS, **credits.KINDS, **recovering.KINDS}
#: what the accepted acts move on the ledger
EFFECTS: tuple[Effect, ...] = (*files.EFFECTS, *amend.EFFECTS, *ends.EFFECTS, *orders.EFFECTS, *credits.EFFECTS, *recovering.EFFECTS)


def choose(world: World, rng: random.Random, key: str) -> Attempt | None:
    """The next act of a worker, or None when nothing waits for the one that was drawn."""
    name = rng.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]
    kind = KINDS[name]
    for target in some(kind.waiting, most=1):
        role = rng.choice(kind.roles)
        return Attempt(key, name, rng.choice(world.people[str(role)]), {"target": target, **kind.choose(target, rng)})
    return None


def perform(one: Attempt, person: User, now: datetime) -> Any:
    """Do it, as a page or a task would: with the key that makes a second time harmless."""
    return KINDS[one.kind].run({**one.given, "actor": person, "now": now, "key": one.key})

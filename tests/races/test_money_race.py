"""Five seconds of the race of benchmarks/money_race.py: with the guards everything holds; without them the same race breaks something."""

import pytest

from benchmarks.money import crowd, guards, settlement, world
from tests.databases import owner_connection

pytestmark = pytest.mark.race
PROCESSES, SECONDS, KILLS = 6, 5, 9


def raced(place, folder, seed):
    """What differs from what must be after five seconds of race, and the race itself."""
    before = settlement.start()
    folder.mkdir()
    found = crowd.run(place, folder, processes=PROCESSES, seconds=SECONDS, seed=seed, beat=SECONDS / (KILLS + 1))
    return settlement.settle(before, found), found


def test_money_holds_while_workers_are_killed(committed_db, tmp_path):
    differences, race = raced(world.build(12), tmp_path / "race", seed=7)
    assert (differences, race.failures(), race.kills) == ([], {}, KILLS)
    assert race.outcomes()[crowd.ACCEPTED] > 10  # a slow machine does less, never something else


def test_without_its_guards_the_same_race_breaks_the_money(committed_db, tmp_path):
    with owner_connection(committed_db) as owner:
        assert guards.remove(owner) == 19
    place, differences = world.build(12), []
    for seed in (7, 8, 9, 10):  # once is enough, but for a machine that has hardly any time for it
        differences, _race = raced(place, tmp_path / f"race{seed}", seed)
        if differences:
            break
    assert differences != []

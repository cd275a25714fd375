"""Five seconds of the race of benchmarks/money_race.py: with the guards everything holds; without them the same race breaks something."""

import pytest

from benchmarks.money import crowd, guards, settlement, world
from tests.databases import owner_connection

pytestmark = pytest.mark.race
PROCESSES, SECONDS, KILLS = 6, 5, 9


def raced(folder):
    """What differs from what must be after the race, and the race itself."""
    place = world.build(12)
    before = settlement.start()
    found = crowd.run(place, folder, processes=PROCESSES, seconds=SECONDS, seed=7, beat=SECONDS / (KILLS + 1))
    return settlement.settle(before, found), found


def test_money_holds_while_workers_are_killed(committed_db, tmp_path):
    differences, race = raced(tmp_path)
    assert (differences, race.failures()) == ([], {})
    assert race.kills == KILLS
    assert race.outcomes()[crowd.ACCEPTED] > 50
    assert race.refusals()["EnvelopeExceeded"] > 0


def test_without_its_guards_the_same_race_breaks_the_money(committed_db, tmp_path):
    with owner_connection(committed_db) as owner:
        assert guards.remove(owner) == 16
    differences, _race = raced(tmp_path)
    assert [one for one in differences if one.startswith("call ")] != []

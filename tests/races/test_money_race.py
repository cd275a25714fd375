"""Five seconds of the race of benchmarks/money_race.py: with the guards everything holds; without them the same race breaks something."""

import json
import os
import sys

import pytest

from benchmarks.money import guards, short
from fondsinnovation.embedded import spawn, stop
from tests.databases import owner_connection

pytestmark = pytest.mark.race
PATIENCE = 240


def raced(folder, *flags):
    """What the race found. It forks its workers, so it runs in a process of its own: this one may hold a browser, whose pipes a
    forked worker would keep open."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with (folder / "race.log").open("w") as log:
        race = spawn([sys.executable, "-m", "benchmarks.money.short", folder, "7", *flags], env=environment, stdout=log, stderr=log)
        try:
            race.wait(PATIENCE)
        finally:
            stop(race)
    assert race.returncode == 0, (folder / "race.log").read_text()
    return json.loads((folder / "found.json").read_text())


def test_money_holds_while_workers_are_killed(committed_db, tmp_path):
    found = raced(tmp_path)
    accepted = found.pop("accepted")
    assert found == {"differences": [], "failures": {}, "kills": short.KILLS}
    assert accepted > 10  # a slow machine does less, never something else


def test_without_its_guards_the_same_race_breaks_the_money(committed_db, tmp_path):
    with owner_connection(committed_db) as owner:
        assert guards.remove(owner) == 23
    assert raced(tmp_path, "--without-guards")["differences"] != []

"""Bad usage, and a database that nobody prepared: one line in French on standard error, exit code 2."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fondsinnovation import commands
from fondsinnovation.commands import database_is_ready, usage_problem
from tests.house.processes import nothing_left
from tests.house.test_demo import BASE_DIR, NOT_INHERITED


def run(state: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED | {"DEMO", "SECRET_KEY"}}
    done = subprocess.run(
        [sys.executable, BASE_DIR / "manage.py", *arguments],
        env={**environment, "PORTAL_STATE_DIR": str(state)},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("the following arguments are required: --stage", "il manque --stage"),
        ("unrecognized arguments: --json", "--json : argument inconnu"),
        (
            "argument --stage: invalid choice: 'x' (choose from 'intake', 'review')",
            "--stage : 'x' n’est pas un choix; attendu : 'intake', 'review'",
        ),
        ("argument --scale: invalid int value: 'x'", "--scale : 'x'; nombre entier attendu"),
        ("argument --scale: expected one argument", "--scale : une valeur est attendue"),
        ("argument --known: hier : un jour est attendu", "--known : hier : un jour est attendu"),
        ("something new", "something new"),
    ],
)
def test_usage_problem_is_one_line_in_french(message, line):
    assert usage_problem(message).replace("\xa0", " ") == line


def test_commands_of_a_new_machine_say_what_to_do_and_seed_does_it(state):
    code, out, err = run(state, "seed", "--stage", "fin")
    assert (code, out, err.count("\n"), err.startswith("seed")) == (2, "", 1, True), err
    code, out, err = run(state, "check_invariants")
    assert (code, out, err.replace("\xa0", " ")) == (
        2,
        "",
        "La base de données n’est pas prête : lancez d’abord « python3 manage.py migrate ».\n",
    )
    code, out, err = run(state, "seed", "--stage", "intake", "--json")
    assert (code, json.loads(out), err) == (0, {"files": 50, "projects": 0}, "")
    assert nothing_left(state)


@pytest.mark.django_db
def test_database_is_ready_once_every_migration_is_there(monkeypatch):
    assert database_is_ready()
    monkeypatch.setattr(commands.MigrationExecutor, "migration_plan", lambda self, targets: [("projects", "9999_next")])
    assert not database_is_ready()

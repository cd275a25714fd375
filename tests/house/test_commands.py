"""What is wrong with a command's words, in French, and a database that nobody prepared. `test_demo` asks the same of real processes."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from fondsinnovation import commands
from fondsinnovation.commands import database_is_ready, usage_problem
from reporting.management.commands import seed


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


@pytest.mark.django_db
def test_seed_prepares_a_database_that_is_not_ready(monkeypatch):
    prepared, out = [], StringIO()
    monkeypatch.setattr(seed, "database_is_ready", lambda: False)
    monkeypatch.setattr(seed, "prepare_database", lambda: prepared.append(connection.settings_dict["NAME"]))
    call_command("seed", stage="intake", json=True, stdout=out)
    assert (prepared, json.loads(out.getvalue())) == ([connection.settings_dict["NAME"]], {"files": 50, "projects": 0})


@pytest.mark.django_db
def test_database_is_ready_once_every_migration_is_there(monkeypatch):
    assert database_is_ready()
    monkeypatch.setattr(commands.MigrationExecutor, "migration_plan", lambda self, targets: [("projects", "9999_next")])
    assert not database_is_ready()

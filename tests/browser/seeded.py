"""The fund of `fund.prepare` as a database to copy: writing it takes as long as opening fifty pages, so a run does it once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections
from psycopg import sql

from fondsinnovation.embedded import state_dir
from tests import databases
from tests.browser import fund


def of_this_run() -> str:
    """The same name in every process of a run. It begins as a test's database does: the next run drops it once this one has ended."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return f"test_{run}_fund"


@contextmanager
def copy_of_fund(template: str) -> Iterator[str]:
    """A copy of the fund, which every connection of this process then uses. The first to ask writes it, the others wait."""
    name = of_this_run()
    with (state_dir("test") / "fund").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with databases.owner_connection() as owner:
            if not owner.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
                _write(template, name)
    with databases.copy_of(name) as copy:
        yield copy


def _write(template: str, name: str) -> None:
    with databases.copy_of(template) as draft, pytest.MonkeyPatch.context() as patch:
        fund.prepare(patch)
        connections.close_all()
        with databases.owner_connection() as owner:
            owner.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (draft, name))))


def documents(base: Path) -> Path:
    """Where the documents of the fund are, for every process of a run, under the folder that pytest gives to this process."""
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "fund"

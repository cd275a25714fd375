"""Databases for tests: one migrated template per set of migrations, and copies of it that cost a few milliseconds."""

import fcntl
import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from fondsinnovation.embedded import state_dir

BASE_DIR = Path(settings.BASE_DIR)
KEPT_TEMPLATES = 4  # people who share a cluster may be on different migrations
#: where the server and the file system can, the files of a copy share the template's pages on the disk: a third of the time
SHARE_PAGES = "SELECT set_config(name, 'clone', false) FROM pg_settings WHERE name = 'file_copy_method' AND 'clone' = ANY (enumvals)"
_numbers = itertools.count(1)


def owner_connection(name: str = "postgres") -> psycopg.Connection:
    """A connection as the owner, for what the application's role may not do."""
    owner = settings.DATABASE_ROLES["owner"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    parameters = {key: owner[setting] for key, setting in names.items() if owner.get(setting)}
    return psycopg.connect(dbname=name, autocommit=True, **parameters)


def template_name() -> str:
    """The template of these very migrations: a changed file, another app or another release of a library makes another one."""
    digest = hashlib.sha256(" ".join(settings.INSTALLED_APPS).encode() + (BASE_DIR / "requirements" / "base.txt").read_bytes())
    for path in sorted(BASE_DIR.glob("*/migrations/**/*")):
        if path.suffix in {".py", ".sql", ".csv", ".json"}:
            digest.update(str(path.relative_to(BASE_DIR)).encode() + path.read_bytes())
    return f"template_{digest.hexdigest()[:16]}"


def ensure_template() -> str:
    """Migrate the template database as the owner, unless an earlier run has."""
    name = template_name()
    with (state_dir("test") / "template").open("a") as lock, owner_connection() as owner:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _drop_leftovers(owner, keep=name)
        if not owner.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            draft = f"draft_{os.getpid()}"
            owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            _migrate(draft)
            owner.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (draft, name))))
    return name


def _migrate(name: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings"}
    environment |= {"DATABASE_NAME": name, "FONDS_DB_ROLE": "owner"}
    command = [sys.executable, BASE_DIR / "manage.py", "migrate", "--verbosity=0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"the migrations failed:\n{done.stdout}{done.stderr}")


def _drop_leftovers(owner: psycopg.Connection, *, keep: str) -> None:
    """Databases of runs that were killed, and templates of migrations that are long gone."""
    rows = owner.execute("SELECT datname FROM pg_database ORDER BY oid DESC").fetchall()
    names = [name for (name,) in rows]
    templates = [name for name in names if name.startswith("template_") and name != keep]
    killed = [n for n in names if n.startswith(("test_", "draft_")) and not Path("/proc", n.split("_")[1]).exists()]
    for name in templates[KEPT_TEMPLATES:] + killed:
        _drop(owner, name)


def _drop(owner: psycopg.Connection, name: str) -> None:
    owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def copy_of(template: str) -> Iterator[str]:
    """A fresh copy of the template, which every connection of this process and of its children then uses."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with owner_connection() as owner:
        owner.execute(SHARE_PAGES)
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        owner.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    before = settings.DATABASES["default"]["NAME"]
    _connect_to(name)
    try:
        yield name
    finally:
        _connect_to(before)
        with owner_connection() as owner:
            _drop(owner, name)


def _connect_to(name: str) -> None:
    """New connections of every thread read these settings; DATABASE_NAME says it to child processes."""
    connections.close_all()
    connections.settings["default"]["NAME"] = name
    os.environ["DATABASE_NAME"] = name

"""Traps that are always set: what they catch is a failure in every test."""

import re
import socket
import sys
from ipaddress import ip_address
from random import Random
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.base import Origin

from fondsinnovation.kit.errors import _entry

FORBIDDEN_IN_HTML = re.compile(
    r"\{\{|\{%|<style\b|<script\b(?![^>]*\bsrc=)(?![^>]*application/json)|<[a-z][^<>]*\s(?:style|on[a-z]+)\s*=", re.IGNORECASE
)


class Undefined(str):
    """What a template variable that does not exist becomes: false in a condition, replaced by |default, fatal when shown."""

    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError(f"undefined template variable: {_expression_being_rendered()}")

    __html__ = __format__ = __str__  # type: ignore[assignment]


def _expression_being_rendered() -> str:
    frame, expression, template = sys._getframe(2), "?", "?"
    while frame is not None:
        owner = frame.f_locals.get("self")
        if expression == "?" and hasattr(owner, "filter_expression"):
            expression = owner.filter_expression.token
        if isinstance(origin := getattr(owner, "origin", None), Origin):
            template = origin.name
            break
        frame = frame.f_back
    return f"{expression} in {template}"


def check_html(response: HttpResponse) -> None:
    """No template syntax, no inline style, script or handler may reach a reader."""
    if getattr(response, "streaming", False) or not response.get("Content-Type", "").startswith("text/html"):
        return
    page = response.content.decode()
    if found := FORBIDDEN_IN_HTML.search(page):
        around = page[max(found.start() - 80, 0) : found.end() + 80]
        raise AssertionError(f"forbidden in HTML: {found[0]!r} in …{around}…")


def shuffle_unordered(rows: Random) -> Any:
    """Make `QuerySet._fetch_all` shuffle what no ORDER BY puts in order, as the database is free to do."""
    fetch = QuerySet._fetch_all

    def fetch_all(self: QuerySet) -> None:
        fresh = self._result_cache is None
        fetch(self)
        if fresh and not self.ordered and isinstance(self._result_cache, list):
            rows.shuffle(self._result_cache)

    return fetch_all


def guard_network(connect: Any) -> Any:
    """Let a test talk to this machine only."""

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_local(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}: the network is closed to tests")
        return connect(self, address)

    return guarded


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ── The order of locks (docs/locking.md) ─────────────────────────────────────────────────────────────────────────────
_LOCKED = re.compile(
    r'FOR (?:NO KEY )?UPDATE OF "(\w+)"'
    r'|(pg_advisory_xact_lock_shared|lock_envelope_years|INSERT INTO "(?:ledger_entry|journal)")'
)
LOCK_RANKS = {
    "pg_advisory_xact_lock_shared": 0,
    "funding_agreement": 2,
    "lock_envelope_years": 3,
    'INSERT INTO "ledger_entry"': 3,
    'INSERT INTO "journal"': 5,
}
FILE_ROW = 1


def guard_lock_order(execute: Any, query: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """An act that locks against the house's order fails at that very statement, in whichever test runs it."""
    entry = _entry.get()
    found = _LOCKED.search(str(query)) if entry is not None else None
    if found:
        name = found[1] or found[2]
        rank = LOCK_RANKS.get(name, FILE_ROW)
        held = entry.__dict__.setdefault("_locks", [])
        assert not held or rank >= held[-1][0], f"{entry.act} locks {name} after {held[-1][1]}: see docs/locking.md"
        held.append((rank, name))
    return execute(query, params, many, context)


def watch_locks(**signal: Any) -> None:
    """Put the guard on this thread's connection (and, as a receiver of connection_created, on every new one)."""
    if guard_lock_order not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard_lock_order)

"""Domain errors with their HTTP status, and `@act`: one transaction, one journal entry, one answer for one key.

`@act` wraps the transaction from outside, because deferred constraints speak at COMMIT, and turns the name of a violated
constraint into a domain error with a message in the reader's language.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import import_string

P = ParamSpec("P")
R = TypeVar("R")


class DomainError(Exception):
    """A refusal that a person can understand. `status` is the HTTP status of pages and API alike."""

    status = 409

    def __init__(self, message: object = "", **details: Any) -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.details = details


class NotAllowed(DomainError):
    status = 403


class WrongState(DomainError):
    status = 409


class Stale(DomainError):
    """Somebody else changed it first; nothing was overwritten."""

    status = 409


class Invalid(DomainError):
    """Bad input. `errors` maps a field name to its message."""

    status = 422

    def __init__(self, message: object = "", *, errors: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.errors = errors or {}


class TooLarge(Invalid):
    """A file above the limit."""

    status = 413


class Throttled(DomainError):
    """Too often in too little time: nothing was done."""

    status = 429


class EnvelopeExceeded(DomainError):
    """More money than the margin. `details`: what, fiscal_year, margin, asked (dollars as strings)."""

    status = 409


#: what is kept of a posted key
KEY_LENGTH = 64

#: constraint name → function of the trigger's detail (a dict) that makes the domain error
_CONSTRAINTS: dict[str, Callable[[dict[str, Any]], DomainError]] = {}


def on_constraint(name: str) -> Callable[[Callable[[dict[str, Any]], DomainError]], Callable[[dict[str, Any]], DomainError]]:
    """Register what a violated constraint says to a person."""

    def register(maker: Callable[[dict[str, Any]], DomainError]) -> Callable[[dict[str, Any]], DomainError]:
        _CONSTRAINTS[name] = maker
        return maker

    return register


def domain_error(error: DatabaseError) -> DomainError | None:
    """The domain error that a database error stands for, or None when no rule of the house was broken."""
    diag = getattr(error.__cause__, "diag", None)
    name = getattr(diag, "constraint_name", None)
    if name is None:
        return None
    if maker := _CONSTRAINTS.get(name):
        return maker(_detail(getattr(diag, "message_detail", None)))
    return _model_constraint(name)


def _detail(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _model_constraint(name: str) -> DomainError | None:
    """The `violation_error_message` of the model constraint of that name: one rule for form, API and database."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return WrongState(constraint.get_violation_error_message())
    return None


@dataclass
class Entry:
    """What one act will write in the journal: steps add to it, `@act` writes it once."""

    act: str
    actor: Any
    at: datetime
    objects: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    money: list[str] = field(default_factory=list)
    reason: str = ""
    organisation_id: int | None = None
    undo: list[Callable[[], None]] = field(default_factory=list)


_entry: ContextVar[Entry | None] = ContextVar("entry", default=None)


def current_entry() -> Entry:
    """The journal entry of the act under way. Raises RuntimeError outside an act: a step never runs alone."""
    entry = _entry.get()
    if entry is None:
        raise RuntimeError("this step runs inside an act only")
    return entry


def entry_of(person: Any) -> Entry | None:
    """The journal entry of the act that this person is doing, or None: policies are asked outside acts too, and about others."""
    entry = _entry.get()
    return entry if entry is not None and entry.actor is not None and entry.actor.pk == getattr(person, "pk", None) else None


def undo_on_failure(step: Callable[[], None]) -> None:
    """What to do if the act under way fails, for what a rollback does not take back, such as a file."""
    if (entry := _entry.get()) is not None:
        entry.undo.append(step)


def act(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service as one durable transaction with one journal entry; `key` makes a repeat harmless.

    The wrapped function is keyword-only and takes `actor` and `now`; it may take `key`. A second call with the same
    (actor, act, key) changes nothing and returns what the first returned. Acts never call acts.
    """
    name = function.__name__

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if args:
            raise TypeError(f"{name}() takes keyword arguments only")
        key = str(kwargs.get("key") or "")[:KEY_LENGTH]
        entry = Entry(act=name, actor=kwargs["actor"], at=kwargs["now"])  # type: ignore[arg-type]
        token = _entry.set(entry)
        try:
            with transaction.atomic(durable=True):
                if key and not _first_time(entry, key):
                    return _first_answer(entry, key)
                result = function(*args, **kwargs)
                import_string(settings.ACT_JOURNAL)(entry)
                if key:
                    _remember(entry, key, result)
            return result
        except Exception as error:
            for step in reversed(entry.undo):
                step()
            if isinstance(error, DatabaseError) and (refusal := domain_error(error)) is not None:
                raise refusal from error
            raise
        finally:
            _entry.reset(token)

    return run


def _keys() -> Any:
    return apps.get_model(settings.ACT_KEY_MODEL)


def _first_time(entry: Entry, key: str) -> bool:
    """Claim the key; a concurrent twin waits here until the first one ends."""
    table = connection.ops.quote_name(_keys()._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (actor_id, act, key, at, result) VALUES (%s, %s, %s, %s, '') ON CONFLICT DO NOTHING",  # noqa: S608
            [entry.actor.pk if entry.actor else None, entry.act, key, entry.at],
        )
        return bool(cursor.rowcount)


def _first_answer(entry: Entry, key: str) -> Any:
    kept = _keys().objects.get(actor=entry.actor, act=entry.act, key=key).result
    if not kept:
        return None
    label, pk = kept.split(":", 1)
    return apps.get_model(label)._base_manager.get(pk=pk)


def _remember(entry: Entry, key: str, result: Any) -> None:
    if (meta := getattr(result, "_meta", None)) is not None:
        table = connection.ops.quote_name(_keys()._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET result = %s WHERE actor_id IS NOT DISTINCT FROM %s AND act = %s AND key = %s",  # noqa: S608
                [f"{meta.label}:{result.pk}", entry.actor.pk if entry.actor else None, entry.act, key],
            )

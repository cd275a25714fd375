"""manage.py migrate: that of Django; on an empty database, it draws again only the model that an operation touches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

Key = tuple[str, str]


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        is_empty = not MigrationRecorder(connections[options["database"]]).applied_migrations()
        with one_model_at_a_time() if is_empty else nullcontext():
            super().handle(*args, **options)


@contextmanager
def one_model_at_a_time() -> Iterator[None]:
    """Migrate in a third of the time: a new table, column or constraint changes no other model.

    After each operation Django draws again every model that has to do with the changed one: here nearly all of them, a hundred
    thousand classes in all. The SQL of an operation needs its own model alone. An operation that runs code over the data has all models
    drawn before it: Django does so itself wherever some were left aside (`is_delayed`).
    """
    whole = ProjectState._find_reload_model  # type: ignore[attr-defined]

    def to_draw(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[Key]:
        key = (app_label, model_name)
        if not (delay or _only_grew(state, key)):
            return set(state.models) if state.is_delayed else whole(state, app_label, model_name, delay)
        state.is_delayed = True
        return {key, *_children(state, key)}

    with patch.object(ProjectState, "_find_reload_model", to_draw):
        yield


def _only_grew(state: ProjectState, key: Key) -> bool:
    """Whether the model is new, or has more fields than when it was drawn."""
    try:
        drawn = state.apps.get_model(*key)._meta
    except LookupError:
        return True
    return {field.name for field in (*drawn.local_fields, *drawn.local_many_to_many)} < set(state.models[key].fields)


def _children(state: ProjectState, key: Key) -> set[Key]:
    """The models that inherit from this one, to any depth."""
    name = ".".join(key)
    direct = {other for other, model in state.models.items() if any(isinstance(base, str) and base.lower() == name for base in model.bases)}
    return direct.union(*(_children(state, child) for child in direct))

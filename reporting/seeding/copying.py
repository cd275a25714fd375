"""Rows written with COPY: the same tables, role, constraints and triggers as the acts, without one statement a row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.db.models import DEFERRED
from django.db.models.fields.files import FieldFile

from fondsinnovation.kit.errors import current_entry

#: rows sent by one COPY, and identifiers taken by one query
CHUNK = 5_000
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Identifiers:
    """Primary keys from a table's own sequence, so that what is written next follows."""

    def __init__(self) -> None:
        self._taken: dict[type[models.Model], Iterator[int]] = {}

    def next(self, model: type[models.Model]) -> int:
        for number in self._taken.get(model, iter(())):
            return number
        self._taken[model] = iter(_take(model))
        return next(self._taken[model])


def _take(model: type[models.Model]) -> list[int]:
    meta = model._meta
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [meta.db_table, meta.pk.column, CHUNK])
        return [number for (number,) in cursor.fetchall()]


class Sheaf:
    """The rows of one act, by table. `add` keeps them, `close` sends what is left and says in the journal what each file held."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers
        self._files: dict[type[models.Model], _File] = {}

    def add(self, model: type[models.Model], **values: Any) -> Any:
        """A row with its identifier; it reaches the table by the end of the act."""
        return self.keep(self.new(model, **values))

    def new(self, model: type[models.Model], **values: Any) -> Any:
        """A row with its identifier, still to be completed and kept. `values` are given by the names of the fields."""
        row = model(*self._file(model).arguments(self._identifiers.next(model), values))
        row._state.fields_cache.update({name: values[name] for name in self._file(model).relations & values.keys()})
        return row

    def keep(self, row: Any) -> Any:
        file = self._file(type(row))
        file.rows.append(row)
        if len(file.rows) == CHUNK:
            self._send(until=file)
        return row

    def _file(self, model: type[models.Model]) -> _File:
        if model not in self._files:
            self._files[model] = _File(model)
        return self._files[model]

    def _send(self, *, until: _File) -> None:
        """What a row rests on was begun before it, and triggers look at it: those tables are sent first."""
        for file in self._files.values():
            file.send()
            if file is until:
                return

    def close(self) -> None:
        facts: list[dict[str, object]] = current_entry().facts.setdefault("files", [])
        for file in self._files.values():
            file.send()
            facts.append({"file": file.table, "rows": file.count, "sha256": file.digest.hexdigest()})
        self._files.clear()


class _File:
    """The rows of one table on their way, and the SHA-256 of all that was sent."""

    def __init__(self, model: type[models.Model]) -> None:
        self._fields = model._meta.concrete_fields
        kept = [field for field in self._fields if not field.generated]
        self.table = model._meta.db_table
        self.names = {field.name for field in kept}
        self.relations = {field.name for field in kept if field.is_relation}
        self.columns = ", ".join(f'"{field.column}"' for field in kept)
        self.writers = [(field.attname, _json if isinstance(field, models.JSONField) else _text) for field in kept]
        self.rows: list[models.Model] = []
        self.count = 0
        self.digest = hashlib.sha256()

    def arguments(self, pk: int, values: dict[str, Any]) -> list[Any]:
        """The values of a row in the order of its fields: the model's own way to be made fast, as when it is read."""
        if unknown := values.keys() - self.names:
            raise TypeError(f"{self.table} has no field {', '.join(sorted(unknown))}")
        found: list[Any] = []
        for field in self._fields:
            if field.primary_key:
                found.append(pk)
            elif field.name not in values:
                found.append(DEFERRED if field.generated else field.get_default())
            else:
                value = values[field.name]
                found.append(value.pk if field.name in self.relations and value is not None else value)
        return found

    def send(self) -> None:
        if not self.rows:
            return
        text = "".join("\t".join([write(getattr(row, name)) for name, write in self.writers]) + "\n" for row in self.rows).encode()
        with connection.cursor() as cursor, cursor.copy(f'COPY "{self.table}" ({self.columns}) FROM STDIN') as copy:
            copy.write(text)
        self.digest.update(text)
        self.count += len(self.rows)
        self.rows = []


def _json(value: Any) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _text(value: Any) -> str:
    """A value in the text format of COPY."""
    return _WRITERS.get(type(value), _other)(value)


def _other(value: Any) -> str:
    """A code of an enumeration, or a text of a kind of its own. Raises TypeError on what no column of the seed has."""
    if not isinstance(value, str | FieldFile):
        raise TypeError(f"{type(value).__name__} has no column in the seed")
    return _escaped(str(value))


def _escaped(text: str) -> str:
    needed = "\\" in text or "\n" in text or "\t" in text or "\r" in text
    return text.translate(_ESCAPED) if needed else text


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    str: _escaped,
    Decimal: lambda value: format(value, "f"),
    date: date.isoformat,
    datetime: datetime.isoformat,
}

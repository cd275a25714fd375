"""The rows of gains as whole columns in the database's binary form: a million of them leave it in a second, and Python sees none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from projects.enums import Stage
from projects.models import ForecastGain, GainLine, Project
from reporting.models import Gain

#: the columns of a chunk, in order, each with the width in bytes of its integers
COLUMNS: Mapping[str, int] = {"line": 8, "letter": 4, "period_start": 4, "period_end": 4, "amount_cents": 8, "recorded_at": 8, "row": 8}
#: the number of the first letter of each stage, which no other has: the database gives it faster than it compares words
LETTERS = {ord(stage[0]): stage for stage in Stage.values}
_CHUNK = 250_000
#: table → what says the stage of its rows: forecasts, then the other stages
_SOURCES = {ForecastGain._meta.db_table: f"'{Stage.FORECAST.value}'", Gain._meta.db_table: "stage"}
#: a range of keys at a time: no sort, and no array that grows with the fund
_QUERY = """
SELECT array_agg(line_id), array_agg(ascii({stage})), array_agg(period_start), array_agg(period_end),
  array_agg((amount * 100)::bigint), array_agg(recorded_at), array_agg(id)
FROM {table} WHERE id > %(after)s AND id <= %(upto)s AND recorded_at <= %(known)s {only}
"""


@dataclass(frozen=True)
class GainColumns:
    """`chunks`, to be read once: of each, the binary arrays of COLUMNS, as PostgreSQL sends them.

    `lines`: of each id, in their order, the reference of its project, its code, nature and recurrence; a row whose line is not there
    belongs to no project.
    """

    chunks: Iterable[tuple[bytes, ...]]
    lines: Mapping[int, tuple[str, str, str, str]]


def gain_columns(known: datetime, projects: QuerySet[Project] | None = None) -> GainColumns:
    """Forecasts of the plans that became projects, then what was reported, verified and captured, known by an instant.

    Of some projects when `projects` says which.
    """
    owner = Coalesce("plan__project", "plan__application__project")
    lines = GainLine.objects.alias(owner=owner)
    lines = lines.filter(owner__isnull=False) if projects is None else lines.filter(owner__in=projects.order_by().values("pk"))
    reference = Coalesce("plan__project__reference", "plan__application__project__reference")
    found = lines.order_by("pk").values_list("pk", reference, "code", "nature", "recurrence")
    details = {pk: (project, code, nature, recurrence) for pk, project, code, nature, recurrence in found}
    return GainColumns(_chunks(known, None if projects is None else list(details)), details)


def _chunks(known: datetime, lines: list[int] | None) -> Iterator[tuple[bytes, ...]]:
    only = "" if lines is None else "AND line_id = ANY(%(lines)s)"
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:  # Django's own has no binary results
        for table, stage in _SOURCES.items():
            last = cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}").fetchone()  # noqa: S608 - constants of this module
            query = _QUERY.format(table=table, stage=stage, only=only)
            for after in range(0, last[0] if last else 0, _CHUNK):
                cursor.execute(query, {"known": known, "lines": lines, "after": after, "upto": after + _CHUNK}, binary=True)
                result = cursor.pgresult
                if result is not None and result.get_value(0, 0) is not None:
                    yield tuple(bytes(result.get_value(0, place) or b"") for place in range(len(COLUMNS)))

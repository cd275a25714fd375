"""The rows of gains as whole columns in the database's binary form: a million of them leave it in a second, and Python sees none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from projects.enums import Stage
from projects.models import GainLine, Project

#: the columns of a chunk, in order, each with the width in bytes of its integers
COLUMNS: Mapping[str, int] = {
    "project": 8, "line": 8, "stage": 2, "period_start": 4, "period_end": 4, "amount_cents": 8, "recorded_at": 8, "row": 8,
}  # fmt: skip
STAGES = tuple(Stage.values)
_CHUNK = 250_000
_STAGE = " ".join(f"WHEN '{stage}' THEN {place}" for place, stage in enumerate(STAGES))
#: forecasts with the project that their plan became, then the other stages; `{only}` chooses projects
_SOURCES = (
    """SELECT owner.project_id, f.line_id, 0::smallint AS stage, f.period_start, f.period_end, (f.amount * 100)::bigint AS cents,
         f.recorded_at, f.id
       FROM projects_forecastgain f JOIN (
         SELECT l.id AS line_id, COALESCE(g.project_id, p.id) AS project_id FROM projects_gainline l
         JOIN projects_gainplan g ON g.id = l.plan_id LEFT JOIN projects_project p ON p.application_id = g.application_id
       ) AS owner USING (line_id)
       WHERE f.recorded_at <= %(known)s AND owner.project_id IS NOT NULL {only}""",
    f"""SELECT project_id, line_id, (CASE stage {_STAGE} END)::smallint AS stage, period_start, period_end,
          (amount * 100)::bigint AS cents, recorded_at, id
        FROM gain WHERE recorded_at <= %(known)s {{only}}""",  # noqa: S608 - constants of this module
)
_VALUES = ("project_id", "line_id", "stage", "period_start", "period_end", "cents", "recorded_at", "id")
_ARRAYS = ", ".join(f"array_agg({name})" for name in _VALUES)


@dataclass(frozen=True)
class GainColumns:
    """`chunks`: of each, the binary arrays of COLUMNS, as PostgreSQL sends them. What their integers stand for: `projects`, the reference
    of each id; `lines`, the code, nature and recurrence of each id."""

    chunks: list[tuple[bytes, ...]]
    projects: Mapping[int, str]
    lines: Mapping[int, tuple[str, str, str]]


def gain_columns(known: datetime, projects: QuerySet[Project] | None = None) -> GainColumns:
    """Forecasts of the plans that became projects, then what was reported, verified and captured, known by an instant.

    Of some projects when `projects` says which.
    """
    chosen = Project.objects.all() if projects is None else projects
    names = dict(chosen.order_by("pk").values_list("pk", "reference"))
    lines = GainLine.objects.all()
    if projects is not None:
        lines = lines.alias(owner=Coalesce("plan__project", "plan__application__project")).filter(owner__in=list(names))
    details = {pk: (code, nature, recurrence) for pk, code, nature, recurrence in lines.values_list("pk", "code", "nature", "recurrence")}
    return GainColumns(list(_chunks(known, None if projects is None else list(names))), names, details)


def _chunks(known: datetime, projects: list[int] | None) -> Iterator[tuple[bytes, ...]]:
    """Arrays of at most a chunk's rows, so that none grows with the fund."""
    only = "" if projects is None else "AND project_id = ANY(%(projects)s)"
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:  # Django's own has no binary results
        for source in _SOURCES:
            query = f"SELECT {_ARRAYS} FROM ({source.format(only=only)}) AS rows GROUP BY id / {_CHUNK}"  # noqa: S608 - constants of this module
            cursor.execute(query, {"known": known} if projects is None else {"known": known, "projects": projects}, binary=True)
            if (result := cursor.pgresult) is not None:
                for row in range(result.ntuples):
                    yield tuple(bytes(result.get_value(row, place) or b"") for place in range(len(COLUMNS)))

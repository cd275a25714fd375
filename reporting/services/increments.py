"""What the reports of gains and returns are made from: everything read again, or the projects that changed beside the facts kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.functions import MD5, Concat

from projects.models import Project
from reporting import catalogue
from reporting.enums import SnapshotKind
from reporting.models import FactBase, ProjectFacts, SnapshotRow
from reporting.queries.increments import affected_projects, marks, own_facts, rates_known
from reporting.services.compute import frames_at
from reporting.services.registers import KeptSheet

_FACTS = ("project_id", "own", "table", "flows", "recurrent", "cells")


@dataclass(frozen=True)
class Basis:
    """`read`: the rows of the projects that were read; `frames`: what the reports take; `sheets`: of the others, as they were.

    `facts` (rows of _FACTS) are to be kept in place of those of `replaced` (None: of every project); `base` is None when the dates are
    not those of the working snapshots.
    """

    read: Any
    frames: Any
    sheets: list[tuple[str, KeptSheet]] = field(default_factory=list)
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    replaced: Collection[int] | None = None
    base: FactBase | None = None

    @property
    def whole(self) -> bool:
        return self.replaced is None


def basis_at(effective: date, known: datetime, *, working: bool) -> Basis:
    """Read what is needed, at one moment (`one_moment`). Writes nothing."""
    if not working:
        frames = frames_at(known)
        return Basis(frames, frames)
    keys, own = own_facts(known)
    affected = affected_projects(effective, known, own)
    base = FactBase(pk=1, effective=effective, known=known, version=catalogue.VERSION, rates=rates_known(known), marks=marks(known))
    if affected is None:
        frames = frames_at(known)
        return Basis(frames, frames, facts=_kept(_apart(frames, effective, known), keys, own), base=base)
    read = frames_at(known, Project.objects.filter(pk__in=affected))
    fresh = _apart(read, effective, known)
    frames = _with_others(read, fresh, affected, effective, known)
    return Basis(read, frames, _sheets(affected), _kept(fresh, keys, own), affected, base)


def _apart(frames: Any, effective: date, known: datetime) -> list[Any]:
    from reporting.analysis.facts import facts_of
    from reporting.analysis.keeping import apart

    return apart(frames.once(facts_of, effective, known))


def _kept(facts: list[Any], keys: Mapping[str, int], own: Mapping[int, str]) -> list[tuple[Any, ...]]:
    return [(pk := keys[one.names[0]], own[pk], one.table, one.flows, one.recurrent, one.cells) for one in facts]


def _with_others(read: Any, fresh: list[Any], affected: Collection[int], effective: date, known: datetime) -> Any:
    """Frames whose facts are those that were just read, and of every other project those that were kept."""
    from reporting import analysis
    from reporting.analysis.facts import facts_of
    from reporting.analysis.keeping import Kept, together

    path = ("project__reference", "project__call__reference", "project__organisation__code", "project__region_id", "project__state")
    others: QuerySet[Any, Any] = ProjectFacts.objects.exclude(pk__in=affected).order_by("pk")
    kept = [
        Kept((reference, call, organisation, region or "", state), *blocks)
        for reference, call, organisation, region, state, *blocks in others.values_list(*path, "table", "flows", "recurrent", "cells")
    ]
    frames = analysis.Frames(secretariat_costs=read.secretariat_costs, rates=read.rates)
    frames.kept[facts_of.__name__, effective, known] = together([*kept, *fresh])
    return frames


def _sheets(affected: Collection[int]) -> list[tuple[str, KeptSheet]]:
    working = {"snapshot__report": catalogue.GAINS.code, "snapshot__kind": SnapshotKind.WORKING, "sheet__isnull": False}
    rows = SnapshotRow.objects.filter(**working).exclude(sheet__project__in=affected).order_by("position", "pk")
    names = (f"sheet__{name}" for name in KeptSheet._fields)
    return [(key, KeptSheet(*sheet)) for key, *sheet in rows.values_list("key", *names)]


def keep_facts(basis: Basis) -> None:
    """Keep the facts for the next time; those that are the same stay. A step: it runs with the snapshots that are made from them."""
    if basis.base is None:
        return
    old = ProjectFacts.objects.all() if basis.replaced is None else ProjectFacts.objects.filter(pk__in=basis.replaced)
    kept = dict(old.order_by("pk").values_list("pk", _DIGEST))
    found = {one[0]: one for one in basis.facts}
    same = {pk for pk, digest in kept.items() if pk in found and digest == _digest(found[pk])}
    if gone := kept.keys() - same:
        old.filter(pk__in=gone).delete()
    names = ", ".join(map(connection.ops.quote_name, (ProjectFacts._meta.db_table, *_FACTS)))
    table, _comma, names = names.partition(", ")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for pk in found.keys() - same:
            copy.write_row(found[pk])
    FactBase.objects.filter(pk=1).delete()
    basis.base.save(force_insert=True)


#: of facts that are kept, what tells whether others are the same: computed where they are, so that they need not be read
_DIGEST = Concat("own", *(MD5(name) for name in _FACTS[2:]), output_field=TextField())


def _digest(one: tuple[Any, ...]) -> str:
    return one[1] + "".join(hashlib.md5(block, usedforsecurity=False).hexdigest() for block in one[2:])

"""The projects as they were known at an instant: what changed since a report was read does not change that report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from projects.models import Project
from reporting.models import ProjectPast

#: in the order of the columns of the frame
_NAMES = ("reference", "call__reference", "organisation__code", "region_id", "state", "decided_on", "signed_on", "starts_on", "ends_on")
_MOVING = ("state", "signed_on", "starts_on", "ends_on")
_CHUNK = 20_000


def project_rows(known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[tuple[Any, ...]]:
    """Each project as it was known then, in the order of their keys; of some projects when `projects` says which."""
    chosen = Project.objects.all() if projects is None else projects
    past = _past(known)
    for key, *values in chosen.order_by("pk").values_list("pk", *_NAMES).iterator(chunk_size=_CHUNK):
        was = past.get(key)
        if was is None:
            yield tuple(values)
        elif was.is_known:
            then = {name: getattr(was, name) for name in _MOVING}
            yield tuple(then.get(name, value) for name, value in zip(_NAMES, values, strict=True))


def _past(known: datetime) -> dict[int, ProjectPast]:
    """Of each project that changed since, the first facts that it had from that instant on."""
    return {row.project_id: row for row in ProjectPast.objects.filter(until__gte=known).order_by("-until", "-pk")}

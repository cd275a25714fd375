"""Which snapshot a page reads, its rows as a person may see them, and whether something has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from funding.models import Cofunding, LedgerEntry
from projects.models import ForecastGain, Project, Recusal
from reporting.columns import Report
from reporting.enums import RunState, SnapshotKind
from reporting.models import (
    DiscountRate,
    Gain,
    ImportedCost,
    ObjectiveResult,
    RenewalStep,
    RenewalWeights,
    Run,
    Snapshot,
    SnapshotRow,
    VarianceExplanation,
)
from reporting.rules import TOTAL

#: the rows whose arrival makes a snapshot older than the facts
FACTS: Mapping[str, Any] = {
    "ledger": LedgerEntry, "cofunding": Cofunding, "gains": Gain, "forecasts": ForecastGain, "costs": ImportedCost,
    "objectives": ObjectiveResult, "explanations": VarianceExplanation, "renewals": RenewalStep, "rates": DiscountRate,
    "weights": RenewalWeights,
}  # fmt: skip


def working_snapshots() -> dict[str, Snapshot]:
    """The latest complete working snapshot of each report, in one query: they are all of one recompute."""
    return {snapshot.report: snapshot for snapshot in Snapshot.objects.filter(kind=SnapshotKind.WORKING).order_by("pk")}


def snapshot_of(code: str, effective: date | None, known: datetime | None) -> Snapshot | None:
    """The working snapshot when no date is given; else the one computed for exactly that pair, if there is one."""
    found = Snapshot.objects.filter(report=code)
    if effective is None or known is None:
        return found.filter(kind=SnapshotKind.WORKING).order_by("pk").last()
    return found.filter(effective=effective, known=known).order_by("pk").last()


def changed_since(known: datetime) -> bool:
    """Whether money or a gain was recorded after `known`, in one query."""
    first, *others = (model.objects.filter(recorded_at__gt=known).values("pk") for model in FACTS.values())
    return bool(first.union(*others, all=True).exists())


def high_water(known: datetime) -> dict[str, int]:
    """The last row of each kind that was known: two reports with the same marks read the same rows."""
    return {name: model.objects.filter(recorded_at__lte=known).aggregate(last=Max("pk"))["last"] or 0 for name, model in FACTS.items()}


def under_way(scope: str) -> Run | None:
    """The recompute of a scope that is queued or running, the latest first."""
    return Run.objects.filter(scope=scope, state__in=(RunState.QUEUED, RunState.RUNNING)).order_by("pk").last()


def hidden_projects(person: Any) -> QuerySet[Project]:
    """The projects that a recusal hides from a person."""
    return Project.objects.filter(Exists(Recusal.objects.filter(person=person, application_id=OuterRef("application_id"))))


def chosen_projects(report: Report, filters: Mapping[str, str], person: Any = None) -> QuerySet[Project] | None:
    """The projects that the filters choose and the person may see; None for all of them. `person` None: a command, no recusal."""
    paths = {report.selectors[name]: value for name, value in filters.items() if name in report.selectors}
    hidden = hidden_projects(person) if person is not None and report.by_project else Project.objects.none()
    if not paths and not hidden.exists():
        return None
    return Project.objects.filter(**paths).exclude(pk__in=hidden.values("pk"))


def visible_rows(snapshot: Snapshot, report: Report, filters: Mapping[str, str], person: Any) -> QuerySet[SnapshotRow]:
    """The rows of a snapshot in its order, as filtered, without those of a hidden project.

    The TOTAL row stands for every project: it leaves as soon as some are left out, since it would say what they amount to.
    """
    rows = snapshot.rows.order_by("position", "pk")
    projects = chosen_projects(report, filters, person)
    if projects is not None and report.path:
        rows = rows.exclude(key=TOTAL).exclude(key__in=hidden_projects(person).values(report.path))
    elif projects is not None:
        rows = rows.filter(key__in=projects.values("reference"))
    matches = {f"data__{name}": value for name, value in filters.items() if name in report.matches}
    return rows.filter(Q(**matches))

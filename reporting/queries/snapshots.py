"""Which snapshot a page reads, its rows as a person may see them, and whether something has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from funding.models import Cofunding, LedgerEntry
from projects.enums import Stage
from projects.models import BaselineDecision, ForecastGain, Project, Recusal
from reporting.catalogue import GAINS
from reporting.columns import Report
from reporting.enums import RunState, SnapshotKind
from reporting.models import (
    DiscountRate,
    Gain,
    GainPart,
    ImportedCost,
    LineContest,
    ObjectiveResult,
    RenewalStep,
    RenewalWeights,
    Run,
    Snapshot,
    VarianceExplanation,
)
from reporting.models.registers import PART_FIELDS, part_row
from reporting.rules import TOTAL

#: the rows whose arrival makes a snapshot older than the facts; what a report measured counts with the gain of its version
FACTS: Mapping[str, Any] = {
    "ledger": LedgerEntry, "cofunding": Cofunding, "gains": Gain, "forecasts": ForecastGain, "costs": ImportedCost,
    "contests": LineContest, "baselines": BaselineDecision,
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
    """Whether money, a gain or what a gain is compared with was recorded after `known`, in one query."""
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


def parts_of(snapshot: Snapshot) -> QuerySet[GainPart]:
    """The rows of a snapshot of the register `gains`, in its order."""
    found = GainPart.objects.filter(sheet__shown__snapshot=snapshot).select_related("sheet__project", "line")
    return found.order_by("sheet__shown__position", "position", "pk")


def kept_rows(snapshot: Snapshot) -> Iterator[dict[str, str]]:
    """The rows of a snapshot as text, in its order."""
    if snapshot.report == GAINS.code:
        found = parts_of(snapshot).values_list(*PART_FIELDS).iterator(chunk_size=20_000)
        return (part_row(*values) for values in found)
    return snapshot.rows.order_by("position", "pk").values_list("data", flat=True).iterator(chunk_size=2_000)


def _visible_parts(snapshot: Snapshot, filters: Mapping[str, str], person: Any) -> QuerySet[GainPart]:
    rows, projects = parts_of(snapshot), chosen_projects(GAINS, filters, person)
    if projects is not None:
        rows = rows.filter(sheet__project__in=projects)
    if nature := filters.get("nature"):
        rows = rows.filter(line__nature=nature)
    if stage := filters.get("stage"):
        rows = rows.filter(stage=Stage.values.index(stage))
    year = filters.get("fiscal_year", "")
    return rows.filter(fiscal_year=int(year)) if year else rows


def row_of(snapshot: Snapshot, report: Report, selection: Mapping[str, str], person: Any) -> Mapping[str, str] | None:
    """The row that a selection of `report.row_names` names, when this person may see it; of the register of gains, the first."""
    rows = visible_rows(snapshot, report, {}, person)
    if report.code == GAINS.code:
        found = rows.filter(sheet__project__reference=report.key_of(selection))
    else:
        found = rows.filter(key=report.key_of(selection), **{f"data__{name}": selection[name] for name in report.identity})
    return next((row.data for row in found[:1]), None)


def visible_rows(snapshot: Snapshot, report: Report, filters: Mapping[str, str], person: Any) -> QuerySet[Any]:
    """The rows of a snapshot in its order, as filtered, without those of a hidden project.

    The TOTAL row stands for every project: it leaves as soon as some are left out, since it would say what they amount to.
    Each has its `key` and its `data`.
    """
    if report.code == GAINS.code:
        return _visible_parts(snapshot, filters, person)
    rows = snapshot.rows.order_by("position", "pk")
    projects = chosen_projects(report, filters, person)
    if projects is not None and report.path:
        rows = rows.exclude(key=TOTAL).exclude(key__in=hidden_projects(person).values(report.path))
    elif projects is not None:
        rows = rows.filter(key__in=projects.values("reference"))
    if not report.keeps_total(filters):
        rows = rows.exclude(key=TOTAL)
    matches = {f"data__{name}": value for name, value in filters.items() if name in report.matches}
    return rows.filter(Q(**matches))

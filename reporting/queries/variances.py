"""Reads of the explanations of variances, and of what waits for one."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from projects.models import Project
from reporting.models import SnapshotRow, VarianceExplanation
from reporting.queries.snapshots import snapshot_of


def explanations_at(known: datetime) -> dict[tuple[str, int], tuple[str, str, str, datetime]]:
    """(project, fiscal year) → cause, explanation, action and instant of the latest known: one query."""
    rows = VarianceExplanation.objects.filter(recorded_at__lte=known).order_by("project_id", "fiscal_year", "-recorded_at", "-pk")
    last = rows.distinct("project_id", "fiscal_year")
    names = ("project__reference", "fiscal_year", "cause", "explanation", "action", "recorded_at")
    return {(project, year): (cause, told, action, at) for project, year, cause, told, action, at in last.values_list(*names)}


def explanations_of(project: Project) -> QuerySet[VarianceExplanation]:
    """Every explanation of a project, the latest known first."""
    return VarianceExplanation.objects.filter(project=project).select_related("recorded_by").order_by("-recorded_at", "-pk")


def variances_of(project: Project) -> QuerySet[SnapshotRow]:
    """The rows of the working report about one project, fiscal year by fiscal year; none before the first computation."""
    snapshot = snapshot_of("variances", None, None)
    rows = SnapshotRow.objects.none() if snapshot is None else snapshot.rows.filter(key=project.reference)
    return rows.order_by("position", "pk")

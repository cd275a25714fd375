"""Reads of what was measured for the objectives of a call, at an effective day and a knowledge instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from projects.models import Call, Objective, Project
from reporting import rules
from reporting.models import ObjectiveResult
from reporting.scoring import weighted_attainment


@dataclass(frozen=True, slots=True)
class Measure:
    """One objective of one project: its last value, and how far it came (None: not measured, or no way to go)."""

    objective: Objective
    result: ObjectiveResult | None
    attainment: Fraction | None

    @property
    def shown(self) -> Decimal | None:
        return rules.ratio(self.attainment)


@dataclass(frozen=True, slots=True)
class CallMeasure:
    """One objective over the projects of a call: the mean of their last values, and how far that mean came."""

    objective: Objective
    measured: int
    mean: Fraction | None
    attainment: Fraction | None

    @property
    def shown(self) -> Decimal | None:
        return rules.ratio(self.attainment)

    @property
    def value(self) -> Decimal | None:
        return None if self.mean is None else rules.rounded(self.mean, 2)


def results_at(effective: date, known: datetime) -> QuerySet[ObjectiveResult]:
    """The value that counts of each project and objective: the latest day measured, and of that day the latest known."""
    rows = ObjectiveResult.objects.filter(measured_on__lte=effective, recorded_at__lte=known)
    last = rows.order_by("project_id", "objective_id", "-measured_on", "-recorded_at", "-pk").distinct("project_id", "objective_id")
    return ObjectiveResult.objects.filter(pk__in=last.values("pk")).order_by("project_id", "objective_id", "pk")


def measures_of(project: Project, effective: date, known: datetime) -> list[Measure]:
    """The objectives of the project's call in their order, each with the value that counts."""
    found = results_at(effective, known).filter(project=project).select_related("recorded_by")
    last = {result.objective_id: result for result in found}
    return [_measure(objective, last.get(objective.pk)) for objective in objectives_of(project.call_id)]


def measures_by_project(projects: QuerySet[Project], effective: date, known: datetime) -> dict[str, list[Measure]]:
    """The same for each project, by reference: two queries."""
    last = {(result.project_id, result.objective_id): result for result in results_at(effective, known).filter(project__in=projects)}
    objectives: dict[int, list[Objective]] = {}
    for objective in Objective.objects.filter(call__in=projects.values("call")).order_by("call_id", "position", "pk"):
        objectives.setdefault(objective.call_id, []).append(objective)
    rows = projects.order_by("reference").values_list("pk", "reference", "call_id")
    return {
        reference: [_measure(objective, last.get((pk, objective.pk))) for objective in objectives.get(call, [])]
        for pk, reference, call in rows
    }


def measures_of_call(call: Call, projects: QuerySet[Project], effective: date, known: datetime) -> list[CallMeasure]:
    """Each objective over some projects of its call: distances are added before they are divided, and never go below 0 together."""
    values: dict[int, list[Decimal]] = {}
    for objective, actual in results_at(effective, known).filter(project__in=projects).values_list("objective_id", "actual"):
        values.setdefault(objective, []).append(actual)
    return [_call_measure(objective, values.get(objective.pk, [])) for objective in objectives_of(call.pk)]


def objectives_of(call_id: int) -> QuerySet[Objective]:
    return Objective.objects.filter(call=call_id).order_by("position", "pk")


def history_of(project: Project) -> QuerySet[ObjectiveResult]:
    """Every value recorded for a project, the latest known first."""
    return ObjectiveResult.objects.filter(project=project).select_related("objective", "recorded_by").order_by("-recorded_at", "-pk")


def together(measures: list[Measure] | list[CallMeasure]) -> Fraction | None:
    """The weighted attainment; an objective whose target is its baseline weighs nothing, one that is not measured leaves all unknown."""
    return weighted_attainment((each.objective.weight, each.attainment) for each in measures if _has_distance(each.objective))


def _has_distance(objective: Objective) -> bool:
    return objective.target != objective.baseline


def _measure(objective: Objective, result: ObjectiveResult | None) -> Measure:
    reached = None if result is None else rules.attainment(baseline=objective.baseline, target=objective.target, actual=result.actual)
    return Measure(objective, result, reached)


def _call_measure(objective: Objective, values: list[Decimal]) -> CallMeasure:
    if not values:
        return CallMeasure(objective, 0, None, None)
    mean = Fraction(sum(values)) / len(values)
    return CallMeasure(objective, len(values), mean, rules.attainment(baseline=objective.baseline, target=objective.target, actual=mean))

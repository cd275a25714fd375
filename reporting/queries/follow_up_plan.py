"""What a follow-up report is prefilled with, read from the plan: milestones, budget and claims, gains of the period, objectives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from fondsinnovation.kit.money import ZERO, split
from funding.enums import CLAIM_ADMITTED, ClaimState
from funding.models import ClaimLine, Milestone
from projects.enums import CostCategory
from projects.models import ForecastGain, GainLine, Objective
from reporting.models import FollowUpReport, GainReport, ObjectiveResult
from reporting.queries.gains import gain_lines_of
from reporting.queries.objectives import results_at


@dataclass(frozen=True, slots=True)
class CostRow:
    """A cost item: what the application foresaw, what claims ask for, what they admit. Dollars."""

    label: str
    category: str
    budget: Decimal
    claimed: Decimal
    admitted: Decimal


@dataclass(frozen=True, slots=True)
class GainRow:
    """A line of the plan over the period: its forecast (by days, dollars), what is reported for it, and the reports themselves."""

    line: GainLine
    forecast: Decimal
    reported: Decimal
    reports: list[GainReport]

    @property
    def is_missing(self) -> bool:
        """Whether something was forecast and nothing is reported."""
        return self.forecast != ZERO and not self.reports


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    objective: Objective
    last: ObjectiveResult | None


def milestones_of(report: FollowUpReport) -> list[Milestone]:
    return list(Milestone.objects.filter(agreement=report.agreement_id).order_by("position", "pk"))


def costs_of(report: FollowUpReport) -> list[CostRow]:
    """The approved budget by cost item beside what claims ask for and admit, since the beginning."""
    application = report.project.application
    budget = (
        dict(application.budget_lines.order_by("category").values_list("category").annotate(total=Sum("amount"))) if application else {}
    )
    lines = ClaimLine.objects.filter(claim__instalment__agreement=report.agreement_id).exclude(
        claim__state__in=(ClaimState.DRAFT, ClaimState.REFUSED)
    )
    claimed: dict[str, Decimal] = {}
    admitted: dict[str, Decimal] = {}
    for category, state, amount, accepted in lines.order_by("pk").values_list("category", "claim__state", "amount", "admitted"):
        claimed[category] = claimed.get(category, ZERO) + amount
        if state in CLAIM_ADMITTED:
            admitted[category] = admitted.get(category, ZERO) + (accepted or ZERO)
    return [
        CostRow(str(one.label), one.value, budget.get(one, ZERO), claimed.get(one, ZERO), admitted.get(one, ZERO))
        for one in CostCategory
        if one in budget or one in claimed
    ]


def total_of(rows: list[CostRow]) -> tuple[Decimal, Decimal, Decimal]:
    """Budget, claims and what is admitted, over all the cost items."""
    return (
        sum((row.budget for row in rows), ZERO),
        sum((row.claimed for row in rows), ZERO),
        sum((row.admitted for row in rows), ZERO),
    )


def gains_of(report: FollowUpReport) -> list[GainRow]:
    """Each line of the locked plan: the forecast in force at signature, cut to the days of the period, and the gains reported in it."""
    start, end = report.period_start, report.period_end
    found = []
    for line in gain_lines_of(report.project):
        forecast = sum((part_within(row, start, end) for row in _reference_of(line)), ZERO)
        reports = [one for one in line.reports.all() if one.period_start <= end and one.period_end >= start]
        found.append(GainRow(line, forecast, sum((one.amount for one in reports), ZERO), reports))
    return found


def _reference_of(line: Any) -> Iterable[ForecastGain]:
    rows: Iterable[ForecastGain] = line.reference
    return rows


def part_within(row: Any, start: date, end: date) -> Decimal:
    """What falls, by days and to the cent, between two days (both included) of an amount over a period."""
    first, last = max(row.period_start, start), min(row.period_end, end)
    if last < first:
        return ZERO
    before, inside, after = (first - row.period_start).days, (last - first).days + 1, (row.period_end - last).days
    return split(row.amount, [before, inside, after])[1]


def objectives_of(report: FollowUpReport, now: datetime) -> list[ObjectiveRow]:
    """The objectives of the call, each with its last value measured."""
    known = {one.objective_id: one for one in results_at(timezone.localdate(now), now).filter(project=report.project_id)}
    return [ObjectiveRow(one, known.get(one.pk)) for one in report.project.call.objectives.order_by("position", "pk")]


def plan_facts(report: FollowUpReport, now: datetime) -> dict[str, Any]:
    """What a signature freezes of the plan."""
    return {
        "milestones": [[one.position, one.title, str(one.state), one.due_on] for one in milestones_of(report)],
        "costs": {one.category: [one.budget, one.claimed, one.admitted] for one in costs_of(report)},
        "gains": {one.line.code: [one.forecast, one.reported] for one in gains_of(report)},
        "objectives": {str(one.objective.pk): one.last.actual if one.last else None for one in objectives_of(report, now)},
    }

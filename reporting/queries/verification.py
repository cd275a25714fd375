"""The verifier's desk: what waits, since when, and which of it this person may verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Abs, Coalesce
from django.utils import timezone

from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.verdict import Verdict
from funding.models import Adviser
from projects.enums import Stage
from projects.models import GainLine, Membership
from reporting.models import Gain, GainReport
from reporting.policies.verification import Known, may_verify
from reporting.queries.gains import gain_reports_for, waiting

#: days after which a reported gain that nobody verified is an exception (E-02)
LATE = 90


def late_before(now: datetime) -> datetime:
    """What was submitted before this instant has waited too long."""
    return now - timedelta(days=LATE)


def desk_rows(person: Any, now: datetime) -> QuerySet[GainReport]:
    """What waits for a verifier on the files that this person sees, each with `submitted_at` and its `size` without sign."""
    rows = gain_reports_for(person, now).filter(waiting()).select_related("project__call")
    return rows.annotate(submitted_at=Coalesce("cosigned_at", "reported_at"), size=Abs("amount"))


@dataclass(frozen=True, slots=True)
class Totals:
    count: int
    amount: Decimal
    late: int
    late_amount: Decimal


def totals_of(rows: QuerySet[GainReport], now: datetime) -> Totals:
    """How many gains wait and for how much, amounts without their sign, and those that have waited too long: one query."""
    late = Q(submitted_at__lt=late_before(now))
    found = rows.order_by().aggregate(
        count=Count("pk"), amount=Sum("size"), late=Count("pk", filter=late), late_amount=Sum("size", filter=late)
    )
    return Totals(found["count"], found["amount"] or ZERO, found["late"], found["late_amount"] or ZERO)


def age_of(report: Any, now: datetime) -> int:
    """Whole days since it was submitted."""
    return (timezone.localdate(now) - timezone.localdate(report.submitted_at)).days


def verdicts_of(person: Any, reports: list[GainReport], now: datetime) -> dict[int, Verdict]:
    """For each report of a page, whether this person may verify it, or why not: three queries."""
    advised = Adviser.objects.filter(person=person, application__in=[one.project.application_id for one in reports])
    captured = Gain.objects.filter(stage=Stage.CAPTURED, recorded_by=person, report__in=reports)
    known = Known(
        frozenset(Membership.objects.filter(person=person).values_list("organisation", flat=True)),
        frozenset(advised.values_list("application", flat=True)),
        frozenset(report for report in captured.values_list("report", flat=True) if report),
    )
    return {report.pk: may_verify(person, report, now, known) for report in reports}


def earlier_reports(report: GainReport) -> QuerySet[GainReport]:
    """The other periods of the same line that ended before this one, the latest first."""
    others = GainReport.objects.filter(line=report.line_id, period_end__lt=report.period_start)
    return others.order_by("-period_end", "-pk")


def forecast_over(line: GainLine, forecasts: QuerySet[Any], report: GainReport) -> QuerySet[Any]:
    """The forecasts of reference that share a day with the period of a report."""
    return forecasts.filter(period_start__lte=report.period_end, period_end__gte=report.period_start).order_by(F("period_start"))

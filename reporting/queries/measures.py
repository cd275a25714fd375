"""What a report measured, and what it gives under the baseline that was signed and under the one that holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.enums import Nature, Worse
from projects.gain_math import Shares, Steps, outside_tolerance, part_of_year, steps_from_costs, steps_from_hours
from projects.models import GainLine, ServiceIndicator
from projects.models.baselines import AnyBaseline
from projects.queries.baselines import baseline_on
from reporting.enums import GainReportState
from reporting.models import GainMeasure, GainReport, GainRestatement, IndicatorMeasure


@dataclass(frozen=True, slots=True)
class Result:
    """A reported period computed under one baseline."""

    label: str | Promise
    baseline: AnyBaseline
    steps: Steps


@dataclass(frozen=True, slots=True)
class Reading:
    """A service indicator of a line and what was measured of it, None when it was not."""

    indicator: ServiceIndicator
    value: Decimal | None

    @property
    def is_outside(self) -> bool:
        return self.value is not None and is_outside(self.indicator, self.value)


def is_outside(indicator: ServiceIndicator, value: Decimal) -> bool:
    return outside_tolerance(
        reference=indicator.reference,
        tolerance=indicator.tolerance,
        higher_is_worse=indicator.worse == Worse.HIGHER,
        measured=value,
    )


def shares_of(line: GainLine) -> Shares:
    return Shares(attribution=line.attribution, deadweight=line.deadweight, displacement=line.displacement)


def known_versions(path: str = "", **at: datetime) -> Q:
    """The measures of versions that are known: a restatement counts once it is co-signed (`at`: by which instant, as a lookup)."""
    asked: dict[str, Any] = {**at} or {"isnull": False}
    lookups = {f"{path}restatement__recorded_at__{name}": value for name, value in asked.items()}
    return Q(**{f"{path}restatement": None}) | Q(**lookups)


def measure_of(report: GainReport) -> GainMeasure | None:
    """What the version of a report that is known measured, with its indicators."""
    return next(iter(with_indicators(report.measures).filter(known_versions()).order_by("-pk")[:1]), None)


def measure_of_restatement(restatement: GainRestatement) -> GainMeasure | None:
    """What a restatement measured anew, whether it is known yet or not."""
    return with_indicators(GainMeasure.objects).filter(restatement=restatement).first()


def with_indicators(measures: Any) -> QuerySet[GainMeasure]:
    found: QuerySet[GainMeasure] = measures.prefetch_related(
        Prefetch("indicators", IndicatorMeasure.objects.order_by("indicator__position", "pk"))
    )
    return found


def indicators_of(line: GainLine) -> QuerySet[ServiceIndicator]:
    return line.indicators.order_by("position", "pk")


def readings_of(line: GainLine, measure: GainMeasure | None) -> list[Reading]:
    """Each indicator of a line with the value that a report measured."""
    values = {each.indicator_id: each.value for each in measure.indicators.all()} if measure else {}
    return [Reading(indicator, values.get(indicator.pk)) for indicator in indicators_of(line)]


def results_of(report: GainReport, measure: GainMeasure | None) -> list[Result]:
    """What was measured, under the signed baseline and, when it is another, under the one that holds for the period (INV-20)."""
    signed = getattr(report.line, "baseline", None)
    if signed is None or measure is None or measure.cost is None:
        return []
    current = baseline_on(report.line, report.period_end) or signed
    both = [(_("Situation de départ signée"), signed), (_("Situation de départ en vigueur"), current)]
    shown = both if current is not signed else both[:1]
    return [Result(label, baseline, _under(report, baseline, measure)) for label, baseline in shown]


def line_results(line: GainLine) -> list[tuple[GainReport, list[Result]]]:
    """Each report of a line that kept what it measured, the oldest period first, with what it gives under each baseline."""
    reports = line.reports.select_related("line__baseline").filter(measures__cost__isnull=False).distinct().order_by("period_start", "pk")
    found = [(report, results_of(report, measure_of(report))) for report in reports]
    return [(report, results) for report, results in found if results]


def _under(report: GainReport, baseline: AnyBaseline, measure: GainMeasure) -> Steps:
    return steps_from_costs(
        report.line.nature,
        cost=baseline.cost,
        volume=baseline.volume,
        actual_cost=measure.cost,
        actual_volume=measure.volume,
        shares=shares_of(report.line),
        part=part_of_year(report.period_start, report.period_end),
    )


def hours_of(report: GainReport, measure: GainMeasure | None) -> Steps | None:
    """The steps of a productivity line that was measured by its hours."""
    if measure is None or measure.hours is None or measure.hourly_rate is None or measure.redeployed is None:
        return None
    return steps_from_hours(
        hours=measure.hours,
        hourly_rate=measure.hourly_rate,
        redeployed=measure.redeployed,
        shares=shares_of(report.line),
        part=part_of_year(report.period_start, report.period_end),
    )


# ── The quality guard ────────────────────────────────────────────────────────────────────────────────────────────────
def degraded(line: GainLine) -> list[Reading] | None:
    """The indicators of a cashable line that are outside their tolerance in its last measured period; None when nothing was measured.

    A measure counts once its report is submitted: a draft, or a report taken back to be corrected, says nothing yet.
    """
    if line.nature != Nature.CASH:
        return None
    latest: dict[int, IndicatorMeasure] = {}
    for each in _counted(line):
        latest[each.indicator_id] = each
    readings = [Reading(each.indicator, each.value) for each in latest.values()]
    return [reading for reading in readings if reading.is_outside] if readings else None


def _counted(line: GainLine) -> Iterable[IndicatorMeasure]:
    """Every measured value of submitted reports, the oldest period first, of each report the latest known version last."""
    rows = IndicatorMeasure.objects.filter(known_versions("measure__"), measure__report__line=line)
    rows = rows.exclude(measure__report__state=GainReportState.DRAFT)
    return rows.select_related("indicator").order_by("measure__report__period_end", "measure__report_id", "measure_id", "pk")

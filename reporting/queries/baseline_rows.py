"""Each measured period under the baseline that was signed and under the one that holds: the report `baselines` (INV-20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from fondsinnovation.kit.money import ZERO
from projects.enums import Stage
from projects.gain_math import part_of_year, steps_from_costs
from projects.models import BaselineVersion, Project
from projects.models.baselines import AnyBaseline
from reporting.models import Gain, GainMeasure
from reporting.queries.measures import known_versions, shares_of
from reporting.rules import TOTAL, text

Row = dict[str, str]
_MONEY = ("actual_cost", "reported", "gain_original", "gain_current", "difference")
#: the columns, in the order of the catalogue
_COLUMNS = ("project", "line", "nature", "report", "period_start", "period_end", "version", "known_at", *_MONEY)


def baseline_rows(*, effective: date, known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[Row]:
    """One row for each ended period that is reported and kept its measured cost and volume, by project, line and period; then the TOTAL.

    Only what was known by the instant counts: the reported amount, the measure, and the versions accepted by then. Three queries.
    """
    measures = _measures(known)
    sums = dict.fromkeys(_MONEY, ZERO)
    for gain in _reported(effective, known, projects):
        measure = _measure_of(gain, measures)
        if measure is None or not hasattr(gain.line, "baseline"):
            continue
        version = _version(gain)
        money = _money(gain, measure, version or gain.line.baseline)
        sums = {name: sums[name] + money[name] for name in _MONEY}
        yield _row(gain, measure, version, money)
    yield {**dict.fromkeys(_COLUMNS, ""), "project": TOTAL, **{name: f"{value:.2f}" for name, value in sums.items()}}


def _measures(known: datetime) -> dict[int, list[GainMeasure]]:
    """The measures of each report that were known, the latest first: that of a restatement from its co-signature on."""
    found: dict[int, list[GainMeasure]] = {}
    rows = GainMeasure.objects.filter(known_versions(lte=known), recorded_at__lte=known)
    for measure in rows.select_related("restatement").order_by("-recorded_at", "-pk"):
        found.setdefault(measure.report_id, []).append(measure)
    return found


def _measure_of(gain: Gain, measures: Mapping[int, list[GainMeasure]]) -> GainMeasure | None:
    """The measure by cost and volume that the reported row was submitted with: that of a correction counts once it is co-signed."""
    made = measures.get(gain.report_id or 0, [])
    last = next((measure for measure in made if measure.known_at <= gain.recorded_at), None)
    return last if last is not None and last.cost is not None else None


def _reported(effective: date, known: datetime, projects: QuerySet[Project] | None) -> QuerySet[Gain]:
    """The last reported row of each report, with its line, signed baseline and accepted versions."""
    last = Gain.objects.filter(stage=Stage.REPORTED, report__isnull=False, recorded_at__lte=known)
    last = last.order_by("report_id", "-recorded_at", "-pk").distinct("report_id")
    chosen = Q(pk__in=last.values("pk"), period_end__lte=effective, report__measures__cost__isnull=False)
    if projects is not None:
        chosen &= Q(project__in=projects)
    accepted = BaselineVersion.objects.filter(decision__accepted=True, decision__recorded_at__lte=known).order_by("-number", "-pk")
    return (
        Gain.objects.filter(pk__in=Gain.objects.filter(chosen).values("pk"))
        .select_related("project", "report", "line__baseline")
        .prefetch_related(Prefetch("line__versions", accepted, to_attr="accepted"))
        .order_by("project__reference", "line__code", "period_start", "pk")
    )


def _version(gain: Gain) -> BaselineVersion | None:
    """The last accepted version that holds for the period."""
    accepted: Any = gain.line
    return next((version for version in accepted.accepted if version.effective_on <= gain.period_end), None)


def _money(gain: Gain, measure: GainMeasure, current: AnyBaseline) -> dict[str, Decimal]:
    original = _net(gain, measure, gain.line.baseline)
    under_current = _net(gain, measure, current)
    return {
        "actual_cost": measure.cost or ZERO,
        "reported": gain.amount,
        "gain_original": original,
        "gain_current": under_current,
        "difference": under_current - original,
    }


def _net(gain: Gain, measure: GainMeasure, baseline: AnyBaseline) -> Decimal:
    return steps_from_costs(
        gain.line.nature,
        cost=baseline.cost,
        volume=baseline.volume,
        actual_cost=measure.cost or ZERO,
        actual_volume=measure.volume or ZERO,
        shares=shares_of(gain.line),
        part=part_of_year(gain.period_start, gain.period_end),
    ).net


def _row(gain: Gain, measure: GainMeasure, version: BaselineVersion | None, money: dict[str, Decimal]) -> Row:
    return {
        "project": gain.project.reference,
        "line": gain.line.code,
        "nature": gain.line.nature,
        "report": gain.report.number if gain.report else "",
        "period_start": gain.period_start.isoformat(),
        "period_end": gain.period_end.isoformat(),
        "version": str(version.number if version else 1),
        "known_at": text(max(gain.recorded_at, measure.recorded_at)),
        **{name: f"{value:.2f}" for name, value in money.items()},
    }

"""The yearly flows of a project, or of the whole Fund, as the reports of one pair of dates count them; and what they are worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Min, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import LedgerKind
from funding.models import Cofunding, LedgerEntry
from projects.enums import BUDGETARY, Stage
from projects.models import Project
from reporting import rules
from reporting.discounting import SENSITIVITY, DatedRates, Flows, Value, constant, nominal_rates, real, value
from reporting.models import Gain, GainPart, Snapshot
from reporting.models.registers import PART_FIELDS, STAGES, part_row
from reporting.queries.parameters import known_indices, known_rates
from reporting.queries.snapshots import hidden_projects, parts_of, snapshot_of

_PAID = (LedgerKind.PAYMENT, LedgerKind.RECOVERY)
_NATURES = tuple(nature.value for nature in BUDGETARY)


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the page: a basis, its end-of-year value as the reports count it and its mid-year one; None: an index is missing."""

    code: str
    label: str | Promise
    rate: Decimal | None
    end: Value | None
    mid: Value | None


LABELS: dict[str, str | Promise] = {
    "declared": _("Taux daté, flux tels qu’inscrits (celui des rapports)"),
    "0": _("Sensibilité à 0 %"),
    "2": _("Sensibilité à 2 %"),
    "7": _("Sensibilité à 7 %"),
    "real": _("Réel : dollars constants, taux daté pris comme réel"),
    "nominal": _("Nominal : dollars courants, taux daté majoré de l’inflation"),
}


def readings(flows: Flows, known: Any) -> list[Reading]:
    """The flows at the dated rates, at 0, 2 and 7 %, then in real dollars and by the nominal route: two queries."""
    rates, indices = known_rates(known), known_indices(known)
    return [
        _reading("declared", None, flows, rates),
        *(_reading(str(int(rate * 100)), rate, flows, constant(rate)) for rate in SENSITIVITY),
        _reading("real", None, real(flows, indices), rates),
        _reading("nominal", None, flows, nominal_rates(flows, rates, indices)),
    ]


def _reading(code: str, rate: Decimal | None, flows: Flows | None, rates: DatedRates | None) -> Reading:
    if flows is None or rates is None:
        return Reading(code, LABELS[code], rate, None, None)
    return Reading(code, LABELS[code], rate, value(flows, rates), value(flows, rates, mid_year=True))


# -- flows ---------------------------------------------------------------------------------------------------------------


def project_flows(project: Project, snapshot: Snapshot) -> Flows | None:
    """The flows behind the `npv` of a project in the report of the snapshot's dates; None before its decision."""
    if project.decided_on is None or project.decided_on > snapshot.effective:
        return None
    gains = snapshot_of("gains", snapshot.effective, snapshot.known)
    rows = GainPart.objects.none() if gains is None else parts_of(gains).filter(sheet__project=project)
    ledger, shared = _costs(snapshot)
    costs = [*_dated(ledger.filter(agreement__project=project)), *_dated(shared.filter(project=project))]
    return Flows(fiscal_year_of(project.decided_on), _by_year(_verified(rows)), _by_year(costs))


def fund_flows(snapshot: Snapshot, person: Any = None) -> Flows | None:
    """The flows behind the TOTAL of `npv`: those of the projects that cost something, from the earliest decision among them.

    The gains of the others, and of those that a recusal hides from the person, are taken away from the whole, so that a page reads
    one row a year, not every gain.
    """
    gains = snapshot_of("gains", snapshot.effective, snapshot.known)
    by_year = snapshot_of("gains-by-year", snapshot.effective, snapshot.known)
    returns = snapshot_of("roi-projects", snapshot.effective, snapshot.known)
    if gains is None or by_year is None or returns is None:
        return None
    hidden = hidden_projects(person).values_list("reference", flat=True) if person is not None else ()
    free = sorted({*_without_cost(returns), *hidden})
    counted = Project.objects.filter(decided_on__lte=snapshot.effective).exclude(reference__in=free)
    first = counted.aggregate(first=Min("decided_on"))["first"]
    if first is None:
        return None
    net = by_year.rows.filter(key__endswith=":NET").exclude(key__startswith=rules.TOTAL)
    whole = [(int(row["fiscal_year"]), Decimal(row["verified"])) for row in net.order_by("position", "pk").values_list("data", flat=True)]
    less = [(year, -amount) for year, amount in _verified(parts_of(gains).filter(sheet__project__reference__in=free))] if free else []
    ledger, shared = _costs(snapshot)
    costs = [*_dated(ledger.filter(agreement__project__in=counted)), *_dated(shared.filter(project__in=counted))]
    return Flows(fiscal_year_of(first), _by_year([*whole, *less]), _by_year(costs))


def _without_cost(returns: Snapshot) -> list[str]:
    rows = returns.rows.exclude(key=rules.TOTAL).order_by("position", "pk").values_list("key", "data__fund_paid", "data__cofunding")
    return [key for key, paid, shared in rows if Decimal(paid) + Decimal(shared) <= 0]


def _costs(snapshot: Snapshot) -> tuple[QuerySet[LedgerEntry], QuerySet[Cofunding]]:
    at = {"effective_on__lte": snapshot.effective, "recorded_at__lte": snapshot.known}
    return LedgerEntry.objects.filter(kind__in=_PAID, agreement__isnull=False, **at), Cofunding.objects.filter(**at)


def _dated(rows: QuerySet[Any]) -> list[tuple[int, Decimal]]:
    sums = rows.order_by("effective_on").values_list("effective_on").annotate(total=Sum("amount"))
    return [(fiscal_year_of(day), amount) for day, amount in sums]


def _verified(parts: QuerySet[GainPart]) -> list[tuple[int, Decimal]]:
    """Verified budgetary gains that count, by fiscal year."""
    kept = parts.filter(stage=STAGES.index(Stage.VERIFIED), line__nature__in=_NATURES, windfall=False, contested=False)
    sums = kept.order_by("fiscal_year").values_list("fiscal_year").annotate(total=Sum("cents"))
    return [(year, Decimal(cents).scaleb(-2)) for year, cents in sums]


def _by_year(amounts: Iterable[tuple[int, Decimal]]) -> dict[int, rules.Number]:
    """Dollars by fiscal year, added up in cents."""
    found: dict[int, rules.Number] = {}
    for year, amount in amounts:
        found[year] = found.get(year, 0) + int(amount.scaleb(2))
    return found


# -- what planning may count ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weighted:
    """A project's gains by what stands behind them, in dollars, and their sum weighted by `rules.CONFIDENCE`. Never an audit figure."""

    parts: dict[str, Decimal]
    face: Decimal
    weighted: Decimal


def confidence_weighted(project: Project, snapshot: Snapshot) -> Weighted:
    """Each (line, period) once, by its furthest stage: verified, reported with evidence or without, or forecast only."""
    gains = snapshot_of("gains", snapshot.effective, snapshot.known)
    kept = GainPart.objects.none() if gains is None else parts_of(gains).filter(sheet__project=project)
    rows = [part_row(*values) for values in kept.values_list(*PART_FIELDS)]
    rows = [row for row in rows if row["nature"] in _NATURES and row["windfall"] == "no" and row["contested"] == "no"]
    verified = {_period(row) for row in rows if row["stage"] == Stage.VERIFIED}
    reported = {_period(row) for row in rows if row["stage"] == Stage.REPORTED}
    evidence = _with_evidence(project, snapshot)
    parts = dict.fromkeys(rules.CONFIDENCE, Decimal("0.00"))
    for row in rows:
        period, stage = _period(row), row["stage"]
        if stage == Stage.VERIFIED:
            name = "verified"
        elif stage == Stage.REPORTED and period not in verified:
            name = "reported_with_evidence" if period in evidence else "reported"
        elif stage == Stage.FORECAST and period not in verified | reported:
            name = "forecast"
        else:
            continue
        parts[name] += Decimal(row["amount"])
    weighted = rules.rounded(rules.confidence_weighted(parts), 2)
    return Weighted(parts, sum(parts.values(), Decimal("0.00")), weighted)


def _period(row: dict[str, str]) -> tuple[str, str, str]:
    return row["line"], row["period_start"], row["period_end"]


def _with_evidence(project: Project, snapshot: Snapshot) -> set[tuple[str, str, str]]:
    rows = Gain.objects.filter(project=project, stage=Stage.REPORTED, recorded_at__lte=snapshot.known).exclude(evidence="").order_by("pk")
    return {(line, _day(start), _day(end)) for line, start, end in rows.values_list("line__code", "period_start", "period_end")}


def _day(day: date) -> str:
    return day.isoformat()

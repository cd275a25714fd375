"""What the pages of returns show: rows of snapshots read by their key, and what one project cost year by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum

from fondsinnovation.kit.money import ZERO, fiscal_year_of
from funding.enums import LedgerKind
from funding.models import Cofunding, LedgerEntry
from projects.enums import BUDGETARY, EnvelopeCode, Nature, Stage
from projects.models import Project
from reporting.catalogue import REPORTS
from reporting.models import DiscountRate, ImportedCost, Snapshot, SnapshotRow
from reporting.models.registers import PART_FIELDS, part_row
from reporting.queries.snapshots import hidden_projects, parts_of, visible_rows, working_snapshots
from reporting.rules import DEFAULT_RATE, rate_on

Row = dict[str, str]
_MONEY = DecimalField(max_digits=20, decimal_places=2)
_PAID = (LedgerKind.PAYMENT, LedgerKind.RECOVERY)
BESIDE = (Nature.AVOID, Nature.PROD)


def snapshots_at(effective: date | None, known: datetime | None) -> dict[str, Snapshot]:
    """The snapshot of each report, in one query: the working ones without dates, else those of exactly that pair."""
    if effective is None or known is None:
        return working_snapshots()
    return {found.report: found for found in Snapshot.objects.filter(effective=effective, known=known).order_by("pk")}


def row_of(snapshot: Snapshot, key: str, person: Any) -> Row | None:
    """One row of a report by its key; None when there is none, or a recusal hides it."""
    found = visible_rows(snapshot, REPORTS[snapshot.report], {}, person).filter(key=key)
    return next(iter(found.values_list("data", flat=True)[:1]), None)


def public_row(snapshot: Snapshot, key: str) -> Row | None:
    """The same for a project that the page has already found among those that its reader may see."""
    return next(iter(snapshot.rows.filter(key=key).order_by("position", "pk").values_list("data", flat=True)[:1]), None)


# ── Gains by fiscal year ─────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class YearLine:
    """Gains of one fiscal year by stage, in dollars: sums of `gains` as the reports count them."""

    year: int
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Years:
    """`net`: CASH, REV and COST together; `beside`: AVOID and PROD, each on its own and never added."""

    net: list[YearLine]
    beside: list[tuple[Nature, list[YearLine]]]


Part = tuple[int, str, str, Decimal]  # fiscal year, nature, stage, dollars


def years_of(parts: Iterable[Part]) -> Years:
    cells: dict[str, dict[int, dict[str, Decimal]]] = {}
    for year, nature, stage, amount in parts:
        kind = "NET" if nature in BUDGETARY else nature
        line = cells.setdefault(kind, {}).setdefault(year, dict.fromkeys(Stage.values, ZERO))
        line[stage] += amount
    lines = {kind: [YearLine(year, amounts) for year, amounts in sorted(found.items())] for kind, found in cells.items()}
    return Years(lines.get("NET", []), [(nature, lines[nature]) for nature in BESIDE if nature in lines])


def year_line(row: Row) -> YearLine:
    """A row of `gains-by-year` as a line."""
    return YearLine(int(row["fiscal_year"]), {stage: Decimal(row[stage]) for stage in Stage.values})


def is_counted(part: Row) -> bool:
    """Whether a part of the register of gains counts in the totals: not before the project starts, not contested."""
    return part["windfall"] == "no" and part.get("contested") != "yes"


def project_parts(gains: Snapshot, reference: str) -> list[Row]:
    """The parts of the gains of one project, flagged ones included, in the order of the register."""
    found = parts_of(gains).filter(sheet__project__reference=reference)
    return [part_row(*values) for values in found.values_list(*PART_FIELDS)]


def as_parts(rows: Iterable[Row]) -> list[Part]:
    return [(int(r["fiscal_year"]), r["nature"], r["stage"], Decimal(r["amount"])) for r in rows if is_counted(r)]


def group_parts(gains: Snapshot, members: QuerySet[Project], person: Any) -> list[Part]:
    """The gains of some projects, less hidden ones, added by the database: by fiscal year, nature and stage."""
    chosen = members.exclude(pk__in=hidden_projects(person).values("pk"))
    rows = parts_of(gains).filter(sheet__project__in=chosen, windfall=False, contested=False).order_by()
    sums = rows.values("fiscal_year", "line__nature", "stage").annotate(total=Sum("cents")).order_by("fiscal_year", "line__nature", "stage")
    return [
        (one["fiscal_year"], one["line__nature"], Stage.values[one["stage"]], Decimal(one["total"]).scaleb(-2)) for one in sums
    ]  # fmt: skip


# ── What is not there ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Missing:
    """A forecast whose period is over while nothing of its line is reported for a day of it."""

    line: str
    start: date
    end: date
    amount: Decimal


def missing_reports(parts: Iterable[Row]) -> list[Missing]:
    """The forecasts that elapsed without a report: they keep counting in the realisation, and nothing is put in their place."""
    rows = list(parts)
    reported = [(r["line"], r["period_start"], r["period_end"]) for r in rows if r["stage"] == Stage.REPORTED]
    found: dict[tuple[str, str, str], Decimal] = {}
    for r in rows:
        line, start, end = r["line"], r["period_start"], r["period_end"]
        covered = any(line == other and first <= end and start <= last for other, first, last in reported)
        if r["stage"] == Stage.FORECAST and r["ended"] == "yes" and is_counted(r) and not covered:
            found[line, start, end] = found.get((line, start, end), ZERO) + Decimal(r["amount"])
    return [Missing(line, date.fromisoformat(s), date.fromisoformat(e), amount) for (line, s, e), amount in found.items()]


def windfall_lines(parts: Iterable[Row]) -> list[str]:
    """The codes of the lines that have gains from before the project starts."""
    return sorted({r["line"] for r in parts if r["windfall"] == "yes"})


def contested_lines(parts: Iterable[Row]) -> list[tuple[str, list[int]]]:
    """The codes of the lines that are contested, each with the fiscal years whose gains are left out."""
    found: dict[str, set[int]] = {}
    for r in parts:
        if r.get("contested") == "yes" and r["fiscal_year"]:
            found.setdefault(r["line"], set()).add(int(r["fiscal_year"]))
    return [(line, sorted(years)) for line, years in sorted(found.items())]


# ── Payback ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class PathYear:
    """What a fiscal year gave and cost, in dollars, and the sum of the differences since the decision."""

    year: int
    gain: Decimal
    cost: Decimal
    cumulative: Decimal


@dataclass(frozen=True, slots=True)
class Path:
    """The way back of an investment. `crossing`: position of the year that brings the cumulative back to zero, None without one."""

    years: list[PathYear]
    crossing: int | None
    ever_negative: bool
    falls_back: bool


def path_of(gains: Mapping[int, Decimal], costs: Mapping[int, Decimal], first: int) -> Path:
    """Verified net gain less public cost, added year after year from the year of the decision; what falls before it counts in it."""
    last = max([first, *gains, *costs])
    years: list[PathYear] = []
    for year in range(first, last + 1):
        gain, cost = (sum((amount for at, amount in flow.items() if max(at, first) == year), ZERO) for flow in (gains, costs))
        before = years[-1].cumulative if years else ZERO
        years.append(PathYear(year, gain, cost, before + gain - cost))
    crossing = next((i for i in range(1, len(years)) if years[i - 1].cumulative < 0 <= years[i].cumulative), None)
    falls = crossing is not None and any(one.cumulative < 0 for one in years[crossing:])
    return Path(years, crossing, any(one.cumulative < 0 for one in years), falls)


def costs_by_year(project: Project, snapshot: Snapshot) -> dict[int, Decimal]:
    """What the Fund (payments less recoveries) and the other sources put in, by fiscal year, at the dates of a snapshot."""
    known = {"recorded_at__lte": snapshot.known, "effective_on__lte": snapshot.effective}
    paid = LedgerEntry.objects.filter(agreement__project=project, kind__in=_PAID, **known).values_list("effective_on", "amount")
    shared = Cofunding.objects.filter(project=project, **known).values_list("effective_on", "amount")
    found: dict[int, Decimal] = {}
    for day, amount in paid.order_by().union(shared.order_by(), all=True):
        year = fiscal_year_of(day)
        found[year] = found.get(year, ZERO) + amount
    return found


# ── The whole Fund ───────────────────────────────────────────────────────────────────────────────────────────────────
def secretariat_cost(snapshot: Snapshot) -> Decimal:
    """What the Secretariat itself had cost at the dates of a snapshot: paid from its envelope, or imported."""
    known = {"recorded_at__lte": snapshot.known, "effective_on__lte": snapshot.effective}
    paid = LedgerEntry.objects.filter(envelope__code=EnvelopeCode.SECRETARIAT, kind__in=_PAID, **known)
    sums = (rows.aggregate(total=Sum("amount", default=ZERO))["total"] for rows in (paid, ImportedCost.objects.filter(**known)))
    return sum(sums, ZERO)


def discount_rate(snapshot: Snapshot) -> tuple[Decimal, str]:
    """The yearly discount rate in force at the dates of a snapshot, and its source; no source for the one that stands by default."""
    known = DiscountRate.objects.filter(recorded_at__lte=snapshot.known, valid_from__lte=snapshot.effective)
    found = list(known.order_by("-valid_from", "-pk")[:1])
    rates = [(one.valid_from, one.rate) for one in found]
    return (rate_on(snapshot.effective, rates), found[0].source) if found else (DEFAULT_RATE, "")


def variance_rows(snapshot: Snapshot, reference: str) -> list[Row]:
    """The rows of `variances` of one project, one a fiscal year in order."""
    return list(snapshot.rows.filter(key=reference).order_by("position", "pk").values_list("data", flat=True))


def cohort_rows(snapshot: Snapshot) -> list[Row]:
    """The cohorts, then TOTAL: every project of the Fund, by the fiscal year of its decision."""
    return list(snapshot.rows.order_by("position", "pk").values_list("data", flat=True))


def project_rows(snapshot: Snapshot, members: QuerySet[Project]) -> QuerySet[SnapshotRow]:
    """The rows of some projects, each with its `title`, in the order of the report."""
    title = Project.objects.filter(reference=OuterRef("key")).order_by("pk").values("title")[:1]
    rows = snapshot.rows.filter(key__in=members.values("reference")).annotate(title=Subquery(title))
    return rows.order_by("position", "pk")

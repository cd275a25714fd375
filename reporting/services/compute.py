"""From rows of the database to the rows of a report, as text: the one way, whatever then shows or keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import QuerySet

from projects.models import Project
from projects.services.journal import canonical
from reporting import catalogue
from reporting.catalogue import REPORTS
from reporting.columns import Kind, Report, is_total
from reporting.queries.access import access_rows
from reporting.queries.baseline_rows import baseline_rows
from reporting.queries.commitments import commitment_rows
from reporting.queries.drawdowns import drawdown_rows
from reporting.queries.frames import envelope_ceilings, ledger_rows, portfolio_rows
from reporting.queries.milestones import milestone_rows
from reporting.queries.payments import payment_rows
from reporting.queries.recoveries import recovery_rows
from reporting.queries.renewals import judged_at
from reporting.queries.snapshots import chosen_projects, high_water, snapshot_of
from reporting.queries.variances import explanations_at

Row = dict[str, str]
#: registers of some projects or of all of them, that the database sums by itself
_REGISTERS: Mapping[str, Callable[..., Iterator[Row]]] = {
    catalogue.BASELINES.code: baseline_rows,
    catalogue.COMMITMENTS.code: commitment_rows,
    catalogue.MILESTONES.code: milestone_rows,
    catalogue.PAYMENTS.code: payment_rows,
    catalogue.RECOVERIES.code: recovery_rows,
}


def compute(
    codes: Sequence[str], *, effective: date, known: datetime, projects: QuerySet[Project] | None = None
) -> Iterator[tuple[Report, Iterator[Row]]]:
    """Each report with its rows. Call it inside one transaction of one moment (`one_moment`).

    pandas is imported here and not above: a web process that only shows reports stays small.
    """
    from reporting import analysis

    frames = None
    functions: dict[str, Callable[..., Any]] = {
        "gains": analysis.gains_rows,
        "roi-projects": analysis.roi_projects,
        "gains-by-year": analysis.gains_by_year,
        **{code: partial(analysis.roi_grouped, by=by) for code, by in analysis.GROUPS.items()},
        "variances": lambda frames, **at: analysis.variance_rows(frames, explanations_at(known), **at),
        "renewal": lambda frames, **at: analysis.renewal_rows(frames, judged_at(effective, known), **at),
    }
    for code in codes:
        if code == catalogue.ACCESS.code:
            yield REPORTS[code], access_rows(effective=effective, known=known)
            continue
        if code in _REGISTERS:
            yield REPORTS[code], _REGISTERS[code](effective=effective, known=known, projects=projects)
            continue
        if code == catalogue.DRAWDOWNS.code:
            yield REPORTS[code], drawdown_rows(effective=effective, known=known)
            continue
        if code == catalogue.ENVELOPES.code:
            ledger = analysis.frame("ledger", ledger_rows(known))
            table = analysis.envelope_rows(ledger, ceilings=envelope_ceilings(), effective=effective, known=known)
        else:
            if frames is None:
                frames = analysis.Frames(**{noun: analysis.frame(noun, rows) for noun, rows in portfolio_rows(known, projects).items()})
            table = functions[code](frames, effective=effective, known=known)
        yield REPORTS[code], analysis.records(table)


def rows_of(report: Report, *, effective: date, known: datetime, filters: Mapping[str, str], person: Any = None) -> Iterator[Row]:
    """The rows of a report for a file: kept ones when there are, else computed now. Call it in a transaction.

    When filters or a recusal leave projects out, the report is computed on the others, so that its TOTAL is their own.
    """
    projects = chosen_projects(report, filters, person)
    snapshot = snapshot_of(report.code, effective, known)
    if snapshot is not None and projects is None:
        rows = snapshot.rows.order_by("position", "pk").values_list("data", flat=True).iterator(chunk_size=2_000)
    else:
        rows = next(compute([report.code], effective=effective, known=known, projects=projects))[1]
    return matching(rows, report, filters)


def matching(rows: Iterable[Row], report: Report, filters: Mapping[str, str]) -> Iterator[Row]:
    """The rows whose columns have the values of the filters."""
    asked = [(name, value) for name, value in filters.items() if name in report.matches]
    return (row for row in rows if all(row[name] == value for name, value in asked))


@dataclass
class Content:
    """What identifies a report's rows: their number, the sum of each money column (TOTAL rows apart), one SHA-256."""

    report: Report
    rows: int = 0
    cents: dict[str, int] = field(default_factory=dict)
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, row: Mapping[str, str]) -> str:
        """Take one row in; its canonical line is what is hashed."""
        line = canonical(row)
        self.digest.update(line.encode() + b"\n")
        self.rows += 1
        if not is_total(self.report.key_of(row)):
            for column in self.report.columns:
                if column.kind is Kind.MONEY and row[column.code]:
                    self.cents[column.code] = self.cents.get(column.code, 0) + int(row[column.code].replace(".", ""))
        return line

    @property
    def sha256(self) -> str:
        return str(self.digest.hexdigest())

    @property
    def totals(self) -> dict[str, str]:
        return {name: format(Decimal(cents).scaleb(-2), "f") for name, cents in self.cents.items()}


def manifest(content: Content, *, effective: date, known: datetime, filters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a figure rests on (domain: traceability). No clock and no name in it: the same pair of dates gives the same bytes."""
    report = content.report
    return {
        "code": report.code,
        "number": report.number,
        "version": catalogue.VERSION,
        "effective": effective.isoformat(),
        "known": known.isoformat(),
        "parameters": dict(filters or {}),
        "high_water": high_water(known),
        "rows": content.rows,
        "control_totals": content.totals,
        "sha256": content.sha256,
    }

"""From rows of the database to the rows of a report, as text: the one way, whatever then shows or keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import compress, islice
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from projects.models import Project
from reporting import catalogue
from reporting.catalogue import REPORTS
from reporting.columns import Kind, Report, is_total
from reporting.queries.access import access_rows
from reporting.queries.baseline_rows import baseline_rows
from reporting.queries.commitments import commitment_rows
from reporting.queries.drawdowns import drawdown_rows
from reporting.queries.frames import envelope_ceilings, ledger_rows, portfolio_rows
from reporting.queries.gain_columns import gain_columns
from reporting.queries.milestones import milestone_rows
from reporting.queries.payments import payment_rows
from reporting.queries.recoveries import recovery_rows
from reporting.queries.renewals import judged_at
from reporting.queries.snapshots import FACTS, chosen_projects, high_water, kept_rows, snapshot_of
from reporting.queries.variances import explanations_at

Row = dict[str, str]
_CHUNK = 2_000
#: registers of some projects or of all of them, that the database sums by itself
_REGISTERS: Mapping[str, Callable[..., Iterator[Row]]] = {
    catalogue.BASELINES.code: baseline_rows,
    catalogue.COMMITMENTS.code: commitment_rows,
    catalogue.MILESTONES.code: milestone_rows,
    catalogue.PAYMENTS.code: payment_rows,
    catalogue.RECOVERIES.code: recovery_rows,
}


def compute(
    codes: Sequence[str], *, effective: date, known: datetime, projects: QuerySet[Project] | None = None, frames: Any = None
) -> Iterator[tuple[Report, Iterator[Row]]]:
    """Each report with its rows, from `frames` when they are read already. Call it inside one transaction of one moment (`one_moment`).

    pandas is imported here and not above: a web process that only shows reports stays small.
    """
    from reporting import analysis

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
                frames = frames_at(known, projects)
            table = functions[code](frames, effective=effective, known=known)
        yield REPORTS[code], analysis.records(table)


def frames_at(known: datetime, projects: QuerySet[Project] | None = None) -> Any:
    """What the reports of gains and returns read, known by an instant: `analysis.Frames`, of all the projects or of some."""
    from reporting import analysis

    tables = {noun: analysis.frame(noun, rows) for noun, rows in portfolio_rows(known, projects).items()}
    return analysis.Frames(gains=analysis.gain_rows(gain_columns(known, projects)), **tables)


def rows_of(report: Report, *, effective: date, known: datetime, filters: Mapping[str, str], person: Any = None) -> Iterator[Row]:
    """The rows of a report for a file: kept ones when there are, else computed now. Call it in a transaction.

    When filters or a recusal leave projects out, the report is computed on the others, so that its TOTAL is their own.
    """
    projects = chosen_projects(report, filters, person)
    snapshot = snapshot_of(report.code, effective, known)
    if snapshot is not None and projects is None:
        rows = kept_rows(snapshot)
    else:
        rows = next(compute([report.code], effective=effective, known=known, projects=projects))[1]
    return matching(rows, report, filters)


def matching(rows: Iterable[Row], report: Report, filters: Mapping[str, str]) -> Iterator[Row]:
    """The rows whose columns have the values of the filters; without a TOTAL that would say what other rows amount to."""
    asked = [(name, value) for name, value in filters.items() if name in report.matches]
    found = (row for row in rows if all(row[name] == value for name, value in asked))
    return found if report.keeps_total(filters) else (row for row in found if not is_total(report.key_of(row)))


class Content:
    """What identifies a report's rows: their number, the sum of each money column (TOTAL rows apart), one SHA-256.

    Of a report `by_key`, whose rows come key by key, it is that of one line for each key: the key, a space, the SHA-256 of its rows.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.rows = 0
        self.cents: dict[str, int] = {}
        self._digest = hashlib.sha256()
        self._key: str | None = None
        self._of_key = hashlib.sha256()
        self._names = sorted(column.code for column in report.columns)
        self._values = itemgetter(*self._names)
        self._line = f"{{{','.join(f'{encode_basestring(name)}:%s' for name in self._names)}}}"
        self._money = [column.code for column in report.columns if column.kind is Kind.MONEY]

    def take(self, rows: Iterable[Row]) -> Iterator[tuple[Row, str, str]]:
        """Take rows in as they come, some at a time. Gives each, its key, and its line: its canonical JSON, which is what is hashed."""
        source = iter(rows)
        while chunk := list(islice(source, _CHUNK)):
            columns = dict(zip(self._names, zip(*map(self._values, chunk), strict=True), strict=True))
            lines = list(map(self._line.__mod__, zip(*(map(encode_basestring, column) for column in columns.values()), strict=True)))
            keys = [*map(":".join, zip(*(columns[name] for name in self.report.key), strict=True))]
            self._hash(keys, lines)
            self.rows += len(chunk)
            counted = [not is_total(key) for key in keys]
            for name in self._money:
                cents = [int(text.replace(".", "")) for text in compress(columns[name], counted) if text]
                if cents:
                    self.cents[name] = self.cents.get(name, 0) + sum(cents)
            yield from zip(chunk, keys, lines, strict=True)

    def add_key(self, key: str, *, rows: int, sha256: str, cents: Mapping[str, int]) -> None:
        """Take in all the rows of a key at once, by what is known of them."""
        self.rows += rows
        for name, amount in cents.items():
            self.cents[name] = self.cents.get(name, 0) + amount
        self._digest.update(_key_line(key, sha256))

    def _hash(self, keys: list[str], lines: list[str]) -> None:
        if not self.report.by_key:
            self._digest.update(("\n".join(lines) + "\n").encode())
            return
        for key, line in zip(keys, lines, strict=True):
            if key != self._key:
                self._digest = self._closed()
                self._key, self._of_key = key, hashlib.sha256()
            self._of_key.update(line.encode() + b"\n")

    def _closed(self) -> Any:
        """The digest with the key under way in it."""
        digest = self._digest.copy()
        if self._key is not None:
            digest.update(_key_line(self._key, self._of_key.hexdigest()))
        return digest

    @property
    def sha256(self) -> str:
        return str(self._closed().hexdigest())

    @property
    def totals(self) -> dict[str, str]:
        return {name: format(Decimal(cents).scaleb(-2), "f") for name, cents in self.cents.items()}


def _key_line(key: str, sha256: str) -> bytes:
    return f"{key} {sha256}\n".encode()


def manifest(
    content: Content,
    *,
    effective: date,
    known: datetime,
    filters: Mapping[str, str] | None = None,
    marks: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """What a figure rests on (domain: traceability). No clock and no name in it: the same pair of dates gives the same bytes.

    `marks`: the `high_water` of that instant, when it is known already.
    """
    marks = _marks(content, effective, known) if marks is None else marks
    report = content.report
    return {
        "code": report.code,
        "number": report.number,
        "version": catalogue.VERSION,
        "effective": effective.isoformat(),
        "known": known.isoformat(),
        "parameters": dict(filters or {}),
        "high_water": dict(marks),
        "rows": content.rows,
        "control_totals": content.totals,
        "sha256": content.sha256,
    }


def _marks(content: Content, effective: date, known: datetime) -> Mapping[str, int]:
    """The marks that were kept with these very rows: history that came later, known by then, is not in them. Else those of today."""
    kept = snapshot_of(content.report.code, effective, known)
    if kept is None or kept.sha256 != content.sha256:
        return high_water(known)
    return {name: kept.manifest["high_water"][name] for name in FACTS if name in kept.manifest["high_water"]}

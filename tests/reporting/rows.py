"""Rows of small portfolios, in the order of `reporting.analysis.COLUMNS`; amounts are given in dollars."""

from datetime import UTC, date, datetime
from decimal import Decimal

from reporting import analysis, rules

LATE = datetime(2040, 1, 1, tzinfo=UTC)


def frames_of(rows):
    return analysis.Frames(**{noun: analysis.frame(noun, found) for noun, found in rows.items()})


def project_row(
    code="P1", *, status="active", decided=date(2024, 5, 1), signed=date(2024, 6, 1), starts=date(2024, 4, 1), ends=None, region="06"
):
    return (code, "AP-1", "ORG", region, status, decided, signed, starts, ends)


def payment_row(dollars, on, *, project="P1", kind="payment"):
    reference = f"{project} {kind} {on} {dollars}"
    return (project, kind, int(Decimal(dollars) * 100), on, rules.end_of_day(on), rules.fiscal_year_of(on), reference)


def cofunding_row(dollars, on, *, project="P1", in_kind=False):
    return (project, int(Decimal(dollars) * 100), in_kind, on, rules.end_of_day(on))


def gain_row(
    dollars, start, end, *, project="P1", line="L1", nature="CASH", recurrence="recurrent", stage="verified", recorded=None, row=0
):
    return (project, line, nature, recurrence, stage, start, end, int(Decimal(dollars) * 100), recorded or rules.end_of_day(end), row)


def records_of(rows, *, effective=date(2035, 1, 1), known=LATE):
    report = analysis.records(analysis.roi_projects(frames_of(rows), effective=effective, known=known))
    return {record["project"]: record for record in report}


def row_of(rows, *, effective=date(2035, 1, 1), known=LATE, project="P1"):
    return records_of(rows, effective=effective, known=known)[project]

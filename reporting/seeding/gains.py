"""Gains reported, verified and captured: 25 rows a project, over two lines and six periods, each stage known at its own instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from fondsinnovation.kit.money import ZERO, fiscal_year_of, round_cents
from projects.enums import DocumentKind, Nature, Stage
from projects.models import Document, GainLine
from projects.services.journal import canonical, next_numbers, note_money, sha256
from reporting.enums import Assurance, GainReportState, Maturity, Point, Rating
from reporting.models import Gain, GainMeasure, GainReport, GainVerification, IndicatorMeasure
from reporting.policies.gains import CAPTURABLE
from reporting.seeding.copying import Sheaf
from reporting.seeding.payments import evidence_of
from reporting.seeding.plans import measured
from reporting.seeding.story import SEED, File, Story, at
from reporting.seeding.words import ANSWERS, PARTLY, REJECTED
from reporting.services.gain_rows import METHOD_VERSION, gain_facts
from reporting.services.verification import Answer, fields_of

#: days after the end of a period: reported, co-signed, verified; and after that, captured
REPORTED, COSIGNED, VERIFIED, CAPTURED = 18, 21, 36, 30
#: of a line that can be captured: periods examined, and captured
EXAMINED, TAKEN = 5, 3
_S = GainReportState


def number_gains(story: Story) -> Iterator[str]:
    """A number for each report, in the year in which it is written."""
    count = sum(len(_periods(story, file, line)) for file in story.projects for line in (0, 1))
    yield from next_numbers(f"GAIN-{story.now.year}", count, width=6 if count > 99_999 else 5)


def write_gains(story: Story, sheaf: Sheaf, files: list[File], numbers: Iterator[str], *, budget: dict[str, Any]) -> None:
    """The reports of some projects and the rows of their stages."""
    for file in files:
        evidence_of(story, sheaf, file)
        file.rows["budget"] = sheaf.add(
            Document,
            project=file.rows["project"],
            kind=DocumentKind.BUDGET,
            uploaded_by=story.cast.controller,
            uploaded_at=story.now,
            **budget,
        )
        random = Random(f"{SEED}/gains/{file.round.first_year}/{file.place}")  # noqa: S311 — a story, not a secret
        for index, line in enumerate(file.rows["lines"]):
            for place, period in enumerate(_periods(story, file, index)):
                report = _write_report(story, sheaf, file, line, place, period, next(numbers), random)
                _write_measure(sheaf, file, report, index)
                _write_stages(story, sheaf, file, report, corrected=bool(index) and place == 1)


def _periods(story: Story, file: File, index: int) -> list[tuple[date, date]]:
    """A project that can be captured reports six periods of its saving and five of its expense; another one, six of both."""
    whole = [period for period in file.round.periods if at(period[1], 9) + timedelta(days=COSIGNED) <= story.now]
    return whole[:EXAMINED] if index and file.nature in CAPTURABLE else whole


def _amount(file: File, line: GainLine, period: tuple[date, date], random: Random) -> Decimal:
    """A share of the fiscal year's forecast, more or less what was promised."""
    yearly = file.promised(-file.expense if line.nature == Nature.COST else file.yearly, fiscal_year_of(period[0]))
    months = (period[1].month - period[0].month) % 12 + 1
    return round_cents(yearly * months / 12 * random.randint(700, 1150) / 1000)


def _write_report(
    story: Story, sheaf: Sheaf, file: File, line: GainLine, place: int, period: tuple[date, date], number: str, random: Random
) -> GainReport:
    """One report, as far as its calendar and the nature of its line have taken it."""
    ended, amount = at(period[1], 9), _amount(file, line, period, random)
    verified_at = ended + timedelta(days=VERIFIED)
    captured_at = verified_at + timedelta(days=CAPTURED)
    captured = line.nature in CAPTURABLE and place < TAKEN and captured_at <= story.now
    values: dict[str, Any] = {"state": _S.SUBMITTED}
    if (place < EXAMINED or file.nature not in CAPTURABLE) and verified_at <= story.now:
        values = _finding(amount, random, captured=captured)
        values |= {"verified_by": story.cast.verifier, "verified_at": verified_at, "method_version": METHOD_VERSION}
    if captured:
        values |= {
            "state": _S.CAPTURED, "captured_by": story.cast.controller, "captured_at": captured_at,
            "captured_amount": values["verified_amount"], "budget_document": file.rows["budget"],
        }  # fmt: skip
    report: GainReport = sheaf.add(
        GainReport,
        project=file.rows["project"],
        line=line,
        number=number,
        period_start=period[0],
        period_end=period[1],
        amount=amount,
        maturity=Maturity.FINAL,
        method="Relevé des unités traitées et de leur coût, comparé à la situation de départ.",
        evidence=file.rows["evidence"],
        reported_by=file.applicant.writer,
        reported_at=ended + timedelta(days=REPORTED),
        cosigned_by=file.applicant.finance,
        cosigned_at=ended + timedelta(days=COSIGNED),
        **values,
    )
    return report


def _write_measure(sheaf: Sheaf, file: File, report: GainReport, index: int) -> None:
    """What the report measured: the service got a little faster."""
    found = measured(report.line, file.rows["baselines"][index], report.amount, report.period_start, report.period_end)
    by = {"recorded_at": report.cosigned_at, "recorded_by": report.reported_by}
    row = sheaf.add(GainMeasure, report=report, **found.figures(), **by)
    if indicator := file.rows["indicators"][index]:
        value = indicator.reference - 1 - (file.place + report.period_end.month) % 4
        sheaf.add(IndicatorMeasure, measure=row, indicator=indicator, value=value)


def _write_stages(story: Story, sheaf: Sheaf, file: File, report: GainReport, *, corrected: bool) -> None:
    """The rows that every figure sums; a report that was returned came back with another amount, and both stay."""
    rows = [(Stage.REPORTED, report.amount, report.cosigned_at), (Stage.VERIFIED, report.verified_amount, report.verified_at)]
    rows.append((Stage.CAPTURED, report.captured_amount, report.captured_at))
    if corrected and report.cosigned_at:
        rows.insert(0, (Stage.REPORTED, round_cents(report.amount * Decimal("0.8")), report.cosigned_at - timedelta(days=2)))
    for stage, amount, recorded_at in rows:
        if amount is not None and recorded_at is not None:
            _write_gain(story, sheaf, file, report, stage, amount, recorded_at)


def _finding(amount: Decimal, random: Random, *, captured: bool) -> dict[str, Any]:
    """What the verifier accepts: most of the time all of it, sometimes a part, now and then nothing."""
    chance = random.random()
    if chance < 0.06 and not captured:
        return {"state": _S.REJECTED, "verified_amount": ZERO, "rating": Rating.RED, "reason": REJECTED}
    if chance < 0.28:
        part = round_cents(amount * Decimal("0.85"))
        return {"state": _S.PARTLY_VERIFIED, "verified_amount": part, "rating": Rating.AMBER, "reason": PARTLY}
    return {"state": _S.VERIFIED, "verified_amount": amount, "rating": Rating.GREEN}


def _write_gain(story: Story, sheaf: Sheaf, file: File, report: GainReport, stage: Stage, amount: Decimal, recorded_at: datetime) -> None:
    by = {Stage.REPORTED: file.applicant.finance, Stage.VERIFIED: story.cast.verifier, Stage.CAPTURED: story.cast.controller}[stage]
    document = file.rows["budget" if stage == Stage.CAPTURED else "evidence"]
    row = sheaf.new(
        Gain,
        project=report.project,
        line=report.line,
        report=report,
        stage=stage,
        period_start=report.period_start,
        period_end=report.period_end,
        amount=amount,
        evidence=f"sha256:{document.sha256}",
        method_version=METHOD_VERSION if stage == Stage.VERIFIED else "",
        maturity=report.maturity if stage == Stage.REPORTED else "",
        rating=report.rating if stage == Stage.VERIFIED else "",
        recorded_at=recorded_at,
        recorded_by=by,
    )
    row.sha256 = sha256(canonical(gain_facts(row)))
    note_money([sheaf.keep(row)])
    if stage == Stage.VERIFIED:
        _write_verification(sheaf, report, row)


def _write_verification(sheaf: Sheaf, report: GainReport, row: Gain) -> None:
    """What was answered on the five points: a part is refused for its valuation, the whole for its validation."""
    missing = {GainReportState.REJECTED: Point.VALIDATION, GainReportState.PARTLY_VERIFIED: Point.VALUATION}
    doubt = missing.get(GainReportState(report.state))
    said = {Rating.GREEN: Assurance.SUBSTANTIAL, Rating.AMBER: Assurance.MODERATE, Rating.RED: Assurance.UNSATISFACTORY}
    answers = {point: Answer(point != doubt, ANSWERS[point]) for point in Point}
    sheaf.add(
        GainVerification,
        report=report,
        gain=row,
        version=1,
        reported=report.amount,
        accepted=row.amount,
        rating=report.rating,
        assurance=said[Rating(report.rating)],
        reason=report.reason,
        verified_by=report.verified_by,
        verified_at=report.verified_at,
        **fields_of(answers),
    )

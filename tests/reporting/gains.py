"""A project whose gains can be reported, and the people who take a report from one stage to the next."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from projects.enums import ApplicationState, Nature, Role
from projects.models import Baseline, ForecastGain, GainLine, GainPlan, Project
from reporting.enums import Point
from reporting.models import GainReport, GainRestatement
from reporting.services import gains as acts
from reporting.services.restatements import cosign_restatement, restate_gain
from reporting.services.verification import Answer
from tests.factories import NOW, ApplicationFactory, agreement_in_force, person_with, upload

START, END = date(2026, 4, 1), date(2026, 9, 30)
AMOUNT = Decimal("40000.00")


def project_with_line(baseline: dict[str, int] | None = None, *, forecast: Decimal | None = None, **line: Any) -> tuple[Project, GainLine]:
    """A project that began on 1 April 2026, and the one line of its locked plan; `forecast`: of its first half-year too."""
    application = ApplicationFactory(state=ApplicationState.CONVERTED)
    lines = GainLine.objects.filter(plan=GainPlan.objects.get(application=application))
    if forecast is not None:
        known = application.submitted_at
        ForecastGain.objects.create(line=lines.get(), period_start=START, period_end=END, amount=forecast, recorded_at=known)
    if baseline:
        Baseline.objects.filter(line__in=lines).update(**baseline)
    lines.update(**line)
    project = agreement_in_force(application).project
    Project.objects.filter(pk=project.pk).update(starts_on=START)
    project.refresh_from_db()
    return project, GainLine.objects.get(plan__project=project)


OPINION = {"rating": "green", "assurance": "substantial"}


def posted_answers(*not_shown: Point) -> dict[str, str]:
    """The five points and the assurance as the page sends them."""
    said = {point.value: "no" if point in not_shown else "yes" for point in Point}
    return {**said, **{f"{point.value}_comment": "Factures rapprochées" for point in Point}, "assurance": "moderate"}


def answers(*not_shown: Point) -> dict[Point, Answer]:
    """The five points, each with its comment; all shown but those named."""
    return {point: Answer(point not in not_shown, f"{point.label} : factures rapprochées") for point in Point}


class Team:
    """The writer and the finance respondent of a project's organisation, a verifier and a controller."""

    def __init__(self, nature: str = Nature.CASH, **line: Any) -> None:
        self.project, self.line = project_with_line(nature=nature, **line)
        self.organisation = self.project.organisation
        self.writer = person_with(Role.WRITER, organisation=self.organisation)
        self.finance = person_with(Role.FINANCE_RESPONDENT, organisation=self.organisation)
        self.verifier = person_with(Role.GAIN_VERIFIER)
        self.controller = person_with(Role.CONTROLLER)

    def report(self, **given: Any) -> GainReport:
        values = {
            "line_id": self.line.pk,
            "period_start": START,
            "period_end": END,
            "amount": AMOUNT,
            "method": "Factures comparées",
            "evidence": upload(),
            "actor": self.writer,
            "now": NOW,
            **given,
        }
        return acts.report_gain(**values)

    def submitted(self, **given: Any) -> GainReport:
        at = given.pop("cosigned", NOW)
        return acts.cosign_gain(report_id=self.report(**given).pk, actor=self.finance, now=at)

    def verify(self, report: GainReport, amount: Decimal = AMOUNT, **given: Any) -> GainReport:
        values = {**OPINION, "answers": answers(), "reason": "", "actor": self.verifier, "now": NOW, **given}
        return acts.verify_gain(report_id=report.pk, amount=amount, **values)

    def verified(self, amount: Decimal = AMOUNT, **given: Any) -> GainReport:
        return self.verify(self.submitted(), amount, **given)

    def verified_of(self, start: date, end: date) -> GainReport:
        return self.verify(self.submitted(period_start=start, period_end=end))

    def reject(self, report: GainReport, **given: Any) -> GainReport:
        values = {"answers": answers(Point.VALIDATION), "reason": "Aucune preuve", "actor": self.verifier, "now": NOW, **given}
        return acts.reject_gain(report_id=report.pk, **values)

    def restate(self, report: GainReport, amount: Decimal, **given: Any) -> GainRestatement:
        values = {
            "maturity": "final",
            "method": "Recalcul",
            "reason": "Facture oubliée",
            "evidence": None,
            "actor": self.writer,
            "now": NOW,
        }
        return restate_gain(report_id=report.pk, amount=amount, **{**values, **given})

    def restated(self, report: GainReport, amount: Decimal, **given: Any) -> GainReport:
        """Restated and co-signed: to be verified again."""
        restatement = self.restate(report, amount, **given)
        cosign_restatement(restatement_id=restatement.pk, actor=self.finance, now=given.get("now", NOW))
        report.refresh_from_db()
        return report

    def capture(self, report: GainReport, amount: Decimal = AMOUNT, **given: Any) -> GainReport:
        values = {"document": upload("budget.pdf"), "actor": self.controller, "now": NOW, **given}
        return acts.capture_gain(report_id=report.pk, amount=amount, **values)

"""A project whose gains can be reported, and the people who take a report from one stage to the next."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from projects.enums import ApplicationState, Nature, Role
from projects.models import GainLine, GainPlan, Project
from reporting.models import GainReport
from reporting.services import gains as acts
from tests.factories import NOW, ApplicationFactory, agreement_in_force, person_with, upload

START, END = date(2026, 4, 1), date(2026, 9, 30)
AMOUNT = Decimal("40000.00")


def project_with_line(**line: Any) -> tuple[Project, GainLine]:
    """A project that began on 1 April 2026, and the one line of its locked plan."""
    application = ApplicationFactory(state=ApplicationState.CONVERTED)
    GainLine.objects.filter(plan=GainPlan.objects.get(application=application)).update(**line)
    project = agreement_in_force(application).project
    Project.objects.filter(pk=project.pk).update(starts_on=START)
    project.refresh_from_db()
    return project, GainLine.objects.get(plan__project=project)


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
        return acts.cosign_gain(report_id=self.report(**given).pk, actor=self.finance, now=NOW)

    def verify(self, report: GainReport, amount: Decimal = AMOUNT, **given: Any) -> GainReport:
        values = {"rating": "green", "reason": "", "actor": self.verifier, "now": NOW, **given}
        return acts.verify_gain(report_id=report.pk, amount=amount, **values)

    def verified(self, amount: Decimal = AMOUNT, **given: Any) -> GainReport:
        return self.verify(self.submitted(), amount, **given)

    def capture(self, report: GainReport, amount: Decimal = AMOUNT, **given: Any) -> GainReport:
        values = {"document": upload("budget.pdf"), "actor": self.controller, "now": NOW, **given}
        return acts.capture_gain(report_id=report.pk, amount=amount, **values)

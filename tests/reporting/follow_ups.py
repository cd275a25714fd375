"""An agreement with its calendar of reports, and the people who take a report from its draft to its verification."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from funding.models import Agreement
from projects.enums import FiscalCalendar, Role
from projects.models import Objective, Organisation
from reporting.enums import FollowUpKind, FollowUpPart
from reporting.models import FollowUpReport
from reporting.queries.follow_ups import sections_of
from reporting.services import follow_ups as acts
from reporting.services.follow_up_calendar import schedule_follow_ups
from tests.factories import NOW, agreement_in_force, person_with, upload

#: the agreement runs from 1 December 2026 to 31 March 2027: its one report is final, due on 30 May 2027
START, END, DUE = date(2026, 12, 1), date(2027, 3, 31), date(2027, 5, 30)
TYPED: dict[str, dict[str, str]] = {
    FollowUpPart.PROGRESS: {"done": "Livré", "gaps": "Aucun écart", "next": "Former le personnel"},
    FollowUpPart.COSTS: {"spent_fees": "98 500,25", "explanation": ""},
    FollowUpPart.GAINS: {"comment": "Comme prévu"},
    FollowUpPart.EQUITY: {"analysis": "Mêmes effets pour tous", "measures": "Aucune", "group_1": "Femmes", "count_1": "120"},
    FollowUpPart.LESSONS: {"worked": "Le prototype", "failed": "La formation tardive", "advice": "Commencer petit"},
}


def at(day: date, hours: int = 12) -> datetime:
    """Some hours after midnight in Montréal, give or take."""
    return datetime.combine(day, datetime.min.time(), tzinfo=NOW.tzinfo) + timedelta(hours=hours + 5)


class Recipient:
    """A writer and a finance respondent of the organisation of an agreement, an officer and a director of the Secretariat."""

    def __init__(self, *, calendar: str = FiscalCalendar.STATE, now: datetime = NOW, **agreement: Any) -> None:
        self.agreement: Agreement = agreement_in_force(**agreement)
        self.project = self.agreement.project
        self.organisation = self.project.organisation
        Organisation.objects.filter(pk=self.organisation.pk).update(fiscal_calendar=calendar)
        self.writer = person_with(Role.WRITER, organisation=self.organisation)
        self.finance = person_with(Role.FINANCE_RESPONDENT, organisation=self.organisation)
        self.officer, self.director = person_with(Role.OFFICER), person_with(Role.DIRECTOR)
        self.schedule(now)

    def schedule(self, now: datetime = NOW) -> None:
        schedule_follow_ups(agreement_id=self.agreement.pk, actor=None, now=now)

    @property
    def reports(self) -> list[FollowUpReport]:
        return list(FollowUpReport.objects.filter(agreement=self.agreement).order_by("period_start", "pk"))

    @property
    def final(self) -> FollowUpReport:
        return FollowUpReport.objects.get(agreement=self.agreement, kind=FollowUpKind.CLOSING)

    def save(self, report: FollowUpReport, kind: str, typed: dict[str, str] | None = None, version: int = 0, **given: Any) -> Any:
        values = {"actor": self.writer, "now": at(report.period_end + timedelta(days=10)), **given}
        return acts.save_follow_up_section(
            report_id=report.pk, kind=FollowUpPart(kind), typed=TYPED[kind] if typed is None else typed, version=version, **values
        )

    def typed_objectives(self, value: str = "42") -> dict[str, str]:
        actuals = {f"actual_{pk}": value for pk in Objective.objects.filter(call=self.project.call).values_list("pk", flat=True)}
        return {"measured_on": "2027-03-31", "comment": "", **actuals}

    def fill(self, report: FollowUpReport) -> FollowUpReport:
        """Every section that is required, and a file of a final report."""
        for part, required, _saved in sections_of(report):
            if required:
                typed = self.typed_objectives() if part.kind == FollowUpPart.OBJECTIVES else TYPED[part.kind]
                self.save(report, part.kind, typed)
        if report.kind == FollowUpKind.CLOSING:
            acts.attach_to_follow_up(report_id=report.pk, file=upload(), actor=self.writer, now=at(report.period_end, 200))
        report.refresh_from_db()
        return report

    def sign(self, report: FollowUpReport, **given: Any) -> FollowUpReport:
        return acts.submit_follow_up(
            **{"report_id": report.pk, "actor": self.writer, "now": at(report.period_end + timedelta(days=20)), **given}
        )

    def cosign(self, report: FollowUpReport, **given: Any) -> FollowUpReport:
        return acts.cosign_follow_up(
            **{"report_id": report.pk, "actor": self.finance, "now": at(report.period_end + timedelta(days=21)), **given}
        )

    def submitted(self, report: FollowUpReport, **given: Any) -> FollowUpReport:
        return self.cosign(self.sign(self.fill(report), **given), **given and {"now": given["now"]})

    def verify(self, report: FollowUpReport, **given: Any) -> FollowUpReport:
        return acts.verify_follow_up(
            **{"report_id": report.pk, "actor": self.officer, "now": at(report.period_end + timedelta(days=30)), **given}
        )

    def verified(self, report: FollowUpReport) -> FollowUpReport:
        return self.verify(self.submitted(report))

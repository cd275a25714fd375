"""What became of the gains of a demonstration, through the acts of the pages: measured, contested, restated, shared, explained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from fondsinnovation.kit.money import ZERO, fiscal_year_of, round_cents
from projects.demo import ACCOUNTS
from projects.enums import Nature, Role
from projects.models import ForecastGain, GainLine, Membership, Objective, Project, User
from projects.services.baselines import ask_baseline, decide_baseline
from reporting.enums import Assurance, GainReportState, Maturity, Point, Rating, VarianceCause
from reporting.models import GainReport
from reporting.seeding.live import _file
from reporting.seeding.plans import measured
from reporting.seeding.words import ANSWERS, PARTLY
from reporting.services.gains import cosign_gain, report_gain, verify_gain
from reporting.services.objectives import record_results
from reporting.services.restatements import cosign_restatement, restate_gain
from reporting.services.sharing import report_shared_gain, share_gain
from reporting.services.variances import explain_variance
from reporting.services.verification import Answer

#: the acts begin so many days before the demonstration, on projects that were signed well before
DAYS, OLD = 20, 200
METHOD = "Relevé des unités traitées et de leur coût, comparé à la situation de départ."
#: of a service whose reference is 20 days, with 3 more tolerated
FASTER, SLOWER = Decimal(18), Decimal(26)


def add_returns(*, now: datetime) -> list[Project]:
    """Tell what became of the gains of a few old projects, those of the demonstration's own organisations first.

    Gives those that save and are not contested, the oldest call first.
    """
    told = Returns(now)
    lines = told.lines()
    saving = [line for line in lines if line.nature == Nature.CASH]
    for line, tell in zip(saving, (told.set_anew, told.get_worse, told.wait), strict=False):
        tell(line)
    told.restate(lines)
    told.share(saving[3:])
    sound = [line for line in saving if line not in saving[1:2]]  # the second one is contested
    projects = list(dict.fromkeys(project_of(line) for line in sorted(sound, key=lambda line: project_of(line).call_id)))
    told.explain(projects[:2])
    told.reach(projects[:2])
    return projects


class Returns:
    """The accounts, and a clock that each act moves forward."""

    def __init__(self, now: datetime) -> None:
        by_email = {person.email: person for person in User.objects.filter(email__in=[account.email for account in ACCOUNTS])}
        self.staff = {account.role: by_email[account.email] for account in reversed(ACCOUNTS)}
        self.end, self.now = now, now - timedelta(days=DAYS)

    def act(self, actor: User) -> dict[str, Any]:
        """Who acts and when: each act comes a while after the one before, and none in the future."""
        self.now = min(self.now + timedelta(hours=3), self.end)
        return {"actor": actor, "now": self.now}

    def by(self, role: Role) -> dict[str, Any]:
        return self.act(self.staff[role])

    def of(self, project: Project, role: Role) -> dict[str, Any]:
        members = Membership.objects.filter(organisation=project.organisation_id, role=role).select_related("person")
        return self.act(members.order_by("pk")[0].person)

    def lines(self) -> list[GainLine]:
        """The savings of the old projects that report gains."""
        ours = {account.organisation for account in ACCOUNTS}
        old = timezone.localdate(self.end) - timedelta(days=OLD)
        rows = GainLine.objects.filter(code="L1", plan__project__signed_on__lt=old, plan__project__imported_at=None, reports__isnull=False)
        found = rows.distinct().select_related("plan__project__organisation", "plan__project__call", "baseline").order_by("pk")
        return sorted(found, key=lambda line: (line.organisation_id and project_of(line).organisation.code not in ours, line.pk))

    # ── Measures and baselines ───────────────────────────────────────────────────────────────────────────────────────
    def set_anew(self, line: GainLine) -> None:
        """A baseline set anew and accepted; the month after is verified in part, with one point that is not shown."""
        version = self.ask(
            line, "Un service de plus passe par le même bureau : le coût et le volume de départ le comptent.", "1.05", "1.08"
        )
        decide_baseline(version_id=version, accepted=True, reason="", **self.by(Role.ADVISER))
        report = self.report(line, FASTER)
        cosign_gain(report_id=report.pk, **self.of(report.project, Role.FINANCE_RESPONDENT))
        answers = {point: Answer(point != Point.VALUATION, said) for point, said in ANSWERS.items()}
        verify_gain(
            report_id=report.pk, amount=round_cents(report.amount * Decimal("0.9")), rating=Rating.AMBER, assurance=Assurance.MODERATE,
            answers=answers, reason=PARTLY, **self.by(Role.GAIN_VERIFIER),
        )  # fmt: skip

    def get_worse(self, line: GainLine) -> None:
        """A baseline that waits for its decision, and a service that got worse: the line is contested."""
        self.ask(line, "Les tarifs du fournisseur ont augmenté pour tous : le coût de départ doit suivre.", "1.04", "1")
        report = self.report(line, SLOWER)
        cosign_gain(report_id=report.pk, **self.of(report.project, Role.FINANCE_RESPONDENT))

    def wait(self, line: GainLine) -> None:
        """A month that waits for its verification."""
        report = self.report(line, FASTER)
        cosign_gain(report_id=report.pk, **self.of(report.project, Role.FINANCE_RESPONDENT))

    def ask(self, line: GainLine, reason: str, dearer: str, busier: str) -> int:
        start, _end = self.month(line)
        signed = line.baseline
        version = ask_baseline(
            line_id=line.pk, cost=round_cents(signed.cost * Decimal(dearer)), volume=round_cents(signed.volume * Decimal(busier)),
            period_start=signed.period_start, period_end=signed.period_end, source="États financiers, colonnes redressées", reason=reason,
            effective_on=start, **self.of(project_of(line), Role.FINANCE_RESPONDENT),
        )  # fmt: skip
        return version.pk

    def report(self, line: GainLine, delay: Decimal) -> GainReport:
        """The month after the last one reported, with what was measured."""
        start, end = self.month(line)
        amount = self.monthly(line, start)
        measures = measured(line, line.baseline, amount, start, end, delay)
        return report_gain(
            line_id=line.pk, period_start=start, period_end=end, amount=amount, method=METHOD, maturity=Maturity.FINAL, measures=measures,
            evidence=_file("releve.pdf", "Relevé mensuel"), **self.of(project_of(line), Role.WRITER),
        )  # fmt: skip

    def month(self, line: GainLine) -> tuple[date, date]:
        last = line.reports.order_by("-period_end")[0].period_end
        start = last + timedelta(days=1)
        return start, (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)

    def monthly(self, line: GainLine, day: date) -> Decimal:
        forecast = ForecastGain.objects.filter(line=line, period_start__lte=day, period_end__gte=day).order_by("-recorded_at", "-pk")
        return round_cents(next((row.amount for row in forecast), ZERO) / 12)

    # ── Another amount ───────────────────────────────────────────────────────────────────────────────────────────────
    def restate(self, lines: Sequence[GainLine]) -> None:
        """One gain that was verified again after its restatement, and one that waits for it."""
        rows = GainReport.objects.filter(line__in=lines, state=GainReportState.VERIFIED, maturity=Maturity.FINAL)
        by_project = {report.project_id: report for report in rows.select_related("project", "line__baseline").order_by("-pk")}
        for number, report in enumerate(list(by_project.values())[:2]):
            amount = round_cents(report.amount * Decimal("0.93"))
            measures = measured(report.line, report.line.baseline, amount, report.period_start, report.period_end, FASTER)
            restated = restate_gain(
                report_id=report.pk, amount=amount, maturity=Maturity.FINAL, method=METHOD, measures=measures,
                reason="Une facture de l’exercice est arrivée après la déclaration.", evidence=_file("facture.pdf", "Facture tardive"),
                **self.of(report.project, Role.WRITER),
            )  # fmt: skip
            cosign_restatement(restatement_id=restated.pk, **self.of(report.project, Role.FINANCE_RESPONDENT))
            if number == 0:
                answers = {point: Answer(ok=True, comment=said) for point, said in ANSWERS.items()}
                verify_gain(
                    report_id=report.pk, amount=restated.amount, rating=Rating.GREEN, assurance=Assurance.SUBSTANTIAL, answers=answers,
                    reason="", **self.by(Role.GAIN_VERIFIER),
                )  # fmt: skip

    # ── Several projects ─────────────────────────────────────────────────────────────────────────────────────────────
    def share(self, lines: Sequence[GainLine]) -> None:
        """Two projects of two organisations that save together, and a month that they measured together."""
        for place, first in enumerate(lines):
            others = [line for line in lines[place + 1 :] if line.organisation_id != first.organisation_id]
            together = [line for line in others if self.month(line) == self.month(first)]
            if together:
                self.share_between(first, together[0])
                return

    def share_between(self, first: GainLine, second: GainLine) -> None:
        sharing = share_gain(
            title="Comptoir commun de deux organismes", shares={first.pk: Decimal("0.6"), second.pk: Decimal("0.4")},
            reason="Les clés suivent les volumes traités pour chacun, selon l’entente de partenariat.", **self.by(Role.OFFICER),
        )  # fmt: skip
        start, end = self.month(first)
        report_shared_gain(
            sharing_id=sharing.pk, period_start=start, period_end=end, amount=self.monthly(first, start) + self.monthly(second, start),
            method=METHOD, maturity=Maturity.FINAL, evidence=_file("comptoir.pdf", "Relevé du comptoir commun"),
            **self.of(project_of(first), Role.WRITER),
        )  # fmt: skip
        shared = GainReport.objects.filter(line=first, period_start=start).get()
        cosign_gain(report_id=shared.pk, **self.of(shared.project, Role.FINANCE_RESPONDENT))

    # ── What is said of the results ──────────────────────────────────────────────────────────────────────────────────
    def explain(self, projects: Sequence[Project]) -> None:
        """The last whole fiscal year of a project departs from its forecast, and its organisation says why; the others still have to."""
        year = fiscal_year_of(timezone.localdate(self.end)) - 1
        for project in projects[:1]:
            explain_variance(
                project_id=project.pk, fiscal_year=year, cause=VarianceCause.DELAY,
                explanation="La mise en service a été reportée de dix semaines, le temps de former les deux équipes de soir.",
                action="Les deux équipes sont formées; le retard n’est pas reporté sur l’exercice suivant.",
                **self.of(project, Role.FINANCE_RESPONDENT),
            )  # fmt: skip

    def reach(self, projects: Sequence[Project]) -> None:
        """What was measured for the objectives of the call: one project nearly there, the other half way."""
        for project, part in zip(projects, (Decimal("0.9"), Decimal("0.5")), strict=False):
            objectives = Objective.objects.filter(call=project.call_id).order_by("position")
            values = {one.pk: round_cents(one.baseline + (one.target - one.baseline) * part) for one in objectives}
            by = self.of(project, Role.WRITER)
            measured_on = timezone.localdate(by["now"]) - timedelta(days=30)
            record_results(project_id=project.pk, values=values, measured_on=measured_on, source="Tableau de bord de l’organisme", **by)


def project_of(line: GainLine) -> Project:
    """The project of a signed line. Raises TypeError for a line that is not signed."""
    if line.plan.project is None:
        raise TypeError("a signed plan has its project")
    return line.plan.project

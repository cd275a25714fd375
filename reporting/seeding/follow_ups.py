"""Follow-up reports of a demonstration: a calendar established when the agreement came in force, and a report in each state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from funding.enums import AgreementState, RiskTier
from funding.models import Agreement
from funding.services.follow_ups import set_risk_tier
from projects.demo import ACCOUNTS
from projects.enums import Role
from projects.models import Membership, Objective, User
from reporting.enums import FollowUpKind, FollowUpPart
from reporting.models import FollowUpReport
from reporting.queries.follow_ups import report_facts, sections_of
from reporting.seeding.story import at
from reporting.services import follow_ups as acts
from reporting.services.follow_up_calendar import schedule_follow_ups, tick_follow_up

#: days after the end of a period: written, co-signed, verified
WRITTEN, COSIGNED, VERIFIED = 20, 24, 40
#: an agreement is in force for at least so long before its reports are told
OLD = timedelta(days=200)
TEXTS: dict[str, dict[str, str]] = {
    FollowUpPart.PROGRESS: {
        "done": "La solution est en service dans deux directions; les équipes sont formées et les utilisateurs rencontrés chaque mois.",
        "gaps": "L’arrimage avec le système comptable a pris six semaines de plus que prévu; une ressource a été ajoutée.",
        "next": "Étendre la solution à la troisième direction et mesurer les délais avant l’été.",
    },
    FollowUpPart.GAINS: {"comment": "Les gains suivent la prévision; ceux du dernier mois seront déclarés avec la prochaine facture."},
    FollowUpPart.EQUITY: {
        "analysis": "Les délais ont diminué pour tous les groupes; les personnes de 65 ans et plus utilisent encore surtout le téléphone.",
        "measures": "Un accompagnement téléphonique est maintenu, et les formulaires sont en langage clair.",
        "group_1": "Femmes", "count_1": "412", "group_2": "Hommes", "count_2": "388",
    },
    FollowUpPart.LESSONS: {
        "worked": "Un prototype montré tôt a évité deux mois de développement.",
        "failed": "La formation est venue trop tard : les premières semaines ont demandé plus de soutien que prévu.",
        "advice": "Mesurer la situation de départ avant toute chose, et garder une personne du terrain dans l’équipe.",
    },
}  # fmt: skip


def add_follow_ups(*, now: datetime) -> list[FollowUpReport]:
    """Tell the reports of a few old agreements, one of the demonstration's own organisations first. Gives those that wait today."""
    told = FollowUps(now)
    old = told.old_agreements()
    waiting = []
    for agreement, (tier, last) in zip(old, told.stories(), strict=False):
        waiting += told.tell(agreement, tier, last)
    return waiting


class FollowUps:
    """The reports of one agreement after the other, each act at the instant when it would have been done."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.officer = User.objects.get(email=next(account.email for account in ACCOUNTS if account.role == Role.OFFICER))

    def old_agreements(self) -> list[Agreement]:
        """Those of an organisation that somebody of the demonstration belongs to come first, then one for each other organisation."""
        ours = {account.organisation for account in ACCOUNTS}
        rows = Agreement.objects.filter(
            state=AgreementState.IN_FORCE, imported_at=None, award__isnull=False, in_force_at__lt=self.now - OLD
        )
        by_organisation: dict[str, Agreement] = {}
        for row in rows.select_related("project__organisation").order_by("pk"):
            by_organisation.setdefault(row.project.organisation.code, row)
        return sorted(by_organisation.values(), key=lambda one: (one.project.organisation.code not in ours, one.pk))

    def stories(self) -> list[tuple[RiskTier, Callable[[FollowUpReport], None]]]:
        """The tier of each agreement, and what became of its last report."""
        return [
            (RiskTier.HIGH, self.leave_late),
            (RiskTier.MEDIUM, self.submit),
            (RiskTier.MEDIUM, self.send_back),
            (RiskTier.HIGH, self.sign),
        ]

    def tell(self, agreement: Agreement, tier: RiskTier, last: Callable[[FollowUpReport], None]) -> list[FollowUpReport]:
        """Every report that was due by now is verified, but the last one, which waits as `last` says."""
        since = agreement.in_force_at or self.now
        reason = "Premier projet de l’organisme\u00a0: un suivi plus serré."
        set_risk_tier(agreement_id=agreement.pk, tier=tier, reason=reason, actor=self.officer, now=since)
        schedule_follow_ups(agreement_id=agreement.pk, actor=None, now=since)
        due = FollowUpReport.objects.filter(agreement=agreement, due_on__lt=timezone.localdate(self.now - timedelta(days=1)))
        found = list(due.select_related("project__organisation").order_by("period_start"))
        for report in found[:-1]:
            self.submit(report)
            acts.verify_follow_up(report_id=report.pk, actor=self.officer, now=self.after(report, VERIFIED))
        for report in found[-1:]:
            last(report)
        return found[-1:]

    def leave_late(self, report: FollowUpReport) -> None:
        """Begun, and never finished."""
        self._save(report, FollowUpPart.PROGRESS, TEXTS[FollowUpPart.PROGRESS])
        tick_follow_up(report_id=report.pk, actor=None, now=self.now)

    def sign(self, report: FollowUpReport) -> None:
        facts = report_facts(report, timezone.localdate(self.now))
        costs = {f"spent_{one.value}": "12 500" for one in facts.categories} | {"explanation": ""}
        values = {f"actual_{one.pk}": str(self._reached(one)) for one in facts.objectives}
        typed = {
            **TEXTS,
            FollowUpPart.COSTS: costs,
            FollowUpPart.OBJECTIVES: {"measured_on": report.period_end.isoformat(), "comment": "", **values},
        }
        for part, required, _saved in sections_of(report):
            if required:
                self._save(report, part.kind, typed[part.kind])
        if report.kind == FollowUpKind.CLOSING:
            file = ContentFile(b"%PDF-1.7\nRapport final", name="rapport-final.pdf")
            acts.attach_to_follow_up(report_id=report.pk, file=file, actor=self._one(report, Role.WRITER), now=self.after(report, WRITTEN))
        acts.submit_follow_up(report_id=report.pk, actor=self._one(report, Role.WRITER), now=self.after(report, WRITTEN))

    def submit(self, report: FollowUpReport) -> None:
        self.sign(report)
        acts.cosign_follow_up(report_id=report.pk, actor=self._one(report, Role.FINANCE_RESPONDENT), now=self.after(report, COSIGNED))

    def send_back(self, report: FollowUpReport) -> None:
        self.submit(report)
        reason = "Précisez les coûts du dernier trimestre et joignez la facture de la formation."
        acts.return_follow_up(report_id=report.pk, reason=reason, actor=self.officer, now=self.after(report, VERIFIED))

    def after(self, report: FollowUpReport, days: int) -> datetime:
        """Some days after the end of the period of a report, never in the future."""
        return min(at(report.period_end + timedelta(days=days), 10), self.now)

    def _save(self, report: FollowUpReport, kind: Any, typed: dict[str, str]) -> None:
        writer, now = self._one(report, Role.WRITER), self.after(report, WRITTEN)
        acts.save_follow_up_section(report_id=report.pk, kind=FollowUpPart(kind), typed=typed, version=0, actor=writer, now=now)

    def _one(self, report: FollowUpReport, role: Role) -> User:
        members = Membership.objects.filter(organisation=report.project.organisation, role=role).select_related("person")
        return members.order_by("pk")[0].person

    def _reached(self, objective: Objective) -> Any:
        """Half of the way from the baseline to the target."""
        return (objective.baseline + (objective.target - objective.baseline) / 2).quantize(objective.baseline)

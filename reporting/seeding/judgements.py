"""What the Secretariat decides on the gains of a demonstration: dated parameters, a sample that is kept, and renewals."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from fondsinnovation.kit.money import ZERO, fiscal_year_of
from funding.models import AgreementBalance
from projects.enums import Role
from projects.models import Project
from reporting.enums import ParameterKind, Population, RenewalDecision
from reporting.models import GainSample, GainSampleItem, Renewal
from reporting.policies.renewals import deciding_role
from reporting.queries.samples import Asked
from reporting.seeding.returns import Returns
from reporting.seeding.story import SEED
from reporting.services.parameters import ParameterValues, approve_parameter, propose_parameter
from reporting.services.renewals import analyse_renewal, decide_renewal, open_renewal, recommend_renewal
from reporting.services.samples import draw_sample, examine_item
from reporting.services.snapshots import fix_knowledge

RATE_SOURCE = "Lettre-circulaire du ministère des Finances (exemple)"
INDEX_SOURCE = "Indice d’ensemble des prix à la consommation, Québec (exemple)"
#: the rate from the beginning of the fiscal year so many years before the current one, and why
RATES = (
    (2, Decimal("0.0425"), "Taux de la première édition du cadre."),
    (0, Decimal("0.0375"), "Le coût d’emprunt du gouvernement a baissé."),
)
#: the price index of the fiscal year that begins so many years before the current one
INDEX = {2: Decimal("158.3"), 1: Decimal("162.1"), 0: Decimal("165.8")}


def add_judgements(projects: list[Project], *, now: datetime) -> list[Renewal]:
    """Parameters, a sample and two renewals of these projects, in their order. The knowledge dates that they rest on are then fixed."""
    judging = Judging(now)
    judging.parameters()
    judging.now = now - timedelta(days=2)
    judging.sample()
    return judging.renewals(projects[:2])


class Judging(Returns):
    def parameters(self) -> None:
        """Two dated discount rates and three years of prices, approved; weights that wait for their decision."""
        year = fiscal_year_of(timezone.localdate(self.end))
        for before, value, reason in RATES:
            rate = ParameterValues(valid_from=date(year - before, 4, 1), value=value)
            self.approve(ParameterKind.RATE, rate, RATE_SOURCE, reason)
        for before, value in INDEX.items():
            index = ParameterValues(fiscal_year=year - before, value=value)
            self.approve(ParameterKind.INDEX, index, INDEX_SOURCE, "Comparer les gains de plusieurs exercices en dollars constants.")
        weights = ParameterValues(
            valid_from=date(year + 1, 4, 1), realisation_weight=Decimal("0.6"), least_coverage=Decimal("0.8"), least_score=Decimal("0.5"),
            largest_factor=Decimal("1.2"),
        )  # fmt: skip
        propose_parameter(
            kind=ParameterKind.RENEWAL, values=weights, source="Cadre de reconduction révisé (projet)",
            reason="Donner plus de poids à ce qui est réalisé.", **self.by(Role.DIRECTOR),
        )  # fmt: skip

    def approve(self, kind: ParameterKind, values: ParameterValues, source: str, reason: str) -> None:
        move = propose_parameter(kind=kind, values=values, source=source, reason=reason, **self.by(Role.CONTROLLER))
        approve_parameter(move_id=move.pk, **self.by(Role.HEAD))

    def sample(self) -> GainSample:
        """The gains of the last whole fiscal year: the five largest, and ten monetary units; the first one is examined."""
        by = self.by(Role.GAIN_VERIFIER)
        known, effective = fix_knowledge(by["now"], now=by["now"]), timezone.localdate(by["now"])
        asked = Asked(Population.ALL, effective, known, fiscal_year=fiscal_year_of(effective) - 1)
        sample = draw_sample(asked=asked, largest=5, points=10, seed=str(SEED), **by)
        item = GainSampleItem.objects.filter(sample=sample).order_by("position")[0]
        examine_item(item_id=item.pk, note_text="Pièces relues; le montant déclaré est celui du relevé.", **self.by(Role.GAIN_VERIFIER))
        return sample

    def renewals(self, projects: list[Project]) -> list[Renewal]:
        """One dossier that was decided as it was recommended, and one that waits for its decision."""
        found = [self.recommend(project) for project in projects]
        for renewal in found[:1]:
            amount = renewal.recommended_amount or ZERO
            role = deciding_role(renewal, self.now, amount=amount)
            reason = "Les gains et les objectifs mesurés appuient la recommandation." if amount else "Trop peu de gains sont vérifiés."
            decide_renewal(renewal_id=renewal.pk, decision=_decision(renewal, amount), amount=amount, reason=reason, **self.by(role))
        return found

    def recommend(self, project: Project) -> Renewal:
        paid = sum(AgreementBalance.objects.filter(agreement__project=project).values_list("paid", flat=True), ZERO)
        renewal = open_renewal(project_id=project.pk, **self.by(Role.OFFICER))
        analyse_renewal(
            renewal_id=renewal.pk, eligible_base=paid, base_reason="Ce que le Fonds a versé au projet, remboursements déduits.",
            analysis="Le service est en place, son usage croît et l’équipe reste en poste. La suite étendrait la solution à deux services.",
            **self.by(Role.OFFICER),
        )  # fmt: skip
        by = self.by(Role.OFFICER)
        known, effective = fix_knowledge(by["now"], now=by["now"]), timezone.localdate(by["now"])
        return recommend_renewal(renewal_id=renewal.pk, effective=effective, known=known, **by)


def _decision(renewal: Renewal, amount: Decimal) -> RenewalDecision:
    base = renewal.eligible_base or ZERO
    if amount == ZERO:
        return RenewalDecision.NONE
    if amount == base:
        return RenewalDecision.FULL
    return RenewalDecision.PARTIAL if amount < base else RenewalDecision.BONUS

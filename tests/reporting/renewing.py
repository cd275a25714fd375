"""A project whose renewal can be taken from one step to the next, and the people who take it there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from projects.enums import Role
from projects.models import Objective
from reporting.models import Renewal
from reporting.services import renewals as acts
from reporting.services.objectives import record_results
from tests.factories import NOW, person_with
from tests.reporting.gains import Team

BASE = Decimal("45000.00")
LATER = NOW + timedelta(hours=1)


class Dossiers:
    """A project whose realisation is 0.80, coverage 1 and attainment 0.70, and the people of its renewal."""

    def __init__(self) -> None:
        self.team = Team(forecast=Decimal(40_000))
        self.project = self.team.project
        self.officer, self.director = person_with(Role.OFFICER), person_with(Role.DIRECTOR)
        self.team.verified(Decimal("32000.00"), reason="Factures manquantes")
        objectives = list(Objective.objects.filter(call=self.project.call).order_by("position"))
        values = {each.pk: each.baseline + (each.target - each.baseline) * Decimal("0.7") for each in objectives}
        writer = self.team.writer
        record_results(project_id=self.project.pk, values=values, measured_on=NOW.date(), source="Registre", actor=writer, now=NOW)
        self.renewal = acts.open_renewal(project_id=self.project.pk, actor=self.officer, now=NOW)

    def analyse(self, **given: Any) -> Renewal:
        values: dict[str, Any] = {
            "eligible_base": BASE,
            "base_reason": "Coûts récurrents",
            "analysis": "Gains réels.",
            "actor": self.officer,
            **given,
        }
        return acts.analyse_renewal(renewal_id=self.renewal.pk, now=NOW, **values)

    def recommend(self, **given: Any) -> Renewal:
        values: dict[str, Any] = {"effective": NOW.date(), "known": NOW, "actor": self.officer, "now": LATER, **given}
        return acts.recommend_renewal(renewal_id=self.renewal.pk, **values)

    def recommended(self) -> Renewal:
        self.analyse()
        return self.recommend()

    def decide(self, decision: str = "partial", amount: str = "34200.00", reason: str = "", **given: Any) -> Renewal:
        values: dict[str, Any] = {"actor": self.director, "now": LATER, **given}
        return acts.decide_renewal(renewal_id=self.renewal.pk, decision=decision, amount=Decimal(amount), reason=reason, **values)

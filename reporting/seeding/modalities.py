"""Two more files of a demonstration, made through the acts of the pages: an agreement that pays results, and a prize."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from funding.models import Instalment, Milestone
from funding.outcome import OutcomeTerms
from funding.services.agreements import draft_agreement
from funding.services.awards import recommend_award
from funding.services.outcomes import declare_outcome, verify_outcome
from funding.services.payments import ATTESTATIONS, request_payment
from projects.enums import Role
from projects.models import Application
from reporting.seeding.live import Live, Waiting, _agreement, _award, _file
from reporting.seeding.story import File
from reporting.seeding.words import FAVOURABLE

RESULTS = Waiting("45072", "Inscriptions aux services faites en ligne", 120_000, "sign_minister")
WINNER = Waiting("10043", "Prototype de tri automatisé des demandes", 90_000, "sign_minister")


def add_other_modalities(*, now: datetime) -> list[Application]:
    """One agreement that pays results, verified and asked for once; one prize, asked for."""
    results, prize = Results(now), Prizes(now)
    results.open_call(
        title="Payer ce qui fonctionne", purpose="Payer un service en ligne à chaque inscription vérifiée.", terms="RESULTATS",
        amounts=(400_000, 200_000),
    )  # fmt: skip
    paid = results.make(len(RESULTS.title), RESULTS)
    results.now = now - timedelta(days=4)
    results.verify_first_period(paid)
    results.request_first(paid)
    prize.open_call(
        title="Défi de l’automatisation", purpose="Récompenser les prototypes qui épargnent le plus de temps.", terms="PRIX",
        amounts=(200_000, 50_000),
    )  # fmt: skip
    won = prize.make(len(WINNER.title), WINNER)
    prize.now = now - timedelta(days=4)
    prize.request_first(won)
    return [paid, won]


class _Paid(Live):
    def request_first(self, application: Application) -> None:
        """The payment waits for its certification."""
        first = Instalment.objects.filter(agreement=_agreement(application)).order_by("position")[0]
        by = self.act(actor=self.one(Role.PAYMENT_REQUESTER))
        request_payment(instalment_id=first.pk, attestations=dict.fromkeys(ATTESTATIONS, True), **by)


class Results(_Paid):
    def draft(self, application: Application, file: File) -> None:
        self.give_account(file)
        outcome = OutcomeTerms("Inscriptions aux services faites en ligne", "inscription", Decimal("400.00"), Decimal(300))
        draft_agreement(award_id=_award(application).pk, outcome=outcome, **self.act(actor=self.staff(Role.OFFICER)[1]))

    def verify_first_period(self, application: Application) -> None:
        """Sixty registrations declared, fifty-five found true."""
        agreement = _agreement(application)
        milestone = Milestone.objects.get(agreement=agreement, position=1)
        declare_outcome(
            milestone_id=milestone.pk, period_start=agreement.starts_on, period_end=timezone.localdate(self.now), quantity=Decimal(60),
            report="Soixante inscriptions en ligne, relevées au registre.", evidence=_file("registre.pdf", "Registre des inscriptions"),
            **self.act(actor=self.one(Role.WRITER, application.organisation.code)),
        )  # fmt: skip
        by = self.act(actor=self.one(Role.OFFICER))
        verify_outcome(milestone_id=milestone.pk, quantity=Decimal(55), reason="Cinq inscriptions sont des doublons.", **by)


class Prizes(_Paid):
    def recommend(self, application: Application, file: File) -> None:
        by: dict[str, Any] = self.act(actor=self.one(Role.COMMITTEE_SECRETARY))
        recommend_award(application_id=application.pk, is_favourable=True, prize=1, reason=FAVOURABLE, **by)

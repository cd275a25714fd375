"""Lines of a demonstration that claim one budget: two files that wait for a person to settle them, two that were settled."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from projects.enums import Role
from projects.models import Application, GainLine
from reporting.enums import OverlapOutcome
from reporting.models import Overlap
from reporting.seeding.live import DELAY, Live, Waiting, _file
from reporting.seeding.plans import measured
from reporting.seeding.story import File, Round
from reporting.seeding.words import THEMES
from reporting.services.gains import cosign_gain, report_gain
from reporting.services.overlaps import resolve_overlap

#: (file, its cost centre): the first two claim one budget, the last two another
FILES = (
    (Waiting("10043", "Récupération de la chaleur des arénas", 112_000, "sign_minister"), "4100-ARÉNAS"),
    (Waiting("10043", "Conduite centralisée des systèmes de glace", 104_000, "sign_minister"), "4100-ARÉNAS"),
    (Waiting("45072", "Télématique des véhicules de voirie", 108_000, "sign_minister"), "3200-FLOTTE"),
    (Waiting("45072", "Remplacement des génératrices de chantier", 117_000, "sign_minister"), "3200-FLOTTE"),
)
#: what these files are about, among the themes of the story
ENERGY, FLEET = 5, 9
CENTRES = {waiting.title: centre for waiting, centre in FILES}


def add_claims(*, now: datetime) -> list[Application]:
    """Four agreements of which the gains meet two by two: one overlap open, one settled in favour of both lines."""
    claims = Claims(now)
    claims.open_call(
        title="Énergie et parcs de véhicules", purpose="Réduire l’énergie achetée par les bâtiments et les véhicules.",
        amounts=(600_000, 400_000),
    )  # fmt: skip
    files = [claims.make(number, waiting) for number, (waiting, _centre) in enumerate(FILES)]
    claims.now = now - timedelta(days=6)
    for file, amount in zip(files, (910, 760, 640, 580), strict=True):
        claims.report(file, Decimal(f"{amount}.00"))
    claims.settle(files[-1])
    return files


class Claims(Live):
    def _file(self, number: int, organisation: str, title: str, asks: int, one: Round) -> File:
        file = super()._file(number, organisation, title, asks, one)
        file.theme, file.rows["cost_centre"] = THEMES[ENERGY if organisation == "10043" else FLEET], CENTRES[title]
        return file

    def report(self, application: Application, amount: Decimal) -> None:
        """A week of gains, co-signed."""
        line, code = GainLine.objects.get(plan__application=application, code="L1"), application.organisation.code
        start = timezone.localdate(self.now) - timedelta(days=8)
        end = start + timedelta(days=6)
        report = report_gain(
            line_id=line.pk, period_start=start, period_end=end, amount=amount,
            measures=measured(line, line.baseline, amount, start, end, DELAY),
            method="Relevé hebdomadaire comparé à la situation de départ.", evidence=_file("releve.pdf", "Relevé de consommation"),
            **self.act(actor=self.one(Role.WRITER, code)),
        )  # fmt: skip
        cosign_gain(report_id=report.pk, **self.act(actor=self.one(Role.FINANCE_RESPONDENT, code)))

    def settle(self, application: Application) -> None:
        overlap = Overlap.objects.get(second__plan__application=application)
        resolve_overlap(
            overlap_id=overlap.pk, outcome=OverlapOutcome.BOTH_REAL,
            reason="Les pannes des véhicules et celles des génératrices relèvent de deux contrats distincts du même centre de coûts.",
            **self.act(actor=self.one(Role.GAIN_VERIFIER)),
        )  # fmt: skip

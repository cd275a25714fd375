"""A small portfolio with known sums, written as rows: what the reports are checked against."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from funding.enums import LedgerKind
from funding.models import Agreement, AgreementPart, Cofunding, Envelope, Instalment, LedgerEntry
from projects.enums import Modality, Nature, Stage
from projects.models import Application, GainLine, Project, User
from reporting.models import Gain
from tests.factories import ApplicationFactory, UserFactory

BEFORE = datetime(2026, 4, 2, 12, tzinfo=UTC)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Portfolio:
    """Projects with an agreement in 2026-2027; each method writes one row and gives it back."""

    def __init__(self) -> None:
        self.person: User = UserFactory()
        self.envelope = Envelope.objects.get(code="PROJECTS")
        self.last = 0

    @transaction.atomic
    def project(
        self, reference: str = "PRJ-1", committed: str = "100000.00", application: Application | None = None, **fields: Any
    ) -> Project:
        application = application or ApplicationFactory()
        project = Project.objects.create(
            reference=reference,
            application=application,
            call=application.call,
            organisation=application.organisation,
            region_id="05",
            title=f"Projet {reference}",
            modality=Modality.MILESTONES,
            **{"decided_on": date(2026, 4, 15), "signed_on": date(2026, 12, 31), "starts_on": date(2026, 4, 1), **fields},
        )
        amount = Decimal(committed)
        agreement = Agreement.objects.create(
            number=f"CONV-{reference}",
            project=project,
            kind="grant",
            amount=amount,
            starts_on=date(2026, 4, 1),
            ends_on=date(2028, 3, 31),
            drafted_by=self.person,
            drafted_at=BEFORE,
        )
        AgreementPart.objects.create(agreement=agreement, fiscal_year=2026, amount=amount)
        Instalment.objects.create(agreement=agreement, position=1, kind="advance", fiscal_year=2026, amount=amount)
        self.post(LedgerKind.COMMITMENT, committed, agreement=agreement)
        return project

    def post(self, kind: LedgerKind, amount: str, *, at: datetime = BEFORE, on: date = date(2026, 5, 1), **holder: Any) -> LedgerEntry:
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_seq FROM lock_envelope_years(ARRAY[%s]::bigint[], ARRAY[2026]::int[])", [self.envelope.pk])
            seq = cursor.fetchone()[0] + 1
        self.last += 1
        reference = f"REF-{self.last}" if kind in (LedgerKind.PAYMENT, LedgerKind.RECOVERY) else ""
        return LedgerEntry.objects.create(
            envelope=self.envelope,
            fiscal_year=2026,
            seq=seq,
            kind=kind,
            amount=Decimal(amount),
            effective_on=on,
            recorded_at=at,
            reference=reference,
            sha256=digest(f"{seq}"),
            **holder,
        )

    def pay(self, project: Project, amount: str, **fields: Any) -> LedgerEntry:
        return self.post(LedgerKind.PAYMENT, amount, agreement=project.agreement, **fields)

    def cofund(self, project: Project, amount: str, at: datetime = BEFORE) -> Cofunding:
        self.last += 1
        return Cofunding.objects.create(
            project=project,
            amount=Decimal(amount),
            effective_on=date(2026, 6, 1),
            recorded_at=at,
            reference=f"COF-{self.last}",
            sha256=digest(f"c{self.last}"),
        )

    def line(self, project: Project, nature: Nature = Nature.CASH) -> GainLine:
        lines = GainLine.objects.filter(plan__application=project.application)
        if nature == Nature.CASH:
            return lines.get(code="L1")
        return GainLine.objects.create(
            plan=project.application.gain_plan,
            code=f"L{lines.count() + 1}",
            title="Autre effet",
            nature=nature,
            recurrence="recurrent",
            organisation=project.organisation,
        )

    def gain(self, line: GainLine, stage: Stage, amount: str, *, month: int = 4, at: datetime = BEFORE) -> Gain:
        project = line.plan.application.project
        return Gain.objects.create(
            project=project,
            line=line,
            stage=stage,
            period_start=date(2026, month, 1),
            period_end=date(2026, month, 28),
            amount=Decimal(amount),
            evidence="preuve.pdf",
            recorded_at=at,
            sha256=digest(f"g{line.pk}{stage}{month}{at}"),
        )

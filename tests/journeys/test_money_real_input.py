"""Real agreements and instalments, replayed through the acts: seventeen awards of a technology fund, in dollars divided by ten.

Every figure that the ledger, the list and the report must show is computed here, from the rows of the file alone.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from funding.enums import InstalmentKind, LedgerKind
from funding.models import Instalment, LedgerEntry, Milestone, Payment
from funding.policies.awards import delegation_of
from funding.queries.agreements import PlannedInstalment
from funding.returns import HEADER
from funding.services.agreement_drafts import review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary, sign_for_minister
from funding.services.awards import approve_award, issue_letter
from funding.services.batches import prepare_batch, transmit_batch
from funding.services.milestones import report_milestone, verify_milestone
from funding.services.payments import ATTESTATIONS, authorise_payment, certify_payment, request_payment
from funding.services.returns import import_returns
from projects.enums import ApplicationState, Role
from projects.models import PlannedMilestone
from reporting.catalogue import REPORTS
from reporting.queries.invariants import check
from reporting.services.compute import rows_of
from tests.factories import NOW, ApplicationFactory, CallFactory, award_certified, bank_details_of, person_with, reserve, upload

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared n’existe pas ici : les conventions réelles ne peuvent pas être rejouées"),
]
CENT, YEAR, DAY = Decimal("0.01"), 2026, NOW.date()


@dataclass
class Row:
    """One award of the file: its amount, the transfers made of it, and whether they are paid or only under way."""

    project: str
    amount: Decimal
    transfers: list[Decimal]
    is_paid: bool
    agreement: Any = None

    @property
    def schedule(self) -> list[PlannedInstalment]:
        """A milestone for each transfer, and what is left of the award held back until the last one."""
        rest = self.amount - sum(self.transfers)
        last = [PlannedInstalment(InstalmentKind.HOLDBACK, len(self.transfers), YEAR, rest)] if rest else []
        return [PlannedInstalment(InstalmentKind.MILESTONE, n, YEAR, part) for n, part in enumerate(self.transfers, start=1)] + last


def tenth(text: str) -> Decimal:
    """The file's dollars divided by ten, to the cent."""
    return (Decimal(text) / 10).quantize(CENT, ROUND_HALF_UP)


def read_rows() -> list[Row]:
    with (SHARED / "tmf" / "tmf_projects_2021-10.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        if line["transfers_total_stated"]:
            assert sum(map(Decimal, line["transfers"].split("|"))) == Decimal(line["transfers_total_stated"])
    return [
        Row(
            line["project_id"],
            tenth(line["total_award_usd"]),
            [tenth(part) for part in line["transfers"].split("|")],
            line["first_transfer_in_process"] == "no",
        )
        for line in lines
    ]


class Staff:
    """The people of the Secretariat, each with one role."""

    def __init__(self) -> None:
        self.roles = {role: person_with(role) for role in (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE)}
        self.officer, self.lawyer, self.controller = person_with(Role.OFFICER), person_with(Role.OFFICER), person_with(Role.CONTROLLER)
        self.requester, self.authoriser = person_with(Role.PAYMENT_REQUESTER), person_with(Role.PAYMENT_AUTHORISER)


def sign(row: Row, call: Any, staff: Staff) -> None:
    """From the certified award to the agreement in force, with the instalments of the file."""
    file = ApplicationFactory(
        call=call, state=ApplicationState.RECOMMENDED, title=row.project, amount_requested=row.amount, total_cost=row.amount * 2
    )
    PlannedMilestone.objects.filter(application=file, position__gt=len(row.transfers)).delete()
    for position in range(3, len(row.transfers) + 1):
        PlannedMilestone.objects.create(
            application=file, position=position, title=f"Jalon {position}", evidence="Rapport de livraison", due_on=date(2027, 3, 31)
        )
    award = award_certified(file, amount=row.amount)
    for role in delegation_of(award, NOW):
        approve_award(award_id=award.pk, actor=staff.roles[role], now=NOW)
    issue_letter(award_id=award.pk, actor=staff.officer, now=NOW)
    agreement = draft_agreement(award_id=award.pk, instalments=row.schedule, actor=staff.officer, now=NOW)
    shown = {"agreement_id": agreement.pk, "document_sha256": agreement.document.sha256, "now": NOW}
    submit_agreement(agreement_id=agreement.pk, actor=staff.officer, now=NOW)
    review_agreement(**shown, actor=staff.lawyer)
    signatory = person_with(Role.SIGNATORY, organisation=file.organisation)
    bank_details_of(file.organisation)
    shown |= {"confirmation": agreement.number, "intent": True, "factor": "totp"}
    sign_for_beneficiary(**shown, actor=signatory)
    row.agreement = sign_for_minister(**shown, actor=staff.roles[Role.MINISTER_DELEGATE])
    if row.is_paid:
        for milestone in Milestone.objects.filter(agreement=agreement).order_by("position"):
            report_milestone(milestone_id=milestone.pk, report="Atteint.", evidence=upload(), actor=signatory, now=NOW)
            verify_milestone(milestone_id=milestone.pk, actor=staff.lawyer, now=NOW)


def order(row: Row, staff: Staff) -> list[Payment]:
    """The transfers of an award, authorised by three people."""
    found = []
    for instalment in Instalment.objects.filter(agreement=row.agreement, kind=InstalmentKind.MILESTONE).order_by("position"):
        attestations = dict.fromkeys(ATTESTATIONS, True)
        payment = request_payment(instalment_id=instalment.pk, attestations=attestations, actor=staff.requester, now=NOW)
        certify_payment(payment_id=payment.pk, actor=staff.controller, now=NOW)
        found.append(authorise_payment(payment_id=payment.pk, actor=staff.authoriser, now=NOW))
    return found


def test_awards_of_a_technology_fund_become_agreements_orders_and_payments():
    rows, staff, call = read_rows(), Staff(), CallFactory()
    total = sum(row.amount for row in rows)
    assert (len(rows), total) == (17, Decimal("40024900.00"))
    reserve(call=call, amounts={YEAR: total}, actor=None, now=NOW)
    for row in rows:
        sign(row, call, staff)
    payments = [payment for row in rows if row.is_paid for payment in order(row, staff)]
    batch = prepare_batch(payment_ids=[payment.pk for payment in payments], actor=staff.requester, now=NOW)
    transmit_batch(batch_id=batch.pk, actor=staff.requester, now=NOW)
    answers = [f"{payment.order_number};confirmé;TMF-{n};{DAY.isoformat()};" for n, payment in enumerate(payments)]
    import_returns(name="retour.csv", content="\n".join([";".join(HEADER), *answers, ""]), actor=staff.requester, now=NOW)

    paid = sum(sum(row.transfers) for row in rows if row.is_paid)
    assert (batch.order_count, batch.total) == (len(payments), paid)
    for row in rows:
        expected = [row.amount, sum(row.transfers) if row.is_paid else 0]
        assert [held(row, LedgerKind.COMMITMENT), held(row, LedgerKind.PAYMENT)] == expected, row.project
        amounts = Instalment.objects.filter(agreement=row.agreement).order_by("position").values_list("amount", flat=True)
        assert list(amounts) == [one.amount for one in row.schedule], row.project
    report = list(rows_of(REPORTS["envelopes"], effective=DAY, known=NOW, filters={"envelope": "PROJECTS", "fiscal_year": str(YEAR)}))
    assert [(one["reserved"], one["committed"], one["paid"], one["unpaid"]) for one in report] == [
        ("0.00", str(total), str(paid), str(total - paid))
    ]
    assert [line for found in check() for line in found.broken] == []


def held(row: Row, kind: LedgerKind) -> Decimal:
    """Dollars of this kind that the ledger has for the agreement of a row."""
    return LedgerEntry.objects.filter(agreement=row.agreement, kind=kind).aggregate(total=Sum("amount", default=Decimal(0)))["total"]

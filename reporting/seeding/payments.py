"""Milestones reached, payments made and co-funding received, as far as the calendar of each call has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from fondsinnovation.kit.money import fiscal_year_of, round_cents
from funding.enums import InstalmentKind, LedgerKind, MilestoneState, PaymentState
from funding.models import Cofunding, Instalment, Payment
from funding.services.envelopes import Posting
from funding.services.payments import cofunding_facts
from projects.enums import DocumentKind
from projects.models import Document
from projects.services.journal import canonical, next_numbers, note_money, sha256
from reporting.seeding.copying import Sheaf
from reporting.seeding.story import File, Story, at

#: days from the signature to the advance, from a milestone's date to its report, its verification, its payment, and the final one
ADVANCE, REPORTED, VERIFIED, PAID, FINAL = 21, 4, 12, 33, 105
#: days before its payment that a sum is requested, certified and authorised
STEPS = (9, 6, 3)


def _reached(story: Story, file: File, position: int, days: int) -> datetime | None:
    """The instant so many days after a milestone's date, unless it is still to come."""
    instant = at(file.round.due_on[position - 1] + timedelta(days=days))
    return instant if story.reaches("payment") and instant <= story.now else None


def milestone_values(story: Story, sheaf: Sheaf, file: File, position: int) -> dict[str, Any]:
    """How far a milestone has come: one reported recently waits, in one project of two, for its verification."""
    reported_at = _reached(story, file, position, REPORTED)
    if reported_at is None:
        return {}
    values = {
        "state": MilestoneState.REPORTED,
        "report": "Livré comme prévu; la preuve est jointe.",
        "document": evidence_of(story, sheaf, file),
        "reported_by": file.applicant.writer,
        "reported_at": reported_at,
    }
    recent = story.now - reported_at < timedelta(days=60)
    if (verified_at := _reached(story, file, position, VERIFIED)) and not (recent and file.place % 2):
        values |= {"state": MilestoneState.VERIFIED, "verified_by": story.cast.officers[file.place % 2], "verified_at": verified_at}
    return values


def evidence_of(story: Story, sheaf: Sheaf, file: File) -> Document:
    """One file per project shows everything that it reports."""
    if "evidence" not in file.rows:
        file.rows["evidence"] = sheaf.add(
            Document,
            project=file.rows["project"],
            kind=DocumentKind.EVIDENCE,
            uploaded_by=file.applicant.writer,
            uploaded_at=at(file.signed_on, 16),
            **file.rows["proof"],
        )
    document: Document = file.rows["evidence"]
    return document


def write_payments(story: Story, sheaf: Sheaf, *, envelope_id: int) -> None:
    """Each instalment that was due by today; the recent ones are under way."""
    due = [(paid_on, file, instalment) for file in story.projects for paid_on, instalment in _due(story, file)]
    due.sort(key=lambda one: (one[0], one[2].pk))
    years = [_requested_at(paid_on).year for paid_on, _file, _instalment in due]
    numbers = {year: iter(next_numbers(f"VER-{year}", years.count(year), width=5)) for year in sorted(set(years))}
    for (paid_on, file, instalment), year in zip(due, years, strict=True):
        payment = _write_payment(story, sheaf, instalment, next(numbers[year]), paid_on)
        if payment.state == PaymentState.CONFIRMED:
            _post_payment(story, file, payment, paid_on, envelope_id)


def _due(story: Story, file: File) -> Iterator[tuple[date, Instalment]]:
    """The day on which each instalment is to be paid, for those whose condition is met."""
    for instalment in file.rows["instalments"]:
        if instalment.kind == InstalmentKind.ADVANCE:
            paid_on = file.signed_on + timedelta(days=ADVANCE)
        elif instalment.milestone.state != MilestoneState.VERIFIED or (
            instalment.kind == InstalmentKind.HOLDBACK and not file.is_completed
        ):
            continue
        else:
            paid_on = instalment.milestone.due_on + timedelta(days=FINAL if instalment.kind == InstalmentKind.HOLDBACK else PAID)
        if _requested_at(paid_on) <= story.now:
            yield paid_on, instalment


def _requested_at(paid_on: date) -> datetime:
    return at(paid_on - timedelta(days=STEPS[0]), 9)


def _write_payment(story: Story, sheaf: Sheaf, instalment: Instalment, number: str, paid_on: date) -> Payment:
    cast, (requested_at, certified_at, authorised_at) = story.cast, [at(paid_on - timedelta(days=days), 9) for days in STEPS]
    certified, authorised, confirmed = (instant <= story.now for instant in (certified_at, authorised_at, _confirmed_at(paid_on)))
    state = PaymentState.REQUESTED
    for reached, next_state in (
        (certified, PaymentState.CERTIFIED),
        (authorised, PaymentState.AUTHORISED),
        (confirmed, PaymentState.CONFIRMED),
    ):
        state = next_state if reached else state
    payment: Payment = sheaf.add(
        Payment,
        number=number,
        order_number="",  # the database writes it, with the attempt
        attempt=0,
        instalment=instalment,
        amount=instalment.amount,
        state=state,
        fiscal_year=fiscal_year_of(paid_on) if confirmed else instalment.fiscal_year,
        attests_legal_basis=True,
        attests_credit=True,
        attests_due=True,
        requested_by=cast.requester,
        requested_at=requested_at,
        certified_by=cast.controller if certified else None,
        certified_at=certified_at if certified else None,
        authorised_by=cast.authoriser if authorised else None,
        authorised_at=authorised_at if authorised else None,
        confirmed_by=cast.requester if confirmed else None,
        confirmed_at=_confirmed_at(paid_on) if confirmed else None,
        paid_on=paid_on if confirmed else None,
        reference=f"SAGIR-{number[4:]}" if confirmed else None,
    )
    return payment


def _confirmed_at(paid_on: date) -> datetime:
    return at(paid_on, 17)


def _post_payment(story: Story, file: File, payment: Payment, paid_on: date, envelope_id: int) -> None:
    story.postings[_confirmed_at(paid_on)].append(
        Posting(
            envelope_id,
            payment.fiscal_year,
            LedgerKind.PAYMENT,
            payment.amount,
            paid_on,
            call_id=file.round.call.pk,
            award_id=file.rows["award"].pk,
            agreement_id=file.rows["agreement"].pk,
            instalment_id=payment.instalment_id,
            reference=payment.reference or "",
        )
    )


def write_cofunding(story: Story, sheaf: Sheaf) -> None:
    """What the organisation really put in, half a year after the signature and a year after, as far as today."""
    for file in story.projects:
        agreement = file.rows["agreement"]
        for number, days in enumerate((180, 360), start=1):
            recorded_at = at(file.signed_on + timedelta(days=days), 15)
            if recorded_at <= story.now:
                amount = round_cents(sum(file.own.values()) * Decimal("0.46"))
                row = sheaf.new(
                    Cofunding,
                    project=file.rows["project"],
                    amount=amount,
                    in_kind=number == 2 and file.place % 4 == 0,
                    effective_on=recorded_at.date(),
                    recorded_at=recorded_at,
                    recorded_by=story.cast.officers[0],
                    reference=f"COF-{agreement.number[4:]}-{number}",
                )
                row.sha256 = sha256(canonical(cofunding_facts(row)))
                note_money([sheaf.keep(row)])

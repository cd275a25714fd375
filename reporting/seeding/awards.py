"""Decisions and agreements as rows, with the ledger rows that their acts would post."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fondsinnovation.kit.money import ZERO
from funding.enums import AgreementState, AwardState, InstalmentKind, LedgerKind, Party
from funding.models import (
    Agreement,
    AgreementPart,
    Approval,
    Award,
    AwardPart,
    DelegationRule,
    Instalment,
    Milestone,
    Signature,
)
from funding.queries.agreements import default_schedule, kind_for
from funding.services.envelopes import Posting
from projects.enums import DocumentKind, ProjectState, Role
from projects.models import Document, Project, User
from projects.services.journal import next_numbers
from reporting.seeding.applications import MILESTONES
from reporting.seeding.copying import Sheaf
from reporting.seeding.payments import milestone_values
from reporting.seeding.story import File, Story, at
from reporting.seeding.words import FAVOURABLE, REFUSED, UNFAVOURABLE


def write_awards(story: Story, sheaf: Sheaf, *, envelope_id: int, letter: dict[str, Any]) -> None:
    """Each decision of the calls that are over; an approved one takes its money from the call."""
    rules = list(DelegationRule.objects.order_by("above", "pk"))
    for one in story.rounds:
        left = one.total
        for file in (file for file in one.files if file.decided_on):
            left -= file.amount
            _write_award(story, sheaf, file, rules, left, letter)
            if file.amount:
                _post_award(story, file, envelope_id)


def _write_award(story: Story, sheaf: Sheaf, file: File, rules: list[DelegationRule], left: Decimal, letter: dict[str, Any]) -> None:
    cast, application, decided_at = story.cast, file.rows["application"], at(file.decided_on, 11)
    funded = file.fate == "funded"
    document = sheaf.add(
        Document,
        application=application,
        kind=DocumentKind.LETTER,
        uploaded_by=cast.officers[0],
        uploaded_at=decided_at + timedelta(days=3),
        **letter,
    )
    award = file.rows["award"] = sheaf.add(
        Award,
        application=application,
        state=AwardState.APPROVED if funded else AwardState.REFUSED,
        is_favourable=funded,
        amount=file.amount if funded else ZERO,
        reason=FAVOURABLE if funded else UNFAVOURABLE,
        rank=file.rows["rank"],
        recommended_by=cast.secretary,
        recommended_at=decided_at - timedelta(days=20),
        certified_by=cast.controller if funded else None,
        certified_at=decided_at - timedelta(days=8) if funded else None,
        decided_at=decided_at,
        refusal_reason="" if funded else REFUSED,
        refused_by=None if funded else cast.director,
        letter=document,
        letter_by=cast.officers[0],
        letter_at=decided_at + timedelta(days=3),
    )
    for year, part in file.awarded.items():
        sheaf.add(AwardPart, award=award, fiscal_year=year, amount=part)
    roles = _roles(rules, file.amount) if funded else []
    for level, role in enumerate(roles, start=1):
        sheaf.add(
            Approval,
            award=award,
            level=level,
            role=role,
            person=_approver(story, role),
            approved_at=decided_at - timedelta(days=3 * (len(roles) - level)),
            margin_after=left,
        )


def _roles(rules: list[DelegationRule], amount: Decimal) -> list[str]:
    [rule] = [one for one in rules if one.above < amount and (one.up_to is None or amount <= one.up_to)]
    return list(rule.approvals)


def _approver(story: Story, role: str) -> User:
    cast = story.cast
    found: User = {Role.DIRECTOR: cast.director, Role.HEAD: cast.head, Role.MINISTER_DELEGATE: cast.delegate}[Role(role)]
    return found


def _post_award(story: Story, file: File, envelope_id: int) -> None:
    for year, part in file.awarded.items():
        for amount, holder in ((-part, None), (part, file.rows["award"].pk)):
            story.postings[at(file.decided_on, 11)].append(
                Posting(envelope_id, year, LedgerKind.RESERVATION, amount, file.decided_on, call_id=file.round.call.pk, award_id=holder)
            )


def release_calls(story: Story, envelope_id: int) -> None:
    """What a call that is over did not use goes back to the envelope."""
    for one in (one for one in story.rounds if one.is_over):
        released_at = at(one.decided_on[-1] + timedelta(days=30), 15)
        for year, amount in one.budgets.items():
            if left := amount - sum((file.awarded.get(year, ZERO) for file in one.files), ZERO):
                story.postings[released_at].append(
                    Posting(
                        envelope_id,
                        year,
                        LedgerKind.RESERVATION,
                        -left,
                        released_at.date(),
                        call_id=one.call.pk,
                        reference=one.call.reference,
                    )
                )


# ── Agreements ───────────────────────────────────────────────────────────────────────────────────────────────────────
def write_agreements(story: Story, sheaf: Sheaf, *, envelope_id: int, contract: dict[str, Any]) -> None:
    """The project and the agreement of each funded file, signed and committed; its milestones as far as the stage has come."""
    numbers = _numbers(story)
    for file in story.projects:
        agreement_number, project_number = next(numbers[file.signed_on.year])
        _write_project(story, sheaf, file, project_number)
        _write_agreement(story, sheaf, file, agreement_number, contract)
        _write_schedule(story, sheaf, file)
        _post_agreement(story, file, envelope_id)


def _numbers(story: Story) -> dict[int, Any]:
    years = [file.signed_on.year for file in story.projects]
    return {
        year: zip(
            next_numbers(f"CNV-{year}", years.count(year), width=5), next_numbers(f"PRJ-{year}", years.count(year), width=5), strict=True
        )
        for year in sorted(set(years))
    }


def _write_project(story: Story, sheaf: Sheaf, file: File, number: str) -> None:
    application = file.rows["application"]
    completed = file.is_completed and story.reaches("payment")
    file.rows["project"] = sheaf.add(
        Project,
        reference=number,
        application=application,
        call=file.round.call,
        organisation=application.organisation,
        region=application.organisation.region,
        title=file.title,
        modality=file.round.call.terms.modality,
        state=ProjectState.COMPLETED if completed else ProjectState.ACTIVE,
        decided_on=file.decided_on,
        signed_on=file.signed_on,
        starts_on=file.starts_on,
        ends_on=file.round.due_on[-1],
    )


def in_force_at(file: File) -> datetime:
    return at(file.signed_on, 14)


def _write_agreement(story: Story, sheaf: Sheaf, file: File, number: str, contract: dict[str, Any]) -> None:
    application, project, drafted_at = file.rows["application"], file.rows["project"], in_force_at(file) - timedelta(days=10)
    completed = file.is_completed and story.reaches("payment")
    document = sheaf.add(
        Document,
        application=application,
        project=project,
        kind=DocumentKind.AGREEMENT,
        uploaded_by=story.cast.officers[1],
        uploaded_at=drafted_at,
        **contract,
    )
    agreement = file.rows["agreement"] = sheaf.add(
        Agreement,
        number=number,
        award=file.rows["award"],
        project=project,
        kind=kind_for(application),
        state=AgreementState.COMPLETED if completed else AgreementState.IN_FORCE,
        amount=file.amount,
        starts_on=file.starts_on,
        ends_on=file.round.due_on[-1],
        drafted_by=story.cast.officers[1],
        drafted_at=drafted_at,
        document=document,
        reviewed_by=story.cast.officers[0],
        reviewed_at=drafted_at + timedelta(days=2),
        in_force_at=in_force_at(file),
    )
    signers = ((Party.BENEFICIARY, file.applicant.signatory, 4), (Party.MINISTER, story.cast.head, 0))
    for party, person, days in signers:
        signed_at = in_force_at(file) - timedelta(days=days)
        sheaf.add(
            Signature,
            agreement=agreement,
            party=party,
            person=person,
            signed_on=signed_at.date(),
            document=document,
            document_sha256=document.sha256,
            recorded_at=signed_at,
        )


def _write_schedule(story: Story, sheaf: Sheaf, file: File) -> None:
    agreement = file.rows["agreement"]
    for year, part in file.awarded.items():
        sheaf.add(AgreementPart, agreement=agreement, fiscal_year=year, amount=part)
    milestones = {
        position: sheaf.add(
            Milestone,
            agreement=agreement,
            position=position,
            title=title,
            evidence=evidence,
            due_on=due,
            **milestone_values(story, sheaf, file, position),
        )
        for position, ((title, evidence), due) in enumerate(zip(MILESTONES, file.round.due_on, strict=True), start=1)
    }
    schedule = default_schedule(file.amount, file.awarded, file.round.call.terms, list(milestones))
    file.rows["instalments"] = [
        sheaf.add(
            Instalment,
            agreement=agreement,
            position=position,
            kind=one.kind,
            fiscal_year=one.fiscal_year,
            amount=one.amount,
            milestone=None if one.kind == InstalmentKind.ADVANCE else milestones[one.milestone or 0],
        )
        for position, one in enumerate(schedule, start=1)
    ]


def _post_agreement(story: Story, file: File, envelope_id: int) -> None:
    agreement, award = file.rows["agreement"], file.rows["award"]
    for year, part in file.awarded.items():
        for kind, amount, holder in ((LedgerKind.RESERVATION, -part, None), (LedgerKind.COMMITMENT, part, agreement.pk)):
            story.postings[in_force_at(file)].append(
                Posting(
                    envelope_id,
                    year,
                    kind,
                    amount,
                    file.signed_on,
                    call_id=file.round.call.pk,
                    award_id=award.pk,
                    agreement_id=holder,
                    reference=agreement.number,
                )
            )

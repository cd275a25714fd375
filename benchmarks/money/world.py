"""What the race fights over: a few calls, awards and agreements on two fiscal years that hold less than everyone wants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from funding.enums import AgreementState
from funding.models import Agreement, Award, EnvelopeYear, Milestone
from funding.services import cash
from funding.services.agreement_drafts import review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary
from funding.services.awards import approve_award, issue_letter
from funding.services.calls import submit_call
from funding.services.milestones import report_milestone, verify_milestone
from projects.enums import ApplicationState, Role
from projects.models import Call, Counter, User
from projects.services.calls import create_call
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    OrganisationFactory,
    agreement_in_force,
    award_certified,
    bank_details_of,
    call_content,
    person_with,
    reserve,
    upload,
)

YEARS = (2026, 2027)
ASKED = Decimal("40000.00")
WANTED = Decimal("300000.00")  # what each call that waits for its approval asks of each year
DRAWN = Decimal("400000.00")
OF_EACH_ROLE = 3
#: who acts: one role each, because a person who holds two of them could hide what the separation of duties stops
ROLES = (
    Role.OFFICER, Role.CONTROLLER, Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE, Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER,
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Who may act, by role. What they act on is read from the database at each act."""

    people: dict[str, list[int]]


def build(size: int) -> World:
    """A database with `size` files at each stage: the call holds enough for a quarter of its awards, the envelope for one of its calls."""
    people = {role: [person_with(role) for _person in range(OF_EACH_ROLE)] for role in ROLES}
    writer = person_with(Role.OFFICER)
    in_force(size, people)
    to_sign(size, people)
    call = CallFactory()
    reserve(call=call, amounts={2026: ASKED * (size // 4) + Decimal("0.01")}, actor=None, now=NOW)
    for _ in range(size):
        award_certified(ApplicationFactory(call=call, state=ApplicationState.RECOMMENDED), amount=ASKED)
    leave(WANTED * 6)  # submitting a call asks that the envelope can hold it
    Counter.objects.update_or_create(series=f"AP-{NOW.year}", defaults={"last": 5000})  # after the references of the factories
    for _ in range(max(size // 4, 6)):
        submitted_call(writer)
    leave(WANTED + Decimal("0.01"))
    authority(people)
    return World({str(role): [person.pk for person in group] for role, group in people.items()})


def submitted_call(writer: User) -> Call:
    content = replace(call_content(), budgets=dict.fromkeys(YEARS, WANTED), opens_at=NOW + timedelta(days=20))
    call = create_call(content=content, actor=writer, now=NOW)
    return submit_call(call_id=call.pk, actor=writer, now=NOW)


def in_force(size: int, people: dict[Role, list[User]]) -> list[Agreement]:
    """Agreements in force whose milestones are verified: every instalment may be paid."""
    officer, call = people[Role.OFFICER][0], CallFactory()
    found = []
    for _ in range(size):
        agreement = agreement_in_force(ApplicationFactory(call=call, state=ApplicationState.CONVERTED), amount=ASKED)
        bank_details_of(agreement.project.organisation)
        respondent = person_with(Role.WRITER, organisation=agreement.project.organisation)
        for milestone in Milestone.objects.filter(agreement=agreement).order_by("position"):
            report_milestone(milestone_id=milestone.pk, report="Atteint.", evidence=upload(), actor=respondent, now=NOW)
            verify_milestone(milestone_id=milestone.pk, actor=officer, now=NOW)
        found.append(agreement)
    return found


def to_sign(size: int, people: dict[Role, list[User]], call: Call | None = None) -> list[Agreement]:
    """Agreements that wait for the minister's signature, all of one call, made by the acts that lead there."""
    if call is None:
        call = CallFactory()
        reserve(call=call, amounts={2026: ASKED * size}, actor=None, now=NOW)
    organisation = OrganisationFactory()
    bank_details_of(organisation)
    signatory = person_with(Role.SIGNATORY, organisation=organisation)
    drafter, director = person_with(Role.OFFICER), people[Role.DIRECTOR][0]
    return [_signed(call, organisation, signatory, drafter, director) for _ in range(size)]


def _signed(call: Call, organisation: Any, signatory: User, drafter: User, director: User) -> Agreement:
    file = ApplicationFactory(call=call, organisation=organisation, state=ApplicationState.RECOMMENDED)
    award = award_certified(file, amount=ASKED)
    approve_award(award_id=award.pk, actor=director, now=NOW)
    issue_letter(award_id=award.pk, actor=drafter, now=NOW)
    agreement = draft_agreement(award_id=award.pk, actor=drafter, now=NOW)
    given = {"agreement_id": agreement.pk, "now": NOW}
    submit_agreement(**given, actor=drafter)
    review_agreement(**given, document_sha256=agreement.document.sha256, actor=director)
    given |= {"document_sha256": agreement.document.sha256, "confirmation": agreement.number, "intent": True, "factor": "totp"}
    return sign_for_beneficiary(**given, actor=signatory)


def authority(people: dict[Role, list[User]]) -> None:
    """One authority to draw, in force, with a ceiling that a few draw-downs reach."""
    controller, day = people[Role.CONTROLLER][0], NOW.date()
    found = cash.record_authority(law="Loi d’essai", article="1", ceiling=DRAWN, actor=controller, now=NOW)
    cash.adopt_authority(authority_id=found.pk, on=day, actor=controller, now=NOW)
    cash.bring_authority_into_force(authority_id=found.pk, on=day, actor=people[Role.HEAD][0], now=NOW)


def leave(margin: Decimal) -> None:
    """Reserve what each year of the envelope of projects has left, but for a margin."""
    filler = CallFactory()
    for year in YEARS:
        counter = EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=year)
        room = counter.authorised - counter.reserved - counter.committed - margin
        if room > 0:
            reserve(call=filler, amounts={year: room}, actor=None, now=NOW)


def stages() -> dict[str, int]:
    """How many files wait at each stage, to print."""
    return {
        "calls to approve": Call.objects.filter(state="submitted").count(),
        "awards to approve": Award.objects.filter(state="certified").count(),
        "agreements to sign": Agreement.objects.filter(state=AgreementState.SIGNED_BENEFICIARY).count(),
        "agreements in force": Agreement.objects.filter(state=AgreementState.IN_FORCE).count(),
    }

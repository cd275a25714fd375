"""An agreement suspended, resumed, completed, closed or terminated, and what its end gives back to the envelope."""

from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import AgreementState, AgreementStepKind, LedgerKind, TerminationCause
from funding.models import AgreementStep, EnvelopeYear, LedgerEntry
from funding.services.agreement_ends import (
    close_agreement,
    complete_agreement,
    resume_agreement,
    suspend_agreement,
    terminate_agreement,
)
from funding.services.reversals import reverse_payment
from projects.enums import DocumentKind, ProjectState, Role
from reporting.queries.invariants import check
from tests.access.world import document_of
from tests.factories import NOW, UserFactory, agreement_in_force, follow_up_done, person_with, recuse
from tests.funding.paying import pay
from tests.funding.services.test_agreement_drafts import by

pytestmark = pytest.mark.django_db
D = Decimal


def verify_all(agreement):
    agreement.milestones.update(
        state="verified", reported_by=UserFactory(), reported_at=NOW, verified_by=UserFactory(), verified_at=NOW,
        document=document_of(agreement.award.application, DocumentKind.EVIDENCE),
    )  # fmt: skip


def committed(agreement):
    rows = LedgerEntry.objects.filter(agreement=agreement, kind=LedgerKind.COMMITMENT).order_by("seq")
    return [row.amount for row in rows]


def terminate(agreement, **given):
    return terminate_agreement(
        **by(person_with(Role.HEAD), agreement, **{"cause": TerminationCause.DEFAULT, "reason": "Jalon jamais livré", **given})
    )


def test_suspended_agreement_pays_nothing_until_it_is_resumed():
    agreement, director = agreement_in_force(), person_with(Role.DIRECTOR)
    advance = agreement.instalments.get(position=1)
    with pytest.raises(WrongState, match="n’est pas suspendue"):
        resume_agreement(**by(director, agreement))
    with pytest.raises(Invalid):
        suspend_agreement(**by(director, agreement, reason=""))
    suspend_agreement(**by(director, agreement, reason="Rapport attendu"))
    with pytest.raises(WrongState, match="pas en vigueur"):
        pay(advance)
    assert resume_agreement(**by(director, agreement)).state == AgreementState.IN_FORCE
    pay(advance)
    assert list(AgreementStep.objects.order_by("pk").values_list("kind", "reason")) == [("suspended", "Rapport attendu"), ("resumed", "")]


def test_termination_frees_what_was_never_paid_year_by_year():  # T10
    agreement = agreement_in_force(amount=D("1000000.00"))
    envelope_year = EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2026)
    before = envelope_year.committed
    pay(agreement.instalments.get(position=1))
    agreement = terminate(agreement)
    envelope_year.refresh_from_db()
    assert (agreement.state, agreement.project.state) == (AgreementState.TERMINATED, ProjectState.TERMINATED)
    assert committed(agreement) == [D("1000000.00"), D("-750000.00")]
    assert before - envelope_year.committed == D("750000.00")
    step = AgreementStep.objects.get(kind=AgreementStepKind.TERMINATED)
    assert (step.cause, step.reason) == ("default", "Jalon jamais livré")
    with pytest.raises(WrongState):
        terminate(agreement)


def test_payment_that_comes_back_after_the_end_is_not_due_any_more():
    agreement = agreement_in_force(amount=D("1000000.00"))
    payment = pay(agreement.instalments.get(position=1))
    agreement = terminate(agreement)
    reverse_payment(
        payment_id=payment.pk, reference="RET-1", returned_on=NOW.date(), reason="Compte fermé", actor=person_with(Role.CONTROLLER), now=NOW
    )
    assert committed(agreement) == [D("1000000.00"), D("-750000.00"), D("-250000.00")]
    assert [finding.broken for finding in check() if finding.broken] == []


def test_termination_waits_for_payments_under_way_and_names_them():
    agreement = agreement_in_force()
    payment = pay(agreement.instalments.get(position=1), last=False)
    with pytest.raises(WrongState) as refused:
        terminate(agreement)
    assert refused.value.message == f"La convention ne peut pas être résiliée. Le paiement {payment.number} est en cours."
    with pytest.raises(Invalid) as refused:
        terminate(agreement, cause="caprice")
    assert list(refused.value.errors) == ["cause"]


def test_termination_is_the_head_s_or_the_delegate_s():
    agreement, recused = agreement_in_force(), person_with(Role.HEAD)
    recuse(recused, agreement.award.application)
    for person in (recused, person_with(Role.DIRECTOR), person_with(Role.OFFICER)):
        with pytest.raises(NotAllowed):
            terminate(agreement, actor=person)
    assert terminate(agreement, actor=person_with(Role.MINISTER_DELEGATE)).state == AgreementState.TERMINATED


def test_completion_names_each_milestone_that_waits_then_closing_frees_the_rest():
    agreement, officer = agreement_in_force(), person_with(Role.OFFICER)
    first, second = agreement.milestones.order_by("position")
    with pytest.raises(WrongState) as refused:
        complete_agreement(**by(officer, agreement))
    assert refused.value.message == (
        "La convention ne peut pas être déclarée achevée. "
        f"Le jalon 1 ({first.title}) n’est pas vérifié. Le jalon 2 ({second.title}) n’est pas vérifié."
    )
    verify_all(agreement)
    assert complete_agreement(**by(officer, agreement)).project.state == ProjectState.COMPLETED
    with pytest.raises(WrongState, match="Le calendrier des rapports de suivi n’est pas établi"):
        close_agreement(**by(officer, agreement))
    follow_up_done(agreement)
    agreement = close_agreement(**by(officer, agreement))
    assert (agreement.state, committed(agreement)) == (AgreementState.CLOSED, [D("100000.00"), D("-100000.00")])

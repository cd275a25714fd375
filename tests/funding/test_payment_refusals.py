"""Why a payment or a milestone is refused: a recusal (403), a state (409); a double click changes nothing and says so."""

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import NotAllowed, WrongState
from funding.enums import LedgerKind
from funding.models import Payment
from funding.queries.envelopes import ledger_for
from funding.services import milestones as milestone_acts
from funding.services import payments as acts
from projects.enums import CallState, Role
from projects.models import JournalEntry
from tests.factories import NOW, agreement_in_force, person_with, recuse, reserved_call, upload

pytestmark = pytest.mark.django_db
ALL = dict.fromkeys(acts.ATTESTATIONS, True)
PAYERS = (Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER, Role.OFFICER)


def requested(agreement, actor=None):
    advance = agreement.instalments.get(kind="advance")
    actor = actor or person_with(Role.PAYMENT_REQUESTER)
    return acts.request_payment(instalment_id=advance.pk, attestations=ALL, actor=actor, now=NOW)


def test_recused_person_has_no_part_in_the_payments_of_the_file():
    agreement, recused = agreement_in_force(), person_with(*PAYERS)
    recuse(recused, agreement.project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        requested(agreement, recused)
    payment, milestone = requested(agreement), agreement.milestones.get(position=1)
    member = person_with(Role.WRITER, organisation=agreement.project.organisation)
    milestone_acts.report_milestone(milestone_id=milestone.pk, report="Livré", evidence=upload(), actor=member, now=NOW)
    for act, given in (
        (acts.certify_payment, {"payment_id": payment.pk}),
        (acts.reject_payment, {"payment_id": payment.pk, "reason": "Non"}),
        (milestone_acts.verify_milestone, {"milestone_id": milestone.pk}),
    ):
        with pytest.raises(NotAllowed, match="récusation"):
            act(**given, actor=recused, now=NOW)


def test_step_out_of_order_is_a_wrong_state(client):
    payment = requested(agreement_in_force())
    authoriser, controller = person_with(Role.PAYMENT_AUTHORISER), person_with(Role.CONTROLLER)
    with pytest.raises(WrongState, match="n’attend pas d’autorisation"):
        acts.authorise_payment(payment_id=payment.pk, actor=authoriser, now=NOW)
    acts.certify_payment(payment_id=payment.pk, actor=controller, now=NOW)
    client.force_login(controller)
    page = reverse("funding:payment_certify", args=[payment.number])
    assert [client.get(page).status_code, client.post(page, {"key": "other"}).status_code] == [409, 409]


def test_double_click_on_certification_is_harmless(client):
    payment = requested(agreement_in_force())
    client.force_login(person_with(Role.CONTROLLER))
    page = reverse("funding:payment_certify", args=[payment.number])
    assert [client.post(page, {"key": "k"}).status_code for _ in range(2)] == [302, 302]
    assert JournalEntry.objects.filter(act="certify_payment").count() == 1
    assert Payment.objects.get().state == "certified"


def test_ledger_hides_the_rows_of_a_call_that_is_sealed_for_the_auditor():
    call = reserved_call(state=CallState.APPROVED, published_at=None, opened_at=None)
    mine = ledger_for(person_with(Role.OFFICER), NOW).filter(kind=LedgerKind.RESERVATION)
    theirs = ledger_for(person_with(Role.AUDITOR), NOW).filter(kind=LedgerKind.RESERVATION)
    assert ([one.call for one in mine], list(theirs)) == ([call], [])

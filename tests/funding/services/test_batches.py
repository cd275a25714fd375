"""Batches: an order leaves once, in bytes that never change, and what is in a batch is neither rejected nor sent again."""

import csv
import hashlib
import io

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import BatchState, PaymentState
from funding.models import BatchOrder, Payment, PaymentBatch
from funding.queries.batches import ready_for
from funding.services import batches as acts
from funding.services.payments import reject_payment
from projects.enums import Role
from projects.models import JournalEntry
from tests.factories import NOW, ApplicationFactory, OrganisationFactory, agreement_in_force, bank_details_of, person_with, recuse, sent
from tests.funding.paying import authorised, requested
from tests.refusals import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def requester():
    return person_with(Role.PAYMENT_REQUESTER)


def payable(name="Clairmont", **given):
    application = ApplicationFactory(organisation=OrganisationFactory(name=name), state="converted")
    payment = authorised(agreement_in_force(application).instalments.get(kind="advance"))
    bank_details_of(application.organisation, **given)
    return payment


def prepared(requester, *payments):
    return acts.prepare_batch(payment_ids=[payment.pk for payment in payments], actor=requester, now=NOW)


def test_order_number_is_agreement_instalment_attempt(requester):
    payment = requested()
    number = payment.instalment.agreement.number
    assert (payment.order_number, payment.attempt) == (f"{number}/1/1", 1)
    reject_payment(payment_id=payment.pk, reason="Erreur", actor=requester, now=NOW)
    again = requested(payment.instalment)
    assert (again.order_number, again.attempt) == (f"{number}/1/2", 2)


def test_batch_holds_its_orders_and_gives_the_same_bytes_each_time(requester):
    payments = [payable("=Clairmont"), payable("Ombrageville", number="00123")]
    batch = prepared(requester, *payments)
    first, second = (acts.download_batch(batch_id=batch.pk, actor=requester, now=NOW) for _ in range(2))
    assert (first == second, hashlib.sha256(first).hexdigest()) == (True, batch.sha256)
    rows = list(csv.DictReader(io.StringIO(first.decode(), newline=""), delimiter=";"))
    assert [(row["beneficiaire"], row["titulaire"], row["compte"], row["montant"]) for row in rows] == [
        ("'=Clairmont", "'=Clairmont", "1234567", "25000.00"),
        ("Ombrageville", "Ombrageville", "00123", "25000.00"),
    ]
    assert rows[0] == {
        "ordre": payments[0].order_number, "lot": "LOT-2026-00001", "beneficiaire": "'=Clairmont", "titulaire": "'=Clairmont",
        "institution": "815", "transit": "30000", "compte": "1234567", "montant": "25000.00", "devise": "CAD", "exercice": "2026",
    }  # fmt: skip
    assert JournalEntry.objects.filter(act="download_batch").count() == 2


def test_new_account_after_a_batch_does_not_change_its_file(requester):
    payment = payable()
    batch = prepared(requester, payment)
    before = acts.download_batch(batch_id=batch.pk, actor=requester, now=NOW)
    bank_details_of(payment.instalment.agreement.project.organisation, number="99999")
    assert acts.download_batch(batch_id=batch.pk, actor=requester, now=NOW) == before


def test_transmission_moves_the_batch_and_its_payments_together(requester):
    payment = payable()
    batch = prepared(requester, payment)
    with pytest.raises(WrongState, match="est dans un lot"):
        reject_payment(payment_id=payment.pk, reason="Erreur", actor=requester, now=NOW)
    acts.transmit_batch(batch_id=batch.pk, actor=requester, now=NOW)
    payment.refresh_from_db()
    assert (payment.state, payment.transmitted_by) == (PaymentState.TRANSMITTED, requester)
    with pytest.raises(WrongState, match="fichier de retour"):
        reject_payment(payment_id=payment.pk, reason="Erreur", actor=requester, now=NOW)
    for act, given in ((acts.transmit_batch, {}), (acts.cancel_batch, {"reason": "Erreur"})):
        with pytest.raises(WrongState, match="déjà transmis"):
            act(batch_id=batch.pk, actor=requester, now=NOW, **given)


def test_cancelled_batch_frees_its_orders_and_keeps_its_rows(requester):
    payment = payable()
    batch = prepared(requester, payment)
    with pytest.raises(WrongState, match="n’est plus à transmettre"):
        prepared(requester, payment)
    with pytest.raises(Invalid):
        acts.cancel_batch(batch_id=batch.pk, reason=" ", actor=requester, now=NOW)
    acts.cancel_batch(batch_id=batch.pk, reason="Erreur de date", actor=requester, now=NOW)
    with pytest.raises(WrongState, match="annulé"):
        acts.download_batch(batch_id=batch.pk, actor=requester, now=NOW)
    again = prepared(requester, payment)
    assert list(BatchOrder.objects.order_by("pk").values_list("batch", "is_live")) == [(batch.pk, False), (again.pk, True)]


def test_double_click_and_back_button_prepare_one_batch(requester):
    payment = payable()
    once, twice = (acts.prepare_batch(payment_ids=[payment.pk], actor=requester, now=NOW, key="k") for _ in range(2))
    assert (once, PaymentBatch.objects.count()) == (twice, 1)


def test_batch_without_a_confirmed_account_names_the_organisation(requester):
    payment = authorised()
    name = payment.instalment.agreement.project.organisation.name
    with pytest.raises(Invalid) as refused:
        prepared(requester, payment)
    assert refused.value.errors == {"orders": f"Coordonnées bancaires à confirmer d’abord\u00a0: {name}."}
    with pytest.raises(Invalid):
        prepared(requester)
    assert not PaymentBatch.objects.exists()


def test_recused_person_neither_sends_nor_takes_the_orders_of_the_file(requester):
    hidden, seen = payable("Ombrageville"), payable()
    batch = prepared(requester, hidden, seen)
    recused = person_with(Role.PAYMENT_REQUESTER)
    recuse(recused, hidden.instalment.agreement.project.application)
    assert list(ready_for(recused, NOW)) == []
    for act, given in ((acts.transmit_batch, {}), (acts.cancel_batch, {"reason": "Erreur"}), (acts.download_batch, {})):
        with pytest.raises(NotAllowed, match="dossiers qui vous sont cachés"):
            act(batch_id=batch.pk, actor=recused, now=NOW, **given)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER, Role.AUDITOR, Role.SIGNATORY])
def test_only_the_payments_unit_makes_batches(role):
    payment = payable()
    with pytest.raises(NotAllowed):
        prepared(person_with(role), payment)


# ── What the database holds alone ────────────────────────────────────────────────────────────────────────────────────
INSERT = """INSERT INTO funding_batchorder (batch_id, payment_id, position, order_number, beneficiary, amount, bank_detail_id, is_live)
            SELECT %s, p.id, %s, p.order_number, 'Clairmont', p.amount + %s, %s, true FROM funding_payment p WHERE p.id = %s"""


def test_order_is_in_one_live_batch_at_its_amount_and_account(requester):
    payment, other = payable(), payable("Ombrageville")
    batch = prepared(requester, payment)
    details = {
        one: BatchOrder.objects.get().bank_detail_id if one == payment else bank_details_of(owner_of(one)).pk for one in (payment, other)
    }
    assert refusal(INSERT, batch.pk, 2, 0, details[payment], payment.pk) == "batch_order_once"
    assert refusal(INSERT, batch.pk, 2, 1, details[other], other.pk) == "batch_order_is_authorised"
    assert refusal(INSERT, batch.pk, 2, 0, details[payment], other.pk) == "batch_order_has_its_account"
    waiting = bank_details_of(owner_of(other), state="entered", decided_by=None, decided_at=None)
    assert refusal(INSERT, batch.pk, 2, 0, waiting.pk, other.pk) == "batch_order_has_its_account"
    assert refusal(INSERT, batch.pk, 2, 0, details[other], requested().pk) == "batch_order_is_authorised"
    assert refusal("UPDATE funding_batchorder SET is_live = false") == "batch_order_is_kept"
    for statement in ("UPDATE funding_batchorder SET amount = 1", "DELETE FROM funding_batchorder"):
        assert refusal(statement) == "permission denied for table funding_batchorder"
    assert refusal("UPDATE funding_paymentbatch SET total = 1") == "permission denied for table funding_paymentbatch"


def owner_of(payment):
    return payment.instalment.agreement.project.organisation


def test_payment_leaves_in_a_transmitted_batch_alone_and_never_changes(requester):
    payment = payable()
    leave = "UPDATE funding_payment SET state = 'transmitted', transmitted_by_id = %s, transmitted_at = now() WHERE id = %s"
    assert refusal(leave, requester.pk, payment.pk) == "payment_leaves_in_a_batch"
    prepared(requester, payment)
    assert refusal(leave, requester.pk, payment.pk) == "payment_leaves_in_a_batch"
    assert refusal("UPDATE funding_payment SET state = 'rejected' WHERE id = %s", payment.pk) == "payment_is_in_a_batch"
    for change in ("amount = amount - 1", "order_number = 'CNV/1/9'", "attempt = 9"):
        assert refusal(f"UPDATE funding_payment SET {change} WHERE id = %s", payment.pk) == "payment_is_never_rewritten"
    paid = "UPDATE funding_payment SET state = 'confirmed', reference = 'R', paid_on = now(), confirmed_at = now() WHERE id = %s"
    assert refusal(paid, payment.pk) == "payment_moves_in_order"
    assert refusal("DELETE FROM funding_payment") == "permission denied for table funding_payment"


def test_transmitted_batch_is_never_cancelled(requester):
    sent(payable(), actor=requester)
    undo = "UPDATE funding_paymentbatch SET state = 'cancelled', transmitted_by_id = NULL, transmitted_at = NULL, cancelled_by_id = %s"
    assert refusal(undo + ", cancelled_at = now(), cancellation_reason = 'x'", requester.pk) == "batch_moves_in_order"


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_batch_goes_the_whole_way_on_its_pages(client, requester):
    payment, unpaid = payable(), authorised()
    client.force_login(requester)
    create = reverse("funding:batch_create")
    shown = client.get(create).content.decode()
    assert (payment.order_number in shown, unpaid.order_number in shown, owner_of(unpaid).name in shown) == (True, False, True)
    assert client.post(create, {"key": "k"}).status_code == 422
    page = client.post(create, {"orders": [payment.pk], "key": "k"}).url
    assert client.post(create, {"orders": [payment.pk], "key": "other"}).status_code == 422
    batch = PaymentBatch.objects.get()
    assert page == reverse("funding:batch_detail", args=[batch.number])
    file = client.post(reverse("funding:batch_download", args=[batch.number]))
    assert (hashlib.sha256(file.content).hexdigest(), file["Cache-Control"]) == (batch.sha256, "no-store")
    assert client.get(reverse("funding:batch_download", args=[batch.number])).status_code == 405
    transmit = reverse("funding:batch_transmit", args=[batch.number])
    assert [client.post(transmit, {"key": key}).status_code for key in ("k", "k", "other")] == [302, 302, 409]
    assert client.get(reverse("funding:batch_cancel", args=[batch.number])).status_code == 409
    assert PaymentBatch.objects.get().state == BatchState.TRANSMITTED
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.TRANSMITTED
    detail = client.get(reverse("funding:payment_detail", args=[payment.number])).content.decode()
    assert (batch.number in detail, payment.order_number in detail, "815-30000-•••• 567" in detail) == (True, True, True)


def test_batch_hides_the_orders_of_a_hidden_file(client, requester):
    hidden, seen = payable("Ombrageville"), payable()
    batch, recused = prepared(requester, hidden, seen), person_with(Role.CONTROLLER)
    recuse(recused, hidden.instalment.agreement.project.application)
    client.force_login(recused)
    shown = client.get(reverse("funding:batch_detail", args=[batch.number])).content.decode()
    assert (seen.order_number in shown, hidden.order_number in shown, "Ombrageville" in shown) == (True, False, False)
    assert "1 ordre d’un dossier qui vous est caché" in shown


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_for_one_and_three_rows(client, requester, django_assert_num_queries, rows):
    batches = [prepared(requester, payable()) for _ in range(rows - 1)]
    batches.append(prepared(requester, *(payable() for _ in range(rows))))
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(9):
        client.get(reverse("funding:batch_list"))
    with django_assert_num_queries(9):
        client.get(reverse("funding:batch_detail", args=[batches[-1].number]))

"""An order leaves once: two batches at the same instant, a worker killed half way, an act given twice."""

import os
import subprocess
import sys

import pytest

from fondsinnovation.kit.errors import WrongState
from funding.models import BatchOrder, LedgerEntry, Payment, PaymentBatch
from funding.services import batches as acts
from funding.services.bank import Account, enter_bank_details
from funding.services.payments import confirm_payment, request_payment
from projects.enums import Role
from tests.databases import owner_connection
from tests.factories import NOW, agreement_in_force, bank_details_of, person_with, sent
from tests.funding.paying import ALL, authorised
from tests.races.crowd import at_once

pytestmark = pytest.mark.race
CROWD = 8


def payable():
    payment = authorised()
    bank_details_of(payment.instalment.agreement.project.organisation)
    return payment


def preparing(payments, person):
    return lambda: acts.prepare_batch(payment_ids=[payment.pk for payment in payments], actor=person, now=NOW).number


def test_of_a_crowd_of_batches_one_takes_the_orders(committed_db):
    payments, people = [payable() for _ in range(3)], [person_with(Role.PAYMENT_REQUESTER) for _ in range(CROWD)]
    answers = at_once([preparing(payments, person) for person in people])
    losers = [answer for answer in answers if isinstance(answer, WrongState)]
    assert (len(losers), PaymentBatch.objects.count(), BatchOrder.objects.count()) == (CROWD - 1, 1, 3)
    assert {loser.message for loser in losers} == {
        "Un des ordres choisis n’est plus à transmettre\u00a0: un autre lot l’a pris ou il a été rejeté. Rien n’est parti."
    }


def insert(payment, batch, detail):
    def run():
        order = {"order_number": payment.order_number, "beneficiary": "Clairmont", "amount": payment.amount}
        return BatchOrder.objects.create(batch=batch, payment=payment, position=1, bank_detail=detail, **order).pk

    return run


@pytest.mark.parametrize(("guarded", "orders"), [(True, 1), (False, 2)])
def test_order_enters_two_batches_only_without_its_unique_key(committed_db, guarded, orders):
    payment = payable()
    detail, person = payment.instalment.agreement.project.organisation.bank_details.get(), person_with(Role.PAYMENT_REQUESTER)
    known = {"order_count": 1, "total": payment.amount, "sha256": "0" * 64, "prepared_by": person, "prepared_at": NOW}
    batches = [PaymentBatch.objects.create(number=f"LOT-2026-{place}", **known) for place in range(2)]
    if not guarded:
        with owner_connection(committed_db) as owner:
            owner.execute("DROP INDEX batch_order_once")
    at_once([insert(payment, batch, detail) for batch in batches])
    assert BatchOrder.objects.filter(is_live=True).count() == orders


KILLED = """
import os, signal, django
django.setup()
from datetime import datetime
from django.db.models import QuerySet
from funding.services import batches as acts
from funding.models import PaymentBatch
from projects.models import User
written = QuerySet.bulk_create
def then_die(self, rows, *args, **kwargs):
    written(self, rows, *args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
actor, now = User.objects.get(pk={actor}), datetime.fromisoformat("{now}")
if {batch}:
    acts._note_files = die
    acts.transmit_batch(batch_id={batch}, actor=actor, now=now)
else:
    QuerySet.bulk_create = then_die
    acts.prepare_batch(payment_ids=[{payment}], actor=actor, now=now)
"""


def killed(database, payment, person, batch=0):
    code = KILLED.format(actor=person.pk, now=NOW.isoformat(), payment=payment.pk, batch=batch)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings"}
    return subprocess.run([sys.executable, "-c", code], env=environment, check=False, capture_output=True).returncode


def test_worker_killed_between_an_order_and_its_state_leaves_nothing_and_the_order_leaves_once(committed_db):
    payment, person = payable(), person_with(Role.PAYMENT_REQUESTER)
    assert killed(committed_db, payment, person) == -9
    assert (PaymentBatch.objects.count(), BatchOrder.objects.count()) == (0, 0)
    batch = acts.prepare_batch(payment_ids=[payment.pk], actor=person, now=NOW, key="again")
    assert killed(committed_db, payment, person, batch=batch.pk) == -9
    batch.refresh_from_db()
    assert (batch.state, Payment.objects.get().state) == ("prepared", "authorised")
    answers = at_once([lambda: acts.transmit_batch(batch_id=batch.pk, actor=person, now=NOW, key="t").pk] * CROWD)  # given again and again
    assert (answers, Payment.objects.get().state) == ([batch.pk] * CROWD, "transmitted")
    assert BatchOrder.objects.filter(is_live=True).count() == 1


def test_order_and_its_confirmations_enter_the_ledger_once(committed_db):
    payment = payable()
    person = sent(payment).prepared_by
    calls = [lambda: confirm_payment(payment_id=payment.pk, reference="S-1", paid_on=NOW.date(), actor=person, now=NOW).pk] * CROWD
    assert at_once(calls) == [payment.pk] * CROWD
    assert LedgerEntry.objects.filter(kind="payment").count() == 1


def test_crowd_of_requests_of_an_instalment_makes_one_order(committed_db):
    advance, people = agreement_in_force().instalments.get(kind="advance"), [person_with(Role.PAYMENT_REQUESTER) for _ in range(CROWD)]
    calls = [lambda one=one: request_payment(instalment_id=advance.pk, attestations=ALL, actor=one, now=NOW).order_number for one in people]
    answers = at_once(calls)
    assert sum(isinstance(answer, WrongState) for answer in answers) == CROWD - 1
    assert [answer for answer in answers if isinstance(answer, str)] == [f"{advance.agreement.number}/1/1"]


def test_one_person_does_not_change_the_account_and_pay_at_the_same_instant(committed_db):
    agreement, both = agreement_in_force(), person_with(Role.PAYMENT_REQUESTER)
    advance, owner = agreement.instalments.get(kind="advance"), agreement.project.organisation
    account = Account("Clairmont", "815", "30000", "1234567")
    answers = at_once(
        [
            lambda: request_payment(instalment_id=advance.pk, attestations=ALL, actor=both, now=NOW).pk,
            lambda: enter_bank_details(organisation_id=owner.pk, account=account, actor=both, now=NOW).pk,
        ]
    )
    assert (owner.bank_details.count() + Payment.objects.count(), sum(isinstance(answer, int) for answer in answers)) == (1, 1)

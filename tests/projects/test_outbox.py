"""The outbox: who serves what, once, again after a failure, and never to somebody who may not see the file."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from projects.enums import Role
from projects.models import Membership, Message, OutboxMessage
from projects.services import messages, outbox
from projects.tasks import sweep_outbox
from tests.factories import NOW, ApplicationFactory, MembershipFactory, UnitFactory, UserFactory, person_with, recuse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def handlers(monkeypatch):
    """Topics of this test alone."""
    monkeypatch.setattr(outbox, "_HANDLERS", {})


def rows(*fields):
    return list(OutboxMessage.objects.order_by("pk").values_list(*fields))


def test_sweep_serves_each_message_once(handlers):
    served = []
    outbox.serves("greeting")(lambda payload, now: served.append(payload))
    for n in range(outbox.BATCH + 2):
        outbox.queue("greeting", now=NOW, n=n)
    assert sweep_outbox() == outbox.BATCH + 2
    assert sweep_outbox() == 0
    assert served == [{"n": n} for n in range(outbox.BATCH + 2)]
    assert set(rows("done_at", "attempts", "error")) == {(NOW, 1, "")}


def test_message_that_fails_holds_back_no_other_and_is_tried_again(handlers, clock):
    def handler(payload, now):
        if payload["n"] == 1 and now < NOW + timedelta(seconds=45):
            raise ValueError("pas encore")

    outbox.serves("greeting")(handler)
    for n in (1, 2):
        outbox.queue("greeting", now=NOW, n=n)
    assert sweep_outbox() == 1
    assert rows("done_at", "attempts", "error") == [(None, 1, "ValueError: pas encore"), (NOW, 1, "")]
    clock.move_to(NOW + timedelta(seconds=14))
    assert sweep_outbox() == 0
    clock.move_to(NOW + timedelta(seconds=15))
    assert sweep_outbox() == 0
    assert rows("attempts", "due_at")[0] == (2, NOW + timedelta(seconds=45))
    clock.move_to(NOW + timedelta(seconds=45))
    assert sweep_outbox() == 1
    assert rows("done_at", "attempts", "error")[0] == (NOW + timedelta(seconds=45), 3, "")


def test_message_of_a_dead_worker_comes_back_after_its_lease(handlers, clock):
    served = []
    outbox.serves("greeting")(lambda payload, now: served.append(now))
    outbox.queue("greeting", now=NOW)
    assert len(outbox.claim(NOW)) == 1  # and its worker dies
    clock.move_to(NOW + outbox.LEASE - timedelta(seconds=1))
    assert sweep_outbox() == 0
    clock.move_to(NOW + outbox.LEASE)
    assert sweep_outbox() == 1
    assert served == [NOW + outbox.LEASE]


def test_topic_that_nobody_serves_waits(handlers):
    outbox.queue("unheard", now=NOW)
    assert sweep_outbox() == 0
    assert rows("done_at", "attempts") == [(None, 0)]


def test_topic_has_one_handler(handlers):
    outbox.serves("greeting")(lambda payload, now: None)
    with pytest.raises(RuntimeError, match="greeting"):
        outbox.serves("greeting")(lambda payload, now: None)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 15), (2, 30), (3, 60), (8, 1920), (9, 3600), (5000, 3600)])
def test_delay_doubles_up_to_an_hour(attempts, seconds):
    assert outbox.delay_after(attempts) == timedelta(seconds=seconds)


# ── Mail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def sent():
    return [(email.to, email.subject, email.body) for email in mail.outbox]


def test_mail_reaches_everybody_but_the_recused_and_the_departed():
    application = ApplicationFactory()
    reader, recused, departed = UserFactory(), UserFactory(), UserFactory(is_active=False)
    recuse(recused, application)
    people = [reader, recused, departed]
    messages.send(people, application=application, subject="Demande\nreçue", body="Votre demande est reçue.", now=NOW)
    other = ApplicationFactory()
    messages.send([recused], application=other, subject="Une autre", body="Un autre dossier.", now=NOW)
    sweep_outbox()
    assert sent() == [
        ([reader.email], "Demande reçue", "Votre demande est reçue."),
        ([recused.email], "Une autre", "Un autre dossier."),
    ]
    assert list(Message.objects.order_by("pk").values_list("sent_at", flat=True)) == [NOW, None, None, NOW]
    assert rows("done_at") == [(NOW,), (NOW,)]


def test_recusal_after_the_message_was_left_still_hides_the_file():
    application, person = ApplicationFactory(), UserFactory()
    messages.send([person], application=application, subject="Demande", body="…", now=NOW)
    recuse(person, application)
    sweep_outbox()
    assert sent() == []


def test_member_who_left_since_reads_no_more_of_the_file():
    application, today = ApplicationFactory(), NOW.date()
    before, yesterday = today - timedelta(days=90), today - timedelta(days=1)
    stays, leaves, joins = (person_with(Role.WRITER, organisation=application.organisation) for _ in range(3))
    Membership.objects.filter(person__in=[leaves, joins]).update(starts_on=before, ends_on=yesterday)
    MembershipFactory(person=leaves)  # another organisation gave them a role since
    MembershipFactory(person=joins, organisation=UnitFactory(), role=Role.OFFICER)
    outsider = UserFactory()
    messages.send([stays, leaves, joins, outsider], application=application, subject="Demande", body="…", now=NOW)
    messages.send([leaves], subject="Avis", body="Un avis.", now=NOW)
    sweep_outbox()
    assert [to for to, _subject, _body in sent()] == [[stays.email], [joins.email], [outsider.email], [leaves.email]]


def test_mail_that_fails_is_sent_later_and_the_others_once(monkeypatch, clock):
    first, second = UserFactory(), UserFactory()
    messages.send([first, second], subject="Avis", body="Un avis.", now=NOW)
    deliver = EmailBackend.send_messages

    def refuse_first(self, emails):
        if emails[0].to == [first.email]:
            raise smtplib.SMTPServerDisconnected("connexion perdue")
        return deliver(self, emails)

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse_first)
        assert sweep_outbox() == 0
    assert [to for to, _subject, _body in sent()] == [[second.email]]
    assert rows("done_at", "error") == [(None, "SMTPServerDisconnected: connexion perdue")]
    clock.move_to(NOW + timedelta(minutes=1))
    assert sweep_outbox() == 1
    assert [to for to, _subject, _body in sent()] == [[second.email], [first.email]]

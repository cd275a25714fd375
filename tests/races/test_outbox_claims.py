"""Two workers that sweep at once: each message goes to one of them."""

import threading
import time

import pytest
from django.db import connections, transaction
from django.utils import timezone

from projects.models import OutboxMessage
from projects.services import outbox
from projects.services.outbox import claim, queue
from tests.factories import NOW

pytestmark = pytest.mark.race


def test_messages_that_another_worker_holds_are_passed_over(committed_db, monkeypatch):
    monkeypatch.setattr(outbox, "_HANDLERS", {"greeting": lambda payload, now: None})
    messages = [queue("greeting", now=NOW) for _each in range(3)]
    held, taken = threading.Event(), threading.Event()

    def hold_the_first():
        with transaction.atomic():
            OutboxMessage.objects.select_for_update().get(pk=messages[0].pk)
            held.set()
            taken.wait(timeout=20)
        connections.close_all()

    other = threading.Thread(target=hold_the_first)
    other.start()
    held.wait(timeout=20)
    found = [message.pk for message in claim(NOW)]
    taken.set()
    other.join()
    assert found == [message.pk for message in messages[1:]]


def test_sweeps_at_once_take_each_message_once(committed_db, monkeypatch):
    monkeypatch.setattr(outbox, "_HANDLERS", {"greeting": lambda payload, now: None})
    messages = [queue("greeting", now=NOW) for _each in range(outbox.BATCH * 4)]
    found, start = [], threading.Barrier(4)

    def sweep():
        start.wait(timeout=20)
        while taken := claim(NOW):
            found.extend(message.pk for message in taken)
        connections.close_all()

    threads = [threading.Thread(target=sweep) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(found) == [message.pk for message in messages]


def test_real_worker_serves_what_an_act_left(celery_worker_process):
    queue("mail", now=timezone.now(), messages=[])
    deadline = time.monotonic() + 20
    while OutboxMessage.objects.filter(done_at__isnull=True).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    served = OutboxMessage.objects.get()
    assert (served.attempts, served.error, served.done_at is not None) == (1, "", True)

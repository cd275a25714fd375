"""The page of a technical administrator: the health of the service, and nothing of its business."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from projects.enums import Role
from projects.models import OutboxMessage
from projects.queries.outbox import BEAT
from projects.tasks import tick_calls
from reporting.enums import RunState
from reporting.models import Run
from reporting.queries import operations
from tests.factories import NOW, ApplicationFactory, person_with

pytestmark = pytest.mark.django_db
PAGE = "/exploitation/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def technical(client):
    client.force_login(person_with(Role.TECHNICAL_ADMIN))


def waiting(topic="mail", *, age=timedelta(0), **fields):
    return OutboxMessage.objects.create(topic=topic, queued_at=NOW - age, due_at=NOW, **fields)


def states(at=NOW):
    return {one.code: one.well for one in operations.checks(at, operations.outbox_backlog())}


@pytest.mark.parametrize("role", [role for role in Role if role != Role.TECHNICAL_ADMIN])
def test_page_is_for_technical_administrators(client, role):
    assert client.get(PAGE).status_code == 302
    client.force_login(person_with(role))
    assert client.get(PAGE).status_code == 403


def test_service_in_order_says_so(client, technical):
    tick_calls()
    assert states() == {"database": True, "broker": True, "beat": True, "outbox": True}
    page = client.get(PAGE).text
    assert "Dernier battement : 2026-11-24 10:00:00" in page
    assert "Une partie du service demande une vérification." not in page


def test_silent_beat_late_outbox_and_dead_broker_are_said(client, technical, monkeypatch):
    cache.set(BEAT, NOW - timedelta(minutes=5))
    waiting(age=timedelta(minutes=16))
    assert states() == {"database": True, "broker": True, "beat": False, "outbox": False}
    assert "Une partie du service demande une vérification." in client.get(PAGE).text

    def down(key):
        raise ConnectionError

    monkeypatch.setattr(operations.cache, "get", down)
    assert states()["broker"] is False
    assert "Ne répond pas" in client.get(PAGE).text


def test_backlog_is_counted_by_topic_with_its_failures():
    waiting(age=timedelta(minutes=2))
    waiting(error="SMTPServerDisconnected", attempts=2)
    waiting("money")
    waiting("money", done_at=NOW)
    assert operations.outbox_backlog() == [
        operations.Topic("mail", 2, 1, NOW - timedelta(minutes=2)),
        operations.Topic("money", 1, 0, NOW),
    ]


def test_page_names_no_file_no_person_and_no_error(client, technical):
    application = ApplicationFactory(title="Passerelle ombragée")
    waiting(payload={"number": application.number}, error=f"{application.number} refusé")
    Run.objects.create(scope="working", state=RunState.FAILED, requested_at=NOW, error=f"ValueError: {application.number}")
    page = client.get(PAGE).text
    assert "Échoué" in page
    assert [secret for secret in (application.title, application.number, "ValueError") if secret in page] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_for_one_and_three_rows(client, technical, django_assert_num_queries, rows):
    for number in range(rows):
        waiting(f"sujet{number}")
        Run.objects.create(scope=f"s{number}", requested_at=NOW)
    with django_assert_num_queries(10):
        client.get(PAGE)

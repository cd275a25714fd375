"""Approvals of calls at once, each on its own connection: the database lets through what the envelope holds, and nothing more."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections

from fondsinnovation.kit.errors import DomainError, EnvelopeExceeded, WrongState
from funding.models import LedgerEntry
from funding.queries.calls import available_by_year
from funding.services.calls import approve_call, submit_call
from projects.enums import CallState, Role
from projects.models import Call
from projects.services.calls import create_call
from tests.databases import owner_connection
from tests.factories import NOW, call_content, person_with

pytestmark = pytest.mark.race
EACH = Decimal("5000000.00")  # 54 M$ a year: ten fit, and 4 M$ stay


def submitted_calls(count, officer):
    calls = [create_call(content=call_content(budgets={2026: EACH}), actor=officer, now=NOW) for _each in range(count)]
    return [submit_call(call_id=call.pk, actor=officer, now=NOW) for call in calls]


def approve_at_once(calls, directors):
    """One thread and one connection for each approval, released together. Returns what was refused."""
    refusals, start = [], threading.Barrier(len(calls))

    def approve(call, director):
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            approve_call(call_id=call.pk, actor=director, now=NOW)
        except DomainError as error:
            refusals.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=pair) for pair in zip(calls, directors, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return refusals


def test_twenty_approvals_at_once_pass_as_many_as_the_margin_allows(committed_db):
    calls = submitted_calls(20, person_with(Role.OFFICER))
    refusals = approve_at_once(calls, [person_with(Role.DIRECTOR) for _call in calls])
    assert Call.objects.filter(state=CallState.APPROVED).count() == 10
    assert Call.objects.filter(state=CallState.SUBMITTED).count() == 10
    assert LedgerEntry.objects.filter(call__isnull=False).count() == 10
    assert available_by_year("PROJECTS")[2026] == Decimal("4000000.00")
    assert [type(refusal) for refusal in refusals] == [EnvelopeExceeded] * 10
    message = (
        "L’enveloppe PROJECTS n’a plus que 4\u00a0000\u00a0000,00\u00a0$ en 2026-2027\u00a0: 5\u00a0000\u00a0000,00\u00a0$ demandés. "
        "Rien n’a été engagé."
    )
    assert {refusal.message for refusal in refusals} == {message}


def test_without_the_check_the_envelope_is_overrun(committed_db):
    with owner_connection(committed_db) as owner:
        owner.execute("ALTER TABLE envelope_year DROP CONSTRAINT envelope_year_within_authorised")
    calls = submitted_calls(20, person_with(Role.OFFICER))
    assert approve_at_once(calls, [person_with(Role.DIRECTOR) for _call in calls]) == []
    assert available_by_year("PROJECTS")[2026] == Decimal("-46000000.00")


def test_one_call_approved_by_eight_directors_at_once_reserves_once(committed_db):
    (call,) = submitted_calls(1, person_with(Role.OFFICER))
    refusals = approve_at_once([call] * 8, [person_with(Role.DIRECTOR) for _each in range(8)])
    assert [type(refusal) for refusal in refusals] == [WrongState] * 7
    assert list(LedgerEntry.objects.filter(call=call).values_list("amount", flat=True)) == [EACH]

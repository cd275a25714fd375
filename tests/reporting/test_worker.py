"""What commits: a real worker and broker, the queue's one place, the lock, and invariants broken behind the portal's back."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from projects.models import KnowledgeFloor
from projects.services.journal import KNOWLEDGE_LOCK
from projects.services.outbox import queue
from reporting.enums import RunState
from reporting.models import FollowUpReport, Run
from reporting.queries.snapshots import working_snapshots
from reporting.services import snapshots as acts
from tests.databases import owner_connection
from tests.factories import agreement_in_force
from tests.reporting.test_snapshots import small


def wait_for(condition: Any, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail("nothing came")


def test_money_is_in_the_reports_soon_after_its_act(celery_worker_process: subprocess.Popen) -> None:
    with transaction.atomic():
        small()
        queue("money", now=timezone.now())  # what an act that writes money leaves
    found = wait_for(working_snapshots)
    assert found["roi-projects"].rows.get(key="PRJ-1").data["fund_paid"] == "60000.00"
    assert wait_for(lambda: Run.objects.filter(state=RunState.DONE).exists())


def test_a_second_recompute_waits_for_the_first(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_nudge", lambda run_id: None)
    now = timezone.now()
    run = acts.request_recompute(now=now)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [acts.RECOMPUTE_LOCK])
    with pytest.raises(acts.Busy):
        acts.run_recompute(run_id=run.pk, now=now)
    assert Run.objects.get().state == RunState.QUEUED
    other.close()  # a worker that dies lets its lock go
    assert wait_for(_free)
    assert acts.run_recompute(run_id=run.pk, now=now).state == RunState.DONE


def _free() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [acts.RECOMPUTE_LOCK])
        return bool(cursor.fetchone()[0])


def test_fix_knowledge_waits_for_the_acts_that_write_money(committed_db: str) -> None:
    now, fixed = timezone.now(), threading.Event()

    def fix() -> None:
        acts.fix_knowledge(now, now=now)
        fixed.set()
        connection.close()

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KNOWLEDGE_LOCK])
        thread = threading.Thread(target=fix)
        thread.start()
        assert not fixed.wait(0.3)
        assert KnowledgeFloor.objects.get().known < now
    thread.join(10)
    assert KnowledgeFloor.objects.get().known == now


def test_one_moment_does_not_see_what_commits_meanwhile(committed_db: str) -> None:
    with acts.one_moment():
        assert Run.objects.count() == 0
        thread = threading.Thread(target=_commit_a_run)
        thread.start()
        thread.join()
        assert Run.objects.count() == 0
    assert Run.objects.count() == 1


def _commit_a_run() -> None:
    Run.objects.create(scope="autre", requested_at=timezone.now())
    connection.close()


def test_twenty_requests_queue_one_run(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_nudge", lambda run_id: None)
    found: list[int] = []

    def ask() -> None:
        found.append(acts.request_recompute(now=timezone.now()).pk)
        connection.close()

    threads = [threading.Thread(target=ask) for _n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), Run.objects.count()) == (20, 1, 1)


BREAKS = {
    "INV-01": "UPDATE funding_fund SET ceiling = ceiling + 1",
    "INV-02": "UPDATE funding_envelope SET ceiling = 1 WHERE code = 'SECRETARIAT'",
    "INV-10": "GRANT UPDATE ON ledger_entry TO fonds_app",
    "INV-11": "UPDATE envelope_year SET committed = 7 WHERE fiscal_year = 2027",
    "INV-24": "UPDATE projects_criterion SET weight = weight - 1",
    "INV-25": "UPDATE projects_call SET closes_at = opens_at + interval '1 day'",
    "INV-26": "DELETE FROM reporting_snapshotrow WHERE position = 1",
}


@pytest.fixture
def owner(committed_db: str) -> Iterator[Any]:
    with owner_connection(committed_db) as found:
        yield found


def test_check_invariants_finds_each_thing_that_is_broken(owner: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(acts, "_nudge", lambda run_id: None)
    small()
    now = timezone.now() + timedelta(days=1)
    acts.run_recompute(run_id=acts.request_recompute(now=now).pk, now=now)
    expected = set()
    for code, statement in BREAKS.items():
        owner.execute(statement)
        expected.add(code)
        with pytest.raises(SystemExit) as stop:
            call_command("check_invariants", "--json")
        broken = {name for name, found in json.loads(capsys.readouterr().out).items() if found}
        assert (stop.value.code, broken) == (1, expected)
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    assert "INV-01 FIP : 300000001.00 ≠ 270000001.00 – " in capsys.readouterr().out


def test_beat_establishes_the_calendars_and_a_signature_does_it_at_once(celery_worker_process: subprocess.Popen) -> None:
    signed = agreement_in_force()
    with transaction.atomic():
        queue("follow_up", now=timezone.now(), agreement=signed.pk)  # what a signature leaves
    assert wait_for(lambda: FollowUpReport.objects.filter(agreement=signed).exists())
    older = agreement_in_force()
    for _once_then_again in range(2):
        current_app.send_task("reporting.tasks.tick_follow_ups")
    assert wait_for(lambda: FollowUpReport.objects.filter(agreement=older).exists())
    assert FollowUpReport.objects.filter(agreement=older).count() == FollowUpReport.objects.filter(agreement=signed).count()

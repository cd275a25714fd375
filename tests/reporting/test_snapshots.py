"""Recompute: sharp knowledge dates, all or nothing, harmless twice, and the one queue."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed
from projects.enums import Nature, Role, Stage
from projects.models import JournalEntry, KnowledgeFloor, OutboxMessage, Project
from projects.services.journal import money_clock
from projects.tasks import sweep_outbox
from reporting import analysis, tasks
from reporting.catalogue import REPORTS
from reporting.enums import RunState, SnapshotKind
from reporting.models import GainPart, Run, Snapshot, SnapshotRow
from reporting.queries.snapshots import changed_since, snapshot_of, working_snapshots
from reporting.services import snapshots as acts
from tests.factories import NOW, person_with
from tests.reporting.portfolio import Portfolio

pytestmark = pytest.mark.django_db


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs whose id was given to a worker."""
    found: list[int] = []
    monkeypatch.setattr(acts, "_nudge", found.append)
    return found


def recompute(now: datetime = NOW, **dates: Any) -> Run:
    run = acts.request_recompute(now=now, **dates)
    return acts.run_recompute(run_id=run.pk, now=now)


def row(code: str, key: str) -> dict[str, str]:
    return SnapshotRow.objects.get(snapshot=working_snapshots()[code], key=key).data


def small() -> Portfolio:
    """One project: 60 000 paid, 20 000 co-funded, 30 000 reported, 25 000 verified, 10 000 captured, 4 000 avoided."""
    book = Portfolio()
    project = book.project()
    book.pay(project, "60000.00")
    book.cofund(project, "20000.00")
    line = book.line(project)
    book.gain(line, Stage.REPORTED, "30000.00")
    book.gain(line, Stage.VERIFIED, "25000.00")
    book.gain(line, Stage.CAPTURED, "10000.00")
    book.gain(book.line(project, Nature.AVOID), Stage.VERIFIED, "4000.00")
    return book


def test_payment_taken_back_by_its_contra_entry_counts_for_nothing() -> None:
    book = small()
    wrong = book.pay(Project.objects.get(reference="PRJ-1"), "500.00")
    book.post("payment", "-500.00", agreement=wrong.agreement, reverses=wrong)  # type: ignore[arg-type]
    recompute()
    assert row("roi-projects", "PRJ-1")["fund_paid"] == "60000.00"


def test_recompute_gives_the_four_reports_from_the_rows() -> None:
    small()
    run = recompute()
    assert (run.state, run.progress) == (RunState.DONE, 100)
    assert set(working_snapshots()) == set(REPORTS)
    found = row("roi-projects", "PRJ-1")
    assert {name: found[name] for name in ("fund_paid", "cofunding", "net_gain_forecast", "net_gain_reported", "net_gain_verified")} == {
        "fund_paid": "60000.00", "cofunding": "20000.00", "net_gain_forecast": "120000.00", "net_gain_reported": "30000.00",
        "net_gain_verified": "25000.00",
    }  # fmt: skip
    assert (found["roi_fund"], found["multiple_public"], found["avoided_verified"]) == ("-0.5833", "0.3125", "4000.00")
    assert row("envelopes", "PROJECTS:2026") == {
        "envelope": "PROJECTS", "fiscal_year": "2026", "ceiling": "", "authorised": "54000000.00", "transfers": "0.00",
        "frozen": "0.00", "lapsed": "0.00", "carried": "0.00", "reinvested": "0.00", "open": "54000000.00", "reserved": "0.00",
        "committed": "100000.00", "paid": "60000.00", "recovered": "0.00", "unpaid": "40000.00", "available": "53900000.00",
        "commitment_rate": "0.0019", "payment_rate": "0.6000", "share": "0.9000",
    }  # fmt: skip
    assert row("gains-by-year", "2026:NET")["verified"] == "25000.00"
    assert (working_snapshots()["gains"].row_count, GainPart.objects.count()) == (6, 6)


def test_recompute_writes_a_manifest_that_names_its_dates_and_sums() -> None:
    small()
    recompute()
    kept = working_snapshots()["roi-projects"]
    assert kept.manifest["effective"] == "2026-11-24"
    assert kept.manifest["known"] == NOW.isoformat()
    assert kept.manifest["control_totals"]["fund_paid"] == "60000.00"
    assert (kept.manifest["rows"], kept.manifest["sha256"]) == (2, kept.sha256)
    assert kept.manifest["high_water"]["ledger"] > 0


def test_recompute_of_the_same_facts_keeps_the_rows_and_moves_the_dates() -> None:
    small()
    recompute()
    before = {code: (each.pk, each.sha256) for code, each in working_snapshots().items()}
    recompute(NOW + timedelta(hours=1))
    after = working_snapshots()
    assert {code: (each.pk, each.sha256) for code, each in after.items()} == before
    assert {each.known for each in after.values()} == {NOW + timedelta(hours=1)}


def test_recompute_replaces_a_changed_report_and_keeps_the_last_one_for_its_readers() -> None:
    book = small()
    recompute()
    first = working_snapshots()["roi-projects"]
    later = NOW + timedelta(hours=1)
    book.cofund(first_project(), "5000.00", at=later)
    recompute(later)
    assert row("roi-projects", "PRJ-1")["cofunding"] == "25000.00"
    first.refresh_from_db()
    assert first.kind == SnapshotKind.REPLACED
    assert first.rows.get(key="PRJ-1").data["cofunding"] == "20000.00"
    book.cofund(first_project(), "5000.00", at=later + timedelta(hours=1))
    recompute(later + timedelta(hours=1))
    assert Snapshot.objects.filter(report="roi-projects").count() == 2
    assert SnapshotRow.objects.filter(snapshot_id=first.pk).count() == 0


def first_project() -> Any:
    return Project.objects.get(reference="PRJ-1")


def test_recompute_that_fails_changes_no_snapshot_and_can_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    book = small()
    recompute()
    before = list(SnapshotRow.objects.order_by("pk").values_list("pk", flat=True))
    book.cofund(first_project(), "5000.00")

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ArithmeticError("panne")

    run = acts.request_recompute(now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(analysis, "gains_by_year", broken)  # the last report of the four: the others are computed by then
        with pytest.raises(ArithmeticError):
            acts.run_recompute(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.FAILED, "ArithmeticError: panne")
    assert list(SnapshotRow.objects.order_by("pk").values_list("pk", flat=True)) == before
    acts.run_recompute(run_id=run.pk, now=NOW)
    assert row("roi-projects", "PRJ-1")["cofunding"] == "25000.00"


def test_recompute_of_a_run_that_is_done_changes_nothing() -> None:
    small()
    run = recompute()
    ended = run.ended_at
    acts.run_recompute(run_id=run.pk, now=NOW + timedelta(days=1))
    assert Run.objects.get(pk=run.pk).ended_at == ended
    assert {each.known for each in working_snapshots().values()} == {NOW}


def test_recompute_left_under_way_by_a_dead_worker_starts_again() -> None:
    small()
    run = acts.request_recompute(now=NOW)
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, progress=60)
    assert acts.run_recompute(run_id=run.pk, now=NOW).state == RunState.DONE


def test_request_recompute_queues_one_run_a_scope(nudged: list[int], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = acts.request_recompute(now=NOW)
        again = acts.request_recompute(now=NOW + timedelta(seconds=1))
        other = acts.request_recompute(now=NOW, effective=NOW.date(), known=NOW)
    assert (again.pk, Run.objects.count()) == (first.pk, 2)
    assert nudged == [first.pk, first.pk, other.pk]
    Run.objects.filter(pk=first.pk).update(state=RunState.RUNNING)
    assert acts.request_recompute(now=NOW).pk != first.pk


def test_recompute_of_asked_dates_leaves_the_working_snapshots_and_stays_the_same_for_ever() -> None:
    book = small()
    recompute()
    past = datetime(2026, 10, 1, tzinfo=UTC)
    recompute(effective=past.date(), known=past)
    kept = snapshot_of("roi-projects", past.date(), past)
    assert kept is not None
    book.cofund(first_project(), "5000.00", at=NOW + timedelta(seconds=1))
    later = NOW + timedelta(hours=1)
    recompute(later)
    recompute(later, effective=past.date(), known=past)
    again = snapshot_of("roi-projects", past.date(), past)
    assert (again.sha256, again.manifest) == (kept.sha256, kept.manifest)  # type: ignore[union-attr]
    assert row("roi-projects", "PRJ-1")["cofunding"] == "25000.00"
    assert acts.forget_old(now=later + timedelta(days=8)) == len(REPORTS)
    assert Snapshot.objects.exclude(kind=SnapshotKind.REPLACED).count() == len(REPORTS)


def test_fix_knowledge_puts_what_is_recorded_next_after_the_report() -> None:
    acts.fix_knowledge(NOW, now=NOW)
    assert KnowledgeFloor.objects.get().known == NOW
    assert money_clock(NOW - timedelta(hours=1)) == NOW + timedelta(microseconds=1)
    acts.fix_knowledge(NOW - timedelta(days=1), now=NOW)
    assert KnowledgeFloor.objects.get().known == NOW


def test_fix_knowledge_refuses_the_future() -> None:
    with pytest.raises(Invalid):
        acts.fix_knowledge(NOW + timedelta(microseconds=1), now=NOW)
    assert KnowledgeFloor.objects.get().known < NOW


def test_ask_recompute_is_journalled_and_gives_back_the_run_under_way(nudged: list[int]) -> None:
    auditor = person_with(Role.AUDITOR)
    run = acts.ask_recompute(effective=None, known=None, actor=auditor, now=NOW, key="a")
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    assert acts.ask_recompute(effective=None, known=None, actor=auditor, now=NOW, key="b").pk == run.pk
    assert JournalEntry.objects.filter(act="ask_recompute", actor=auditor).count() == 2


def test_ask_recompute_refuses_an_applicant_and_a_future_date(nudged: list[int]) -> None:
    with pytest.raises(NotAllowed):
        acts.ask_recompute(effective=None, known=None, actor=person_with(Role.WRITER), now=NOW)
    with pytest.raises(Invalid):
        acts.ask_recompute(effective=NOW.date(), known=NOW + timedelta(days=1), actor=person_with(Role.AUDITOR), now=NOW)
    assert Run.objects.count() == 0


def test_money_in_the_outbox_queues_a_recompute(nudged: list[int]) -> None:
    for _copy in range(2):
        OutboxMessage.objects.create(topic="money", queued_at=NOW, due_at=NOW - timedelta(days=365))
    assert sweep_outbox() == 2
    assert Run.objects.filter(scope=acts.WORKING, state=RunState.QUEUED).count() == 1


def test_recompute_nightly_queues_a_run(nudged: list[int]) -> None:
    assert tasks.recompute_nightly() == Run.objects.get(state=RunState.QUEUED).pk


def test_changed_since_sees_money_and_gains_recorded_after() -> None:
    book = small()
    assert not changed_since(NOW)
    book.gain(book.line(first_project()), Stage.VERIFIED, "26000.00", at=NOW + timedelta(microseconds=1))
    assert changed_since(NOW)


def test_a_payment_known_later_is_not_in_an_earlier_report() -> None:
    book = Portfolio()
    project = book.project()
    book.pay(project, "1000.00")
    book.pay(project, "500.00", at=NOW + timedelta(seconds=1))
    recompute()
    assert Decimal(row("roi-projects", "PRJ-1")["fund_paid"]) == Decimal(1000)
    recompute(NOW + timedelta(seconds=1))
    assert Decimal(row("roi-projects", "PRJ-1")["fund_paid"]) == Decimal(1500)

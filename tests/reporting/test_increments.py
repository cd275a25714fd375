"""A recompute after an act reads again only what the act touched, and gives the same bytes as one that reads everything."""

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings

from projects.enums import Nature, ProjectState, Stage
from projects.models import ForecastGain, GainLine, Project
from projects.services.journal import canonical
from reporting import analysis, catalogue
from reporting.analysis.register import Register
from reporting.models import DiscountRate, FactBase, GainPart, GainSheet, LineContest, Snapshot
from reporting.queries.increments import BY_FACTS, affected_projects, own_facts
from reporting.queries.snapshots import kept_rows, working_snapshots
from reporting.services import increments
from reporting.services import snapshots as acts
from tests.factories import NOW
from tests.reporting.portfolio import Portfolio
from tests.reporting.rows import frames_of
from tests.reporting.test_analysis_oracle import effectives, knowledge, portfolios
from tests.reporting.test_snapshots import recompute, small

EFFECTIVE = date(2026, 11, 24)


def figures() -> dict[str, Any]:
    """Everything that a reader can see of the reports made from facts."""
    found = working_snapshots()
    return {code: (found[code].sha256, found[code].manifest, list(kept_rows(found[code]))) for code in BY_FACTS}


def in_full(at: datetime) -> dict[str, Any]:
    FactBase.objects.all().delete()
    Snapshot.objects.filter(report__in=BY_FACTS).delete()
    recompute(at)
    return figures()


# -- acts, each in the hands of chance -----------------------------------------------------------------------------------


def report_gain(book: Portfolio, draw: random.Random, at: datetime) -> None:
    line = draw.choice(list(GainLine.objects.filter(plan__application__project__isnull=False).order_by("pk")))
    stage = draw.choice([Stage.REPORTED, Stage.VERIFIED, Stage.CAPTURED])
    book.gain(line, stage, f"{draw.randint(0, 99_999)}.{draw.randint(0, 99):02d}", month=draw.randint(1, 10), at=at)


def forecast(book: Portfolio, draw: random.Random, at: datetime) -> None:
    line = draw.choice(list(GainLine.objects.filter(plan__application__project__isnull=False).order_by("pk")))
    ForecastGain.objects.create(
        line=line, period_start=date(2026, 1, 1), period_end=date(2027, 6, 30), amount=Decimal(draw.randint(1, 999)), recorded_at=at
    )


def pay(book: Portfolio, draw: random.Random, at: datetime) -> None:
    book.pay(draw.choice(list(Project.objects.order_by("pk"))), f"{draw.randint(1, 900)}.00", at=at)


def cofund(book: Portfolio, draw: random.Random, at: datetime) -> None:
    book.cofund(draw.choice(list(Project.objects.order_by("pk"))), f"{draw.randint(1, 900)}.00", at=at)


def contest(book: Portfolio, draw: random.Random, at: datetime) -> None:
    line = draw.choice(list(GainLine.objects.filter(plan__application__project__isnull=False).order_by("pk")))
    cause, contested, year = "quality", draw.random() < 0.6, draw.choice([0, 2025, 2026])  # an overlap is held by its own guards
    facts = {"cause": cause, "fiscal_year": year, "contested": contested, "reason": "Un motif."}
    LineContest.objects.create(line=line, project=line.plan.application.project, recorded_at=at, recorded_by=book.person, **facts)


def change(book: Portfolio, draw: random.Random, at: datetime) -> None:
    """A fact of a project, which has one clock only."""
    project = draw.choice(list(Project.objects.order_by("pk")))
    project.state = draw.choice([ProjectState.ACTIVE, ProjectState.COMPLETED])
    project.starts_on = draw.choice([date(2026, 4, 1), date(2026, 4, 15), None])
    project.region_id = draw.choice(["05", "06", None])
    project.decided_on = draw.choice([date(2026, 4, 15), date(2026, 4, 15), date(2027, 1, 1)])
    project.save()


def add_project(book: Portfolio, draw: random.Random, at: datetime) -> None:
    book.line(book.project(f"PRJ-{Project.objects.count() + 1}", committed="1000.00"), Nature.COST)


ACTS: list[Callable[..., None]] = [report_gain, report_gain, report_gain, forecast, pay, cofund, contest, change, add_project]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recompute_of_what_changed_equals_a_full_one_whatever_the_acts(seed: int) -> None:
    draw, book = random.Random(seed), small()
    add_project(book, draw, NOW)
    recompute(NOW)
    at = NOW
    for _turn in range(4):
        at += timedelta(minutes=1)
        for _act in range(draw.randint(1, 3)):
            draw.choice(ACTS)(book, draw, at)
        assert affected_projects(EFFECTIVE, at, own_facts(at)[1]) is not None
        recompute(at)
        found = figures()
        assert found == in_full(at)


# -- what is read again --------------------------------------------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The references of the projects that each recompute reads; None when it reads them all."""
    seen: list[Any] = []
    real = increments.frames_at

    def spy(known: datetime, projects: Any = None) -> Any:
        seen.append(None if projects is None else sorted(projects.values_list("reference", flat=True)))
        return real(known, projects)

    monkeypatch.setattr(increments, "frames_at", spy)
    return seen


@pytest.mark.django_db
def test_new_gain_reads_its_project_alone_and_moves_its_groups_and_the_total(read: list[Any]) -> None:
    book = small()
    other = book.project("PRJ-2", committed="1000.00")
    recompute(NOW)
    later = NOW + timedelta(minutes=1)
    book.gain(book.line(other), Stage.VERIFIED, "700.00", at=later)
    recompute(later)
    assert read == [None, ["PRJ-2"]]
    rows = {row["project"]: row["net_gain_verified"] for row in kept_rows(working_snapshots()["roi-projects"])}
    assert rows == {"PRJ-1": "25000.00", "PRJ-2": "700.00", "TOTAL": "25700.00"}
    assert {snapshot.known for snapshot in working_snapshots().values()} == {later}


@pytest.mark.django_db
def test_sheets_of_the_other_projects_are_not_written_again(read: list[Any]) -> None:
    book = small()
    other = book.project("PRJ-2", committed="1000.00")
    recompute(NOW)
    before = dict(GainSheet.objects.values_list("project__reference", "pk"))
    later = NOW + timedelta(minutes=1)
    book.gain(book.line(other), Stage.VERIFIED, "700.00", at=later)
    recompute(later)
    shown = {row.key: row.sheet_id for row in working_snapshots()["gains"].rows.order_by("position")}
    assert shown["PRJ-1"] == before["PRJ-1"]
    assert shown["PRJ-2"] != before.get("PRJ-2")
    assert sum(GainSheet.objects.values_list("rows", flat=True)) == GainPart.objects.count()


def another_rate(book: Portfolio, at: datetime) -> None:
    DiscountRate.objects.create(valid_from=date(2027, 4, 1), rate=Decimal("0.05"), source="Essai", recorded_at=at)


def another_version(book: Portfolio, at: datetime) -> None:
    FactBase.objects.update(version=catalogue.VERSION - 1)


def snapshot_of_another_moment(book: Portfolio, at: datetime) -> None:
    Snapshot.objects.filter(report="roi-regions").update(known=at)


def row_known_before_and_not_counted(book: Portfolio, at: datetime) -> None:
    """A row whose key and clock are both earlier than the last ones that were read."""
    base = FactBase.objects.get()
    base.marks["gains"][1] -= 1
    base.save()


def no_base(book: Portfolio, at: datetime) -> None:
    FactBase.objects.all().delete()


@pytest.mark.django_db
@pytest.mark.parametrize("happens", [another_rate, another_version, snapshot_of_another_moment, row_known_before_and_not_counted, no_base])
def test_everything_is_read_again_when_what_changed_cannot_be_followed(happens: Any, read: list[Any]) -> None:
    book, later = small(), NOW + timedelta(minutes=1)
    recompute(NOW)
    happens(book, later)
    recompute(later)
    assert read == [None, None]


@pytest.mark.django_db
def test_another_day_reads_everything_again(read: list[Any]) -> None:
    small()
    recompute(NOW)
    recompute(NOW + timedelta(days=1))
    assert read == [None, None]


@pytest.mark.django_db
def test_row_recorded_in_the_past_after_the_last_recompute_is_seen(read: list[Any]) -> None:
    book = small()
    recompute(NOW)
    book.gain(book.line(Project.objects.get()), Stage.VERIFIED, "1.00", month=6, at=datetime(2026, 8, 1, tzinfo=UTC))
    later = NOW + timedelta(minutes=1)
    recompute(later)
    assert read == [None, ["PRJ-1"]]
    assert figures() == in_full(later)


@pytest.mark.django_db
def test_project_that_changes_between_the_date_and_the_reading_is_read_again_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    small()
    real = acts.fix_knowledge

    def and_then(known: datetime, *, now: datetime) -> datetime:
        real(known, now=now)
        Project.objects.update(starts_on=date(2026, 4, 15))  # another act commits before the rows are read
        return known

    monkeypatch.setattr(acts, "fix_knowledge", and_then)
    recompute(NOW)
    assert {row["windfall"] for row in kept_rows(working_snapshots()["gains"])} == {"no"}
    monkeypatch.setattr(acts, "fix_knowledge", real)
    later = NOW + timedelta(minutes=1)
    recompute(later)
    found = figures()
    assert found == in_full(later)
    assert {row["windfall"] for row in found["gains"][2]} == {"no", "yes"}


@pytest.mark.django_db
def test_facts_base_is_one_row() -> None:
    small()
    recompute(NOW)
    with pytest.raises(Exception, match="fact_base_is_one"), connection.cursor() as cursor:
        cursor.execute("UPDATE reporting_factbase SET id = 2")


# -- the register --------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=portfolios(), effective=effectives, known=knowledge)
def test_register_by_project_is_the_report_row_by_row(rows: Any, effective: date, known: datetime) -> None:
    frames, dates = frames_of(rows), {"effective": effective, "known": known}
    register = Register(frames, **dates)
    text = [register.lines(place) for place in range(len(register.projects))]
    assert "".join(text) == "".join(canonical(row) + "\n" for row in analysis.records(analysis.gains_rows(frames, **dates)))
    assert len(register.fingerprints()) == len({*register.fingerprints()}) == len(text)


@pytest.mark.django_db
def test_kept_rows_have_the_digest_that_the_manifest_gives() -> None:
    book = small()
    book.gain(book.line(book.project("PRJ-2", committed="1000.00")), Stage.VERIFIED, "700.00")
    recompute(NOW)
    snapshot, lines = working_snapshots()["gains"], {}
    for row in kept_rows(snapshot):
        lines[row["project"]] = lines.get(row["project"], "") + canonical(row) + "\n"
    said = "".join(f"{key} {hashlib.sha256(text.encode()).hexdigest()}\n" for key, text in lines.items())
    assert snapshot.manifest["sha256"] == hashlib.sha256(said.encode()).hexdigest()
    assert snapshot.manifest["control_totals"]["amount"] == str(sum(Decimal(row["amount"]) for row in kept_rows(snapshot)))


@pytest.mark.django_db
def test_sheets_that_no_snapshot_shows_leave_with_their_rows() -> None:
    book = small()
    recompute(NOW)
    for minute in (1, 2, 3):
        book.gain(book.line(Project.objects.get()), Stage.VERIFIED, f"{minute}.00", month=6, at=NOW + timedelta(minutes=minute))
        recompute(NOW + timedelta(minutes=minute))
    assert GainSheet.objects.count() == 2  # the working one, and the one before it for who is still reading it
    assert {snapshot.report for snapshot in Snapshot.objects.filter(report="gains")} == {"gains"}

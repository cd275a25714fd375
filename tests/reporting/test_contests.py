import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import act
from projects.models import GainLine, JournalEntry, OutboxMessage, Project
from projects.services.journal import money_clock
from reporting import analysis
from reporting.enums import ContestCause
from reporting.models import LineContest
from reporting.queries.contests import contest_rows, contested_years, contests_of_period
from reporting.services.compute import frames_at
from reporting.services.contests import record_contest, record_contests
from tests.factories import NOW, person_with
from tests.reporting.gains import AMOUNT, START, Team

pytestmark = pytest.mark.django_db
LATER, LAST = NOW + timedelta(days=1), NOW + timedelta(days=2)
ZERO = Decimal("0.00")
OVERLAP, QUALITY = ContestCause.OVERLAP, ContestCause.QUALITY


@act
def record(*, lines, cause, contested, reason, actor, now, fiscal_year=0, key=None):
    known = money_clock(now)
    if isinstance(lines, GainLine):
        facts = {"cause": cause, "contested": contested, "reason": reason, "fiscal_year": fiscal_year}
        return record_contest(lines, known=known, actor=actor, now=now, **facts)
    places = [(line.pk, fiscal_year) for line in lines]
    return record_contests(places, cause=cause, contested=contested, reason=reason, known=known, actor=actor, now=now)


def contest(lines, **given):
    return record(**{"lines": lines, "cause": QUALITY, "contested": True, "reason": "À examiner", "actor": None, "now": NOW, **given})


def test_contest_is_an_event_that_the_journal_and_the_reports_hear_of():
    team, person = Team(), person_with("controller")
    (row,) = contest([team.line], actor=person)
    assert (row.project, row.line, row.cause, row.contested) == (team.project, team.line, QUALITY, True)
    assert (row.reason, row.recorded_at, row.recorded_by) == ("À examiner", NOW, person)
    noted = {"type": "reporting.linecontest", "id": row.pk, "line": team.line.pk, "cause": "quality", "contested": True, "fiscal_year": 0}
    assert json.loads(JournalEntry.objects.get(act="record").content)["objects"] == [noted]
    assert OutboxMessage.objects.filter(topic="money").count() == 1


def test_what_is_known_already_is_not_said_twice():
    team = Team()
    assert len(contest([team.line])) == 1
    assert contest([team.line], now=LATER) == []
    assert contest(team.line, cause=OVERLAP, fiscal_year=2026, contested=False) is None
    assert LineContest.objects.count() == 1
    assert OutboxMessage.objects.filter(topic="money").count() == 1


def test_causes_stand_apart_and_a_line_comes_back_cause_by_cause():
    team = Team()
    contest([team.line], cause=OVERLAP, fiscal_year=2026)
    quality = contest(team.line)
    assert (quality.cause, quality.contested) == (QUALITY, True)
    assert contested_years([team.line.pk]) == {team.line.pk: [0]}
    contest([team.line], contested=False, reason="Délais revenus", now=LATER)
    assert contested_years([team.line.pk]) == {team.line.pk: [2026]}
    assert [event.cause for event in contests_of_period(team.line.pk, 2025, 2026)] == [OVERLAP]
    assert contests_of_period(team.line.pk, 2024, 2025) == []
    contest([team.line], cause=OVERLAP, fiscal_year=2026, contested=False, reason="Deux dépenses", now=LATER)
    assert contested_years([team.line.pk]) == {}


def test_fiscal_years_of_a_line_are_contested_and_come_back_one_by_one():
    team = Team()
    for year in (2026, 2027):
        contest([team.line], fiscal_year=year)
    assert contested_years([team.line.pk]) == {team.line.pk: [2026, 2027]}
    contest([team.line], fiscal_year=2026, contested=False, reason="Délais revenus", now=LATER)
    assert contested_years([team.line.pk]) == {team.line.pk: [2027]}


def test_event_is_never_dated_before_the_one_that_it_follows():
    team = Team()
    contest([team.line], now=LATER)
    assert contest(team.line, contested=False, now=NOW).recorded_at == LATER
    assert contested_years([team.line.pk]) == {}


def test_gains_of_a_contested_line_leave_the_totals_from_its_knowledge_date_on_and_come_back():
    team = Team()
    Project.objects.filter(pk=team.project.pk).update(decided_on=START)
    team.verified()
    contest([team.line], now=LATER)
    contest([team.line], contested=False, reason="Délais revenus", now=LAST)

    def known(at):
        frames = frames_at(at)
        row = analysis.roi_projects(frames, effective=date(2026, 12, 31), known=at).iloc[0]
        return Decimal(row["net_gain_verified"]), Decimal(row["net_gain_contested"])

    assert [known(at) for at in (NOW, LATER, LAST)] == [(AMOUNT, ZERO), (ZERO, AMOUNT), (AMOUNT, ZERO)]


def test_rows_of_the_reports_stop_at_the_knowledge_date_and_at_the_projects_asked_for():
    one, other = Team(), Team()
    contest([one.line, other.line])
    contest([one.line], contested=False, reason="Deux dépenses", now=LATER)
    first, second = sorted([one, other], key=lambda team: team.line.pk)
    opened = [(team.project.reference, team.line.code, "quality", 0, True, NOW) for team in (first, second)]
    assert list(contest_rows(NOW)) == opened
    assert list(contest_rows(NOW - timedelta(seconds=1))) == []
    mine = Project.objects.filter(pk=one.project.pk)
    found = [(contested, recorded_at) for *_name, contested, recorded_at in contest_rows(LATER, mine)]
    assert found == [(True, NOW), (False, LATER)]


def test_database_holds_the_reason_the_cause_the_project_and_the_past():
    one, other = Team(), Team()
    (row,) = contest([one.line])
    statement = (
        "INSERT INTO line_contest (project_id, line_id, cause, fiscal_year, contested, reason, recorded_at) "
        "VALUES (%s, %s, %s, %s, false, %s, now())"
    )
    for values, name in (
        ([one.project.pk, one.line.pk, "overlap", 2026, " "], "line_contest_has_a_reason"),
        ([one.project.pk, one.line.pk, "mood", 2026, "Motif"], "line_contest_cause"),
        ([one.project.pk, one.line.pk, "overlap", 0, "Motif"], "line_contest_overlap_has_a_year"),
        ([other.project.pk, one.line.pk, "overlap", 2026, "Motif"], "line_contest_fits_its_line"),
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
        assert refused.value.__cause__.diag.constraint_name == name
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        LineContest.objects.filter(pk=row.pk).update(contested=False)

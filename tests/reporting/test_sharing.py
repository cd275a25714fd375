"""Shared gains (INV-18): keys that make 1, one measure split to the cent into one report a line, through to the reports."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import Nature, Role
from projects.models import JournalEntry, Project
from reporting import analysis
from reporting.enums import GainReportState
from reporting.models import Gain, GainReport, GainSharing, SharedGain
from reporting.queries.invariants import INVARIANTS, check
from reporting.queries.sharing import sharings_for
from reporting.services.compute import frames_at
from reporting.services.gains import cosign_gain
from tests.factories import NOW, person_with, recuse
from tests.reporting.gains import START, Team
from tests.reporting.pages import examples
from tests.reporting.sharing import FORTY, SIXTY, T18, measure, share

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams():
    return Team(), Team()


def execute(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


# ── T18, from one measure to the reports ─────────────────────────────────────────────────────────────────────────────
def test_t18_one_measure_becomes_two_parts_to_the_cent_and_counts_once_everywhere(teams, tmp_path):
    one, other = teams
    Project.objects.filter(pk__in=[one.project.pk, other.project.pk]).update(decided_on=START)
    shared = measure(share(one, other), one.writer)
    assert [part.amount for part in shared.parts.order_by("pk")] == [Decimal("60000.01"), Decimal("40000.00")]
    for team in teams:
        report = team.line.reports.get()
        assert (report.state, report.reported_by) == (GainReportState.DRAFT, one.writer)
        cosign_gain(report_id=report.pk, actor=team.finance, now=NOW)
        team.verify(report, report.amount)
    file = tmp_path / "organismes.csv"
    dates = ("--effective", "2026-10-31", "--known", "2026-11-25")
    call_command("export_report", "roi-organisations", *dates, "--format", "csv", "--output", str(file))
    with file.open(encoding="utf-8", newline="") as rows:
        found = {row["organisation"]: Decimal(row["net_gain_verified"]) for row in csv.DictReader(rows)}
    expected = {one.organisation.code: Decimal("60000.01"), other.organisation.code: Decimal("40000.00"), "TOTAL": T18}
    assert found == expected
    assert Gain.objects.count() == 4


@pytest.mark.parametrize(
    ("page", "name", "given", "result"), [("overlaps.md", *one) for one in examples("overlaps.md") if one[0] == "parts"]
)
def test_worked_examples_of_the_page_are_what_the_act_splits(page, name, given, result):
    keys = [Decimal(key) for key in given["keys"].split(", ")]
    teams = [Team() for _ in keys]
    shared = measure(share(*teams, keys=keys), teams[0].writer, amount=Decimal(given["amount"]))
    assert ", ".join(str(part.amount) for part in shared.parts.order_by("pk")) == result


def test_measure_of_a_cost_is_split_below_zero():
    one, other = Team(Nature.COST), Team(Nature.COST)
    shared = measure(share(one, other), one.writer, amount=Decimal("0.05"))
    assert [part.amount for part in shared.parts.order_by("pk")] == [Decimal("-0.03"), Decimal("-0.02")]


def test_transfer_between_public_bodies_comes_to_nothing_in_the_portfolio():
    payer, receiver = Team(Nature.COST), Team(Nature.REV)
    Project.objects.filter(pk__in=[payer.project.pk, receiver.project.pk]).update(decided_on=START)
    for team in (payer, receiver):
        team.verified()
    frames = frames_at(NOW)
    table = analysis.roi_projects(frames, effective=date(2026, 12, 31), known=NOW)
    assert sorted(map(Decimal, table["net_gain_verified"])) == [Decimal("-40000.00"), Decimal("0.00"), Decimal("40000.00")]
    assert table["net_gain_verified"].iloc[-1] == "0.00"


# ── Who, and what is refused ─────────────────────────────────────────────────────────────────────────────────────────
def test_keys_are_recorded_by_an_officer_with_their_reason(teams):
    sharing = share(*teams)
    assert [(row.line, row.share) for row in sharing.shares.order_by("pk")] == [(teams[0].line, SIXTY), (teams[1].line, FORTY)]
    assert JournalEntry.objects.filter(act="share_gain").count() == 1
    recused = person_with(Role.OFFICER)
    recuse(recused, teams[1].project.application)
    for person in (recused, teams[0].writer, person_with(Role.CONTROLLER)):
        with pytest.raises(NotAllowed):
            share(*teams, actor=person)


@pytest.mark.parametrize(
    ("keys", "given", "fields"),
    [
        ((SIXTY, Decimal("0.399999")), {}, ["shares"]),
        ((SIXTY, Decimal("0.400001")), {}, ["shares"]),
        ((SIXTY, FORTY), {"reason": " "}, ["reason"]),
        ((SIXTY, FORTY), {"title": " "}, ["title"]),
    ],
)
def test_keys_that_do_not_make_a_hundred_per_cent_are_refused(teams, keys, given, fields):
    with pytest.raises(Invalid) as refused:
        share(*teams, keys=keys, **given)
    assert list(refused.value.errors) == fields
    assert GainSharing.objects.count() == 0


def test_one_line_alone_shares_nothing_and_a_line_shares_once(teams):
    with pytest.raises(Invalid) as refused:
        share(teams[0], keys=(Decimal(1),))
    assert list(refused.value.errors) == ["shares"]
    share(*teams)
    with pytest.raises(WrongState):
        share(teams[0], Team())
    assert GainSharing.objects.count() == 1


def test_measure_is_reported_by_whoever_reports_for_one_of_the_projects(teams):
    one, other = teams
    sharing = share(one, other)
    for person in (person_with(Role.WRITER), person_with(Role.OFFICER)):
        with pytest.raises(NotAllowed):
            measure(sharing, person)
    recuse(other.writer, one.project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        measure(sharing, other.writer)
    with pytest.raises(Invalid):
        measure(sharing, one.writer, period_end=NOW.date() + timedelta(days=2))
    assert measure(sharing, one.finance).parts.count() == 2


def test_part_of_another_organisation_is_never_submitted_without_it(teams):
    """An organisation of one waives its own co-signature; its part of what another one measured waits for it."""
    one, other = teams
    for team in teams:
        for membership in team.writer.memberships.order_by("pk"):
            membership.ends_on = NOW.date() - timedelta(days=1)
            membership.save()
    measure(share(one, other), one.finance)
    states = {report.line_id: report.state for report in GainReport.objects.order_by("pk")}
    assert states == {one.line.pk: GainReportState.DRAFT, other.line.pk: GainReportState.DRAFT} or states == {
        one.line.pk: GainReportState.SUBMITTED,
        other.line.pk: GainReportState.DRAFT,
    }


def test_sharing_is_read_by_whoever_sees_one_of_its_projects(teams):
    sharing = share(*teams)
    shared = measure(sharing, teams[0].writer)
    for person in (teams[0].writer, teams[1].finance, person_with(Role.AUDITOR)):
        assert list(sharings_for(person, NOW)) == [sharing]
    assert list(sharings_for(Team().writer, NOW)) == []
    recused = person_with(Role.AUDITOR)
    recuse(recused, teams[1].project.application)
    assert list(sharings_for(recused, NOW)) == []  # it names the file that is hidden, and what its line received
    (found,) = sharings_for(teams[0].writer, NOW)
    assert (found.measures, len(found.keys), len(found.measures[0].shown_parts)) == ([shared], 2, 2)


# ── What the database holds, as the application's role ───────────────────────────────────────────────────────────────
def test_database_holds_the_keys_the_parts_and_the_past(teams):
    one, other = teams
    sharing = share(one, other)
    third = Team()
    insert = "INSERT INTO reporting_gainshare (sharing_id, line_id, project_id, share) VALUES (%s, %s, %s, 0.1)"
    with pytest.raises(IntegrityError, match="do not make 1"):
        execute(insert, sharing.pk, third.line.pk, third.project.pk)
    with pytest.raises(IntegrityError, match="do not make 1"):
        execute(
            "INSERT INTO reporting_gainsharing (title, reason, recorded_at, recorded_by_id) VALUES ('a', 'b', now(), %s)", one.writer.pk
        )
    shared = measure(sharing, one.writer)
    alone = """INSERT INTO shared_gain (sharing_id, period_start, period_end, amount, recorded_at, recorded_by_id, sha256)
               VALUES (%s, '2025-04-01', '2025-09-30', 10, now(), %s, repeat('0', 64))"""
    with pytest.raises(IntegrityError, match="do not make it"):
        execute(alone, sharing.pk, one.writer.pk)
    for table in ("reporting_gainsharing", "reporting_gainshare", "shared_gain", "shared_gain_part"):
        with pytest.raises(DatabaseError, match="permission denied"):
            execute(f"DELETE FROM {table}")
    assert SharedGain.objects.get() == shared
    assert [finding.broken for finding in check(tuple(one for one in INVARIANTS if one.code == "INV-18"))] == [[]]

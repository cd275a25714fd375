"""One gain, many hands: twenty identical reports make one, and of two verifiers one wins."""

import pytest
from django.db import connection

from fondsinnovation.kit.errors import WrongState
from projects.enums import Role, Stage
from reporting.enums import GainReportState
from reporting.models import Gain, GainReport
from tests.databases import owner_connection
from tests.factories import person_with
from tests.races.crowd import at_once
from tests.reporting.gains import AMOUNT, Team

pytestmark = pytest.mark.race
SHARED = "Une autre déclaration de cette ligne couvre déjà des jours de cette période."


def twenty(team):
    writers = [person_with(Role.WRITER, organisation=team.organisation) for _ in range(20)]
    return at_once([lambda actor=actor: team.report(actor=actor) for actor in writers])


def test_twenty_identical_reports_at_once_make_one(committed_db):
    answers = twenty(Team())
    refused = [answer for answer in answers if isinstance(answer, WrongState)]
    assert [refusal.message for refusal in refused] == [SHARED] * 19
    assert GainReport.objects.count() == 1


def test_without_the_constraint_the_race_happens(committed_db):
    """The proof that the test above shows something: nothing else stops the twenty."""
    with owner_connection(connection.settings_dict["NAME"]) as owner:
        owner.execute("ALTER TABLE reporting_gainreport DROP CONSTRAINT gain_report_periods_apart")
    assert [type(answer) for answer in twenty(Team())] == [GainReport] * 20
    assert GainReport.objects.count() == 20


def test_one_report_pressed_twenty_times_is_one(committed_db):
    team = Team()
    answers = at_once([lambda: team.report(key="clic")] * 20)
    assert [answer.pk for answer in answers] == [GainReport.objects.get().pk] * 20


def test_of_two_verifiers_at_once_one_wins(committed_db):
    team = Team()
    report, other = team.submitted(), person_with(Role.GAIN_VERIFIER)
    answers = at_once(
        [
            lambda: team.verify(report),
            lambda: team.reject(report, actor=other),
        ]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["GainReport", "WrongState"]
    report.refresh_from_db()
    won = {GainReportState.VERIFIED: (team.verifier, AMOUNT), GainReportState.REJECTED: (other, 0)}
    assert (report.verified_by, report.verified_amount) == won[GainReportState(report.state)]
    assert Gain.objects.filter(stage=Stage.VERIFIED).count() == 1

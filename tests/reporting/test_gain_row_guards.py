"""Whoever verified or captured any version of a gain (SD-2, SD-8), and the rows of a report as the database holds them (INV-14)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import NotAllowed, act
from projects.enums import Role, Stage
from projects.services.journal import money_clock
from reporting.models import GainReport
from reporting.queries.gains import conditions, gain_reports_for
from reporting.services.captures import correct_capture
from reporting.services.gain_rows import record_stage
from tests.factories import NOW, person_with, upload
from tests.refusals import refusal
from tests.reporting.gains import AMOUNT, Team

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
LESS, MORE = Decimal("25000.00"), Decimal("45000.00")


@pytest.fixture
def team():
    return Team()


def test_sd8_holds_across_versions_for_whoever_verified_or_captured_an_earlier_one(team):
    first, second = person_with(Role.GAIN_VERIFIER, Role.CONTROLLER), person_with(Role.GAIN_VERIFIER, Role.CONTROLLER)
    captured = team.capture(team.verify(team.submitted(), actor=first), LESS, actor=second)
    report = team.restated(captured, MORE)
    correct_capture(
        report_id=report.pk, amount=Decimal("0.00"), reason="Redressé", document=upload("b.pdf"), actor=team.controller, now=LATER
    )
    with pytest.raises(NotAllowed, match="Vous avez inscrit la captation"):  # though the report does not name them any more
        team.verify(report, MORE, actor=second)
    assert list(gain_reports_for(second, NOW).filter(conditions(second, NOW)["verify"])) == []
    report = team.verify(report, MORE, now=LATER)
    with pytest.raises(NotAllowed, match="Vous avez vérifié ce gain"):
        team.capture(report, LESS, actor=first)
    assert list(gain_reports_for(first, NOW).filter(conditions(first, NOW)["capture"])) == []
    advise = "INSERT INTO funding_adviser (application_id, person_id, assigned_by_id, assigned_at) VALUES (%s, %s, %s, now())"
    assert refusal(advise, team.project.application_id, first.pk, team.verifier.pk) == "adviser_is_apart"


# ── What the database holds ──────────────────────────────────────────────────────────────────────────────────────────
ROW = """INSERT INTO gain (project_id, line_id, report_id, stage, period_start, period_end, amount, evidence, method_version, maturity,
  rating, recorded_at, recorded_by_id, sha256)
  SELECT project_id, line_id, report_id, %s, period_start, period_end + {days}, %s, evidence, 'M', '', '', recorded_at + interval '1 day',
    %s, sha256 FROM gain WHERE stage = 'captured'"""


def refused(stage, amount, person, days=0):
    return refusal(ROW.format(days=days), stage, amount, person.pk)


def test_database_keeps_each_row_within_its_report_and_its_people_apart(team):
    team.capture(team.verified(), LESS)
    assert refused("verified", AMOUNT + 1, team.verifier) == "gain_verified_within_reported"
    assert refused("verified", -AMOUNT, team.verifier) in ("gain_captured_within_verified", "gain_verified_within_reported")
    assert refused("verified", AMOUNT, team.verifier, days=1) == "gain_row_is_of_its_report"
    assert refused("verified", AMOUNT, team.controller) == "gain_verifier_is_not_capturer"
    assert refused("captured", LESS, team.verifier) == "gain_verifier_is_not_capturer"


@act
def record_verified(*, actor, now):
    report = GainReport.objects.get()
    record_stage(report, Stage.VERIFIED, AMOUNT, report.evidence, known=money_clock(now), actor=actor, now=now)


def test_refusal_of_the_database_is_a_sentence(team):
    team.capture(team.verified(), LESS)
    with pytest.raises(NotAllowed, match="La captation est confirmée par une autre personne"):
        record_verified(actor=team.controller, now=LATER)

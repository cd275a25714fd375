"""A gain that several people move at once: each act sees the version that the other left, or is refused, and the amounts stay in order."""

import pytest

from fondsinnovation.kit.errors import DomainError
from projects.enums import Role, Stage
from reporting.models import Gain, GainReport
from reporting.queries.invariants import INVARIANTS, check
from reporting.services.captures import correct_capture
from reporting.services.restatements import cosign_restatement
from tests.factories import NOW, person_with, upload
from tests.races.crowd import at_once
from tests.reporting.gains import AMOUNT, Team

pytestmark = pytest.mark.race
HALF = AMOUNT / 2
HELD = tuple(invariant for invariant in INVARIANTS if invariant.code in ("INV-13", "INV-14", "INV-15", "INV-19"))


def names(answers):
    """What each got; only refusals of the domain are exceptions."""
    assert [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, DomainError)] == []
    assert [finding.broken for finding in check(HELD)] == [[]] * len(HELD)
    return sorted(type(answer).__name__ for answer in answers)


def captured_stays_within_verified():
    report = GainReport.objects.get()
    rows = Gain.objects.order_by("recorded_at", "pk")
    verified = rows.filter(stage=Stage.VERIFIED).last()
    captured = rows.filter(stage=Stage.CAPTURED).last()
    return (captured.amount if captured else 0) <= verified.amount and (report.captured_amount or 0) <= report.verified_amount


def test_of_two_captures_at_once_one_stands(committed_db):
    team, other = Team(), person_with(Role.CONTROLLER)
    report = team.verified()
    answers = at_once([lambda: team.capture(report, HALF), lambda: team.capture(report, actor=other)])
    assert names(answers) == ["GainReport", "WrongState"]
    assert Gain.objects.filter(stage=Stage.CAPTURED).count() == 1


def test_capture_and_cosignature_of_a_restatement_at_once(committed_db):
    team = Team()
    report = team.verified()
    restatement = team.restate(report, HALF)
    cosign = {"restatement_id": restatement.pk, "actor": team.finance, "now": NOW}
    answers = at_once([lambda: team.capture(report), lambda: cosign_restatement(**cosign), lambda: cosign_restatement(**cosign)])
    assert names(answers) in (["GainReport", "GainRestatement", "WrongState"], ["GainRestatement", "WrongState", "WrongState"])
    assert captured_stays_within_verified()


def test_verification_and_correction_of_a_capture_at_once(committed_db):
    team = Team()
    report = team.restated(team.capture(team.verified()), HALF)
    correct = {"report_id": report.pk, "amount": HALF, "reason": "Redressé", "actor": team.controller, "now": NOW}
    answers = at_once([lambda: team.verify(report, HALF), lambda: correct_capture(**correct, document=upload("b.pdf"))])
    assert "GainReport" in names(answers)
    assert captured_stays_within_verified()

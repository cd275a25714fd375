"""Restatements and what an examination says: the same path again, the rows before it stay, and the database holds the amounts."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from projects.enums import Nature, Role, Stage
from projects.models import JournalEntry, Message, OutboxMessage
from reporting.enums import GainReportState, Point, Rating, RestatementState
from reporting.models import Gain, GainReport, GainRestatement, GainVerification
from reporting.queries.gains import conditions, gain_reports_for, story_of
from reporting.queries.invariants import INVARIANTS, check
from reporting.services import gains as acts
from reporting.services.captures import correct_capture
from reporting.services.restatements import cosign_restatement
from reporting.services.verification import Answer
from tests.factories import NOW, person_with, upload
from tests.reporting.gains import AMOUNT, Team, answers

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
LESS, MORE = Decimal("25000.00"), Decimal("45000.00")
_S = GainReportState


@pytest.fixture
def team():
    return Team()


def amounts(stage):
    return list(Gain.objects.filter(stage=stage).order_by("recorded_at", "pk").values_list("amount", flat=True))


# ── The way of a restatement ─────────────────────────────────────────────────────────────────────────────────────────
def test_restatement_counts_nowhere_before_its_cosignature(team):
    report = team.verified()
    Message.objects.all().delete()
    restatement = team.restate(report, LESS)
    report.refresh_from_db()
    assert (restatement.state, restatement.version, restatement.before, restatement.difference) == (
        RestatementState.DRAFT,
        2,
        AMOUNT,
        LESS - AMOUNT,
    )
    assert (report.state, report.amount, report.version) == (_S.VERIFIED, AMOUNT, 1)
    assert amounts(Stage.REPORTED) == [AMOUNT]
    assert [message.person for message in Message.objects.order_by("pk")] == [team.finance]


def test_cosigned_restatement_is_to_be_verified_again_and_what_was_verified_stays(team):
    report = team.restated(team.verified(), LESS, now=LATER)
    assert (report.state, report.amount, report.version, report.maturity) == (_S.TO_REVERIFY, LESS, 2, "final")
    assert (report.verified_amount, report.verified_by) == (AMOUNT, team.verifier)
    assert (amounts(Stage.REPORTED), amounts(Stage.VERIFIED)) == ([AMOUNT, LESS], [AMOUNT])
    row = Gain.objects.latest("recorded_at")
    assert (row.stage, row.recorded_at, row.maturity) == (Stage.REPORTED, LATER, "final")
    assert f'"money":["{row.sha256}"]' in JournalEntry.objects.get(act="cosign_restatement").content
    assert OutboxMessage.objects.filter(topic="money").count() == 3
    assert [event.title for event in story_of(report)][-2:] == ["Gain redressé", "Redressement cosigné et soumis"]


@pytest.mark.parametrize(
    ("accepted", "given", "state"),
    [(LESS, {}, _S.VERIFIED), (Decimal("20000.00"), {"reason": "Reste une facture", "rating": "amber"}, _S.PARTLY_VERIFIED)],
)
def test_second_verification_supersedes_the_first_and_both_rows_stay(team, accepted, given, state):
    report = team.verify(team.restated(team.verified(), LESS), accepted, now=LATER, **given)
    assert (report.state, report.verified_amount) == (state, accepted)
    assert amounts(Stage.VERIFIED) == [AMOUNT, accepted]
    found = GainVerification.objects.order_by("pk").values_list("version", "reported", "accepted", "rating", "assurance")
    assert list(found) == [(1, AMOUNT, AMOUNT, "green", "substantial"), (2, LESS, accepted, given.get("rating", "green"), "substantial")]
    assert GainRestatement.objects.get().state == RestatementState.EXAMINED


def test_more_is_verified_only_after_the_reporter_says_more(team):
    report = team.verified()
    with pytest.raises(WrongState):
        team.verify(report, MORE)
    report = team.restated(report, MORE)
    assert team.verify(report, MORE).verified_amount == MORE


def test_restated_gain_may_be_rejected_and_is_then_final(team):
    report = team.reject(team.restated(team.verified(), LESS), now=LATER)
    assert (report.state, report.verified_amount, amounts(Stage.VERIFIED)) == (_S.REJECTED, 0, [AMOUNT, 0])
    with pytest.raises(WrongState, match="Rejetée"):
        team.restate(report, MORE)


def test_returned_restatement_leaves_what_was_verified_and_another_follows(team):
    report = team.restated(team.verified(), LESS)
    report = acts.return_gain(report_id=report.pk, reason="Quelle facture?", actor=team.verifier, now=NOW)
    first = GainRestatement.objects.get()
    assert (report.state, first.state, first.answer) == (_S.TO_REVERIFY, RestatementState.RETURNED, "Quelle facture?")
    with pytest.raises(WrongState, match="a été retourné"):
        team.verify(report, LESS)
    report = team.restated(report, Decimal("26000.00"))
    assert (report.version, report.amount, amounts(Stage.REPORTED)) == (3, Decimal("26000.00"), [AMOUNT, LESS, Decimal("26000.00")])
    assert team.verify(report, Decimal("26000.00")).state == _S.VERIFIED


def test_returned_restatement_may_come_back_with_another_file_and_the_same_amount(team):
    report = team.restated(team.verified(), LESS)
    report = acts.return_gain(report_id=report.pk, reason="Quelle facture?", actor=team.verifier, now=NOW)
    report = team.restated(report, LESS, evidence=upload("facture.pdf"), now=LATER)
    assert (report.version, report.amount, report.evidence.name) == (3, LESS, "facture.pdf")
    assert amounts(Stage.REPORTED) == [AMOUNT, LESS, LESS]
    with pytest.raises(Invalid):
        team.restate(team.verify(report, LESS, now=LATER), LESS)


def test_draft_is_replaced_and_a_submitted_one_must_be_examined(team):
    report = team.verified()
    team.restate(report, LESS)
    second = team.restate(report, MORE)
    assert list(GainRestatement.objects.order_by("pk").values_list("state", flat=True)) == ["replaced", "draft"]
    cosign_restatement(restatement_id=second.pk, actor=team.finance, now=NOW)
    with pytest.raises(WrongState, match="attend déjà sa cosignature ou sa vérification"):
        team.restate(report, LESS)


def test_cost_is_restated_without_its_sign():
    team = Team(Nature.COST)
    report = team.restated(team.verified(), LESS)
    assert (report.amount, report.verified_amount, amounts(Stage.REPORTED)) == (-LESS, -AMOUNT, [-AMOUNT, -LESS])
    assert team.verify(report, LESS).verified_amount == -LESS


def test_cosignature_of_a_restatement_is_waived_for_a_person_alone(team):
    report = team.verified()
    team.finance.memberships.update(ends_on=NOW.date() - timedelta(days=1))
    restatement = team.restate(report, LESS)
    report.refresh_from_db()
    assert (restatement.state, restatement.cosignature_waived, report.state, report.cosignature_waived) == (
        RestatementState.SUBMITTED,
        True,
        _S.TO_REVERIFY,
        True,
    )
    assert (report.cosigned_by, report.cosigned_at) == (None, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"reason": " "}, "reason"), ({"maturity": ""}, "maturity"), ({"amount": AMOUNT, "maturity": "interim"}, "amount")],
)
def test_restatement_says_why_and_changes_something(team, given, field):
    report = team.verified()
    with pytest.raises(Invalid) as refused:
        team.restate(report, given.pop("amount", LESS), **given)
    assert (set(refused.value.errors), GainRestatement.objects.count()) == ({field}, 0)


def test_only_what_was_verified_is_restated(team):
    with pytest.raises(WrongState, match="À vérifier"):
        team.restate(team.submitted(), LESS)


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sd7_who_restates_does_not_cosign_nor_verify_and_the_first_verifier_may_verify_again(team):
    report = team.verified()
    restatement = team.restate(report, LESS, actor=team.finance)
    with pytest.raises(NotAllowed, match="Vous avez inscrit ce redressement"):
        cosign_restatement(restatement_id=restatement.pk, actor=team.finance, now=NOW)
    with pytest.raises(NotAllowed):
        cosign_restatement(restatement_id=restatement.pk, actor=team.writer, now=NOW)
    other = person_with(Role.FINANCE_RESPONDENT, organisation=team.organisation)
    with pytest.raises(Stale):
        cosign_restatement(restatement_id=restatement.pk, actor=other, now=NOW, seen=LATER)
    cosign_restatement(restatement_id=restatement.pk, actor=other, now=NOW)
    report.refresh_from_db()
    with pytest.raises(NotAllowed):
        team.verify(report, LESS, actor=other)
    assert team.verify(report, LESS).verified_by == team.verifier


def test_sd8_whoever_captured_does_not_verify_again(team):
    both = person_with(Role.GAIN_VERIFIER, Role.CONTROLLER)
    report = team.restated(team.capture(team.verified(), LESS, actor=both), MORE)
    assert list(gain_reports_for(both, NOW).filter(conditions(both, NOW)["verify"])) == []
    with pytest.raises(NotAllowed, match="Vous avez inscrit la captation"):
        team.verify(report, MORE, actor=both)
    assert refused("UPDATE reporting_gainreport SET verified_by_id = %s WHERE id = %s", both.pk, report.pk) == (
        "gain_report_capturer_is_not_verifier"
    )


def test_whoever_signed_the_first_version_never_captures_the_second(team):
    report = team.verified()
    other = person_with(Role.FINANCE_RESPONDENT, organisation=team.organisation)
    restatement = team.restate(report, LESS, actor=other)
    cosign_restatement(restatement_id=restatement.pk, actor=team.finance, now=NOW)
    report = team.verify(GainReport.objects.get(), LESS)
    third = person_with(Role.FINANCE_RESPONDENT, organisation=team.organisation)
    team.writer.memberships.update(role=Role.FINANCE_RESPONDENT)
    for person in (other, team.finance, team.writer):
        with pytest.raises(NotAllowed, match="Vous avez déclaré ou cosigné"):
            team.capture(report, LESS, actor=person)
    assert team.capture(report, LESS, actor=third).captured_by == third


# ── What is captured ─────────────────────────────────────────────────────────────────────────────────────────────────
def fix(team, report, amount, **given):
    values = {"reason": "Le gain est redressé", "document": upload("budget2.pdf"), "actor": team.controller, "now": LATER, **given}
    return correct_capture(report_id=report.pk, amount=amount, **values)


def test_capture_stands_when_the_gain_still_covers_it(team):
    report = team.verify(team.restated(team.capture(team.verified(), LESS), Decimal("30000.00")), Decimal("30000.00"))
    assert (report.state, report.captured_amount, amounts(Stage.CAPTURED)) == (_S.CAPTURED, LESS, [LESS])


def test_gain_is_not_verified_below_what_is_captured_until_the_capture_is_corrected(team):
    report = team.restated(team.capture(team.verified()), LESS)
    with pytest.raises(WrongState, match="la captation doit d’abord être corrigée"):
        team.verify(report, LESS)
    with pytest.raises(NotAllowed):
        fix(team, report, LESS, actor=team.verifier)
    report = fix(team, report, Decimal("20000.00"))
    assert (report.state, report.captured_amount, amounts(Stage.CAPTURED)) == (_S.TO_REVERIFY, Decimal("20000.00"), [AMOUNT, 20000])
    report = team.verify(report, LESS, now=LATER)
    assert (report.state, report.captured_amount) == (_S.CAPTURED, Decimal("20000.00"))


def test_capture_taken_back_leaves_a_verified_gain_that_may_be_captured_again(team):
    report = fix(team, team.restated(team.capture(team.verified()), LESS), Decimal("0.00"))
    assert (report.captured_amount, report.captured_by, report.budget_document) == (None, None, None)
    report = team.verify(report, LESS, now=LATER)
    assert (report.state, amounts(Stage.CAPTURED)) == (_S.VERIFIED, [AMOUNT, 0])
    assert team.capture(report, LESS, now=LATER + timedelta(hours=1)).state == _S.CAPTURED
    assert [finding.broken for finding in check(tuple(i for i in INVARIANTS if i.code in ("INV-13", "INV-14", "INV-15")))] == [[], [], []]


@pytest.mark.parametrize(
    ("amount", "given", "fields"), [(AMOUNT, {}, {"amount"}), (MORE, {}, {"amount"}), (LESS, {"reason": ""}, {"reason"})]
)
def test_bad_correction_of_a_capture_writes_nothing(team, amount, given, fields):
    report = team.restated(team.capture(team.verified()), LESS)
    with pytest.raises(Invalid) as error:
        fix(team, report, amount, **given)
    assert (set(error.value.errors), amounts(Stage.CAPTURED)) == (fields, [AMOUNT])


def test_capture_waits_for_the_second_verification_and_is_corrected_only_then(team):
    captured = team.capture(team.verified())
    with pytest.raises(WrongState, match="Une captation se corrige quand son gain est redressé"):
        fix(team, captured, LESS)
    other = Team()
    with pytest.raises(WrongState, match="À revérifier"):
        other.capture(other.restated(other.verified(), LESS), LESS)


# ── Five answers and an opinion ──────────────────────────────────────────────────────────────────────────────────────
def test_examination_keeps_its_five_answers(team):
    report = team.verify(
        team.submitted(), rating="amber", assurance="limited", answers=answers(Point.ATTRIBUTION), reason="La part du projet est incertaine"
    )
    kept = report.verifications.get()
    assert (kept.assurance, kept.rating, kept.gain.rating) == ("limited", "amber", "amber")
    assert [(point.value, ok) for point, ok, _comment in kept.answers] == [
        ("causation", True),
        ("realisation", True),
        ("valuation", True),
        ("attribution", False),
        ("validation", True),
    ]
    assert kept.causation_comment == answers()[Point.CAUSATION].comment


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"assurance": ""}, {"assurance"}),
        ({"answers": {}}, {point.value for point in Point}),
        ({"answers": {**answers(), Point.VALUATION: Answer(ok=True, comment=" ")}}, {"valuation_comment"}),
        ({"answers": answers(Point.CAUSATION), "reason": "Doute"}, {"rating"}),
        ({"answers": answers(Point.CAUSATION), "rating": "amber"}, {"reason"}),
    ],
)
def test_bad_examination_writes_nothing(team, given, fields):
    report = team.submitted()
    with pytest.raises(Invalid) as error:
        team.verify(report, **given)
    assert (set(error.value.errors), amounts(Stage.VERIFIED)) == (fields, [])


def test_rejection_says_which_point_is_not_shown(team):
    report = team.submitted()
    with pytest.raises(Invalid, match="au moins un des cinq points"):
        team.reject(report, answers=answers())
    kept = team.reject(report).verifications.get()
    assert (kept.accepted, kept.rating, kept.assurance, kept.validation) == (0, "red", "unsatisfactory", False)


# ── The database ─────────────────────────────────────────────────────────────────────────────────────────────────────
def execute(statement, given):
    """The deferred constraints speak too, as at COMMIT."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, given)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(statement, *given):
    with pytest.raises(IntegrityError) as error:
        execute(statement, given)
    return error.value.__cause__.diag.constraint_name


REPORT = "UPDATE reporting_gainreport SET {} WHERE id = %s"
VERIFICATION = """INSERT INTO reporting_gainverification (report_id, gain_id, version, reported, accepted, rating, assurance, reason,
  verified_by_id, verified_at, causation, causation_comment, realisation, realisation_comment, valuation, valuation_comment,
  attribution, attribution_comment, validation, validation_comment)
  SELECT report_id, {gain}, version, {reported}, {accepted}, '{rating}', 'moderate', '{reason}', {person}, verified_at, {ok}, '{comment}',
  true, 'a', true, 'a', true, 'a', true, 'a' FROM reporting_gainverification"""


def verification(**given):
    said = {"gain": "gain_id", "reported": "reported", "accepted": "accepted", "rating": "green", "reason": "", "person": "verified_by_id"}
    return VERIFICATION.format(**{**said, "ok": "true", "comment": "a", **given})


def test_database_keeps_what_was_verified_from_changing_without_a_restatement(team):
    report = team.verified()
    assert refused(REPORT.format("amount = 50000, verified_amount = 50000"), report.pk) == "gain_report_changes_by_restatement"
    assert refused(REPORT.format("maturity = 'final'"), report.pk) == "gain_report_changes_by_restatement"
    assert refused(REPORT.format("state = 'to_reverify'"), report.pk) == "gain_report_state_fits_its_amounts"
    assert refused(REPORT.format("version = 2, amount = 1, state = 'to_reverify'"), report.pk) == "gain_report_changes_by_restatement"


def test_database_keeps_restatements_as_they_were_said(team):
    report = team.verified()
    restatement = team.restate(report, LESS)
    table = "reporting_gainrestatement"
    for changes in ("amount = 1", "reason = 'autre'", f"restated_by_id = {team.finance.pk}", "method = 'autre'"):
        assert refused(f"UPDATE {table} SET {changes} WHERE id = %s", restatement.pk) == "gain_restatement_stays"
    assert refused(f"DELETE FROM {table} WHERE id = %s", restatement.pk) == "gain_restatement_stays"
    known = "state = 'submitted', recorded_at = now()"
    assert refused(f"UPDATE {table} SET {known} WHERE id = %s", restatement.pk) == "gain_restatement_known_once_cosigned"
    signed = f"{known}, cosigned_by_id = restated_by_id"
    assert refused(f"UPDATE {table} SET {signed} WHERE id = %s", restatement.pk) == "gain_restatement_two_people"
    copied = """INSERT INTO reporting_gainrestatement (report_id, version, state, before, amount, maturity, method, reason, restated_at,
      cosignature_waived, answer, evidence_id, restated_by_id) SELECT report_id, {version}, 'replaced', {before}, amount, maturity, method,
      '{reason}', restated_at, false, '', evidence_id, restated_by_id FROM reporting_gainrestatement"""
    assert refused(copied.format(version=3, before="before", reason="a")) == "gain_restatement_of_what_is_verified"
    assert refused(copied.format(version=2, before="1", reason="a")) == "gain_restatement_of_what_is_verified"
    assert refused(copied.format(version=2, before="before", reason="")) == "gain_restatement_has_a_reason"


def test_database_keeps_captures_within_what_is_verified_in_the_rows_too(team):
    report = team.capture(team.verified(), LESS)
    row = """INSERT INTO gain (project_id, line_id, report_id, stage, period_start, period_end, amount, evidence, method_version, maturity,
      rating, recorded_at, recorded_by_id, sha256)
      SELECT project_id, line_id, report_id, %s, period_start, period_end, %s, evidence, 'M', '', '', recorded_at + interval '1 day',
        %s, sha256 FROM gain WHERE stage = 'captured'"""
    assert refused(row, "captured", AMOUNT + 1, team.controller.pk) == "gain_captured_within_verified"
    assert refused(row, "verified", LESS - 1, team.verifier.pk) == "gain_captured_within_verified"
    assert refused(REPORT.format("verified_amount = 1, reason = 'a'"), report.pk) == "gain_report_captured_within_verified"


def test_database_keeps_examinations_complete_and_true(team):
    team.verified()
    for statement in ("UPDATE reporting_gainverification SET reason = 'a'", "DELETE FROM reporting_gainverification"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert refused(verification(comment="")) == "gain_verification_says_why_of_each_point"
    assert refused(verification(ok="false")) == "gain_verification_no_has_a_consequence"
    assert refused(verification(ok="false", rating=Rating.AMBER.value)) == "gain_verification_no_has_a_consequence"
    assert refused(verification(accepted="reported + 1")) == "gain_verification_within_reported"
    other = Gain.objects.get(stage=Stage.REPORTED).pk
    assert refused(verification(gain=other)) == "gain_verification_says_its_rows"
    assert refused(verification()) == "reporting_gainverification_gain_id_key"


# ── Two knowledge dates ──────────────────────────────────────────────────────────────────────────────────────────────
def exported(path, code, known):
    options = {"effective": date(2026, 11, 25), "known": known, "format": "csv", "output": path, "stdout": StringIO()}
    call_command("export_report", code, **options)
    return path.read_bytes()


def verified_in(report):
    total = list(csv.DictReader(report.decode().splitlines()))[-1]
    return (total["project"], total["net_gain_verified"])


def test_t12_two_knowledge_dates_give_two_reports_and_the_first_keeps_its_bytes(team, tmp_path):
    may, november = datetime(2026, 5, 15, 14, tzinfo=UTC), datetime(2026, 11, 10, 14, tzinfo=UTC)
    first, second = Decimal("120000.00"), Decimal("95000.00")
    april, june, after = (datetime(2026, month, day, 4, tzinfo=UTC) for month, day in ((5, 1), (7, 1), (11, 25)))
    report = team.report(period_end=date(2026, 4, 30), amount=first, now=may)
    report = acts.cosign_gain(report_id=report.pk, actor=team.finance, now=may)
    report = team.verify(report, first, now=may)
    codes = ("roi-projects", "gains", "gains-by-year")
    kept = {code: exported(tmp_path / "before.csv", code, june) for code in codes}
    assert verified_in(kept["roi-projects"]) == ("TOTAL", "120000.00")
    report = team.restated(report, second, now=november)
    assert verified_in(exported(tmp_path / "waiting.csv", "roi-projects", after)) == ("TOTAL", "120000.00")
    team.verify(report, second, now=after + timedelta(days=1))
    assert verified_in(exported(tmp_path / "after.csv", "roi-projects", after + timedelta(days=2))) == ("TOTAL", "95000.00")
    assert {code: exported(tmp_path / "again.csv", code, june) for code in codes} == kept
    assert verified_in(exported(tmp_path / "april.csv", "roi-projects", april)) == ("TOTAL", "0.00")

"""A shared measure is corrected as a whole (INV-18): one amount, split by the keys to the cent, each part to verify again."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import Nature, Role
from projects.models import JournalEntry
from reporting.enums import GainReportState, RestatementState
from reporting.models import Gain, GainReport, GainRestatement, SharedGainCorrection
from reporting.queries.invariants import INVARIANTS, check
from reporting.queries.sharing import amount_of
from reporting.services.gains import correct_gain, cosign_gain, return_gain
from reporting.services.restatements import cosign_restatement
from reporting.services.shared_corrections import correct_shared_gain
from tests.factories import NOW, person_with, recuse, upload
from tests.projects.test_gain_rows import raw
from tests.reporting.gains import END, START, Team
from tests.reporting.sharing import T18, measure, share

pytestmark = pytest.mark.django_db
LATER, LAST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
#: 0.6 and 0.4 of it, to the cent
LESS, PARTS = Decimal("90000.03"), [Decimal("54000.02"), Decimal("36000.01")]
_S = GainReportState


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(LAST, tick=False):
        yield


@pytest.fixture
def teams():
    return Team(), Team()


def shared_of(*teams, upto="verified"):
    shared = measure(share(*teams), teams[0].writer)
    for team in teams:
        report = team.line.reports.get()
        if upto != "draft":
            cosign_gain(report_id=report.pk, actor=team.finance, now=NOW)
        if upto == "verified":
            team.verify(report, abs(report.amount))
    return shared


def correct(shared, actor, amount=LESS, **given):
    values = {"maturity": "final", "method": "Relevé corrigé", "reason": "Une facture oubliée", "evidence": None, "now": LATER}
    return correct_shared_gain(shared_id=shared.pk, amount=amount, actor=actor, **{**values, **given})


def cosign(*teams):
    for team in teams:
        waiting = GainRestatement.objects.get(report__line=team.line, state=RestatementState.DRAFT)
        cosign_restatement(restatement_id=waiting.pk, actor=team.finance, now=LAST)


def reports(*names):
    return list(GainReport.objects.order_by("pk").values_list(*names))


# ── One correction, through to the parts ─────────────────────────────────────────────────────────────────────────────
def test_verified_parts_all_drop_to_be_verified_again_with_their_part_to_the_cent(teams):
    shared = shared_of(*teams)
    correction = correct(shared, teams[0].writer)
    assert [part.amount for part in correction.parts.order_by("pk")] == PARTS
    assert (correction.before, correction.amount, amount_of(shared), shared.amount) == (T18, LESS, LESS, T18)
    assert reports("state", "amount") == [(_S.VERIFIED, Decimal("60000.01")), (_S.VERIFIED, Decimal("40000.00"))]
    cosign(*teams)
    assert reports("state", "amount", "version") == [(_S.TO_REVERIFY, PARTS[0], 2), (_S.TO_REVERIFY, PARTS[1], 2)]
    assert list(Gain.objects.filter(stage="reported").order_by("pk").values_list("amount", "recorded_at")) == [
        (Decimal("60000.01"), NOW),
        (Decimal("40000.00"), NOW),
        (PARTS[0], LAST),
        (PARTS[1], LAST),
    ]
    assert f'"money":["{correction.sha256}"]' in JournalEntry.objects.get(act="correct_shared_gain").content
    assert [finding.broken for finding in check(tuple(one for one in INVARIANTS if one.code == "INV-18"))] == [[]]


def test_parts_that_nobody_verified_are_written_again(teams):
    shared = shared_of(*teams, upto="draft")
    correct(shared, teams[1].writer, evidence=upload("relevé.pdf"))
    assert reports("state", "amount", "maturity", "reported_by", "evidence__name") == [
        (_S.DRAFT, PARTS[0], "final", teams[1].writer.pk, "relevé.pdf"),
        (_S.DRAFT, PARTS[1], "final", teams[1].writer.pk, "relevé.pdf"),
    ]
    assert list(SharedGainCorrection.objects.get().parts.values_list("restatement", flat=True)) == [None, None]


def test_part_that_was_returned_is_corrected_with_one_that_was_verified(teams):
    one, other = teams
    shared = shared_of(one, other, upto="submitted")
    one.verify(one.line.reports.get(), Decimal("60000.01"))
    with pytest.raises(WrongState, match=f"La part {other.line.reports.get().number} attend sa vérification"):
        correct(shared, one.writer)
    return_gain(report_id=other.line.reports.get().pk, reason="Illisible", actor=other.verifier, now=NOW)
    correct(shared, one.writer)
    cosign(one)
    cosign_gain(report_id=other.line.reports.get().pk, actor=other.finance, now=LAST)
    assert reports("state", "amount") == [(_S.TO_REVERIFY, PARTS[0]), (_S.SUBMITTED, PARTS[1])]


def test_second_correction_replaces_the_one_that_waits_and_not_the_one_to_examine(teams):
    shared = shared_of(*teams)
    correct(shared, teams[0].writer, amount=Decimal(1))
    assert correct(shared, teams[1].finance).before == 1
    cosign(teams[0])
    with pytest.raises(WrongState, match="attend sa vérification"):
        correct(shared, teams[0].writer, amount=Decimal(2))
    assert list(GainRestatement.objects.order_by("pk").values_list("state", flat=True)) == ["replaced", "replaced", "submitted", "draft"]


def test_increase_of_a_cost_stays_below_zero():
    teams = Team(Nature.COST), Team(Nature.COST)
    correction = correct(shared_of(*teams), teams[0].writer, amount=Decimal("0.05"))
    assert [part.amount for part in correction.parts.order_by("pk")] == [Decimal("-0.03"), Decimal("-0.02")]


def test_organisation_of_one_waives_its_own_cosignature_alone(teams):
    shared = shared_of(*teams)
    for team in teams:
        team.finance.memberships.update(ends_on=NOW.date() - timedelta(days=1))
    correct(shared, teams[0].writer)
    assert reports("state", "amount") == [(_S.TO_REVERIFY, PARTS[0]), (_S.VERIFIED, Decimal("40000.00"))]


# ── Who, and what is refused ─────────────────────────────────────────────────────────────────────────────────────────
def test_whole_is_corrected_by_whoever_reports_for_one_of_its_projects(teams):
    shared = shared_of(*teams)
    for person in (Team().writer, teams[0].verifier, person_with(Role.OFFICER)):
        with pytest.raises(NotAllowed):
            correct(shared, person)
    recuse(teams[1].writer, teams[0].project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        correct(shared, teams[1].writer)
    assert SharedGainCorrection.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [({"reason": " "}, "reason"), ({"maturity": ""}, "maturity"), ({"amount": T18, "maturity": "interim"}, "amount")],
)
def test_correction_says_why_and_changes_something(teams, given, field):
    shared = shared_of(*teams)
    with pytest.raises(Invalid) as refused:
        correct(shared, teams[0].writer, **given)
    assert (set(refused.value.errors), SharedGainCorrection.objects.count()) == ({field}, 0)


def test_rejected_part_ends_the_corrections(teams):
    shared = shared_of(*teams, upto="submitted")
    teams[0].verify(teams[0].line.reports.get(), Decimal("60000.01"))
    teams[1].reject(teams[1].line.reports.get())
    with pytest.raises(WrongState, match="est rejetée"):
        correct(shared, teams[0].writer)


def test_amount_of_a_part_never_changes_alone(teams):
    one, other = teams
    shared = shared_of(one, other)
    report = one.line.reports.get()
    with pytest.raises(Invalid) as refused:
        one.restate(report, LESS)
    assert set(refused.value.errors) == {"amount"}
    correct(shared, other.writer)
    with pytest.raises(Invalid):
        one.restate(report, report.amount, now=LATER)
    assert one.restate(report, PARTS[0], maturity="interim", now=LATER).amount == PARTS[0]


def test_part_that_is_not_verified_never_changes_alone(teams):
    shared_of(*teams, upto="draft")
    report = teams[0].line.reports.get()
    given = {"period_start": START, "period_end": END, "method": "x", "evidence": None, "actor": teams[0].writer, "now": NOW}
    with pytest.raises(Invalid) as refused:
        correct_gain(report_id=report.pk, amount=LESS, **given)
    assert set(refused.value.errors) == {"amount"}
    assert correct_gain(report_id=report.pk, amount=report.amount, **given).method == "x"


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_page_corrects_the_whole_once_for_two_clicks(client, teams):
    one, other = teams
    shared = shared_of(one, other)
    address = reverse("reporting:shared_gain_correct", args=[shared.pk])
    client.force_login(one.writer)
    assert f'href="{address}"' in client.get(reverse("reporting:sharing_list")).content.decode()
    form = client.get(address).context["form"]
    assert (form.initial["amount"], form.initial["method"]) == (T18, "Relevé commun")
    sent = {"amount": "90 000,03", "maturity": "final", "reason": "Facture oubliée", "method": "Relevé", "key": "1"}
    assert client.post(address, {**sent, "reason": ""}).status_code == 422
    for _click in range(2):
        assert client.post(address, sent).status_code == 302
    assert SharedGainCorrection.objects.get().amount == LESS
    said = client.get(reverse("reporting:sharing_list")).content.decode().replace("\xa0", " ")
    assert ("90 000,03 $" in said, "Facture oubliée" in said) == (True, True)
    cosign(one, other)
    assert client.get(address).status_code == 409
    client.force_login(other.verifier)
    assert client.get(address).status_code == 403
    client.force_login(Team().writer)
    assert client.get(address).status_code == 404


# ── What the database holds, as the application's role ───────────────────────────────────────────────────────────────
NOW_SQL = "; SET CONSTRAINTS ALL IMMEDIATE"
CORRECTION = """INSERT INTO shared_gain_correction (shared_id, before, amount, reason, recorded_at, recorded_by_id, sha256)
                VALUES (%s, 1, 2, 'x', now(), %s, repeat('0', 64))"""


def test_database_holds_the_parts_of_a_correction(teams):
    shared = shared_of(*teams)
    with pytest.raises(IntegrityError, match="do not make it"):
        raw(CORRECTION + NOW_SQL, shared.pk, teams[0].writer.pk)
    correction = correct(shared, teams[0].writer)
    report = Team().report()
    part = "INSERT INTO shared_correction_part (correction_id, report_id, amount) VALUES (%s, %s, 0)"
    with pytest.raises(IntegrityError, match="do not make it"):
        raw(part + NOW_SQL, correction.pk, report.pk)
    for table in ("shared_gain_correction", "shared_correction_part"):
        with pytest.raises(DatabaseError, match="permission denied"):
            raw(f"DELETE FROM {table}")


def test_database_keeps_a_part_from_changing_alone(teams):
    shared = shared_of(*teams, upto="draft")
    report = teams[0].line.reports.get()
    update = "UPDATE reporting_gainreport SET amount = %s WHERE id = %s"
    with pytest.raises(IntegrityError, match="is not its part of a shared gain"):
        raw(update + NOW_SQL, LESS, report.pk)
    correct(shared, teams[0].writer)
    with pytest.raises(IntegrityError, match="is not its part of a shared gain"):
        raw(update + NOW_SQL, Decimal("60000.01"), report.pk)

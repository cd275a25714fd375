import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, TooLarge, WrongState, act
from projects.enums import Nature, Role, Stage
from projects.models import ForecastGain, JournalEntry, Message, OutboxMessage, Project
from projects.services.documents import LARGEST
from projects.services.journal import canonical
from reporting.enums import GainReportState
from reporting.models import Gain, GainReport
from reporting.queries.gains import gain_lines_of, is_alone, project_of, reference_forecasts, story_of
from reporting.services import gains as acts
from reporting.services.gain_rows import METHOD_VERSION, gain_facts
from tests.factories import NOW, ApplicationFactory, MembershipFactory, person_with, recuse, upload
from tests.reporting.gains import AMOUNT, END, START, Team
from tests.reporting.pages import DOCS, examples

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
ZERO = Decimal("0.00")


@pytest.fixture
def team():
    return Team()


def rows(stage=None):
    found = Gain.objects.order_by("recorded_at", "pk")
    return [row.amount for row in (found.filter(stage=stage) if stage else found)]


# ── The beneficiary ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_report_waits_for_its_cosignature_and_counts_nowhere(team):
    report = team.report()
    assert (report.state, report.number, report.cosignature_waived) == (GainReportState.DRAFT, "GAIN-2026-00001", False)
    assert (rows(), OutboxMessage.objects.filter(topic="money").count()) == ([], 0)
    assert [message.person for message in Message.objects.order_by("pk")] == [team.finance]


def test_cosigned_report_is_submitted_with_its_row_its_hash_and_a_recompute(team):
    report = team.submitted()
    assert (report.state, report.cosigned_by, report.cosigned_at) == (GainReportState.SUBMITTED, team.finance, NOW)
    row = Gain.objects.get()
    assert (row.stage, row.amount, row.period_start, row.period_end) == (Stage.REPORTED, AMOUNT, START, END)
    assert (row.recorded_at, row.recorded_by, row.report) == (NOW, team.finance, report)
    assert row.sha256 == hashlib.sha256(canonical(gain_facts(row)).encode()).hexdigest()
    assert f'"money":["{row.sha256}"]' in JournalEntry.objects.get(act="cosign_gain").content
    assert OutboxMessage.objects.filter(topic="money").count() == 1
    assert [event.title for event in story_of(report)] == ["Gain déclaré", "Déclaration cosignée et soumise"]


def test_reporter_never_cosigns_their_own_report(team):
    report = team.report(actor=team.finance)
    with pytest.raises(NotAllowed, match="une autre personne doit le cosigner"):
        acts.cosign_gain(report_id=report.pk, actor=team.finance, now=NOW)
    with pytest.raises(NotAllowed, match="Répondance financière"):
        acts.cosign_gain(report_id=report.pk, actor=team.writer, now=NOW)


def test_report_is_cosigned_once(team):
    report = team.submitted()
    other = person_with(Role.FINANCE_RESPONDENT, organisation=team.organisation)
    with pytest.raises(WrongState, match="À vérifier"):
        acts.cosign_gain(report_id=report.pk, actor=other, now=NOW)


def test_cosignature_of_a_version_that_was_not_read_is_refused(team):
    report = team.report()
    acts.correct_gain(
        report_id=report.pk,
        period_start=START,
        period_end=END,
        amount=Decimal("1.00"),
        method="Autre",
        evidence=None,
        actor=team.writer,
        now=LATER,
    )
    with pytest.raises(Stale, match="corrigée depuis"):
        acts.cosign_gain(report_id=report.pk, seen=NOW, actor=team.finance, now=LATER)
    assert acts.cosign_gain(report_id=report.pk, seen=LATER, actor=team.finance, now=LATER).amount == Decimal("1.00")


def test_cosignature_is_waived_for_a_person_alone_and_said_so(team):
    for membership in team.finance.memberships.order_by("pk"):
        membership.ends_on = NOW.date() - timedelta(days=1)
        membership.save()
    MembershipFactory(person=team.writer, role=Role.FINANCE_RESPONDENT, organisation=team.organisation)
    report = team.report()
    assert is_alone(report.project, NOW) is True
    assert (report.state, report.cosignature_waived, report.cosigned_by) == (GainReportState.SUBMITTED, True, None)
    assert rows(Stage.REPORTED) == [AMOUNT]
    assert JournalEntry.objects.get(act="report_gain").content.count('"cosignature_waived":true') == 1


@pytest.mark.parametrize(("nature", "kept"), [(Nature.COST, -AMOUNT), *((n, AMOUNT) for n in Nature if n != Nature.COST)])
def test_amount_is_typed_without_sign_and_only_a_cost_is_kept_below_zero(nature, kept):
    team = Team(nature)
    assert team.submitted().amount == kept
    assert rows() == [kept]
    with pytest.raises(Invalid) as refused:
        team.report(amount=-AMOUNT, period_start=date(2026, 10, 1), period_end=date(2026, 10, 31))
    assert set(refused.value.errors) == {"amount"}


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (END, START, "La fin de la période précède son début."),
        (START, NOW.date() + timedelta(days=1), "Un gain se déclare quand sa période est terminée."),
    ],
)
def test_period_is_in_order_and_over(team, start, end, message):
    with pytest.raises(Invalid) as refused:
        team.report(period_start=start, period_end=end)
    assert refused.value.errors == {"period_end": message}
    assert not GainReport.objects.exists()


@pytest.mark.parametrize(("start", "end"), [(START, END), (END, END), (date(2026, 1, 1), START), (date(2026, 5, 1), date(2026, 5, 1))])
def test_periods_of_a_line_never_share_a_day(team, start, end):
    team.report()
    with pytest.raises(WrongState, match="Une autre déclaration de cette ligne couvre déjà des jours de cette période"):
        team.report(period_start=start, period_end=end)
    assert GainReport.objects.count() == 1


def test_next_day_and_another_line_are_free(team):
    team.report()
    team.report(period_start=END + timedelta(days=1), period_end=END + timedelta(days=2))
    other = Team()
    assert other.report().number == "GAIN-2026-00003"


def test_days_before_the_project_are_kept(team):
    report = team.report(period_start=START - timedelta(days=30))
    assert report.period_start < team.project.starts_on


@pytest.mark.parametrize("role", [Role.SIGNATORY, Role.OFFICER])
def test_only_the_writers_and_finances_of_the_beneficiary_report(team, role):
    with pytest.raises(NotAllowed):
        team.report(actor=person_with(role, organisation=team.organisation if role == Role.SIGNATORY else None))
    with pytest.raises(NotAllowed):
        team.report(actor=person_with(Role.WRITER))


def test_recused_person_takes_no_part(team):
    report = team.submitted()
    for person in (team.writer, team.finance, team.verifier, team.controller):
        recuse(person, team.project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        team.report(period_start=END + timedelta(days=1), period_end=END + timedelta(days=1))
    with pytest.raises(NotAllowed, match="récusation"):
        team.verify(report)


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00"])
def test_bad_evidence_is_said_next_to_its_field(team, content):
    with pytest.raises(Invalid) as refused:
        team.report(evidence=upload("preuve.pdf", content))
    assert set(refused.value.errors) == {"evidence"}


def test_file_too_large_keeps_its_own_status(team):
    with pytest.raises(TooLarge) as refused:
        team.report(evidence=upload(content=b"%PDF-" + bytes(LARGEST)))
    assert (refused.value.status, set(refused.value.errors)) == (413, {"evidence"})


def test_plan_still_held_by_its_application_is_the_project_s(team):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_gainplan SET project_id = NULL WHERE id = %s", [team.line.plan_id])
    assert project_of(team.line) == team.project
    assert [line.pk for line in gain_lines_of(team.project)] == [team.line.pk]
    assert team.report().project == team.project


# ── Corrections ──────────────────────────────────────────────────────────────────────────────────────────────────────
def correct(team, report, now=LATER, **given):
    values = {"period_start": START, "period_end": END, "amount": Decimal("30000.00"), "method": "Recalcul", "evidence": None, **given}
    return acts.correct_gain(report_id=report.pk, actor=team.writer, now=now, **values)


def test_draft_is_corrected_period_included_and_keeps_its_file(team):
    report = team.report()
    kept = report.evidence
    report = correct(team, report, period_end=END - timedelta(days=1))
    assert (report.state, report.amount, report.evidence) == (GainReportState.DRAFT, Decimal("30000.00"), kept)
    assert report.period_end == END - timedelta(days=1)


def test_returned_report_is_corrected_cosigned_again_and_supersedes_its_row(team):
    report = acts.return_gain(report_id=team.submitted().pk, reason="Facture illisible", actor=team.verifier, now=NOW)
    assert (report.state, report.reason) == (GainReportState.RETURNED, "Facture illisible")
    report = correct(team, report, evidence=upload("nouvelle.pdf", b"%PDF-1.7 nouvelle"))
    assert (report.state, report.cosigned_by, report.reason) == (GainReportState.DRAFT, None, "")
    report = acts.cosign_gain(report_id=report.pk, actor=team.finance, now=LATER)
    assert (report.state, report.evidence.name) == (GainReportState.SUBMITTED, "nouvelle.pdf")
    assert rows(Stage.REPORTED) == [AMOUNT, Decimal("30000.00")]
    assert Gain.objects.latest("recorded_at").recorded_at == LATER


def test_period_once_submitted_is_fixed(team):
    report = acts.return_gain(report_id=team.submitted().pk, reason="Période", actor=team.verifier, now=NOW)
    with pytest.raises(Invalid) as refused:
        correct(team, report, period_end=END - timedelta(days=1))
    assert set(refused.value.errors) == {"period_start"}


def test_submitted_report_is_not_corrected(team):
    with pytest.raises(WrongState):
        correct(team, team.submitted())


# ── The verifier ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_verification_writes_its_row_with_evidence_and_method(team):
    report = team.verified()
    row = Gain.objects.get(stage=Stage.VERIFIED)
    assert (report.state, report.verified_amount, report.rating) == (GainReportState.VERIFIED, AMOUNT, "green")
    assert (row.amount, row.evidence, row.method_version) == (AMOUNT, f"sha256:{report.evidence.sha256}", "GAINS-2026-1")
    assert row.sha256 == hashlib.sha256(canonical(gain_facts(row)).encode()).hexdigest()
    assert OutboxMessage.objects.filter(topic="money").count() == 2


def test_part_is_accepted_with_its_reason(team):
    report = team.verified(Decimal("25000.00"), rating="amber", reason="Deux mois sans facture")
    assert (report.state, report.verified_amount, report.reason) == (
        GainReportState.PARTLY_VERIFIED,
        Decimal("25000.00"),
        "Deux mois sans facture",
    )
    assert rows(Stage.VERIFIED) == [Decimal("25000.00")]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"amount": Decimal("25000.00")}, {"reason"}),
        ({"amount": AMOUNT + Decimal("0.01"), "reason": "Plus"}, {"amount"}),
        ({"amount": ZERO, "reason": "Rien"}, {"amount"}),
        ({"amount": AMOUNT, "rating": ""}, {"rating"}),
        ({"amount": AMOUNT, "rating": "purple"}, {"rating"}),
        ({"amount": -AMOUNT}, {"amount"}),
    ],
)
def test_bad_verification_writes_nothing(team, given, fields):
    report = team.submitted()
    with pytest.raises(Invalid) as refused:
        team.verify(report, **given)
    assert set(refused.value.errors) == fields
    assert rows(Stage.VERIFIED) == []


def test_cost_is_verified_as_an_increase():
    team = Team(Nature.COST)
    report = team.verified(Decimal("10000.00"), reason="Le reste n’est pas récurrent")
    assert (report.verified_amount, rows(Stage.VERIFIED)) == (Decimal("-10000.00"), [Decimal("-10000.00")])


def test_reported_zero_is_verified_whole(team):
    report = team.verify(team.submitted(amount=ZERO), ZERO)
    assert (report.state, rows(Stage.VERIFIED)) == (GainReportState.VERIFIED, [ZERO])


def test_rejected_report_is_examined_for_zero_and_final(team):
    report = team.submitted()
    with pytest.raises(Invalid):
        team.reject(report, reason=" ")
    report = team.reject(report)
    assert (report.state, report.rating, report.verified_amount) == (GainReportState.REJECTED, "red", ZERO)
    assert rows(Stage.VERIFIED) == [ZERO]
    with pytest.raises(WrongState):
        team.verify(report)
    with pytest.raises(WrongState, match="couvre déjà"):
        team.report()


def test_return_needs_a_reason(team):
    report = team.submitted()
    with pytest.raises(Invalid) as refused:
        acts.return_gain(report_id=report.pk, reason="", actor=team.verifier, now=NOW)
    assert set(refused.value.errors) == {"reason"}


def test_verification_of_a_version_that_was_not_read_is_refused(team):
    report = acts.return_gain(report_id=team.submitted().pk, reason="Période", actor=team.verifier, now=NOW)
    acts.cosign_gain(report_id=correct(team, report).pk, actor=team.finance, now=LATER)
    with pytest.raises(Stale):
        team.verify(report, Decimal("30000.00"), seen=NOW, now=LATER)


def test_verifier_was_never_of_the_organisation_nor_signed(team):
    report = team.submitted()
    former = person_with(Role.GAIN_VERIFIER)
    MembershipFactory(person=former, organisation=team.organisation, starts_on=date(2010, 1, 1), ends_on=date(2010, 12, 31))
    with pytest.raises(NotAllowed, match="une personne de l’extérieur"):
        team.verify(report, actor=former)
    with pytest.raises(NotAllowed, match="Vérification des gains"):
        team.verify(report, actor=team.controller)
    signer = person_with(Role.GAIN_VERIFIER)
    GainReport.objects.filter(pk=report.pk).update(reported_by=signer)
    with pytest.raises(NotAllowed, match="déclaré ou cosigné"):
        team.verify(report, actor=signer)


# ── The controller ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_capture_writes_its_row_with_the_budget_document(team):
    report = team.capture(team.verified(), Decimal("35000.00"))
    row = Gain.objects.get(stage=Stage.CAPTURED)
    assert (report.state, report.captured_amount, report.captured_by) == (GainReportState.CAPTURED, Decimal("35000.00"), team.controller)
    assert (row.amount, row.evidence) == (Decimal("35000.00"), f"sha256:{report.budget_document.sha256}")
    assert OutboxMessage.objects.filter(topic="money").count() == 3


def test_bearer_s_other_finance_respondent_captures(team):
    report = team.verified()
    for person in (team.finance, team.writer, team.verifier):
        with pytest.raises(NotAllowed):
            team.capture(report, actor=person)
    other = person_with(Role.FINANCE_RESPONDENT, organisation=team.organisation)
    assert team.capture(report, actor=other).captured_by == other


def test_verifier_never_captures(team):
    both = person_with(Role.GAIN_VERIFIER, Role.CONTROLLER)
    report = team.verified(actor=both)
    with pytest.raises(NotAllowed, match="Vous avez vérifié ce gain"):
        team.capture(report, actor=both)


@pytest.mark.parametrize("amount", [ZERO, AMOUNT + Decimal("0.01")])
def test_capture_is_above_zero_and_within_what_is_verified(team, amount):
    report = team.verified()
    with pytest.raises(Invalid) as refused:
        team.capture(report, amount)
    assert set(refused.value.errors) == {"amount"}
    assert rows(Stage.CAPTURED) == []


@pytest.mark.parametrize("nature", [Nature.COST, Nature.AVOID, Nature.PROD])
def test_only_what_moves_a_budget_is_captured(nature):
    team = Team(nature)
    report = team.verified()
    with pytest.raises(NotAllowed, match="Seuls une économie encaissable ou un revenu"):
        team.capture(report)


def test_capture_waits_for_verification_and_happens_once(team):
    report = team.submitted()
    with pytest.raises(WrongState, match="À vérifier"):
        team.capture(report)
    team.verify(report)
    team.capture(report)
    with pytest.raises(WrongState, match="Captée"):
        team.capture(report)


def test_capture_needs_a_real_document(team):
    report = team.verified()
    with pytest.raises(Invalid) as refused:
        team.capture(report, document=upload("budget.pdf", b"MZ"))
    assert set(refused.value.errors) == {"document"}


# ── The database ─────────────────────────────────────────────────────────────────────────────────────────────────────
def refused_by(name, **changes):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        GainReport.objects.filter(**changes.pop("where", {})).update(**changes)
    assert refused.value.__cause__.diag.constraint_name == name


def test_database_refuses_what_the_acts_refuse(team):
    report = team.submitted()
    team.report(period_start=END + timedelta(days=1), period_end=END + timedelta(days=9))
    where = {"pk": report.pk}
    refused_by("gain_report_periods_apart", where=where, period_end=END + timedelta(days=1))
    refused_by("gain_report_cosigned_or_waived", where=where, cosigned_by=None, cosigned_at=None)
    refused_by("gain_report_three_people", where=where, cosigned_by=team.writer)
    refused_by("gain_report_state_fits_its_amounts", where=where, state=GainReportState.VERIFIED)
    refused_by("gain_report_state_fits_its_amounts", where=where, state=GainReportState.RETURNED)
    verified = {"verified_at": NOW, "verified_amount": AMOUNT, "rating": "green", "state": GainReportState.VERIFIED}
    refused_by("gain_report_verified_is_complete", where=where, verified_by=team.verifier, **verified)
    refused_by("gain_report_three_people", where=where, verified_by=team.writer, method_version="M", **verified)
    more = {**verified, "verified_amount": AMOUNT + 1, "state": GainReportState.PARTLY_VERIFIED, "reason": "Plus"}
    refused_by("gain_report_verified_within_reported", where=where, verified_by=team.verifier, method_version="M", **more)


def test_database_knows_the_line_of_a_report():
    team = Team(Nature.COST)
    where = {"pk": team.verified().pk}
    refused_by("gain_report_cost_not_positive", where=where, amount=AMOUNT, verified_amount=AMOUNT)
    refused_by("gain_report_captured_is_cashable", where=where, captured_amount=AMOUNT)
    refused_by("gain_report_line_is_locked", where=where, project=Team().project)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": AMOUNT, "verified_amount": AMOUNT}, "Une hausse de coût est toujours inscrite en négatif."),
        ({"captured_amount": AMOUNT}, "Seuls une économie encaissable ou un revenu modifient un budget et peuvent être captés."),
    ],
)
def test_database_refusal_is_a_sentence(changes, sentence):
    report = Team(Nature.COST).verified()

    @act
    def change(*, actor, now):
        GainReport.objects.filter(pk=report.pk).update(**changes)

    with pytest.raises(WrongState) as refused:
        change(actor=report.verified_by, now=NOW)
    assert refused.value.message == sentence


def test_forecast_of_reference_is_the_one_known_at_signature(team):
    later = ForecastGain.objects.create(
        line=team.line,
        period_start=date(2027, 4, 1),
        period_end=date(2028, 3, 31),
        amount=Decimal("1.00"),
        recorded_at=NOW + timedelta(days=1),
        recorded_by=team.writer,
    )
    expected = [Decimal("60000.00"), Decimal("60000.00")]
    assert [row.amount for row in reference_forecasts(team.line, team.project)] == expected
    team.project.signed_on = later.recorded_at.date()
    assert [row.amount for row in reference_forecasts(team.line, team.project)] == [Decimal("1.00"), Decimal("60000.00")]
    team.project.signed_on = None
    assert list(reference_forecasts(team.line, team.project)) == []


def test_line_of_an_unlocked_plan_is_refused_in_words(team):
    application = ApplicationFactory(organisation=team.organisation)
    project = Project.objects.get(pk=team.project.pk)
    project.pk, project.reference, project.application = None, "PRJ-2026-99999", application
    project.save()
    with pytest.raises(WrongState, match="Seule une ligne du plan verrouillé"):
        team.report(line_id=application.gain_plan.lines.get().pk)


def test_gain_rows_are_never_changed(team):
    team.submitted()
    for statement in ("UPDATE gain SET amount = 1", "DELETE FROM gain", "TRUNCATE gain"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Project.objects.filter(gains__amount=AMOUNT).count() == 1


# ── The rules page ───────────────────────────────────────────────────────────────────────────────────────────────────
EXAMPLES = list(examples("gains.md"))


@pytest.mark.parametrize(("name", "given", "expected"), EXAMPLES)
def test_rules_page_says_what_the_acts_do(name, given, expected):
    if name == "stored_amount":
        report = Team(given["nature"]).submitted(amount=Decimal(given["typed"]))
        assert (str(report.amount), rows(Stage.REPORTED)) == (expected, [Decimal(expected)])
        return
    team = Team()
    report = team.submitted(amount=Decimal(given["reported"]))
    try:
        state = str(team.verify(report, Decimal(given["accepted"]), reason="Écart").state)
    except Invalid:
        state = "refused"
    assert state == expected


def test_rules_page_holds_its_examples_and_the_method_s_version():
    assert [name for name, _given, _expected in EXAMPLES] == ["stored_amount"] * 6 + ["outcome"] * 6
    assert f"`{METHOD_VERSION}`" in (DOCS / "gains.md").read_text(encoding="utf-8")

"""`manage.py seed`: a believable fund, the same on the same day, under the guards of the acts."""

import io
import json
from collections import Counter
from contextlib import redirect_stderr
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from fondsinnovation.kit.errors import Invalid, WrongState
from fondsinnovation.kit.money import ZERO
from funding.models import Agreement, LedgerEntry, Payment
from projects.enums import ApplicationState, CallState, DocumentKind
from projects.models import Application, ApplicationVersion, Call, Document, JournalEntry, KnowledgeFloor, Membership, Organisation, User
from projects.queries.applications import facts_of, sections_of
from projects.services.journal import canonical, sha256
from projects.services.submissions import submitted_content
from reporting.models import Gain, GainReport
from reporting.seeding import copying
from reporting.seeding.story import LARGEST_SCALE, MOST, STAGES, tell
from reporting.services.audit import verify_database
from reporting.services.portfolio import seed_fund
from tests.databases import copy_of
from tests.factories import NOW

S = ApplicationState


def applicants(count=5):
    return [SimpleNamespace(organisation=number, writer=None, finance=None, signatory=None) for number in range(count)]


# ── The story ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("scale", [1, 7, LARGEST_SCALE])
def test_awards_fit_their_call_year_by_year(scale):
    story = tell(stage="report", scale=scale, now=NOW, applicants=applicants(), cast=None)
    terms_minimum = Decimal(10_000)
    for one in story.rounds:
        for year, amount in one.budgets.items():
            assert sum((file.awarded.get(year, ZERO) for file in one.files), ZERO) <= amount
    asks = [file.asks for file in story.files]
    assert (len(asks), min(asks) >= terms_minimum, max(asks) <= MOST) == (50 * scale, True, True)


def test_files_arrive_within_the_dates_of_their_call_and_before_today():
    for file in tell(stage="report", scale=20, now=NOW, applicants=applicants(), cast=None).files:
        assert file.round.opens_at <= file.submitted_at < min(file.round.closes_at, NOW)


# ── The rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_seeded_fund_is_whole_and_vouched_for_by_the_journal(committed_db, monkeypatch):
    monkeypatch.setattr(copying, "CHUNK", 40)  # in several chunks, as a large fund is: what a row rests on is there before it
    seed_fund(stage="report", scale=1, now=NOW)
    assert (Application.objects.count(), Gain.objects.count(), Agreement.objects.count()) == (50, 500, 20)
    assert Counter(Application.objects.values_list("state", flat=True)) == {
        S.CONVERTED: 20,
        S.REFUSED: 12,
        S.INELIGIBLE: 4,
        S.ELIGIBLE: 1,
        S.REVIEWED: 1,
        S.IN_REVIEW: 6,
        S.SUBMITTED: 4,
        S.DRAFT: 2,
    }
    assert list(Call.objects.order_by("opens_at").values_list("reference", "state")) == [
        ("AP-2024-01", CallState.ENDED),
        ("AP-2025-01", CallState.ENDED),
        ("AP-2026-01", CallState.REVIEW),
        ("AP-2026-02", CallState.OPEN),
    ]
    assert Counter(Gain.objects.values_list("stage", flat=True))["captured"] == 3 * captured_projects()
    audit = verify_database()
    assert (audit.faults, audit.checked["gains"], audit.checked["versions"]) == ([], 500, 48)


def captured_projects():
    return GainReport.objects.filter(captured_by__isnull=False).values("project").distinct().count()


def test_seeded_applications_are_what_the_forms_and_the_submission_would_have_made(committed_db):
    seed_fund(stage="intake", scale=1, now=NOW)
    submitted = Application.objects.exclude(state=S.DRAFT).select_related("call__terms", "organisation", "submitted_by").order_by("pk")
    for application in submitted:
        facts = facts_of(application)
        sections = sections_of(application, facts)
        assert [status.section.kind for status in sections if not status.form.is_valid()] == []
        answers = {str(status.section.kind): status.form.typed() for status in sections}
        version = ApplicationVersion.objects.get(application=application)
        assert version.content == canonical(submitted_content(application, answers, facts.documents))
        assert version.sha256 == sha256(version.content)


@pytest.mark.parametrize(
    ("stage", "states", "kinds"),
    [
        ("intake", {S.DRAFT: 2, S.SUBMITTED: 48}, {"reservation"}),
        ("review", {S.DRAFT: 2, S.SUBMITTED: 4, S.INELIGIBLE: 4, S.ELIGIBLE: 1, S.IN_REVIEW: 6, S.REVIEWED: 33}, {"reservation"}),
        ("agreement", None, {"reservation", "commitment"}),
        ("payment", None, {"reservation", "commitment", "payment"}),
    ],
)
def test_seed_stops_at_its_stage(committed_db, stage, states, kinds):
    seed_fund(stage=stage, scale=1, now=NOW)
    found = Counter(Application.objects.values_list("state", flat=True))
    assert states in (None, found)
    assert set(LedgerEntry.objects.exclude(kind="authorisation").values_list("kind", flat=True)) == kinds
    assert (Agreement.objects.exists(), Payment.objects.exists(), Gain.objects.exists()) == (
        "commitment" in kinds,
        "payment" in kinds,
        False,
    )
    assert verify_database().faults == []


def test_same_day_gives_the_same_rows(template_database, django_db_setup, django_db_blocker):
    written = []
    for _time in range(2):
        with django_db_blocker.unblock(), copy_of(template_database):
            seed_fund(stage="report", scale=1, now=NOW)
            entries = JournalEntry.objects.filter(act="seed_file").order_by("pk").values_list("content", flat=True)
            rows = LedgerEntry.objects.order_by("pk").values_list("sha256", flat=True)
            written.append(([without_cipher(entry) for entry in entries], list(rows)))
    assert written[0] == written[1]


def without_cipher(entry):
    """An entry of the seed, but for the file of account numbers: a cipher never writes the same text twice alike."""
    content = json.loads(entry)
    content["facts"]["files"] = [one for one in content["facts"]["files"] if one["file"] != "funding_bankdetail"]
    return content


def test_seeded_documents_can_be_read(committed_db, settings):
    seed_fund(stage="report", scale=1, now=NOW)
    assert set(Document.objects.values_list("kind", flat=True)) == {
        DocumentKind.RESOLUTION,
        DocumentKind.LETTER,
        DocumentKind.AGREEMENT,
        DocumentKind.EVIDENCE,
        DocumentKind.BUDGET,
    }
    for document in Document.objects.order_by("pk"):
        with document.path.open() as file:
            assert file.read(5) == b"%PDF-"


def test_each_applicant_has_three_people_and_every_name_is_apart(committed_db):
    seed_fund(stage="intake", scale=1, now=NOW)
    for organisation in Organisation.objects.filter(applications__isnull=False).distinct().order_by("pk"):
        assert Membership.objects.filter(organisation=organisation).count() == 3
    assert User.objects.count() == User.objects.values("name").distinct().count()


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_second_seed_writes_nothing(committed_db):
    seed_fund(stage="intake", scale=1, now=NOW)
    before = JournalEntry.objects.count()
    with pytest.raises(WrongState, match="contient déjà un fonds"):
        seed_fund(stage="intake", scale=1, now=NOW)
    assert JournalEntry.objects.count() == before


def test_past_that_a_report_has_fixed_is_not_rewritten(committed_db):
    KnowledgeFloor.objects.update(known=NOW - timedelta(days=1))
    with pytest.raises(WrongState, match="Un rapport a déjà fixé"):
        seed_fund(stage="report", scale=1, now=NOW)
    assert Call.objects.count() == 0


@pytest.mark.parametrize("scale", [0, -1, LARGEST_SCALE + 1])
def test_scale_out_of_range_is_refused(committed_db, scale):
    with pytest.raises(Invalid, match="L’échelle va de 1 à 400"):
        seed_fund(stage="report", scale=scale, now=NOW)
    assert Call.objects.count() == 0


def test_seed_is_refused_in_production(committed_db, settings):
    settings.LOCAL = False
    errors = io.StringIO()
    with redirect_stderr(errors), pytest.raises(SystemExit) as ended:
        call_command("seed", stage="intake")
    assert (ended.value.code, errors.getvalue().count("\n"), Call.objects.count()) == (2, 1, 0)
    assert errors.getvalue().startswith("Cette commande écrit des données de démonstration")


def test_every_stage_can_be_asked_for():
    assert STAGES == ("intake", "review", "agreement", "payment", "report")

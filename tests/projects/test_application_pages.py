import hashlib
import html
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects.enums import ApplicationState, CallState, DocumentKind, Role
from projects.models import Application, ApplicationSection, ApplicationVersion, Document, JournalEntry
from projects.services.documents import store_bytes
from projects.services.submissions import submit_application
from tests.factories import NOW, ApplicationFactory, CallFactory, DraftApplicationFactory, OrganisationFactory, person_with, recuse
from tests.projects.typed import NEED, PDF, PLAN, filled_draft, typed_sections, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def town():
    return OrganisationFactory(name="Ville de Rivière-Claire")


@pytest.fixture
def writer(town, client):
    person = person_with(Role.WRITER, organisation=town, name="Anh Nguyen")
    client.force_login(person)
    return person


@pytest.fixture
def draft(town, writer):
    return DraftApplicationFactory(organisation=town, created_by=writer, title="")


def section_url(application, slug="besoin"):
    return reverse("projects:section_detail", args=[application.pk, slug])


def saved(application, kind):
    return ApplicationSection.objects.get(application=application, kind=kind)


def text_of(answer):
    return html.unescape(answer.content.decode()).replace("\xa0", " ")


# ── Starting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_application_is_started_for_one_s_own_organisation(client, writer, town):
    call = CallFactory()
    address = reverse("projects:application_start", args=[call.reference])
    assert client.get(address).status_code == 200
    assert client.post(address, {"organisation": OrganisationFactory().pk, "key": "a"}).status_code == 422
    answers = [client.post(address, {"organisation": town.pk, "key": "b"}) for _click in range(2)]
    application = Application.objects.get()
    assert {answer.url for answer in answers} == {reverse("projects:application_detail", args=[application.pk])}
    assert (application.organisation, application.created_by, application.state) == (town, writer, ApplicationState.DRAFT)


def test_application_is_not_started_outside_the_dates_of_its_call(client, writer, town):
    call = CallFactory(opens_at=NOW - timedelta(days=9), closes_at=NOW)
    address = reverse("projects:application_start", args=[call.reference])
    assert "ne reçoit pas de demandes" in text_of(client.get(address))
    answer = client.post(address, {"organisation": town.pk, "key": "a"})
    assert (answer.status_code, Application.objects.count()) == (409, 0)


def test_application_is_not_started_by_staff_nor_in_a_call_that_is_not_public(client, writer):
    draft_call = CallFactory(state=CallState.SUBMITTED, approved_by=None, approved_at=None)
    assert client.get(reverse("projects:application_start", args=[draft_call.reference])).status_code == 404
    client.force_login(person_with(Role.OFFICER))
    assert client.get(reverse("projects:application_start", args=[CallFactory().reference])).status_code == 403


# ── The list and the task list ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("rows", [1, 3])
def test_list_holds_the_organisation_s_applications_at_one_cost(client, writer, town, rows, django_assert_num_queries):
    mine = {a.title for a in (DraftApplicationFactory(organisation=town), *ApplicationFactory.create_batch(rows - 1, organisation=town))}
    ApplicationFactory()
    with django_assert_num_queries(8):
        answer = client.get(reverse("projects:application_list"))
    assert {row.record.title for row in answer.context["table"].rows} == mine


@pytest.mark.parametrize(
    ("state", "letter", "shown"),
    [
        ("submitted", False, "Déposée"),
        ("eligible", False, "Recevable"),
        ("reviewed", False, "En évaluation"),
        ("recommended", False, "En évaluation"),
        ("not_recommended", False, "En évaluation"),
        ("accepted", False, "En évaluation"),
        ("refused", False, "En évaluation"),
        ("accepted", True, "Acceptée"),
        ("refused", True, "Refusée"),
    ],
)
def test_organisation_learns_the_decision_by_its_letter(client, writer, town, state, letter, shown):
    application = ApplicationFactory(organisation=town, state=state)
    ApplicationVersion.objects.create(
        application=application, number=1, content="{}", sha256="0" * 64, received_at=NOW, submitted_by=writer
    )
    if letter:
        store_bytes(
            PDF, name="lettre.pdf", content_type="application/pdf", kind=DocumentKind.LETTER, actor=writer, now=NOW, application=application
        )
    pages = [reverse("projects:application_list"), reverse("projects:application_detail", args=[application.pk]), reverse("projects:home")]
    for page in pages:
        text = text_of(client.get(page))
        found = [
            word
            for word in ("Déposée", "Recevable", "En évaluation", "Recommandée", "Non recommandée", "Acceptée", "Refusée")
            if f"{word}<" in text
        ]
        assert found == [shown], page


@pytest.mark.parametrize(("name", "slug"), [("application_detail", None), ("section_detail", "budget"), ("application_check", None)])
def test_draft_is_seen_by_its_organisation_only(client, draft, name, slug):
    address = reverse(f"projects:{name}", args=[draft.pk, *([slug] if slug else [])])
    assert client.get(address).status_code == 200
    for person in (person_with(Role.WRITER, organisation=OrganisationFactory()), person_with(Role.OFFICER), person_with(Role.AUDITOR)):
        client.force_login(person)
        assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302


def test_task_list_says_where_each_section_stands(client, draft):
    client.post(section_url(draft, "besoin"), {**NEED, "version": "0", "return": "1"})
    client.post(section_url(draft, "realisation"), {"approach": "En trois étapes.", "version": "0", "return": "1"})
    client.post(section_url(draft, "budget"), {"cost_2026_fees": "12,5,0", "version": "0", "return": "1"})
    answer = client.get(reverse("projects:application_detail", args=[draft.pk]))
    states = {str(t["section"].kind): str(t["state"]) for _title, tasks in answer.context["parts"] for t in tasks}
    assert states == {
        "organisation": "Non commencé",
        "need": "Terminé",
        "plan": "En cours",
        "budget": "À corriger",
        "gains": "Non commencé",
        "documents": "Non commencé",
        "declaration": "À venir",
    }
    assert "1 section sur 7 est terminée." in " ".join(text_of(answer).split())


def test_task_list_says_that_the_call_is_closed_and_that_the_draft_is_kept(client, draft):
    with time_machine.travel(draft.call.closes_at, tick=False):
        client.force_login(draft.created_by)
        text = text_of(client.get(reverse("projects:application_detail", args=[draft.pk])))
    assert "cette demande ne peut plus être déposée. Le brouillon est conservé." in text


def test_empty_form_of_a_closed_call_says_that_it_is_closed(client, draft):
    start = reverse("projects:application_start", args=[draft.call.reference])
    with time_machine.travel(draft.call.closes_at, tick=False):
        client.force_login(draft.created_by)
        shown, answer = client.get(start), client.post(start, {})
    assert (shown.status_code, answer.status_code) == (200, 409)
    assert "a fermé le" in text_of(answer)
    assert Application.objects.count() == 1


# ── A section ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_valid_section_leads_to_the_next_one_and_another_button_to_the_task_list(client, draft):
    assert client.post(section_url(draft), {**NEED, "version": "0", "continue": "1"}).url == section_url(draft, "realisation")
    back = client.post(section_url(draft), {**NEED, "version": "1", "return": "1"})
    assert back.url == reverse("projects:application_detail", args=[draft.pk])
    assert (saved(draft, "need").is_complete, Application.objects.get().title) == (True, NEED["title"])


def test_wrong_section_is_kept_whole_and_comes_back_with_its_errors(client, draft):
    typed = {**NEED, "need": "x" * 5000, "title": "", "version": "0", "continue": "1"}
    answer = client.post(section_url(draft), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "title": ["Ce champ est obligatoire."],
        "need": ["Le texte dépasse la limite de 4\xa0000 caractères : retirez-en 1\xa0000."],
    }
    kept = saved(draft, "need")
    assert (len(kept.data["need"]), kept.is_complete, kept.version) == (5000, False, 1)
    assert "x" * 5000 in client.get(section_url(draft)).content.decode()


def test_autosave_says_when_and_by_whom_and_gives_the_next_version(client, draft):
    answer = client.post(section_url(draft), {**NEED, "version": "0"}, headers={"HX-Request": "true"})
    words = " ".join(text_of(answer).split())
    assert words.startswith("Brouillon enregistré à 10 h par Anh Nguyen")
    assert '<input type="hidden" name="version" id="version" value="1" hx-swap-oob="true">' in words


@pytest.mark.parametrize(("slug", "kind", "said"), [("budget", "budget", "125 000,00 $"), ("gains", "gains", "51 999,50 $")])
def test_autosave_shows_the_sums_of_what_was_typed(client, draft, slug, kind, said):
    answer = client.post(section_url(draft, slug), {**typed_sections()[kind], "version": "0"}, headers={"HX-Request": "true"})
    assert (answer.status_code, text_of(answer).count(f">{said}<")) == (200, 1)


def test_section_that_a_colleague_changed_is_not_written_over(client, draft, town):
    client.post(section_url(draft), {**NEED, "version": "0", "return": "1"})
    client.force_login(person_with(Role.FINANCE_RESPONDENT, organisation=town))
    mine = {**NEED, "title": "Mon titre", "version": "0", "continue": "1"}
    answer = client.post(section_url(draft), mine)
    assert answer.status_code == 409
    assert "Anh Nguyen a modifié cette section" in text_of(answer)
    assert 'value="Mon titre"' in text_of(answer)
    assert (saved(draft, "need").data["title"], saved(draft, "need").version) == (NEED["title"], 1)
    by_itself = client.post(section_url(draft), mine, headers={"HX-Request": "true"})
    assert (by_itself.status_code, "Anh Nguyen a modifié cette section" in text_of(by_itself)) == (409, True)


def test_double_click_saves_once(client, draft):
    for _click in range(2):
        assert client.post(section_url(draft), {**NEED, "version": "0", "return": "1"}).status_code == 302
    assert saved(draft, "need").version == 1


def test_other_window_of_the_same_person_is_refused_too(client, draft):
    client.post(section_url(draft), {**NEED, "version": "0", "return": "1"})
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        answer = client.post(section_url(draft), {**NEED, "title": "Autre", "version": "0", "return": "1"})
    assert (answer.status_code, "dans une autre fenêtre" in text_of(answer)) == (409, True)


def test_rows_are_added_and_removed_without_a_script(client, draft):
    address = section_url(draft, "realisation")
    assert client.post(address, {**PLAN, "version": "0", "add": "1"}).url == f"{address}#rows"
    assert len(client.get(address).context["form"].rows.forms) == 3
    typed = {**PLAN, "milestones-2-title": "", "version": "1", "remove": "0"}
    client.post(address, typed)
    kept = saved(draft, "plan").data
    assert (kept["milestones-0-title"], kept["milestones-1-title"], "milestones-2-title" in kept) == ("Mise en service", "", False)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12,5,0", "Inscrivez un montant en chiffres"),
        ("-1", "Inscrivez un montant positif"),
        ("1e9", "Inscrivez un montant en chiffres"),
        ("NaN", "Inscrivez un montant en chiffres"),
        ("10,123", "Inscrivez au plus deux chiffres"),
        ("1" + "0" * 16, "Le montant est trop grand"),
    ],
)
def test_bad_amount_is_kept_as_typed_with_its_reason_beside_it(client, draft, typed, said):
    answer = client.post(section_url(draft, "budget"), {"cost_2026_fees": typed, "version": "0", "continue": "1"})
    [error] = answer.context["form"].errors["cost_2026_fees"]
    assert (answer.status_code, error.lower().startswith(said.lower())) == (422, True)
    assert f'value="{typed}"' in answer.content.decode()
    assert saved(draft, "budget").data["cost_2026_fees"] == typed


def test_section_of_a_submitted_application_is_closed(client):
    application, signatory = filled_draft()
    client.force_login(signatory)
    submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW)
    assert client.get(section_url(application)).url == reverse("projects:application_detail", args=[application.pk])
    assert client.post(section_url(application), {**NEED, "version": "1", "return": "1"}).status_code == 409
    upload = {"kind": "quote", "file": uploaded(), "key": "k"}
    assert client.post(reverse("projects:document_attach", args=[application.pk]), upload).status_code == 409


def test_unknown_section_is_not_found(client, draft):
    assert client.get(section_url(draft, "autre")).status_code == 404


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        (("grand.pdf", PDF + b"0" * 30_000_000), 413, "Ce fichier dépasse 25 Mo"),
        (("vide.pdf", b""), 422, "Ce fichier est vide"),
        (("programme.pdf", b"MZ\x90\x00"), 422, "Le contenu de ce fichier n’est pas celui d’un fichier PDF"),
        (("programme.exe", b"MZ\x90\x00"), 422, "Ce type de fichier n’est pas accepté"),
    ],
)
def test_bad_file_is_refused_with_its_reason_and_nothing_is_stored(client, draft, file, status, said):
    address = reverse("projects:document_attach", args=[draft.pk])
    answer = client.post(address, {"kind": "resolution", "file": SimpleUploadedFile(*file), "key": "k"})
    [error] = answer.context["upload"].errors["file"]
    assert (answer.status_code, error.startswith(said)) == (status, True)
    assert (Document.objects.count(), default_storage.exists("documents")) == (0, False)


def test_file_is_attached_downloaded_and_removed(client, draft):
    address = reverse("projects:document_attach", args=[draft.pk])
    for _click in range(2):
        client.post(address, {"kind": "resolution", "file": uploaded(), "key": "k"})
    document = Document.objects.get()
    answer = client.get(reverse("projects:document_download", args=[document.pk]))
    assert (b"".join(answer.streaming_content), answer["Content-Disposition"], answer["X-Content-Type-Options"]) == (
        PDF,
        'attachment; filename="resolution.pdf"',
        "nosniff",
    )
    assert JournalEntry.objects.filter(act="record_access").count() == 1
    client.post(reverse("projects:document_remove", args=[draft.pk, document.pk]), {"key": "r"})
    document.refresh_from_db()
    assert document.removed_at == NOW
    assert client.get(reverse("projects:document_download", args=[document.pk])).status_code == 404


def test_file_is_not_attached_to_another_organisation_s_application(client, draft):
    other = DraftApplicationFactory()
    answer = client.post(reverse("projects:document_attach", args=[other.pk]), {"kind": "quote", "file": uploaded(), "key": "k"})
    assert (answer.status_code, Document.objects.count()) == (404, 0)


def test_document_is_given_to_whoever_may_read_its_file(client):
    application, signatory = filled_draft()
    submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW)
    address = reverse("projects:document_download", args=[Document.objects.get().pk])
    recused = person_with(Role.OFFICER)
    recuse(recused, application)
    cases = [
        (person_with(Role.OFFICER), 200),
        (person_with(Role.AUDITOR), 200),
        (recused, 404),
        (person_with(Role.REVIEWER), 404),
        (person_with(Role.SIGNATORY, organisation=OrganisationFactory()), 404),
    ]
    for person, status in cases:
        client.force_login(person)
        answer = client.get(address)
        b"".join(answer)  # a file is closed once it is read
        assert answer.status_code == status


# ── Checking, submitting, the receipt ────────────────────────────────────────────────────────────────────────────────
def test_check_page_lists_every_mistake_with_the_address_of_its_field(client):
    application, signatory = filled_draft(need={"title": ""}, budget={"funding_2026_fund": "104 375", "funding_2026_applicant": "20 625"})
    client.force_login(signatory)
    mistakes = client.get(reverse("projects:application_check", args=[application.pk])).context["mistakes"]
    assert [(m["url"], m["text"].replace("\xa0", " ")) for m in mistakes] == [
        (f"{section_url(application)}?erreurs=1#id_title", "Titre du projet : Ce champ est obligatoire."),
        (
            f"{section_url(application, 'budget')}?erreurs=1",
            (
                "Le montant demandé, 104 375,00 $, représente 83,5 % du coût total; le taux d’aide du Fonds est d’au plus 80 %, "
                "soit 100 000,00 $."
            ),
        ),
        (
            f"{section_url(application, 'budget')}?erreurs=1",
            "Les aides publiques, 104 375,00 $, représentent 83,5 % du coût total; leur cumul est limité à 80 %, soit 100 000,00 $.",
        ),
    ]


def test_check_page_tells_a_writer_who_signs_and_refuses_their_post(client):
    application, signatory = filled_draft()
    client.force_login(person_with(Role.WRITER, organisation=application.organisation))
    address = reverse("projects:application_check", args=[application.pk])
    text = text_of(client.get(address))
    assert ("Seule la personne signataire" in text, signatory.name in text, "Déposer la demande" in text) == (True, True, False)
    assert client.post(address, {"key": "k"}).status_code == 403
    assert Application.objects.get().state == ApplicationState.DRAFT


def test_signatory_submits_once_and_gets_a_receipt(client):
    application, signatory = filled_draft()
    client.force_login(signatory)
    address = reverse("projects:application_check", args=[application.pk])
    assert "Déposer la demande" in text_of(client.get(address))
    answers = [client.post(address, {"key": "k"}) for _click in range(2)]
    receipt = reverse("projects:application_detail", args=[application.pk])
    assert [answer.url for answer in answers] == [receipt, receipt]
    page = client.get(receipt)
    version = page.context["version"]
    assert ("DEM-2026-00001" in text_of(page), version.sha256 in text_of(page), "2026-11-24 10:00:00" in text_of(page)) == (
        True,
        True,
        True,
    )
    assert client.get(address).url == receipt


def test_submission_after_closing_is_refused_and_the_draft_is_kept(client):
    application, signatory = filled_draft()
    client.force_login(signatory)
    with time_machine.travel(application.call.closes_at, tick=False):
        client.force_login(signatory)
        answer = client.post(reverse("projects:application_check", args=[application.pk]), {"key": "k"})
    assert (answer.status_code, "a fermé le" in text_of(answer)) == (409, True)
    application.refresh_from_db()
    assert (application.state, application.sections.count()) == (ApplicationState.DRAFT, 7)


def test_incomplete_application_is_not_submitted(client):
    application, signatory = filled_draft(declaration={"gains": ""})
    ApplicationSection.objects.filter(kind="declaration").update(data={"exact": "on"})
    client.force_login(signatory)
    answer = client.post(reverse("projects:application_check", args=[application.pk]), {"key": "k"})
    assert (answer.status_code, "Sections à terminer avant le dépôt" in text_of(answer)) == (422, True)


def test_copies_carry_the_hash_of_the_receipt(client):
    application, signatory = filled_draft()
    submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW)
    client.force_login(signatory)
    version = application.versions.get()
    content = client.get(reverse("projects:application_content", args=[application.pk]))
    assert hashlib.sha256(content.content).hexdigest() == version.sha256
    first, again = (client.get(reverse("projects:application_pdf", args=[application.pk])) for _time in range(2))
    assert (first["Content-Type"], first.content[:5], first.content) == ("application/pdf", b"%PDF-", again.content)
    assert JournalEntry.objects.filter(act="record_access").count() == 3
    client.force_login(person_with(Role.WRITER, organisation=OrganisationFactory()))
    assert client.get(reverse("projects:application_content", args=[application.pk])).status_code == 404


def test_pages_have_a_constant_cost(client, django_assert_num_queries):
    application, signatory = filled_draft()
    client.force_login(signatory)
    with django_assert_num_queries(11):
        client.get(reverse("projects:application_detail", args=[application.pk]))
    with django_assert_num_queries(10):
        client.get(section_url(application, "budget"))


def test_typed_sections_are_all_valid():
    application, _signatory = filled_draft()
    assert set(application.sections.values_list("kind", "is_complete")) == {(kind, True) for kind in typed_sections()}

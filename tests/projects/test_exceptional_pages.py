"""The pages of an exceptional access: the banner on every page, the files that open, the trace of each reading; and no act."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import resolve, reverse

from projects.enums import ApplicationState, ExceptionalState, Role
from projects.models import ApplicationVersion, ExceptionalAccess, JournalEntry, Project
from projects.services.journal import canonical, sha256
from tests.factories import NOW, OrganisationFactory, UserFactory, person_with
from tests.funding.test_recusal_walk import addresses, gather, world  # noqa: F401 — a fixture is used by its name
from tests.projects.services.test_exceptional import REASON, ask, granted, recuse, submitted, technician, with_documents

pytestmark = pytest.mark.django_db
LIST, ASK = "/exploitation/acces/", "/exploitation/acces/demande/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def technical(client):
    person = technician()
    client.force_login(person)
    return person


def readings():
    """(page, application) of each reading in the journal."""
    entries = JournalEntry.objects.filter(act="record_exceptional_reading").order_by("pk")
    return [(entry.content.split('"view":"')[1].split('"')[0], entry.application_id) for entry in entries]


def test_whole_way_in_the_browser(client, technical):
    application = submitted()
    answer = client.post(ASK, {"target": application.number, "minutes": "30", "reason": REASON, "key": "a"})
    access = ExceptionalAccess.objects.get()
    assert answer.headers["Location"] == f"{LIST}{access.pk}/"
    director = person_with(Role.DIRECTOR)
    approver = Client()
    approver.force_login(director)
    assert "Accorder ou refuser" in approver.get(f"{LIST}{access.pk}/").text
    assert approver.post(f"{LIST}{access.pk}/decision/", {"decision": "grant", "key": "b"}).status_code == 302
    page = client.get(f"{LIST}{access.pk}/")
    assert "Accès exceptionnel en cours jusqu’au 24\xa0novembre\xa02026, 10\xa0h\xa030." in page.text
    assert f"{application.number} – {application.title}" in page.text
    assert client.post(f"{LIST}{access.pk}/fin/", {"key": "c"}).status_code == 302
    page = client.get(f"{LIST}{access.pk}/")
    assert ("Accès exceptionnel en cours" in page.text, application.title in page.text) == (False, False)
    access.refresh_from_db()
    assert access.state == ExceptionalState.ENDED


def test_banner_is_on_every_page_while_it_lasts(client, technical):
    granted(technical, submitted().number)
    pages = ("/", "/confidentialite/", "/compte/mes-renseignements/", "/exploitation/", LIST, "/rapports/")
    assert [path for path in pages if "Accès exceptionnel en cours" not in client.get(path).text] == []
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert [path for path in pages if "Accès exceptionnel en cours" in client.get(path).text] == []


def test_each_page_that_shows_the_file_leaves_its_trace(client, technical):
    application = submitted(state=ApplicationState.CONVERTED)
    with_documents(application)
    project = Project.objects.get(application=application)
    content = canonical({"number": application.number, "sections": {}})
    ApplicationVersion.objects.create(
        application=application, number=1, content=content, sha256=sha256(content), received_at=NOW, submitted_by=UserFactory()
    )
    pages = [
        (reverse("projects:application_content", args=[application.pk]), "projects:application_content"),
        (reverse("reporting:project_detail", args=[project.reference]), "reporting:project_detail"),
    ]
    assert [client.get(path).status_code for path, _view in pages] == [404, 404]
    assert readings() == []
    granted(technical, application.number)
    assert [client.get(path).status_code for path, _view in pages] == [200, 200]
    client.get("/confidentialite/")
    assert readings() == [(view, application.pk) for _path, view in pages]
    other = submitted()
    assert client.get(reverse("projects:application_content", args=[other.pk])).status_code == 404
    assert len(readings()) == 2


def test_nobody_else_leaves_such_a_trace(client):
    granted(technician(), submitted().number)
    client.force_login(person_with(Role.OFFICER))
    assert client.get("/secretariat/demandes/").status_code == 200
    assert readings() == []


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.TECHNICAL_ADMIN, 200),
        (Role.DIRECTOR, 200),
        (Role.HEAD, 200),
        (Role.AUDITOR, 200),
        (Role.PRIVACY_OFFICER, 200),
        (Role.OFFICER, 403),
        (Role.SIGNATORY, 403),
    ],
)
def test_list_is_for_those_who_answer_for_access(client, role, status):
    access = ask(technician(), submitted().number)
    assert client.get(LIST).status_code == 302
    client.force_login(person_with(role))
    assert client.get(LIST).status_code == status
    found = 404 if role == Role.TECHNICAL_ADMIN else status  # another person's request
    assert client.get(f"{LIST}{access.pk}/").status_code == found


def test_recusal_hides_the_access_too(client):
    application, director = submitted(), person_with(Role.DIRECTOR)
    access = ask(technician(), application.number)
    recuse(director, application)
    client.force_login(director)
    assert application.number not in client.get(LIST).text
    for path in ("", "decision/"):
        assert client.get(f"{LIST}{access.pk}/{path}").status_code == 404
    assert client.post(f"{LIST}{access.pk}/fin/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three_accesses(client, django_assert_num_queries, rows):
    for _row in range(rows):
        ask(technician(), submitted().number)
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(8):
        client.get(LIST)


def test_bad_request_and_bad_decision_come_back_as_typed(client, technical):
    answer = client.post(ASK, {"target": "DEM-2026-99999", "minutes": "30", "reason": REASON, "key": "a"})
    assert (answer.status_code, "DEM-2026-99999" in answer.text) == (422, True)
    access = ask(technical, submitted().number)
    client.force_login(person_with(Role.HEAD))
    answer = client.post(f"{LIST}{access.pk}/decision/", {"decision": "refuse", "reason": "", "key": "a"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["reason"])
    client.post(f"{LIST}{access.pk}/decision/", {"decision": "refuse", "reason": "Le journal suffit", "key": "b"})
    assert client.get(f"{LIST}{access.pk}/decision/").status_code == 409
    assert "Le journal suffit" in client.get(f"{LIST}{access.pk}/").text


def test_technical_administrator_has_no_token(client, technical):
    assert client.post("/compte/jetons/nouveau/", {"name": "x"}).status_code == 403


#: one's own session, language and data, and the end of the access
OWN = (
    "account_",
    "mfa_",
    "identity_",
    "projects:session_",
    "set_language",
    "projects:own_",
    "projects:email_confirm",
    "projects:exceptional_access_end",
)
#: what reading a file through the access leaves in the journal
TRACES = (
    "record_exceptional_reading",
    "record_access",
    "export_organisations",
    "refuse_invitation_link",
    "sign_in",
    "sign_out",
    "refuse_sign_in",
)


def test_technical_administrator_changes_nothing_and_reads_what_was_opened_only(world):  # noqa: F811
    """Every address is asked for with the identities of files, one of which is open; and posted to wherever there is something."""
    application, *others = world.applications
    person = technician()
    gather(world)
    walked = list(addresses(world, of_kind=True))
    secrets = [str(other.number) for other in others]
    granted(person, application.number)
    client = Client(raise_request_exception=False)
    client.force_login(person)
    before = JournalEntry.objects.exclude(act__in=TRACES).count()
    faults, opened = [], set()
    for address in walked:
        view = resolve(address.partition("?")[0]).view_name
        if not view or view.startswith(OWN):
            continue
        for method in ("get", "post"):
            response = getattr(client, method)(address)
            if response.status_code == 404:
                break
            said = (b"".join(response.streaming_content) if response.streaming else response.content).decode(errors="replace")
            slips = [secret for secret in secrets if secret in said.replace(address, "")]
            faults += [(method, address, response.status_code, slips)] if slips or response.status_code == 500 else []
            opened |= {view} if application.number in said and response.status_code == 200 else set()
    assert faults == []
    assert JournalEntry.objects.exclude(act__in=TRACES).count() == before
    assert opened >= {"projects:application_content", "projects:exceptional_access_list"}


def test_town_is_not_told_who_asks(client):
    town = OrganisationFactory()
    granted(technician(name="Cyprien Vadeboncoeur"), submitted(organisation=town).number)
    client.force_login(person_with(Role.SIGNATORY, organisation=town))
    assert "Vadeboncoeur" not in client.get("/demandes/").text

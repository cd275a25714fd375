"""The journal as pages: who reads it, what is hidden, how it is filtered, paged, verified and taken."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.http import urlencode

from fondsinnovation.kit.errors import act
from projects.enums import CallState, Role
from projects.models import JournalEntry, JournalLink
from projects.services.applications import start_application
from projects.services.journal import note
from projects.services.sections import fill_sections
from reporting.queries.audit import ACTS, journal_for
from reporting.services.audit import verify_bundle
from tests.databases import owner_connection
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    OrganisationFactory,
    ReviewFactory,
    agreement_in_force,
    person_with,
    recuse,
)

LIST, EXPORT = "/journal/", "/journal/exporter/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@act
def touch(*, objects, actor=None, now=NOW, key=None):
    for obj in objects:
        note(obj)


@act
def verify_milestone(*, objects, actor=None, now=NOW, key=None):
    for obj in objects:
        note(obj)


def write(*objects, function=touch, actor=None, now=NOW):
    function(objects=objects, actor=actor, now=now)
    return JournalEntry.objects.latest("pk")


@pytest.fixture
def auditor(client, db):
    person = person_with(Role.AUDITOR, name="Normand Desrosins")
    client.force_login(person)
    return person


def listed(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [row.record for row in response.context["table"].rows]


# ── Who reads it ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
@pytest.mark.parametrize("role", [*Role])
def test_journal_is_read_by_auditors_and_those_who_answer_for_the_fund(client, role):
    entry = write(OrganisationFactory())
    client.force_login(person_with(role))
    allowed = role in (Role.AUDITOR, Role.DIRECTOR, Role.HEAD)
    assert client.get(LIST).status_code == (200 if allowed else 403)
    assert client.get(f"{LIST}{entry.pk}/").status_code == (200 if allowed else 404)
    if not allowed:
        assert client.post(EXPORT, {"format": "csv"}).status_code == 403
        assert JournalEntry.objects.count() == 1


@pytest.mark.django_db
def test_journal_asks_who_one_is(client):
    assert client.get(LIST)["Location"] == f"{reverse('account_login')}?next=/journal/"


# ── What is hidden ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_recusal_hides_every_entry_of_its_file(client, auditor):
    agreement = agreement_in_force()
    application = agreement.project.application
    other = agreement_in_force()
    seen = [write(other.project.application), write(other), write(OrganisationFactory())]
    hidden = [
        write(application),
        write(agreement),
        write(agreement.project),
        write(agreement.award),
        write(agreement.milestones.earliest("pk")),
        write(ReviewFactory(application=application)),
        write(OrganisationFactory(), application),
        write(recuse(person_with(Role.OFFICER), application)),
    ]
    everything = listed(client)
    recuse(auditor, application)
    assert [entry for entry in everything if entry not in listed(client)] == hidden[::-1]
    assert [entry for entry in listed(client) if entry in seen] == seen[::-1]
    assert {client.get(f"{LIST}{entry.pk}/").status_code for entry in hidden} == {404}
    assert listed(client, application=application.number) == []


@pytest.mark.django_db
def test_sealed_call_is_hidden_from_the_auditor_until_it_opens(client, auditor):
    later = CallFactory(opens_at=NOW + timedelta(days=1), state=CallState.PUBLISHED)
    entry, open_one = write(later), write(CallFactory())
    assert listed(client) == [open_one]
    assert client.get(f"{LIST}{entry.pk}/").status_code == 404
    assert list(journal_for(auditor, later.opens_at).order_by("pk")) == [entry, open_one]
    assert list(journal_for(person_with(Role.DIRECTOR), NOW).order_by("pk")) == [entry, open_one]


# ── Filters and pages ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_filters_narrow_the_journal(client, auditor):
    application, organisation = ApplicationFactory(number="DEM-2026-00077"), OrganisationFactory()
    person = person_with(Role.OFFICER, name="Ariane Lavertu", email="ariane@exemple.quebec")
    first = write(application, now=datetime(2026, 11, 22, 4, 59, tzinfo=UTC))
    second = write(organisation, function=verify_milestone, actor=person, now=datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    assert listed(client) == [second, first]
    for query, found in (
        ({"act": "verify_milestone"}, [second]),
        ({"actor": "lavertu"}, [second]),
        ({"actor": "Ariane@exemple.quebec"}, [second]),
        ({"actor": "personne d’autre"}, []),
        ({"application": "dem-2026-00077"}, [first]),
        ({"object_type": "projects.organisation"}, [second]),
        ({"object_type": "projects.application", "object_id": application.pk}, [first]),
        ({"object_id": application.pk + 10**6}, []),
        ({"since": "2026-11-22"}, [second]),
        ({"until": "2026-11-22"}, [first]),
        ({"since": "2026-11-21", "until": "2026-11-21"}, [first]),
        ({"until": "2026-11-20"}, []),
    ):
        assert (query, listed(client, **query)) == (query, found)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", [{"act": "x"}, {"since": "hier"}, {"object_id": "1.5"}, {"object_id": str(10**30)}, {"object_type": "auth.user"}]
)
def test_filter_that_is_wrong_says_so_and_exports_nothing(client, auditor, query):
    write(OrganisationFactory())
    response = client.get(LIST, query)
    assert list(response.context["filter"].form.errors) == list(query)
    assert client.post(f"{EXPORT}?{urlencode(query)}", {"format": "csv"}).status_code == 422
    assert JournalEntry.objects.count() == 1


@pytest.mark.django_db
def test_pages_follow_the_key_both_ways(client, auditor):
    entries = [write(OrganisationFactory()) for _ in range(60)]
    first = client.get(LIST, {"object_type": "projects.organisation"})
    assert (first.context["newer"], first.context["older"]) == ("", f"?object_type=projects.organisation&before={entries[35].pk}")
    second = client.get(LIST + first.context["older"])
    assert [row.record for row in second.context["table"].rows] == entries[34:9:-1]
    third = client.get(LIST + second.context["older"])
    assert [row.record for row in third.context["table"].rows] == entries[9::-1]
    assert third.context["older"] == ""
    back = client.get(LIST + third.context["newer"])
    assert [row.record for row in back.context["table"].rows] == entries[34:9:-1]
    assert client.get(LIST + back.context["newer"]).context["newer"] == ""
    assert client.get(LIST, {"before": "x", "after": "²"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_journal_reads_the_same_number_of_times(client, auditor, django_assert_num_queries, count):
    for _ in range(count):
        write(ApplicationFactory(), actor=person_with(Role.OFFICER))
    with django_assert_num_queries(8):
        assert len(listed(client)) == count


@pytest.mark.django_db
def test_every_act_of_the_portal_has_its_words():
    import ast
    from pathlib import Path

    from django.conf import settings

    found = {
        node.name
        for path in Path(settings.BASE_DIR).glob("*/services/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and any(isinstance(each, ast.Name) and each.id == "act" for each in node.decorator_list)
    }
    assert sorted(found - set(ACTS)) == []


# ── One entry, and its link ──────────────────────────────────────────────────────────────────────────────────────────
def verdict(client, pk):
    return str(client.get(f"{LIST}{pk}/").context["check"].fault)


def test_link_is_recomputed_for_the_page(committed_db, client):
    client.force_login(person_with(Role.AUDITOR))
    first, second, third = (write(OrganisationFactory()) for _ in range(3))
    assert [verdict(client, entry.pk) for entry in (first, second, third)] == ["", "", ""]
    page = client.get(f"{LIST}{second.pk}/").content.decode()
    assert (second.content.replace('"', "&quot;") in page, JournalLink.objects.get(seq=2).hash in page, "Maillon vérifié" in page) == (
        True,
        True,
        True,
    )
    with owner_connection(committed_db) as owner, owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("UPDATE journal SET content = replace(content, 'touch', 'tough') WHERE id = %s", [second.pk])
        owner.execute("UPDATE journal_link SET hash = repeat('0', 64) WHERE journal_id = %s", [first.pk])
    assert verdict(client, first.pk) == "Le contenu ne correspond pas à l’empreinte du maillon."
    assert verdict(client, second.pk) == "Le contenu ne correspond pas à l’empreinte du maillon."
    assert verdict(client, third.pk) == ""
    with owner_connection(committed_db) as owner, owner.transaction():
        owner.execute("SET LOCAL session_replication_role = replica")
        owner.execute("DELETE FROM journal_link WHERE journal_id = %s", [second.pk])
    assert verdict(client, second.pk) == "Cette écriture n’a pas de maillon."
    assert verdict(client, third.pk) == "Le maillon n’est pas lié à celui qui le précède."


# ── Taking it out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_export_is_journalled_before_it_is_served(committed_db, client, tmp_path):
    import hashlib
    import json

    auditor = person_with(Role.AUDITOR)
    client.force_login(auditor)
    application = ApplicationFactory(number="DEM-2026-00077")
    write(OrganisationFactory())
    write(application)
    response = client.post(f"{EXPORT}?application=DEM-2026-00077&page=2", {"format": "zip", "key": "k"})
    path = tmp_path / "journal.zip"
    path.write_bytes(b"".join(response.streaming_content))
    assert (response.status_code, response["Content-Disposition"]) == (200, 'attachment; filename="journal.zip"')
    entry = JournalEntry.objects.get(act="export_journal")
    assert entry.actor == auditor
    assert json.loads(entry.content)["facts"] == {
        "filters": {"application": "DEM-2026-00077"},
        "name": "journal.zip",
        "rows": 1,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    audit = verify_bundle(path)
    assert (audit.faults, dict(audit.checked)) == ([], {"links": 2, "entries": 1})
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(path.read_bytes())).read("manifeste.json"))
    assert (manifest["entries"], manifest["withheld"], manifest["head"]["seq"]) == (1, 1, 2)


def test_list_is_exported_as_filtered(committed_db, client):
    client.force_login(person_with(Role.AUDITOR))
    write(OrganisationFactory())
    write(ApplicationFactory(number="DEM-2026-00077"))
    response = client.post(f"{EXPORT}?application=DEM-2026-00077", {"format": "csv"})
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert [line.split(";")[7] for line in lines] == ["Demande", "DEM-2026-00077"]


@pytest.mark.django_db
def test_export_in_no_known_format_is_refused(client, auditor):
    assert client.post(EXPORT, {"format": "exe"}).status_code == 422
    assert client.get(EXPORT).status_code == 405
    assert JournalEntry.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("address", [f"{LIST}{10**30}/", f"{LIST}?before={10**18}", f"{LIST}?after={'9' * 40}"])
def test_key_beyond_any_entry_breaks_nothing(client, auditor, address):
    assert client.get(address).status_code == (200 if "?" in address else 404)


@pytest.mark.django_db
def test_title_of_a_draft_is_not_in_the_journal(client):
    town, call = OrganisationFactory(), CallFactory()
    writer = person_with(Role.WRITER, organisation=town)
    draft = start_application(call_id=call.pk, organisation_id=town.pk, actor=writer, now=NOW)
    fill_sections(application_id=draft.pk, sections={"need": {"title": "Projet encore secret"}}, actor=writer, now=NOW)
    client.force_login(person_with(Role.AUDITOR))
    page = client.get(reverse("reporting:audit_list")).content.decode()
    assert ("Brouillon" in page, "Projet encore secret" in page) == (True, False)

"""The Secretariat's queue: what it holds, finds, counts, exports and hides."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from projects.enums import ApplicationState, OrganisationKind, Role
from projects.exports import cell
from projects.models import JournalEntry
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    OrganisationFactory,
    person_with,
    recuse,
)

pytestmark = pytest.mark.django_db
LIST = "/secretariat/demandes/"


@pytest.fixture
def officer(client):
    person = person_with(Role.OFFICER)
    client.force_login(person)
    return person


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def titles(response):
    return [row.record.title for row in response.context["table"].paginated_rows]


def test_queue_holds_submitted_applications_the_most_urgent_first(client, officer):
    for days in (2, 9, 4):
        ApplicationFactory(title=f"Il y a {days} jours", submitted_at=NOW - timedelta(days=days))
    DraftApplicationFactory(title="Brouillon")
    assert titles(client.get(LIST)) == ["Il y a 9 jours", "Il y a 4 jours", "Il y a 2 jours"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("reseau", ["Réseau d’eau"]),
        ("RÉSEAU", ["Réseau d’eau"]),
        ("eau réseau", ["Réseau d’eau"]),
        ("d’eau", ["Réseau d’eau"]),
        ("trois rivieres", ["Guichet"]),
        ("DEM-2026-00077", ["Guichet"]),
        ("00077", ["Guichet"]),
        ("guichet trois", ["Guichet"]),
        ("absent", []),
        ("100%", []),
        ("_", ["Réseau d’eau", "Guichet"]),
    ],
)
def test_search_ignores_case_accents_and_apostrophes(client, officer, words, found):
    ApplicationFactory(title="Réseau d’eau", number="DEM-2026-00012", submitted_at=NOW - timedelta(days=6))
    ApplicationFactory(title="Guichet", number="DEM-2026-00077", organisation=OrganisationFactory(name="Ville de Trois-Rivières"))
    assert titles(client.get(LIST, {"q": words})) == found


def test_filters_narrow_the_queue(client, officer):
    call, ministry = CallFactory(), OrganisationFactory(kind=OrganisationKind.MINISTRY)
    ApplicationFactory(title="A", call=call)
    ApplicationFactory(title="B", organisation=ministry)
    ApplicationFactory(title="C", state=ApplicationState.IN_REVIEW)
    assert titles(client.get(LIST, {"call": call.reference})) == ["A"]
    assert titles(client.get(LIST, {"kind": "ministry"})) == ["B"]
    assert titles(client.get(LIST, {"state": "in_review"})) == ["C"]
    assert titles(client.get(LIST, {"view": "review"})) == ["C"]
    assert titles(client.get(LIST, {"view": "review", "kind": "ministry"})) == []


@pytest.mark.parametrize("query", [{"state": "draft"}, {"call": "AP-1999-01"}, {"view": "x"}, {"kind": "unit"}])
def test_filter_that_does_not_exist_says_so(client, officer, query):
    ApplicationFactory()
    response = client.get(LIST, query)
    assert response.status_code == 200
    assert response.context["filter"].form.errors


def test_columns_sort_and_equal_rows_keep_one_order(client, officer):
    for title, amount in (("A", 300), ("B", 100), ("C", 200)):
        ApplicationFactory(title=title, amount_requested=Decimal(amount))
    assert titles(client.get(LIST, {"sort": "amount_requested"})) == ["B", "C", "A"]
    assert titles(client.get(LIST, {"sort": "-amount_requested"})) == ["A", "C", "B"]
    assert titles(client.get(LIST, {"sort": "organisation__parent"})) == titles(client.get(LIST))


def test_pages_hold_25(client, officer):
    ApplicationFactory.create_batch(27)
    assert len(titles(client.get(LIST))) == 25
    assert len(titles(client.get(LIST, {"page": 2}))) == 2


def test_views_count_what_they_hold_and_late_ones_are_said(client, officer):
    ApplicationFactory(state=ApplicationState.ELIGIBLE)
    ApplicationFactory.create_batch(2)
    call = CallFactory(opens_at=NOW - timedelta(days=90))
    ApplicationFactory(call=call, submitted_at=NOW - timedelta(days=61))
    ApplicationFactory(call=call, submitted_at=NOW - timedelta(days=61), state=ApplicationState.REFUSED)
    response = client.get(LIST)
    counts = {item.view.code: item.count for item in response.context["counts"]}
    assert counts == {"todo": 4, "eligibility": 3, "assignment": 1, "review": 0, "ready": 0, "decision": 0, "all": 5}
    assert response.context["late"] == 1


def test_recused_officer_neither_sees_nor_counts_the_file(client, officer):
    hidden, seen = ApplicationFactory(title="Caché"), ApplicationFactory(title="Vu")
    recuse(officer, hidden)
    response = client.get(LIST)
    assert titles(response) == ["Vu"]
    assert {item.view.code: item.count for item in response.context["counts"]}["all"] == 1
    assert titles(client.get(LIST, {"q": "Caché"})) == []
    exported = b"".join(client.post(f"{LIST}exporter/").streaming_content).decode()
    assert (seen.number in exported, hidden.number in exported) == (True, False)
    assert JournalEntry.objects.filter(act="export_applications").get().content.count('"rows":1') == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_queue_takes_the_same_queries_whatever_it_holds(client, officer, rows, django_assert_num_queries):
    ApplicationFactory.create_batch(rows)
    with django_assert_num_queries(9):
        response = client.get(LIST)
    assert len(response.content) < 60_000


@pytest.mark.parametrize(("role", "status"), [(Role.AUDITOR, 200), (Role.CONTROLLER, 200), (Role.REVIEWER, 403), (Role.WRITER, 403)])
def test_queue_is_for_the_staff_and_auditors(client, role, status):
    client.force_login(person_with(role))
    assert client.get(LIST).status_code == status
    assert client.post(f"{LIST}exporter/").status_code == status


def test_queue_sends_a_stranger_to_sign_in(client):
    assert client.get(LIST).status_code == 302
    assert client.post(f"{LIST}exporter/").status_code == 302


def test_export_is_the_filtered_list_and_is_in_the_journal(client, officer):
    ApplicationFactory(title="=2+2", number="DEM-2026-00001", amount_requested=Decimal("99999.50"))
    ApplicationFactory(title="Autre", state=ApplicationState.IN_REVIEW)
    response = client.post(f"{LIST}exporter/?state=submitted")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text), delimiter=";")
    assert header[:3] == ["Numéro", "Titre", "Organisme"]
    assert (row[0], row[1], row[3], row[5], row[6], row[8]) == ("DEM-2026-00001", "'=2+2", "Municipalité", "Déposée", "99999,50", "")
    assert response["Content-Disposition"] == 'attachment; filename="demandes.csv"'
    entry = JournalEntry.objects.get(act="export_applications")
    assert (entry.actor, '"filters":{"state":"submitted"},"rows":1' in entry.content) == (officer, True)


def test_export_with_a_wrong_filter_is_refused_rather_than_whole(client, officer):
    ApplicationFactory()
    answer = client.post(f"{LIST}exporter/?state=zz")
    assert (answer.status_code, "Un filtre est invalide" in answer.text) == (422, True)
    assert not JournalEntry.objects.filter(act="export_applications").exists()


def test_export_is_not_a_get(client, officer):
    assert client.get(f"{LIST}exporter/").status_code == 405


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (Decimal("1250000.50"), "1250000,50"),
        (Decimal("-3.00"), "-3,00"),
        (NOW, "2026-11-24 10:00:00"),
        (NOW.date(), "2026-11-24"),
        ("-1+1", "'-1+1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("Été", "Été"),
        (3, "3"),
    ],
)
def test_cell_is_written_for_the_office(value, written):
    assert cell(value) == written

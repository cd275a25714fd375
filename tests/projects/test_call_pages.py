"""The pages of calls that anybody reads."""

import html
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import override_settings

from projects.enums import CallState, CostCategory, FundingSource, Role
from projects.filters.calls import PublicCallFilter
from projects.sections import SECTIONS
from tests.factories import NOW, CallFactory, DraftApplicationFactory, OrganisationFactory, person_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def titles(response):
    return [row.record.title for row in response.context["table"].paginated_rows]


def upcoming(**fields):
    fields = {"state": CallState.PUBLISHED, "opens_at": NOW + timedelta(days=1), "closes_at": NOW + timedelta(days=9), **fields}
    return CallFactory(**fields)


def closed(**fields):
    return CallFactory(**{"state": CallState.CLOSED, "closes_at": NOW - timedelta(days=1), **fields})


def test_home_shows_open_calls_first_then_upcoming_ones_and_no_other(client):
    upcoming(title="À venir")
    CallFactory(title="Ferme tard")
    CallFactory(title="Ferme tôt", closes_at=NOW + timedelta(days=2))
    closed(title="Fermé")
    for state in (CallState.DRAFT, CallState.SUBMITTED, CallState.APPROVED, CallState.CANCELLED):
        CallFactory(state=state, title=f"Scellé {state}")
    response = client.get("/")
    assert response.status_code == 200
    assert [card["call"].title for card in response.context["cards"]] == ["Ferme tôt", "Ferme tard", "À venir"]
    assert "Scellé" not in response.content.decode()


def test_home_without_a_call_says_so(client):
    page = client.get("/").content.decode()
    assert "Aucun appel n’est ouvert ni annoncé en ce moment." in page
    assert "Le Fonds en bref" not in page


def one_figure():
    return [("Projets soutenus", "62", "")]


@override_settings(FUND_IN_BRIEF="tests.projects.test_call_pages.one_figure")
def test_home_shows_the_figures_that_reporting_publishes(client):
    page = client.get("/").content.decode()
    assert "Le Fonds en bref" in page
    assert "<dt>Projets soutenus</dt><dd>62</dd>" in page


def test_home_shows_one_s_own_applications_only(client):
    organisation = OrganisationFactory()
    DraftApplicationFactory(organisation=organisation, title="La mienne")
    DraftApplicationFactory(title="Celle d’une autre")
    client.force_login(person_with(Role.WRITER, organisation=organisation))
    page = client.get("/").content.decode()
    assert ("La mienne" in page, "Celle d’une autre" in page) == (True, False)


def test_call_page_says_everything_before_anything_is_begun(client):
    call = CallFactory(title="Transformation des services")
    response = client.get(f"/appels/{call.reference}/")
    page = response.content.decode()
    for said in ("Critère 1", "Indicateur 2", "Commencer une demande", "Aide maximale", "5 000 000 $", "80 %", "24 décembre 2026, 10 h"):
        assert said in page.replace("\xa0", " ")
    asked = [label for section in response.context["questions"] for label, _hint in (*section["fields"], *section["rows"])]
    fields = [field.label for section in SECTIONS for field in section.form_class.base_fields.values()]
    assert {*fields, *CostCategory.labels, *FundingSource.labels} <= set(asked)
    assert all(str(label) in html.unescape(page) for label in asked)
    assert f"/demandes/nouvelle/{call.reference}/" in page


@pytest.mark.parametrize("state", [CallState.DRAFT, CallState.SUBMITTED, CallState.APPROVED, CallState.CANCELLED])
def test_sealed_call_has_no_public_page(client, state):
    call = CallFactory(state=state)
    assert client.get(f"/appels/{call.reference}/").status_code == 404


def test_call_of_an_unknown_reference_is_not_found(client):
    assert client.get("/appels/AP-1999-01/").status_code == 404


@pytest.mark.parametrize(
    ("instant", "offers"),
    [
        # 8 March 2026, 2:00: Toronto jumps from UTC−5 to UTC−4; the call opens that day at 9:00 EDT and closes on 1 November at 16:00 EST
        (datetime(2026, 3, 8, 12, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 8, 13, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 1, 20, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 1, 21, 0, tzinfo=UTC), False),
    ],
)
def test_page_offers_to_apply_between_its_instants_on_both_sides_of_the_clock_change(client, clock, instant, offers):
    call = CallFactory(opens_at=datetime(2026, 3, 8, 13, 0, tzinfo=UTC), closes_at=datetime(2026, 11, 1, 21, 0, tzinfo=UTC))
    clock.move_to(instant)
    page = client.get(f"/appels/{call.reference}/").content.decode().replace("\xa0", " ")
    assert ("Commencer une demande" in page) is offers
    assert "8 mars 2026, 9 h" in page
    assert "1er novembre 2026, 16 h" in page


def test_public_list_finds_by_words_state_and_year(client):
    CallFactory(title="Réseau d’eau", reference="AP-2099-90")
    upcoming(title="Guichet unique")
    closed(title="Archives")
    CallFactory(title="Tick en retard", state=CallState.OPEN, closes_at=NOW)
    assert titles(client.get("/appels/")) == ["Réseau d’eau", "Guichet unique", "Tick en retard", "Archives"]
    assert titles(client.get("/appels/", {"q": "reseau"})) == ["Réseau d’eau"]
    assert titles(client.get("/appels/", {"q": "2099-90"})) == ["Réseau d’eau"]
    assert titles(client.get("/appels/", {"state": "closed"})) == ["Tick en retard", "Archives"]
    assert titles(client.get("/appels/", {"state": "published"})) == ["Guichet unique"]
    assert titles(client.get("/appels/", {"fiscal_year": "2026", "state": "open"})) == ["Réseau d’eau"]


@pytest.mark.parametrize("query", [{"state": "draft"}, {"state": "x"}, {"fiscal_year": "1999"}, {"fiscal_year": "NaN"}])
def test_filter_that_does_not_exist_says_so(client, query):
    CallFactory()
    response = client.get("/appels/", query)
    assert response.status_code == 200
    assert response.context["filter"].form.errors


@pytest.mark.parametrize(("path", "queries"), [("/", 4), ("/appels/", 6)])
@pytest.mark.parametrize("rows", [1, 3])
def test_public_pages_take_the_same_queries_for_one_row_and_three(client, django_assert_num_queries, path, queries, rows):
    CallFactory.create_batch(rows)
    client.get(path)
    with django_assert_num_queries(queries):  # three of them are the read-only transaction
        client.get(path)


@pytest.mark.parametrize("path", ["/", "/appels/", "/appels/AP-2026-99/"])
def test_public_pages_take_no_post(client, path):
    assert client.post(path).status_code == 405


def test_filter_keeps_its_own_states_after_the_schema_was_made(client):
    assert PublicCallFilter.base_filters["state"].field.choices  # what the schema of the API reads
    CallFactory()
    assert client.get("/appels/", {"state": "draft"}).context["filter"].form.errors

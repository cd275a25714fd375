"""The register on screen: who reads it, how it is searched, what the page of one tells, and its forms."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from projects.enums import OrganisationKind, Role
from projects.models import JournalEntry, Organisation
from projects.services import organisation_changes as acts
from projects.services.organisations import import_bodies
from tests.factories import NOW, MembershipFactory, OrganisationFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db
LIST, NEW = "/organismes/", "/organismes/nouveau/"
#: the read-only transaction (three), the session, the reader, their roles; then the rows with their number
QUERIES = 7


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(client):
    person = person_with(Role.OFFICER)
    client.force_login(person)
    return person


@pytest.fixture
def director(client):
    person = person_with(Role.DIRECTOR)
    client.force_login(person)
    return person


def names(response):
    return [row.record.name for row in response.context["table"].paginated_rows]


def towns(response):
    return [name for name in names(response) if not name.startswith("Unité")]


def page_of(organisation):
    return reverse("projects:organisation_detail", args=[organisation.code])


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " ").split())


def renamed(organisation, name, actor):
    return acts.rename_organisation(
        organisation_id=organisation.pk,
        version=organisation.version,
        name=name,
        effective_on=NOW.date(),
        reason="Avis",
        actor=actor,
        now=NOW,
    )


def merged(organisation, successor, **fields):
    given = {"effective_on": NOW.date(), "reason": "Décret 12-2026", "actor": person_with(Role.DIRECTOR), "now": NOW, **fields}
    return acts.merge_organisations(organisation_id=organisation.pk, version=organisation.version, successor_id=successor.pk, **given)


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", [Role.WRITER, Role.REVIEWER, Role.OFFICER, Role.AUDITOR, None])
def test_register_is_read_by_anyone_who_is_signed_in(client, role):
    town = OrganisationFactory(name="Rimouski")
    assert client.get(LIST).status_code == 302
    client.force_login(person_with(role) if role else UserFactory())
    assert "Rimouski" in names(client.get(LIST))
    assert client.get(page_of(town)).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("query", ["", "?q=ville", "?q=ville+neuve&region=05&kind=municipality&state=in_force&sort=-population"])
def test_register_takes_the_same_queries_whatever_it_holds(client, officer, rows, query, django_assert_num_queries):
    for number in range(rows):
        renamed(OrganisationFactory(name=f"Ville {number}"), f"Ville neuve {number}", officer)
    client.get(LIST)  # the regions are read once for the life of a process
    with django_assert_num_queries(QUERIES):
        response = client.get(LIST + query)
    assert len(towns(response)) == rows


def test_page_beyond_the_last_is_the_last_and_pages_hold_25(client, officer):
    OrganisationFactory.create_batch(29)  # and the officer's unit
    assert (len(names(client.get(LIST))), len(names(client.get(LIST, {"page": 2})))) == (25, 5)
    for page in ("99", "9999999999", "0", "-1", "x", "²"):
        response = client.get(LIST, {"page": page})
        assert response.context["table"].page.number == (2 if page == "99" else 1)
        assert response.context["table"].caption == "30 organismes"


def test_search_of_nothing_says_so(client, officer):
    response = client.get(LIST, {"q": "introuvable"})
    assert (names(response), response.context["table"].caption) == ([], "Aucun organisme")
    assert response.context["table"].page.has_other_pages() is False


def test_register_is_sorted_as_french_expects(client, officer):
    for name in ("Zed", "Échelle", "École", "l’Île", "Lac"):
        OrganisationFactory(name=name)
    assert towns(client.get(LIST)) == ["Échelle", "École", "l’Île", "Lac", "Zed"]
    assert towns(client.get(LIST, {"sort": "-name"})) == ["Zed", "Lac", "l’Île", "École", "Échelle"]


def test_filters_narrow_the_register(client, officer):
    OrganisationFactory(name="Ici", region_id="01")
    OrganisationFactory(name="Bureau", kind=OrganisationKind.OTHER)
    OrganisationFactory(name="Bientôt", valid_from=NOW.date() + timedelta(days=1))
    merged(OrganisationFactory(name="Jadis"), OrganisationFactory(name="Héritière"), effective_on=date(2020, 1, 1))
    assert towns(client.get(LIST, {"region": "01"})) == ["Ici"]
    assert towns(client.get(LIST, {"kind": "other"})) == ["Bureau"]
    assert towns(client.get(LIST, {"state": "ended"})) == ["Jadis"]
    assert towns(client.get(LIST, {"state": "to_come"})) == ["Bientôt"]
    assert towns(client.get(LIST, {"state": "in_force"})) == ["Bureau", "Héritière", "Ici"]
    assert towns(client.get(LIST, {"q": "ici", "state": "ended"})) == []


@pytest.mark.parametrize("query", [{"region": "99"}, {"kind": "x"}, {"state": "x"}])
def test_filter_that_does_not_exist_says_so(client, officer, query):
    response = client.get(LIST, query)
    assert (response.status_code, list(response.context["filter"].form.errors)) == (200, list(query))


def test_state_is_a_word_and_former_names_are_told(client, officer):
    renamed(OrganisationFactory(name="Avant"), "Après", officer)
    merged(OrganisationFactory(name="Absorbée"), OrganisationFactory(name="Neuve", valid_from=date(2026, 1, 1)))
    Organisation.objects.filter(name="Neuve").update(valid_from=NOW.date() + timedelta(days=2))
    OrganisationFactory(name="Abolie", valid_to=date(2020, 1, 1))
    said = text_of(client.get(LIST))
    for words in ("anciennement Avant", "Fusionné ou remplacé", "À venir", "Aboli", "En vigueur"):
        assert words in said


def test_menu_leads_the_staff_and_auditors_to_the_register(client):
    for role, shown in ((Role.OFFICER, True), (Role.AUDITOR, True), (Role.WRITER, False), (Role.REVIEWER, False)):
        client.force_login(person_with(role))
        menu = [entry.url for entry in client.get(LIST).context["menu"]]
        assert (LIST in menu) is shown, role


# ── Its export ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_export_is_the_filtered_register_and_is_in_the_journal(client, officer):
    old = renamed(OrganisationFactory(name="=Avant", code="11111", neq="8812345678", mrc="MRC X"), "Petite", officer)
    merged(old, OrganisationFactory(name="Grande"))
    OrganisationFactory(name="Autre")
    response = client.post(f"{LIST}exporter/?q=petite")
    header, row = csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig")), delimiter=";")
    assert header[:4] == ["Code", "NEQ", "Nom", "Anciens noms"]
    assert row == [
        "11111", "8812345678", "Petite", "'=Avant", "Municipalité", "Estrie", "MRC X", "5000", "Année civile", "Fusionné ou remplacé",
        "", "2026-11-23", "Grande",
    ]  # fmt: skip
    assert response["Content-Disposition"] == 'attachment; filename="organismes.csv"'
    entry = JournalEntry.objects.get(act="export_organisations")
    assert (entry.actor, '"filters":{"q":"petite"},"rows":1' in entry.content) == (officer, True)


def test_export_with_a_wrong_filter_is_refused_rather_than_whole(client, officer):
    OrganisationFactory()
    answer = client.post(f"{LIST}exporter/?region=zz")
    assert (answer.status_code, "Un filtre est invalide" in answer.text) == (422, True)
    assert not JournalEntry.objects.filter(act="export_organisations").exists()


def test_export_is_a_post_by_someone_who_is_signed_in(client):
    assert client.post(f"{LIST}exporter/").status_code == 302
    client.force_login(person_with(Role.WRITER))
    assert client.get(f"{LIST}exporter/").status_code == 405
    assert client.post(f"{LIST}exporter/").status_code == 200


# ── The page of one ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_members_are_shown_to_their_own_the_staff_and_the_auditors_only(client):
    town = OrganisationFactory()
    member = MembershipFactory(organisation=town, person__name="Prénom Secret")
    stranger = person_with(Role.SIGNATORY, organisation=OrganisationFactory())
    for person, shown in (
        (member.person, True), (person_with(Role.OFFICER), True), (person_with(Role.AUDITOR), True),
        (stranger, False), (person_with(Role.REVIEWER), False), (person_with(Role.TECHNICAL_ADMIN), False), (UserFactory(), False),
    ):  # fmt: skip
        client.force_login(person)
        response = client.get(page_of(town))
        assert (response.status_code, "Prénom Secret" in text_of(response), member.person.email in text_of(response)) == (200, shown, shown)
    client.force_login(stranger)
    assert client.get(reverse("projects:membership_create", args=[town.code])).status_code == 404


def test_who_recorded_a_change_is_told_to_those_who_see_the_members(client, officer):
    town = renamed(OrganisationFactory(name="Avant"), "Après", officer)
    assert officer.name in re.sub(r"^.*?<main", "", client.get(page_of(town)).content.decode(), flags=re.DOTALL)
    client.force_login(UserFactory())
    said = text_of(client.get(page_of(town)))
    assert ("« Avant » devient « Après »" in said, officer.name in said) == (True, False)


def test_ended_organisation_says_who_succeeded_it_and_who_succeeded_that_one(client, director):
    first, second, third = (OrganisationFactory(name=name) for name in ("Première", "Deuxième", "Troisième"))
    merged(first, second)
    merged(second, third)
    response = client.get(page_of(first))
    said = text_of(response)
    for words in ("Cet organisme n’est plus en vigueur", "Dernier jour : 23 novembre 2026.", "Deuxième lui succède.", "Puis Troisième ."):
        assert words in said
    links = re.findall(r'href="(/organismes/\d+/)"', response.content.decode())
    assert {page_of(second), page_of(third)} <= set(links)
    assert "Accorder un rôle" not in said
    assert "A succédé à Deuxième" in text_of(client.get(page_of(third)))


def test_planned_end_is_announced(client, director):
    town = merged(OrganisationFactory(), OrganisationFactory(name="Suivante"), effective_on=date(2027, 1, 1))
    said = text_of(client.get(page_of(town)))
    assert ("Cet organisme prendra fin" in said, "Dernier jour : 31 décembre 2026." in said, "En vigueur" in said) == (True, True, True)


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.DIRECTOR, ["nom", "correction", "fusion", "abolition"]),
        (Role.OFFICER, ["nom", "correction"]),
        (Role.AUDITOR, []),
        (Role.WRITER, []),
    ],
)
def test_page_links_to_what_the_person_may_do(client, role, shown):
    town = OrganisationFactory()
    client.force_login(person_with(role))
    response = client.get(page_of(town))
    assert [step.url.split("/")[-2] for step in response.context["steps"]] == shown


@pytest.mark.parametrize("changes", [1, 3])
def test_page_takes_the_same_queries_whatever_its_history(client, officer, changes, django_assert_num_queries):
    town = OrganisationFactory()
    for number in range(changes):
        town = renamed(town, f"Nom {number}", officer)
        MembershipFactory(organisation=town)
        merged(OrganisationFactory(), town)
    client.get(page_of(town))
    with django_assert_num_queries(13):
        client.get(page_of(town))


def test_unknown_organisation_is_not_found(client, officer):
    for name in ("detail", "rename", "correct", "merge", "abolish"):
        person = person_with(Role.DIRECTOR)
        client.force_login(person)
        assert client.get(reverse(f"projects:organisation_{name}", args=["99999"])).status_code == 404


def test_bodies_of_the_project_are_searchable_in_their_mrc(client, officer):
    import_bodies(actor=None, now=NOW)
    assert names(client.get(LIST, {"q": "l'ile d'orleans"})) == ["MRC L’Île-d’Orléans"]
    assert names(client.get(LIST, {"q": "mrc 100"})) == ["MRC Rimouski-Neigette"]
    assert names(client.get(LIST, {"q": "ministere numerique"})) == ["Ministère de la Cybersécurité et du Numérique"]

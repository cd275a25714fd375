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
from tests.factories import NOW, CallFactory, MembershipFactory, OrganisationFactory, UserFactory, person_with
from tests.house.english import french_in

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
    with django_assert_num_queries(11):
        client.get(page_of(town))


def test_unknown_organisation_is_not_found(client, officer):
    for name in ("detail", "rename", "correct", "merge", "abolish"):
        person = person_with(Role.DIRECTOR)
        client.force_login(person)
        assert client.get(reverse(f"projects:organisation_{name}", args=["99999"])).status_code == 404


# ── The forms ────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATED = {"code": "ESSAI", "name": "Régie des essais", "kind": "agency", "fiscal_calendar": "state", "region": "03", "key": "k"}


def test_organisation_is_created_from_its_page(client, officer):
    parent = OrganisationFactory(code="MIN", name="Ministère des Essais", kind=OrganisationKind.MINISTRY)
    response = client.post(NEW, {**CREATED, "parent": "ministere des essais", "neq": "8812345678", "population": "12"})
    assert response.headers["Location"] == "/organismes/ESSAI/"
    made = Organisation.objects.get(code="ESSAI")
    assert (made.parent, made.neq, made.region_id, made.population, made.kind) == (parent, "8812345678", "03", 12, "agency")


def test_lookalike_is_shown_as_a_link_and_let_through_with_a_reason(client, officer):
    town = OrganisationFactory(code="10043", name="Saint-Elzéar")
    typed = {**CREATED, "name": "St-Elzear"}
    first = client.get(NEW)
    assert 'name="distinct"' not in first.content.decode()
    refused = client.post(NEW, typed)
    page = refused.content.decode()
    assert (refused.status_code, page_of(town) in page, 'name="distinct"' in page) == (422, True, True)
    assert refused.context["lookalikes"] == [town]
    ticked = client.post(NEW, {**typed, "distinct": "on", "key": "k2"})
    assert (ticked.status_code, list(ticked.context["form"].errors)) == (422, ["distinct_reason"])
    assert client.post(NEW, {**typed, "distinct": "on", "distinct_reason": "Autre MRC", "key": "k3"}).status_code == 302
    assert Organisation.objects.filter(sort_key="saint elzear").count() == 2


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"code": ""}, ["code"]),
        ({"code": "10043"}, ["code"]),
        ({"kind": ""}, ["kind"]),
        ({"neq": "123"}, ["neq"]),
        ({"neq": "8812345678\n"}, None),
        ({"region": "99"}, ["region"]),
        ({"parent": "nulle part"}, ["parent"]),
        ({"parent": "Homonyme"}, ["parent"]),
        ({"population": "-1"}, ["population"]),
        ({"valid_from": "hier"}, ["valid_from"]),
        ({"name": "N" * 201}, ["name"]),
        ({"name": "\x00"}, ["name"]),
    ],
)
def test_wrong_form_comes_back_with_its_errors(client, officer, typed, wrong):
    OrganisationFactory(code="10043")
    OrganisationFactory.create_batch(2, name="Homonyme")
    response = client.post(NEW, {**CREATED, **typed})
    assert response.status_code == (422 if wrong else 302)
    assert Organisation.objects.filter(code="ESSAI").exists() is not bool(wrong)
    if wrong:
        assert list(response.context["form"].errors) == wrong


def test_homonyms_are_told_apart_by_their_code(client, director):
    OrganisationFactory(code="11111", name="Homonyme", region_id="01")
    OrganisationFactory(code="22222", name="Homonyme", region_id=None)
    town = OrganisationFactory()
    address = reverse("projects:organisation_merge", args=[town.code])
    typed = {"version": 1, "effective_on": "2026-11-24", "reason": "Décret", "successor": "homonyme"}
    response = client.post(address, typed)
    assert response.context["form"].errors["successor"] == ["Plusieurs organismes ont ce nom\u00a0: inscrivez le code (11111 (01), 22222)."]
    assert client.post(address, {**typed, "successor": " 22222 "}).status_code == 302
    assert Organisation.objects.get(pk=town.pk).successor.code == "22222"


def test_each_change_is_made_from_its_page(client, director):
    town, heir = OrganisationFactory(name="Avant"), OrganisationFactory(code="HERITIER")
    dated = {"effective_on": "2026-11-24", "reason": "Décret"}

    def post(page, **typed):
        return client.post(reverse(f"projects:organisation_{page}", args=[town.code]), {"key": page, **typed})

    assert post("rename", version=1, name="Après", **dated).status_code == 302
    assert post("correct", version=2, kind="municipality", fiscal_calendar="calendar", population="7", reason="Décret").status_code == 302
    assert "Population : « 5 000 » devient « 7 »" in text_of(client.get(page_of(town)))
    assert post("merge", version=3, successor="heritier", **dated).status_code == 302
    town.refresh_from_db()
    assert (town.name, town.population, town.region_id, town.successor, town.version) == ("Après", 7, None, heir, 4)
    assert post("abolish", version=4, **dated).status_code == 409
    other = OrganisationFactory()
    address = reverse("projects:organisation_abolish", args=[other.code])
    assert client.post(address, {"version": 1, **dated}).status_code == 302
    assert Organisation.objects.get(pk=other.pk).successor is None


def test_second_click_gives_the_first_answer_and_a_form_too_late_says_so(client, director):
    town = OrganisationFactory()
    OrganisationFactory(code="HERITIER")
    address = reverse("projects:organisation_merge", args=[town.code])
    typed = {"version": 1, "successor": "heritier", "effective_on": "2026-11-24", "reason": "Décret", "key": "double"}
    assert [client.post(address, typed).status_code for _click in range(2)] == [302, 302]
    assert Organisation.objects.get(pk=town.pk).version == 2
    assert (client.get(address).status_code, client.post(address, {}).status_code) == (409, 409)
    assert client.post(address, {**typed, "key": "autre"}).status_code == 409


def test_correction_form_holds_what_is_known(client, officer):
    parent = OrganisationFactory(code="MIN")
    town = OrganisationFactory(parent=parent, neq="8812345678", mrc="MRC X", valid_from=date(2020, 1, 1))
    page = client.get(reverse("projects:organisation_correct", args=[town.code])).content.decode()
    for value in ('value="MIN"', 'value="8812345678"', 'value="MRC X"', 'value="2020-01-01"', 'value="05" selected', 'value="5000"'):
        assert value in page


def test_second_of_two_editors_sees_what_changed(client, officer):
    town = OrganisationFactory(name="Avant")
    first = person_with(Role.OFFICER, name="Premier Arrivé")
    renamed(town, "Par le premier", first)
    address = reverse("projects:organisation_rename", args=[town.code])
    typed = {"version": 1, "name": "Par le second", "effective_on": "2026-11-24", "reason": "Avis", "key": "b"}
    response = client.post(address, typed)
    said = text_of(response)
    assert response.status_code == 409
    for words in ("Rien n’a été remplacé", "« Avant » devient « Par le premier »", "Premier Arrivé", "Rouvrir le formulaire"):
        assert words in said
    assert 'value="Par le second"' in response.content.decode()
    assert Organisation.objects.get(pk=town.pk).name == "Par le premier"


@pytest.mark.parametrize("name", ["rename", "correct", "merge", "abolish"])
def test_wrong_person_is_refused_before_the_form_is_read(client, name):
    town = OrganisationFactory()
    address = reverse(f"projects:organisation_{name}", args=[town.code])
    assert client.post(address, {}).status_code == 302
    for role in (Role.WRITER, Role.AUDITOR, Role.CONTROLLER):
        client.force_login(person_with(role))
        assert (client.get(address).status_code, client.post(address, {}).status_code) == (403, 403)
        assert client.post(NEW, {}).status_code == 403
    client.force_login(person_with(Role.DIRECTOR))
    assert client.post(address, {}).status_code == 422


def test_ended_organisation_is_not_offered_to_start_an_application(client):
    call, town, heir = CallFactory(), OrganisationFactory(), OrganisationFactory()
    writer = person_with(Role.WRITER, organisation=town)
    merged(town, heir)
    client.force_login(writer)
    assert client.get(f"/demandes/nouvelle/{call.reference}/").status_code == 403
    MembershipFactory(person=writer, organisation=heir)
    offered = client.get(f"/demandes/nouvelle/{call.reference}/").context["form"].fields["organisation"].queryset
    assert list(offered) == [heir]


def test_bodies_of_the_project_are_searchable_in_their_mrc(client, officer):
    import_bodies(actor=None, now=NOW)
    assert names(client.get(LIST, {"q": "l'ile d'orleans"})) == ["MRC L’Île-d’Orléans"]
    assert names(client.get(LIST, {"q": "mrc 100"})) == ["MRC Rimouski-Neigette"]
    assert names(client.get(LIST, {"q": "ministere numerique"})) == ["Ministère de la Cybersécurité et du Numérique"]


def test_register_is_english_throughout(client, director, settings):
    town, heir = OrganisationFactory(name="Alpha"), OrganisationFactory(name="Beta")
    acts.merge_organisations(
        organisation_id=renamed(town, "Gamma", director).pk, version=2, successor_id=heir.pk, effective_on=NOW.date(), reason="Order",
        actor=director, now=NOW,
    )  # fmt: skip
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-ca"
    addresses = [LIST, f"{LIST}?state=x", NEW, page_of(town), page_of(heir)]
    addresses += [reverse(f"projects:organisation_{name}", args=[heir.code]) for name in ("rename", "correct", "merge", "abolish")]
    for address in addresses:
        page = client.get(address).content.decode()
        assert ('<html lang="en-CA">' in page, french_in(page.replace("Avis", "Notice"))) == (True, []), address
    refused = client.post(NEW, {"name": "beta", "code": "à", "kind": "x", "neq": "1", "parent": "nobody"}).content.decode()
    assert french_in(refused) == []

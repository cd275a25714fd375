"""The forms of the register: what they say of a wrong entry, of a lookalike, of a change made meanwhile, and who may open them."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from projects.enums import OrganisationKind, Role
from projects.models import Organisation
from projects.services import organisation_changes as acts
from tests.factories import NOW, CallFactory, MembershipFactory, OrganisationFactory, person_with
from tests.house.english import french_in
from tests.projects.test_organisation_pages import LIST, NEW, merged, page_of, renamed, text_of

pytestmark = pytest.mark.django_db


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

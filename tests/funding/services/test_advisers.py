"""A file entrusted to an adviser: by the director, to somebody who may, in the act, on the page and in the journal."""

import pytest
import time_machine
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.models import Adviser
from funding.queries.advisers import advisable, adviser_of
from funding.services.advisers import assign_adviser
from projects.enums import ApplicationState, Role
from projects.models import JournalEntry, Message
from tests.factories import NOW, ApplicationFactory, ReviewFactory, UserFactory, advised_by, person_with, recuse

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return person_with(Role.DIRECTOR)


def assign(application, person, director, **given):
    return assign_adviser(application_id=application.pk, person_id=person.pk, actor=director, now=NOW, **given)


def page(application):
    return reverse("funding:adviser_assign", args=[application.number])


def test_file_is_entrusted_told_and_journalled(director):
    application, person = ApplicationFactory(number="DEM-2026-00042"), person_with(Role.ADVISER)
    adviser = assign(application, person, director)
    assert (adviser.application, adviser.person, adviser.assigned_by, adviser.assigned_at) == (application, person, director, NOW)
    message = Message.objects.get()
    assert (message.person, message.application) == (person, application)
    assert message.subject == "DEM-2026-00042 : l’accompagnement de ce dossier vous est confié"
    entry = JournalEntry.objects.get(act="assign_adviser")
    assert (entry.actor, entry.object_type, entry.object_id, entry.application) == (director, "funding.adviser", adviser.pk, application)


def test_next_adviser_takes_the_place_of_the_last_who_stays_known(director):
    application = ApplicationFactory()
    first, second = person_with(Role.ADVISER), person_with(Role.ADVISER)
    for person in (first, second, first):
        assign(application, person, director)
    assert adviser_of(application).person == first
    assert list(Adviser.objects.order_by("pk").values_list("person", flat=True)) == [first.pk, second.pk, first.pk]


def test_file_is_not_entrusted_twice_to_the_same_person(director):
    application, person = ApplicationFactory(), person_with(Role.ADVISER)
    assign(application, person, director)
    with pytest.raises(WrongState, match=f"{person.name} accompagne déjà ce dossier"):
        assign(application, person, director)


def test_repeated_key_entrusts_once(director):
    application, person = ApplicationFactory(), person_with(Role.ADVISER)
    assert assign(application, person, director, key="un") == assign(application, person, director, key="un")
    assert Adviser.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DIRECTOR])
def test_only_the_director_entrusts(role):
    with pytest.raises(NotAllowed, match="Direction du financement"):
        assign(ApplicationFactory(), person_with(Role.ADVISER), person_with(role))


def test_recused_director_does_not_entrust(director):
    application = ApplicationFactory()
    recuse(director, application)
    with pytest.raises(NotAllowed, match="récusation"):
        assign(application, person_with(Role.ADVISER), director)


@pytest.mark.parametrize("state", [ApplicationState.INELIGIBLE, ApplicationState.REFUSED, ApplicationState.WITHDRAWN])
def test_closed_file_has_nothing_to_accompany(director, state):
    with pytest.raises(WrongState, match="il n’y a rien à accompagner"):
        assign(ApplicationFactory(state=state), person_with(Role.ADVISER), director)


def test_person_who_may_not_is_refused_with_the_reason(director):
    application = ApplicationFactory()
    officer, recused, gone = person_with(Role.OFFICER), person_with(Role.ADVISER), person_with(Role.ADVISER, is_active=False)
    recuse(recused, application)
    reasons = {
        officer: "Cette action demande le rôle\u00a0: Conseil en accompagnement.",
        recused: f"Une récusation écarte {recused.name} de ce dossier.",
        gone: "Choisissez une personne.",
    }
    for person, reason in reasons.items():
        with pytest.raises(Invalid) as error:
            assign(application, person, director)
        assert error.value.errors == {"person": reason}
    assert Adviser.objects.count() == 0


def test_offered_are_those_who_may(director):
    application = ApplicationFactory(state=ApplicationState.IN_REVIEW)
    fit, current, reviewed, recused = (person_with(Role.ADVISER) for _ in range(4))
    person_with(Role.ADVISER, is_active=False)
    person_with(Role.OFFICER)
    advised_by(current, application)
    ReviewFactory(application=application, reviewer=reviewed)
    recuse(recused, application)
    assert list(advisable(application, director, NOW)) == [fit]
    elsewhere = advisable(ApplicationFactory(), director, NOW)
    assert set(elsewhere) == {fit, current, reviewed, recused}


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def travel():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def as_director(client, director, travel):
    client.force_login(director)
    return client


def test_director_entrusts_on_the_page_and_the_file_shows_it(as_director, director):
    application, person = ApplicationFactory(), person_with(Role.ADVISER, name="Maxence Vadnais")
    file = reverse("funding:application_detail", args=[application.number])
    before = as_director.get(file).content.decode()
    assert ("Ce dossier n’est confié à personne." in before, page(application) in before) == (True, True)
    response = as_director.post(page(application), {"person": person.pk, "key": "k"}, follow=True)
    shown = response.content.decode()
    assert response.redirect_chain == [(file, 302)]
    assert "Maxence Vadnais accompagne ce dossier et en est avisé." in shown
    assert ("2026-11-24" in shown, director.name in shown) == (True, True)
    assert [str(event.title) for event in response.context["story"]] == ["Accompagnement confié"]


def test_page_without_anybody_to_choose_says_so(as_director):
    response = as_director.get(page(ApplicationFactory()))
    assert "Personne ne peut accompagner ce dossier pour le moment." in response.content.decode()


def test_page_with_nobody_chosen_comes_back_with_its_error(as_director):
    person_with(Role.ADVISER)
    response = as_director.post(page(ApplicationFactory()), {})
    assert (response.status_code, response.context["form"].errors) == (422, {"person": ["Choisissez une personne."]})


def test_person_who_may_not_cannot_be_posted(as_director):
    application, officer = ApplicationFactory(), person_with(Role.OFFICER)
    assert as_director.post(page(application), {"person": officer.pk}).status_code == 422
    assert Adviser.objects.count() == 0


@pytest.mark.parametrize(("role", "status"), [(Role.OFFICER, 403), (Role.AUDITOR, 403), (Role.ADVISER, 403), (Role.WRITER, 404)])
def test_page_is_the_director_s(client, travel, role, status):
    client.force_login(person_with(role))
    application = ApplicationFactory()
    assert client.get(page(application)).status_code == status
    assert client.post(page(application), {"person": person_with(Role.ADVISER).pk}).status_code == status


def test_link_is_the_director_s_while_the_file_is_open(client, travel, director):
    application = ApplicationFactory()
    for person, shown in ((director, True), (person_with(Role.OFFICER), False)):
        client.force_login(person)
        answer = client.get(reverse("funding:application_detail", args=[application.number])).content.decode()
        assert (page(application) in answer) is shown
    client.force_login(director)
    closed = ApplicationFactory(state=ApplicationState.REFUSED)
    assert page(closed) not in client.get(reverse("funding:application_detail", args=[closed.number])).content.decode()


@pytest.mark.parametrize("people", [1, 3])
def test_page_costs_the_same_for_one_and_three_people(as_director, django_assert_num_queries, people):
    application = ApplicationFactory()
    for _ in range(people):
        person_with(Role.ADVISER)
    with django_assert_num_queries(10):
        as_director.get(page(application))


def test_page_of_a_hidden_file_does_not_exist(as_director, director):
    application = ApplicationFactory()
    recuse(director, application)
    assert as_director.get(page(application)).status_code == 404


def test_adviser_rows_are_written_once(director):
    adviser = assign(ApplicationFactory(), person_with(Role.ADVISER), director)
    for statement in ("UPDATE funding_adviser SET person_id = %s", "DELETE FROM funding_adviser WHERE person_id <> %s"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [UserFactory().pk])
    assert Adviser.objects.get().assigned_at == adviser.assigned_at

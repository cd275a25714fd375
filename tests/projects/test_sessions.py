"""Sessions: what they cost, when they end, and what is said then."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from fondsinnovation.kit.errors import NotAllowed
from projects.enums import Role
from projects.models import JournalEntry
from projects.services.sign_in import end_sessions, purge_sessions
from projects.tables.sessions import device_name
from tests.factories import NOW, OrganisationFactory, UserFactory, person_with
from tests.projects.signing import PASSWORD, signed_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"


def at(minutes=0, **more):
    return time_machine.travel(NOW + timedelta(minutes=minutes, **more), tick=False)


def acts_of(person):
    return list(JournalEntry.objects.filter(actor=person).order_by("pk").values_list("act", flat=True))


@pytest.fixture
def writer():
    return person_with(Role.WRITER, organisation=OrganisationFactory())


def test_session_that_nobody_used_ends_and_says_so(writer):
    with at():
        client = signed_in(writer)
    with at(29):
        assert client.get("/demandes/").status_code == 200
    with at(58):
        assert client.get("/demandes/").status_code == 200
    with at(89):
        answer = client.get("/demandes/")
        assert (answer.status_code, answer["Location"]) == (302, "/compte/connexion/?next=/demandes/")
        assert "Votre session a pris fin après 30 minutes sans activité." in client.get(answer["Location"]).content.decode()
    assert "_auth_user_id" not in client.session
    assert (UserSession.objects.filter(user=writer).count(), acts_of(writer)) == (0, ["sign_in", "sign_out"])


def test_session_ends_after_a_working_day_however_much_it_is_used(writer):
    with at():
        client = signed_in(writer)
    for minutes in range(20, 8 * 60, 20):
        with at(minutes):
            assert client.get("/demandes/").status_code == 200
    with at(8 * 60):
        answer = client.get("/demandes/")
        assert answer.status_code == 302
        assert "Votre session a pris fin\u00a0: elle dure au plus 8 heures." in client.get(answer["Location"]).content.decode()


def test_form_sent_after_the_end_is_refused_aloud_and_given_back(writer):
    text = "Un besoin longuement décrit, que personne n’aimerait avoir à écrire deux fois."
    with at():
        client = signed_in(writer)
    with at(31):
        answer = client.post("/demandes/nouvelle/AAP-2026-01/", {"need": text, "password": "p" * 50, "short": "oui"})
    page = answer.content.decode()
    assert (answer.status_code, text in page, "p" * 50 in page) == (401, True, False)
    assert "Rien n’a été enregistré" in page
    assert 'href="/compte/connexion/?next=/demandes/nouvelle/AAP-2026-01/"' in page


def test_form_sent_from_a_page_whose_session_was_ended_elsewhere_is_refused_aloud(writer):
    client = signed_in(writer)
    Session.objects.all().delete()
    assert client.post("/compte/sessions/autres/", {}).status_code == 401
    assert Client().post("/compte/sessions/autres/", {}).status_code == 302


def test_last_use_is_written_once_a_minute(writer):
    with at():
        client = signed_in(writer)
        client.get("/demandes/")
    with at(0, seconds=59):
        client.get("/demandes/")
    assert UserSession.objects.get(user=writer).last_seen_at == NOW
    with at(2):
        client.get("/demandes/")
    assert UserSession.objects.get(user=writer).last_seen_at == NOW + timedelta(minutes=2)


def test_sign_in_checks_add_nothing_to_a_page_and_two_statements_once_a_minute(settings, django_assert_num_queries):
    """Beside the session and its person: nothing for a signatory without a second factor, whose grace period runs."""
    settings.SECOND_FACTOR_GRACE_DAYS = 10_000
    signatory = person_with(Role.SIGNATORY, organisation=OrganisationFactory())
    with at():
        client = signed_in(signatory)
        client.get("/accessibilite/")  # shows the words of the sign-in, once
    page = 3 + 3  # session, person, roles (which the menu reads); a transaction that only reads
    with at(0, seconds=30), django_assert_num_queries(page):
        client.get("/accessibilite/")
    with at(2), django_assert_num_queries(page + 2 + 2):  # the session and its device; the savepoint of a transaction in a test
        client.get("/accessibilite/")


def test_asking_how_long_is_left_is_not_a_use_and_a_post_is(writer):
    with at():
        client = signed_in(writer)
    with at(20):
        answer = client.get("/compte/sessions/duree/").json()
        assert (answer["left"], answer["may_stay"]) == (600, True)
    with at(25):
        assert client.get("/compte/sessions/duree/").json()["left"] == 300
        assert client.post("/compte/sessions/duree/", headers={"Accept": "application/json"}).json()["left"] == 1800
    with at(50):
        assert client.get("/compte/sessions/duree/").json()["left"] == 300
        assert client.post("/compte/sessions/duree/")["Location"] == "/compte/sessions/"
    assert Client().get("/compte/sessions/duree/").status_code == 401


def test_end_of_a_working_day_cannot_be_put_off(writer):
    with at():
        client = signed_in(writer)
    for minutes in (25, *range(50, 8 * 60, 25)):
        with at(minutes):
            client.get("/demandes/")
    with at(8 * 60 - 4):
        assert client.get("/compte/sessions/duree/").json()["may_stay"] is False


@pytest.mark.parametrize("devices", [1, 3])
def test_list_of_devices_reads_the_same_number_of_times(writer, devices, django_assert_num_queries):
    clients = [signed_in(writer) for _ in range(devices)]
    clients[0].get("/compte/")
    with django_assert_num_queries(8):  # session, person, roles, how many, which; a transaction that only reads
        page = clients[0].get("/compte/sessions/").content.decode()
    assert (page.count("Cet appareil"), page.count("/fin/")) == (1, devices - 1)


def test_person_signs_another_device_out_at_once(writer):
    here, there = signed_in(writer, agent=FIREFOX), signed_in(writer, agent=SAFARI)
    assert "Safari, iOS" in here.get("/compte/sessions/").content.decode()
    other = UserSession.objects.get(session_key=there.session.session_key)
    address = reverse("projects:session_end", args=[other.pk])
    assert "Déconnecter un appareil" in here.get(address).content.decode()
    assert here.post(address, {"key": "a"})["Location"] == "/compte/sessions/"
    assert [client.get("/demandes/").status_code for client in (here, there)] == [200, 302]
    assert acts_of(writer) == ["sign_in", "sign_in", "end_sessions"]


def test_person_signs_every_other_device_out(writer):
    here, *others = [signed_in(writer) for _ in range(3)]
    stranger = signed_in(person_with(Role.WRITER, organisation=OrganisationFactory()))
    assert here.get("/compte/sessions/autres/").status_code == 200
    here.post("/compte/sessions/autres/", {})
    assert [client.get("/demandes/").status_code for client in (here, *others, stranger)] == [200, 302, 302, 200]


def test_nobody_ends_the_session_of_another(writer):
    stranger = UserFactory()
    session = UserSession.objects.get(session_key=signed_in(stranger).session.session_key)
    assert signed_in(writer).post(reverse("projects:session_end", args=[session.pk]), {}).status_code == 404
    with pytest.raises(NotAllowed, match="appartient à une autre personne"):
        end_sessions(session_ids=[session.pk], actor=writer, now=NOW)
    assert Session.objects.filter(session_key=session.session_key).exists()


def test_signing_out_forgets_the_device_and_is_in_the_journal(writer):
    client = signed_in(writer)
    client.post("/compte/deconnexion/")
    assert (UserSession.objects.count(), acts_of(writer)) == (0, ["sign_in", "sign_out"])


def test_journal_of_sign_ins_holds_no_address_and_no_device(writer):
    client = signed_in(writer, agent=FIREFOX)
    client.post("/compte/deconnexion/")
    Client().post("/compte/connexion/", {"login": writer.email, "password": "mauvais"})
    said = " ".join(JournalEntry.objects.values_list("content", flat=True))
    assert [word for word in ("127.0.0.1", "Firefox", writer.email, writer.name, PASSWORD) if word in said] == []


def test_sessions_past_their_end_are_purged_with_their_devices(writer):
    with at():
        signed_in(writer)
    with at(7 * 60):
        kept = signed_in(writer)
    assert purge_sessions(NOW + timedelta(hours=9)) == 1
    assert [session.session_key for session in UserSession.objects.all()] == [kept.session.session_key]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (SAFARI, "Safari, iOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge, macOS"),
        ("curl/8", "Appareil inconnu"),
    ],
)
def test_device_has_a_name_that_its_person_recognises(agent, name):
    assert device_name(agent) == name

"""Signing in: no account can be guessed, too many attempts stop, and a dangerous act asks again who it is."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse

from projects.enums import Role
from projects.models import ApiToken, JournalEntry
from tests.factories import NOW, OrganisationFactory, UserFactory, former_member, person_with
from tests.projects.signing import PASSWORD, signed_in

pytestmark = pytest.mark.django_db
NOBODY = "personne-du-tout@exemple.quebec"


def at(minutes=0):
    return time_machine.travel(NOW + timedelta(minutes=minutes), tick=False)


def attempt(email, password="pas le bon mot de passe"):
    return Client().post("/compte/connexion/", {"login": email, "password": password})


@pytest.fixture
def accounts():
    """An account that is open, one that is closed, one without a password; and an address without an account."""
    people = [UserFactory(), UserFactory(is_active=False), UserFactory()]
    for person in people[:2]:
        person.set_password(PASSWORD)
        person.save()
    people[2].set_unusable_password()
    people[2].save()
    return [person.email for person in people] + [NOBODY]


# ── No account can be guessed ────────────────────────────────────────────────────────────────────────────────────────
def words(answer, email):
    """What an answer says, without what differs each time."""
    page = answer.content.decode().replace(email, "…")
    return answer.status_code, [line for line in page.splitlines() if "csrf" not in line]


def test_wrong_password_says_the_same_for_every_address(accounts):
    said = [words(attempt(email), email) for email in accounts]
    assert [answer == said[0] for answer in said] == [True] * 4


def test_wrong_password_costs_one_hash_for_every_address(accounts, monkeypatch):
    made, encode = [], MD5PasswordHasher.encode

    def counted(self, password, salt):
        made.append(salt)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    cost = []
    for email in accounts:
        made.clear()
        attempt(email)
        cost.append(len(made))
    assert cost == [1, 1, 1, 1]


def test_password_reset_answers_and_works_the_same_for_every_address(accounts):
    said = []
    for email in accounts:
        answer = Client().post("/compte/mot-de-passe/oubli/", {"email": email})
        said.append((answer.status_code, answer["Location"], len(mail.outbox)))
        mail.outbox.clear()
    assert said == [(302, "/compte/mot-de-passe/oubli/envoye/", 1)] * 4


def test_refusals_are_in_the_journal_without_an_address(accounts):
    for email in accounts:
        attempt(email)
    entries = JournalEntry.objects.filter(act="refuse_sign_in").order_by("pk")
    assert [entry.object_id is not None for entry in entries] == [True, True, True, False]
    assert [email for email in accounts if any(email in entry.content for entry in entries)] == []


def test_closed_account_with_the_right_password_does_not_enter(accounts):
    client = Client()
    answer = client.post("/compte/connexion/", {"login": accounts[1], "password": PASSWORD})
    assert (answer["Location"], "_auth_user_id" in client.session) == ("/compte/ferme/", False)


# ── Too many attempts ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("known", [True, False])
def test_sixth_wrong_password_of_an_address_is_too_many_whether_or_not_it_exists(known):
    email = UserFactory().email if known else NOBODY
    assert [attempt(email).status_code for _ in range(6)] == [200] * 5 + [429]
    assert "Trop d’essais" in attempt(email).content.decode()


def test_too_many_attempts_stop_the_right_password_too_and_only_for_a_while():
    person = UserFactory()
    person.set_password(PASSWORD)
    person.save()
    with at():
        for _ in range(5):
            attempt(person.email)
        assert attempt(person.email, PASSWORD).status_code == 429
    with at(minutes=6):
        assert attempt(person.email, PASSWORD).status_code == 302


def test_eleventh_wrong_password_from_an_address_of_the_network_is_too_many():
    with at():
        assert [attempt(f"{n}-{NOBODY}").status_code for n in range(11)] == [200] * 10 + [429]


def test_sixth_wrong_code_is_too_many():
    from tests.projects.test_second_factor import with_app

    person = UserFactory()
    with_app(person)
    client = Client()
    client.post("/compte/connexion/", {"login": person.email, "password": PASSWORD})
    with at():
        assert [client.post("/compte/connexion/code/", {"code": "000000"}).status_code for _ in range(6)] == [200] * 5 + [429]


def test_sixth_reset_of_an_address_is_too_many():
    with at():
        answers = [Client().post("/compte/mot-de-passe/oubli/", {"email": NOBODY}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]


def test_address_that_the_client_writes_itself_counts_for_nothing(settings):
    with at():
        answers = [
            Client().post("/compte/connexion/", {"login": f"{n}-{NOBODY}", "password": "x"}, headers={"X-Forwarded-For": f"10.0.0.{n}"})
            for n in range(11)
        ]
    assert answers[-1].status_code == 429


# ── A password chosen ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("password", ["court", "123456789012345", "password1234", "motdepasse"])
def test_weak_password_is_refused(password):
    person = UserFactory()
    client = signed_in(person)
    answer = client.post("/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": password, "password2": password})
    person.refresh_from_db()
    assert (answer.status_code, person.check_password(PASSWORD)) == (200, True)


def test_password_changed_is_in_the_journal_and_ends_the_other_sessions():
    person = UserFactory()
    here, there = signed_in(person), signed_in(person)
    new = "un autre mot de passe long"
    here.post("/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert [client.get("/compte/").status_code for client in (here, there)] == [200, 302]
    assert JournalEntry.objects.filter(act="change_password", actor=person).count() == 1


def test_password_reset_by_the_link_is_in_the_journal():
    person, client = UserFactory(), Client()
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    address = client.get(f"/compte/mot-de-passe/oubli/{key}/")["Location"]
    client.post(address, {"password1": PASSWORD, "password2": PASSWORD})
    person.refresh_from_db()
    assert (person.check_password(PASSWORD), JournalEntry.objects.filter(act="change_password").count()) == (True, 1)


# ── Asked again before a dangerous act ───────────────────────────────────────────────────────────────────────────────
def test_recent_sign_in_covers_a_dangerous_act_for_fifteen_minutes():
    with at():
        client = signed_in(person_with(Role.OFFICER))
    with at(14):
        assert client.get("/compte/jetons/nouveau/").status_code == 200
    with at(16):
        answer = client.get("/compte/jetons/nouveau/")
        assert answer["Location"] == "/compte/confirmation/?next=/compte/jetons/nouveau/"


def test_form_sent_too_late_waits_for_the_confirmation_and_comes_back_as_typed():
    town = OrganisationFactory()
    colleague = former_member(town)
    with at():
        client = signed_in(person_with(Role.SIGNATORY, organisation=town))
    address = reverse("projects:membership_create", args=[town.code])
    typed = {"email": colleague.email, "role": "writer", "starts_on": "2026-11-24", "ends_on": "", "key": "abc"}
    with at(20):
        answer = client.post(address, typed)
        assert answer["Location"] == f"/compte/confirmation/?next={address}"
        assert colleague.memberships.filter(role=Role.WRITER).count() == 0
        assert "Vous reviendrez ensuite où vous étiez." in client.get(answer["Location"]).content.decode()
        assert client.post(answer["Location"], {"password": "mauvais", "next": address}).status_code == 200
        assert client.post(answer["Location"], {"password": PASSWORD, "next": address})["Location"] == address
        page = client.get(address).content.decode()
        assert (f'value="{colleague.email}"' in page, 'value="abc"' in page) == (True, True)
        assert client.post(address, typed).status_code == 302
        assert colleague.memberships.filter(role=Role.WRITER).count() == 1
        assert colleague.email not in client.get(address).content.decode()


def test_choices_of_a_held_form_come_back_ticked():
    with at():
        client = signed_in(person_with(Role.OFFICER))
    with at(20):
        client.post("/compte/jetons/nouveau/", {"name": "Entrepôt", "scopes": ["read:calls"], "expires_on": "2026-12-24", "key": "k"})
        client.post("/compte/confirmation/", {"password": PASSWORD})
        page = client.get("/compte/jetons/nouveau/").content.decode()
    assert ('value="Entrepôt"' in page, page.count("checked"), ApiToken.objects.count()) == (True, 1, 0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("projects:membership_create", ["10043"]),
        ("projects:membership_edit", [1]),
        ("projects:membership_end", [1]),
        ("projects:invitation_create", ["10043"]),
        ("projects:invitation_resend", [1]),
        ("projects:invitation_revoke", [1]),
        ("projects:delegation_create", [1]),
        ("projects:delegation_approve", [1]),
        ("projects:delegation_refuse", [1]),
        ("projects:delegation_end", [1]),
        ("projects:exceptional_access_decide", [1]),
        ("projects:token_create", []),
        ("projects:token_revoke", [1]),
        ("funding:payment_request", [1]),
        ("funding:payment_certify", ["V"]),
        ("funding:payment_authorise", ["V"]),
        ("funding:payment_confirm", ["V"]),
        ("funding:payment_reject", ["V"]),
        ("mfa_remove", [1]),
        ("mfa_activate_totp", []),
        ("mfa_add_webauthn", []),
        ("identity_unlink", [1]),
    ],
)
def test_dangerous_act_asks_again_who_it_is(name, arguments):
    with at():
        client = signed_in(UserFactory())
    with at(20):
        for method in (client.get, client.post):
            assert method(reverse(name, args=arguments))["Location"].startswith("/compte/confirmation/?next=")

"""Tokens: shown once, kept as a hash, scoped, dated, revoked."""

import hashlib
from datetime import date, timedelta

import pytest
import time_machine

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import Role
from projects.models import ApiToken, JournalEntry
from projects.queries.tokens import token_with
from projects.services.tokens import create_token, revoke_token
from tests.factories import NOW, UserFactory, person_with

pytestmark = pytest.mark.django_db
LIST, NEW = "/compte/jetons/", "/compte/jetons/nouveau/"
SOON = date(2027, 1, 31)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def token_for(person, **changes):
    return create_token(**{"name": "Entrepôt", "scopes": ["read:calls"], "expires_on": SOON, "actor": person, "now": NOW, **changes})


def test_token_keeps_its_hash_and_never_its_secret():
    token = token_for(person_with(Role.OFFICER), scopes=["read:reports", "read:calls"])
    kept = ApiToken.objects.get()
    assert kept.sha256 == hashlib.sha256(token.secret.encode()).hexdigest()
    assert (kept.prefix, kept.scopes, kept.last_used_on) == (token.secret[:12], ["read:calls", "read:reports"], None)
    assert not hasattr(kept, "secret")
    assert token.secret not in JournalEntry.objects.get().content


def test_same_key_makes_one_token_and_shows_no_secret_again():
    person = person_with(Role.OFFICER)
    first, second = token_for(person, key="k"), token_for(person, key="k")
    assert (first.pk, ApiToken.objects.count(), hasattr(second, "secret")) == (second.pk, 1, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["write:calls"]}, "scopes"),
        ({"expires_on": date(2026, 11, 23)}, "expires_on"),
        ({"expires_on": date(2027, 11, 26)}, "expires_on"),
    ],
)
def test_token_that_is_wrong_says_where(changes, field):
    with pytest.raises(Invalid) as refused:
        token_for(person_with(Role.OFFICER), **changes)
    assert list(refused.value.errors) == [field]
    assert ApiToken.objects.count() == 0


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2027, 11, 25)])
def test_token_lasts_a_day_to_a_year(day):
    assert token_for(person_with(Role.OFFICER), expires_on=day).expires_on == day


def test_auditor_and_person_without_a_role_make_no_token():
    for person in (person_with(Role.AUDITOR), UserFactory()):
        with pytest.raises(NotAllowed):
            token_for(person)


def test_token_is_found_until_its_last_day_unless_revoked_or_its_person_left():
    person = person_with(Role.OFFICER)
    token = token_for(person)
    assert token_with(token.sha256, NOW) == token
    assert token_with(token.sha256, NOW.replace(year=2027, month=1, day=31)) == token
    with pytest.raises(ApiToken.DoesNotExist):
        token_with(token.sha256, NOW.replace(year=2027, month=2, day=1, hour=12))
    person.is_active = False
    person.save()
    with pytest.raises(ApiToken.DoesNotExist):
        token_with(token.sha256, NOW)


def test_revoked_token_is_closed_for_good():
    person = person_with(Role.OFFICER)
    token = token_for(person)
    revoke_token(token_id=token.pk, actor=person, now=NOW + timedelta(minutes=1))
    with pytest.raises(ApiToken.DoesNotExist):
        token_with(token.sha256, NOW)
    with pytest.raises(WrongState, match="déjà révoqué"):
        revoke_token(token_id=token.pk, actor=person, now=NOW + timedelta(minutes=2))


def test_token_is_revoked_by_its_owner_alone():
    token = token_for(person_with(Role.OFFICER))
    with pytest.raises(NotAllowed):
        revoke_token(token_id=token.pk, actor=person_with(Role.DIRECTOR), now=NOW)


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_person_makes_a_token_sees_it_once_and_revokes_it(client):
    client.force_login(person_with(Role.OFFICER))
    typed = {"name": "Entrepôt", "scopes": ["read:calls"], "expires_on": "2027-01-31", "key": "k"}
    first = client.post(NEW, typed)
    secret = first.context["secret"]
    assert (first.status_code, secret[:4], secret in first.content.decode()) == (200, "fip_", True)
    assert first["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    again = client.post(NEW, typed)
    assert (again.context["secret"], ApiToken.objects.count()) == ("", 1)
    token = ApiToken.objects.get()
    assert secret not in client.get(LIST).content.decode()
    assert client.get(f"/compte/jetons/{token.pk}/revocation/").status_code == 200
    assert client.post(f"/compte/jetons/{token.pk}/revocation/", {"key": "r"}).status_code == 302
    assert "Révoqué" in client.get(LIST).content.decode()


def test_bad_form_comes_back_with_422(client):
    client.force_login(person_with(Role.OFFICER))
    response = client.post(NEW, {"name": "", "scopes": [], "expires_on": "hier"})
    assert (response.status_code, sorted(response.context["form"].errors)) == (422, ["expires_on", "name", "scopes"])


def test_token_of_another_is_not_found_and_an_auditor_makes_none(client):
    token = token_for(person_with(Role.OFFICER))
    client.force_login(person_with(Role.AUDITOR))
    assert client.get(f"/compte/jetons/{token.pk}/revocation/").status_code == 404
    assert client.post(f"/compte/jetons/{token.pk}/revocation/").status_code == 404
    assert (client.get(LIST).status_code, client.get(NEW).status_code, client.post(NEW, {"name": "x"}).status_code) == (200, 403, 403)


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_tokens_reads_the_same_number_of_times(client, django_assert_num_queries, count):
    person = person_with(Role.OFFICER)
    for _ in range(count):
        token_for(person)
    client.force_login(person)
    with django_assert_num_queries(8):
        assert client.get(LIST).status_code == 200

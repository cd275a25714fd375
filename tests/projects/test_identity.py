"""A government identity: linked by its subject only, and refused whenever its provider's answer is not what was asked for."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from fondsinnovation.kit.errors import NotAllowed, WrongState
from projects.identity import Refusal
from projects.models import JournalEntry, User
from projects.services.sign_in import link_identity, unlink_identity
from tests.factories import NOW, UserFactory
from tests.identity import liar as lies
from tests.projects.signing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    with lies.liar() as made:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = made.url, lies.CLIENT_ID, lies.CLIENT_SECRET
        yield made


def leave(client, provider, **sent):
    """Leave for the provider: what the portal asks of it."""
    answer = client.post("/compte/identite/connexion/", sent)
    assert answer.status_code == 302, answer.content.decode()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}
    provider.nonce, provider.challenge = asked["nonce"], asked["code_challenge"]
    return asked


def come_back(client, asked, **changed):
    return client.get("/compte/identite/retour/", {"code": "c", "state": asked["state"], **changed})


def linked(provider, sub="personne-1"):
    person = UserFactory()
    SocialAccount.objects.create(user=person, provider=provider.url, uid=sub)
    return person


def refusals():
    entries = JournalEntry.objects.filter(act="refuse_sign_in").order_by("pk")
    return [entry.content.partition('"why":"')[2].partition('"')[0] for entry in entries]


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_portal_asks_for_the_subject_alone_with_state_nonce_and_pkce(provider):
    asked = leave(Client(), provider)
    known = {name: asked[name] for name in ("client_id", "redirect_uri", "response_type", "scope", "code_challenge_method")}
    assert known == {
        "client_id": lies.CLIENT_ID,
        "redirect_uri": "http://testserver/compte/identite/retour/",
        "response_type": "code",
        "scope": "openid",
        "code_challenge_method": "S256",
    }
    assert (len(asked["state"]) >= 16, len(asked["nonce"]) >= 32) == (True, True)


def test_nothing_of_the_address_reaches_the_provider(provider):
    client = Client()
    answer = client.post("/compte/identite/connexion/?scope=email&auth_params=nonce%3Dx%26prompt%3Dnone")
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert (asked["scope"], asked["nonce"] == ["x"], "prompt" in asked) == (["openid"], False, False)


def test_each_departure_has_its_own_state_and_nonce(provider):
    client = Client()
    first, second = leave(client, provider), leave(client, provider)
    assert [first[name] == second[name] for name in ("state", "nonce", "code_challenge")] == [False] * 3


# ── Who enters ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_linked_identity_signs_its_person_in(provider):
    person, client = linked(provider), Client()
    answer = come_back(client, leave(client, provider, next="/demandes/"))
    assert (answer.status_code, answer["Location"], client.session["_auth_user_id"]) == (302, "/demandes/", str(person.pk))
    assert (provider.asked["client_secret"], provider.asked["grant_type"]) == (lies.CLIENT_SECRET, "authorization_code")
    assert JournalEntry.objects.get().act == "sign_in"
    assert SocialAccount.objects.get().extra_data == {}


def test_unknown_subject_enters_nowhere_whatever_its_address_says(provider):
    person, client = linked(provider), Client()
    provider.claims = {"sub": "personne-2", "email": person.email, "email_verified": True}
    answer = come_back(client, leave(client, provider))
    page = answer.content.decode()
    assert (answer.status_code, "Pour lier votre identité" in page, "_auth_user_id" in client.session) == (403, True, False)
    assert (User.objects.count(), SocialAccount.objects.count(), refusals()) == (1, 1, ["unknown_identity"])


def test_same_subject_of_another_issuer_is_another_identity(provider):
    person, client = UserFactory(), Client()
    SocialAccount.objects.create(user=person, provider="https://autre.exemple.quebec", uid="personne-1")
    assert come_back(client, leave(client, provider)).status_code == 403


def test_long_subject_is_kept_by_its_digest_and_found_again(provider):
    provider.claims = {"sub": "s" * 255}
    person = UserFactory()
    client = signed_in(person)
    come_back(client, leave(client, provider, process="connect"))
    assert SocialAccount.objects.get().uid.startswith("sha256:")
    again = Client()
    come_back(again, leave(again, provider))
    assert again.session["_auth_user_id"] == str(person.pk)


def test_closed_account_does_not_enter(provider):
    person, client = linked(provider), Client()
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert come_back(client, leave(client, provider))["Location"] == "/compte/ferme/"
    assert "_auth_user_id" not in client.session


def test_second_factor_is_asked_after_the_identity_too(provider):
    from tests.projects.test_second_factor import with_app

    person, client = linked(provider), Client()
    with_app(person)
    assert come_back(client, leave(client, provider))["Location"] == "/compte/connexion/code/"


# ── Answers that are refused ─────────────────────────────────────────────────────────────────────────────────────────
LATE = timezone.now() - timedelta(days=1)
BAD = {
    "wrong nonce": ({"claims": {"nonce": "autre"}}, Refusal.NONCE),
    "nonce with an accent": ({"claims": {"nonce": "é"}}, Refusal.NONCE),
    "no nonce": ({"without": ("nonce",)}, Refusal.NONCE),
    "wrong issuer": ({"claims": {"iss": "https://autre.exemple.quebec"}}, Refusal.ISSUER),
    "wrong audience": ({"claims": {"aud": "autre-service"}}, Refusal.AUDIENCE),
    "wrong azp": ({"claims": {"azp": "autre-service"}}, Refusal.AUDIENCE),
    "several audiences without azp": ({"claims": {"aud": [lies.CLIENT_ID, "autre"]}}, Refusal.AUDIENCE),
    "several audiences for another": ({"claims": {"aud": [lies.CLIENT_ID, "autre"], "azp": "autre"}}, Refusal.AUDIENCE),
    "expired": ({"claims": {"iat": LATE, "exp": LATE + timedelta(minutes=5)}}, Refusal.EXPIRED),
    "from tomorrow": ({"claims": {"iat": timezone.now() + timedelta(days=1)}}, Refusal.EXPIRED),
    "no end": ({"without": ("exp",)}, Refusal.MALFORMED),
    "no date": ({"without": ("iat",)}, Refusal.MALFORMED),
    "no subject": ({"without": ("sub",)}, Refusal.MALFORMED),
    "empty subject": ({"claims": {"sub": ""}}, Refusal.MALFORMED),
    "signed by another": ({"key": lies.OTHER_KEY}, Refusal.SIGNATURE),
    "unknown key": ({"kid": "inconnue"}, Refusal.SIGNATURE),
    "signed with the client's secret": ({"key": lies.CLIENT_SECRET * 3, "algorithm": "HS256"}, Refusal.SIGNATURE),
    "not signed": ({"key": None, "algorithm": "none"}, Refusal.SIGNATURE),
    "code refused": ({"token_status": 400}, Refusal.EXCHANGE),
    "no address of its keys": ({"discovery": {"jwks_uri": None}}, Refusal.MALFORMED),
    "no address of its tokens": ({"discovery": {"token_endpoint": 1}}, Refusal.MALFORMED),
    "what it says of itself is a list": ({"instead": {"/.well-known/openid-configuration": ["a"]}}, Refusal.MALFORMED),
    "its keys are a list": ({"instead": {"/k": ["a"]}}, Refusal.MALFORMED),
    "a key is a word": ({"instead": {"/k": {"keys": ["a"]}}}, Refusal.SIGNATURE),
    "no keys": ({"instead": {"/k": {"keys": None}}}, Refusal.SIGNATURE),
    "no token": ({"instead": {"/t": {"access_token": "a", "token_type": "Bearer", "id_token": None}}}, Refusal.MALFORMED),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_answer_is_refused_aloud_and_changes_nothing(provider, case):
    person, client = linked(provider), Client()
    asked = leave(client, provider)
    lie, refusal = BAD[case]
    for name, value in lie.items():
        setattr(provider, name, value)
    answer = come_back(client, asked)
    assert (answer.status_code, str(refusal.label) in answer.content.decode()) == (403, True), answer.content.decode()
    assert ("_auth_user_id" in client.session, refusals()) == (False, [refusal.value])
    person.refresh_from_db()
    assert (User.objects.count(), SocialAccount.objects.get().user_id, person.last_login) == (1, person.pk, None)


def test_answer_for_several_audiences_with_the_portal_authorised_is_believed(provider):
    linked(provider)
    client = Client()
    asked = leave(client, provider)
    provider.claims = {"aud": [lies.CLIENT_ID, "autre"], "azp": lies.CLIENT_ID}
    assert come_back(client, asked).status_code == 302


def test_state_serves_once_and_in_its_own_browser(provider):
    linked(provider)
    client = Client()
    asked = leave(client, provider)
    assert come_back(Client(), asked).status_code == 403
    assert come_back(client, asked, state="forgé").status_code == 403
    assert come_back(client, asked).status_code == 302
    assert come_back(client, asked).status_code == 403
    assert refusals() == ["state"] * 3


def test_answer_of_another_departure_is_refused(provider):
    """The token of a first departure, played in a second one: its state is right, its nonce is not."""
    linked(provider)
    client = Client()
    first = leave(client, provider)
    second = leave(client, provider)
    provider.nonce = first["nonce"]
    assert (come_back(client, second).status_code, refusals()) == (403, ["nonce"])


def test_person_who_gives_up_is_told_so(provider):
    client = Client()
    asked = leave(client, provider)
    answer = client.get("/compte/identite/retour/", {"error": "access_denied", "state": asked["state"]})
    assert (answer.status_code, "Vous avez renoncé" in answer.content.decode(), refusals()) == (403, True, ["cancelled"])


def test_provider_that_calls_itself_otherwise_is_refused_before_anybody_leaves(provider):
    provider.discovery = {"issuer": "https://autre.exemple.quebec"}
    answer = Client().post("/compte/identite/connexion/")
    assert (answer.status_code, refusals()) == (403, ["issuer"])


def test_provider_that_does_not_answer_is_said_so(settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = Client().post("/compte/identite/connexion/")
    assert (answer.status_code, "ne répond pas" in answer.content.decode(), refusals()) == (403, True, ["unreachable"])


def test_without_an_issuer_there_is_no_button_and_no_address(client):
    assert "identite" not in client.get("/compte/connexion/").content.decode()
    assert (client.post("/compte/identite/connexion/").status_code, client.get("/compte/identite/retour/").status_code) == (404, 404)


def test_departure_is_a_post_and_the_answer_a_get(provider, client):
    assert 'action="/compte/identite/connexion/"' in client.get("/compte/connexion/").content.decode()
    assert (client.get("/compte/identite/connexion/").status_code, client.post("/compte/identite/retour/").status_code) == (405, 405)


# ── Linked and unlinked ──────────────────────────────────────────────────────────────────────────────────────────────
def test_person_links_their_identity_and_unlinks_it(provider):
    person = UserFactory()
    client = signed_in(person)
    assert "Lier mon identité" in client.get("/compte/").content.decode()
    assert come_back(client, leave(client, provider, process="connect"))["Location"] == "/compte/"
    identity = SocialAccount.objects.get(user=person)
    assert (identity.provider, identity.uid) == (provider.url, "personne-1")
    address = f"/compte/identite/{identity.pk}/retrait/"
    assert "Retirer le lien" in client.get("/compte/").content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {})["Location"] == "/compte/"
    assert SocialAccount.objects.count() == 0
    assert list(JournalEntry.objects.order_by("pk").values_list("act", flat=True)) == ["sign_in", "link_identity", "unlink_identity"]


def test_identity_of_another_account_is_not_linked(provider):
    owner, client = linked(provider), signed_in(UserFactory())
    answer = come_back(client, leave(client, provider, process="connect"))
    assert (answer.status_code, SocialAccount.objects.get().user_id, refusals()) == (403, owner.pk, ["taken"])


def test_link_asked_by_nobody_is_a_sign_in(provider):
    client = Client()
    assert come_back(client, leave(client, provider, process="connect")).status_code == 403
    assert (SocialAccount.objects.count(), refusals()) == (0, ["unknown_identity"])


def test_link_is_refused_once_its_person_has_signed_out(provider):
    client = signed_in(UserFactory())
    asked = leave(client, provider, process="connect")
    client.post("/compte/deconnexion/")
    assert (come_back(client, asked).status_code, SocialAccount.objects.count()) == (403, 0)


def test_identity_of_another_person_is_not_unlinked(provider):
    identity = SocialAccount.objects.get(user=linked(provider))
    stranger = UserFactory()
    assert signed_in(stranger).post(f"/compte/identite/{identity.pk}/retrait/", {}).status_code == 404
    with pytest.raises(NotAllowed):
        unlink_identity(identity_id=identity.pk, actor=stranger, now=NOW)


def test_identity_that_alone_opens_an_account_stays(provider):
    person = linked(provider)
    person.set_unusable_password()
    person.save()
    with pytest.raises(NotAllowed, match="mot de passe"):
        unlink_identity(identity_id=SocialAccount.objects.get().pk, actor=person, now=NOW)


def test_one_identity_opens_one_account_in_the_database_too(provider):
    owner = linked(provider)
    identity = SocialAccount.objects.get(user=owner)
    with pytest.raises(WrongState):
        link_identity(provider=identity.provider, uid=identity.uid, actor=UserFactory(), now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        SocialAccount.objects.create(user=UserFactory(), provider=identity.provider, uid=identity.uid)


def test_keys_of_the_liar_are_what_the_tests_believe():
    """A guard of the tests themselves: the honest key signs, the other one does not."""
    made = lies.Liar(url="https://liar", nonce="n")
    key = jwt.PyJWK(lies.public(lies.KEY)).key
    assert jwt.decode(made.id_token(), key, algorithms=["RS256"], audience=lies.CLIENT_ID)["nonce"] == "n"

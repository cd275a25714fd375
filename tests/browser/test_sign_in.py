"""Signing in, in a real browser: a code, a passkey, a government identity; and the end of a session."""

import re
import subprocess
import sys
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as portal
from django.contrib.sessions.models import Session

from projects.enums import Role
from projects.models import ApplicationSection
from tests.browser.test_applications import open_call
from tests.factories import DraftApplicationFactory, OrganisationFactory, person_with
from tests.identity import provider as identity
from tests.projects.signing import PASSWORD, code_of

pytestmark = pytest.mark.browser


@pytest.fixture
def writer(live):
    person = person_with(Role.WRITER, organisation=OrganisationFactory())
    person.set_password(PASSWORD)
    person.save()
    return person


def enter(page, person):
    page.goto("/compte/connexion/")
    page.get_by_label("Courriel").fill(person.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def leave(page):
    page.get_by_role("button", name="Se déconnecter").click()


def test_application_is_added_and_its_code_signs_in(page, writer, look):
    enter(page, writer)
    page.get_by_role("link", name=writer.name).click()
    page.get_by_role("link", name="Gérer : Second facteur").click()
    page.get_by_role("link", name="Ajouter une application").click()
    assert page.locator("img.totp").evaluate("image => image.decode().then(() => image.naturalWidth > 0)") is True
    secret = page.locator("code").inner_text()
    page.get_by_label("Code de l’application").fill(code_of(secret))
    page.get_by_role("button", name="Ajouter l’application").click()
    page.locator("ul.codes li").first.wait_for()
    assert page.locator("ul.codes li").count() == 10
    page.get_by_role("link", name="J’ai gardé mes codes").click()
    page.get_by_text("En service").wait_for()
    leave(page)
    enter(page, writer)
    page.get_by_label("Code de l’application, ou code de secours").fill(code_of(secret))
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Se déconnecter").wait_for()
    for address, name in (("/compte/", "account"), ("/compte/second-facteur/", "factors"), ("/compte/sessions/", "sessions")):
        look(address, name)


@pytest.fixture
def device(page):
    """A device of the browser that keeps passkeys and recognises its person."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    made = protocol.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    return lambda known: protocol.send("WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": known})


def test_passkey_is_added_and_signs_in_alone(page, live, writer, device, look):
    port = live.url.rpartition(":")[2]
    site = f"http://localhost:{port}"  # a passkey belongs to a name, not to a number
    page.goto(f"{site}/compte/connexion/?next=/compte/second-facteur/cles/")
    page.get_by_label("Courriel").fill(writer.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.get_by_label("Nom de la clé").fill("Portable du bureau")
    look(f"{site}/compte/second-facteur/cles/", "passkey-add")
    page.get_by_label("Nom de la clé").fill("Portable du bureau")
    page.get_by_role("button", name="Ajouter la clé").click()
    page.wait_for_url("**/compte/second-facteur/codes/")
    assert Authenticator.objects.get(type="webauthn").data["name"] == "Portable du bureau"
    leave(page)
    page.goto(f"{site}/compte/connexion/?next=/demandes/")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url(f"{site}/demandes/")
    assert page.get_by_role("link", name=writer.name).is_visible()
    leave(page)
    device(False)
    page.goto(f"{site}/compte/connexion/")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.get_by_text("La clé d’accès n’a pas répondu. Recommencez.").wait_for()
    assert page.get_by_role("link", name="Se connecter").is_visible()


def test_passkey_is_the_second_step_of_a_sign_in_with_a_password(page, live, writer, device):
    site = f"http://localhost:{live.url.rpartition(':')[2]}"
    for destination in ("cles/", ""):
        page.goto(f"{site}/compte/connexion/?next=/compte/second-facteur/{destination}")
        page.get_by_label("Courriel").fill(writer.email)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter", exact=True).click()
        if destination:
            page.get_by_role("button", name="Ajouter la clé").click()
            page.wait_for_url("**/codes/")
            leave(page)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    page.wait_for_url(f"{site}/compte/second-facteur/")
    assert page.get_by_role("strong").inner_text() == "Clé 1"


@pytest.fixture
def government(live, tmp_path, settings):
    """A real provider in a process of its own, configured as the portal's."""
    command = [sys.executable, "-m", "tests.identity.provider", str(tmp_path), f"{live.url}/compte/identite/retour/"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    settings.OIDC_ISSUER = process.stdout.readline().strip()
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = identity.CLIENT_ID, identity.CLIENT_SECRET
    policy = portal.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**policy, "form-action": [*policy["form-action"], settings.OIDC_ISSUER]}}
    yield settings.OIDC_ISSUER
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def vouch(page):
    """What the person does at the provider: sign in the first time, and authorise."""
    if page.locator("input[name=login]").count():
        page.locator("input[name=login]").fill(identity.EMAIL)
        page.locator("input[name=password]").fill(identity.PASSWORD)
        page.locator("form button[type=submit]").first.click()
    page.locator("button[value=grant]").click()


def test_government_identity_is_refused_until_linked_then_signs_in(page, live, writer, government, look):
    page.goto("/compte/connexion/")
    page.get_by_role("button", name="Authentification gouvernementale").click()
    vouch(page)
    assert page.get_by_role("heading", name="Connexion refusée").is_visible()
    assert page.get_by_text("Cette identité n’est liée à aucun compte du portail.").is_visible()
    page.get_by_role("main").get_by_role("link", name="Se connecter").click()
    enter(page, writer)
    page.goto("/compte/")
    page.get_by_role("button", name="Lier mon identité").click()
    vouch(page)
    assert page.get_by_text("Votre identité gouvernementale est liée à votre compte.").is_visible()
    assert SocialAccount.objects.get(user=writer).provider == government
    look("/compte/", "account-linked")
    leave(page)
    page.goto("/compte/connexion/")
    page.get_by_role("button", name="Authentification gouvernementale").click()
    vouch(page)
    page.wait_for_url(f"{live.url}/**")
    assert page.get_by_role("link", name=writer.name).is_visible()


def test_word_before_the_end_of_a_session_lets_one_stay(page, writer, settings):
    settings.SESSION_IDLE = timedelta(seconds=301)
    enter(page, writer)
    box = page.locator(".session-warning")
    box.wait_for()
    assert re.search(r"Votre session prendra fin à \d+ h \d+, faute d’activité\.", box.inner_text())
    settings.SESSION_IDLE = timedelta(minutes=30)
    box.get_by_role("button", name="Rester connecté").click()
    box.wait_for(state="detached")


def test_end_of_a_session_is_said_and_another_tab_opens_it_again(page, writer, settings):
    settings.SESSION_IDLE = timedelta(seconds=301)
    enter(page, writer)
    page.locator(".session-warning").wait_for()
    page.context.clear_cookies()
    page.locator(".session-warning").get_by_role("button", name="Rester connecté").click()
    link = page.locator(".session-warning").get_by_role("link", name="Se reconnecter dans un autre onglet")
    link.wait_for()
    settings.SESSION_IDLE = timedelta(minutes=30)
    with page.context.expect_page() as opened:
        link.click()
    enter(opened.value, writer)
    opened.value.get_by_role("button", name="Se déconnecter").wait_for()
    opened.value.close()
    page.locator(".session-warning").wait_for(state="detached", timeout=20_000)


def test_draft_typed_after_the_end_of_a_session_is_saved_once_its_person_is_back(page, writer):
    application = DraftApplicationFactory(call=open_call(), organisation=writer.memberships.get().organisation)
    enter(page, writer)
    page.goto(f"/demandes/{application.pk}/sections/besoin/")
    Session.objects.all().delete()
    title = page.locator("[name='title']")
    title.fill("Ombre portée")
    title.blur()
    page.get_by_text("Non enregistré\u00a0: votre session a pris fin.").wait_for()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Se reconnecter dans un autre onglet").click()
    enter(opened.value, writer)
    opened.value.get_by_role("button", name="Se déconnecter").wait_for()
    opened.value.close()
    page.locator(".save-status:not(.error)", has_text="Enregistré").wait_for(timeout=60_000)
    assert ApplicationSection.objects.get(application=application, kind="need").data["title"] == "Ombre portée"

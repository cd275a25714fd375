"""The account pages are ours: in French, in the portal's frame, and closed to those who would sign up alone."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("account_login", "Se connecter"),
        ("account_reset_password", "Choisir un nouveau mot de passe"),
        ("account_reset_password_done", "Consultez vos courriels"),
        ("account_reset_password_from_key_done", "Votre mot de passe est changé"),
        ("account_inactive", "Ce compte est fermé"),
        ("account_signup", "On ne s’inscrit pas soi-même"),
    ],
)
def test_account_page_has_its_own_title(client: Client, name: str, title: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert re.findall(r"<h1>([^<]*)</h1>", page) == [title]
    assert f"<title>{title} – Fonds pour l’innovation publique</title>" in page


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("projects:account", "Mon compte"),
        ("projects:session_list", "Appareils connectés"),
        ("projects:session_end_others", "Déconnecter les autres appareils"),
        ("account_change_password", "Changer mon mot de passe"),
        ("account_reauthenticate", "Confirmez que c’est bien vous"),
        ("mfa_index", "Second facteur"),
        ("mfa_activate_totp", "Ajouter une application"),
        ("mfa_add_webauthn", "Ajouter une clé d’accès"),
        ("mfa_generate_recovery_codes", "Créer de nouveaux codes"),
    ],
)
def test_page_of_ones_own_account_has_its_own_title_and_is_closed_to_others(client: Client, name: str, title: str) -> None:
    assert client.get(reverse(name))["Location"].startswith("/compte/connexion/?next=")
    person = UserFactory()
    person.set_password("un mot de passe assez long")
    person.save()
    client.force_login(person)
    page = client.get(reverse(name)).content.decode()
    assert re.findall(r"<h1>([^<]*)</h1>", page) == [title]
    assert f"<title>{title} – Fonds pour l’innovation publique</title>" in page


def test_account_leads_to_everything_about_oneself(client: Client) -> None:
    client.force_login(UserFactory())
    page = client.get(reverse("projects:account")).text
    for name in ("own_name", "own_email", "own_data", "delegation_list", "session_list", "token_list"):
        assert f'href="{reverse(f"projects:{name}")}"' in page, name
        answer = client.get(reverse(f"projects:{name}")).text
        assert f'href="{reverse("projects:account")}"' in answer, name


def test_wrong_password_is_said_in_the_summary(client: Client) -> None:
    page = client.post(reverse("account_login"), {"login": "personne@exemple.quebec", "password": "mauvais"}).content.decode()
    assert "<title>Erreur\u00a0: Se connecter" in page
    assert "Corrigez cette erreur pour continuer" in page


def test_reset_link_that_was_used_says_so(client: Client) -> None:
    page = client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": "zz", "key": "deja-servi"})).content.decode()
    assert "Ce lien a déjà servi ou n’est plus valable." in page

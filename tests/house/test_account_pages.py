"""The account pages are ours: in French, in the portal's frame, and closed to those who would sign up alone."""

import re

import pytest
from django.test import Client
from django.urls import reverse

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


def test_wrong_password_is_said_in_the_summary(client: Client) -> None:
    page = client.post(reverse("account_login"), {"login": "personne@exemple.quebec", "password": "mauvais"}).content.decode()
    assert "<title>Erreur\u00a0: Se connecter" in page
    assert "Corrigez cette erreur pour continuer" in page


def test_reset_link_that_was_used_says_so(client: Client) -> None:
    page = client.get(reverse("account_reset_password_from_key", kwargs={"uidb36": "zz", "key": "deja-servi"})).content.decode()
    assert "Ce lien a déjà servi ou n’est plus valable." in page

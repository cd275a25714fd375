import pytest
from django.conf import settings
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_french_is_shown_whatever_the_browser_prefers(client):
    page = client.get(reverse("account_login"), headers={"accept-language": "en-CA,en;q=0.9"}).content.decode()
    assert '<html lang="fr-CA">' in page


def test_language_is_the_one_that_was_chosen(client):
    client.post(reverse("set_language"), {"language": "en-ca", "next": "/"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en-ca"
    assert '<html lang="en-CA">' in client.get(reverse("account_login")).content.decode()

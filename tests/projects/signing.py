"""Signing in as people do: by the form."""

from __future__ import annotations

from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

PASSWORD = "un mot de passe assez long"


def signed_in(person: Any, *, agent: str = "Essai", code: str = "") -> Client:
    """A client whose session began by the sign-in form, with the code of a second factor when one is asked."""
    if not person.check_password(PASSWORD):  # another one would end the sessions that they have
        person.set_password(PASSWORD)
        person.save()
    client = Client(headers={"User-Agent": agent})
    answer = client.post("/compte/connexion/", {"login": person.email, "password": PASSWORD})
    if code:
        answer = client.post(answer["Location"], {"code": code})
    assert "_auth_user_id" in client.session, answer.content.decode()
    return client


def code_of(secret: str) -> str:
    """The code that an authenticator application shows now."""
    [counter] = yield_hotp_counters_from_time()
    cache.clear()  # a code serves once: tests sign in several times in its thirty seconds
    return format_hotp_value(hotp_value(secret, counter))

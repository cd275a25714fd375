"""Signing in as people do: by the form."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

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


def passkey_credential() -> dict[str, Any]:
    """What a browser answers when a passkey is made, as the portal keeps it."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    kept = AttestedCredentialData.create(bytes(16), b"clef", key)
    data = AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), 0x45, 0, kept)
    said = CollectedClientData.create(CollectedClientData.TYPE.CREATE, bytes(32), "http://localhost")
    return {
        "type": "public-key",
        "id": websafe_encode(b"clef"),
        "rawId": websafe_encode(b"clef"),
        "response": {
            "clientDataJSON": websafe_encode(said),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }

"""A government identity by OpenID Connect: what is asked of its provider, and what of its answer is believed.

allauth carries the exchange (state, PKCE, code for tokens); this module adds what it leaves out: a nonce bound to the session, and
the id_token validated in full, signature included (OpenID Connect Core 3.1.3.7). `docs/adr/0011` says why.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.db.models import TextChoices
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

#: signatures with a public key only: what the provider signs, nobody who knows the client's secret can
ALGORITHMS = ("RS256", "PS256", "ES256")
#: what the portal needs to know of a provider
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
#: how far two clocks may be apart, in seconds
LEEWAY = 30


class Refusal(TextChoices):
    """Why an answer of the identity provider opens nothing."""

    UNKNOWN = "unknown_identity", _("Cette identité n’est liée à aucun compte du portail.")
    TAKEN = "taken", _("Cette identité est déjà liée à un autre compte.")
    CANCELLED = "cancelled", _("Vous avez renoncé avant la fin de l’authentification.")
    STATE = "state", _("Cette réponse ne correspond à aucune demande en cours dans ce navigateur : elle a déjà servi, ou a trop tardé.")
    EXCHANGE = "exchange", _("Le service d’authentification n’a pas confirmé cette réponse.")
    UNREACHABLE = "unreachable", _("Le service d’authentification ne répond pas.")
    SIGNATURE = "signature", _("La réponse n’est pas signée par le service d’authentification.")
    ISSUER = "issuer", _("La réponse vient d’un autre service d’authentification que celui du portail.")
    AUDIENCE = "audience", _("La réponse est destinée à un autre service que le portail.")
    EXPIRED = "expired", _("La réponse n’est plus valable.")
    NONCE = "nonce", _("La réponse n’a pas été faite pour cette demande.")
    MALFORMED = "malformed", _("La réponse du service d’authentification est incomplète.")


class IdentityRefused(OAuth2Error):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def refusal_of(error: Exception | None, *, cancelled: bool) -> Refusal:
    """The refusal that an error of the exchange stands for; without an error, it is its state that was not found."""
    if cancelled:
        return Refusal.CANCELLED
    if isinstance(error, IdentityRefused):
        return error.refusal
    if isinstance(error, requests.RequestException):
        return Refusal.UNREACHABLE
    return Refusal.STATE if error is None else Refusal.EXCHANGE


#: what the library found wrong → our refusal; the first that fits, so a class stands before the one it extends
_FAULTS: tuple[tuple[type[Exception], Refusal], ...] = (
    (jwt.InvalidSignatureError, Refusal.SIGNATURE),
    (jwt.InvalidAlgorithmError, Refusal.SIGNATURE),
    (jwt.InvalidKeyError, Refusal.SIGNATURE),
    (jwt.InvalidIssuerError, Refusal.ISSUER),
    (jwt.InvalidAudienceError, Refusal.AUDIENCE),
    (jwt.ExpiredSignatureError, Refusal.EXPIRED),
    (jwt.ImmatureSignatureError, Refusal.EXPIRED),
)


def verified_claims(id_token: str, *, keys: Sequence[Mapping[str, Any]], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an id_token that is what was asked for, from whom, for this portal and this session. Raises IdentityRefused."""
    try:
        header = jwt.get_unverified_header(id_token)
        claims = jwt.decode(
            id_token,
            _key_of(header, keys),
            algorithms=[header["alg"]],
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, KeyError, TypeError) as error:
        raise IdentityRefused(next((found for kind, found in _FAULTS if isinstance(error, kind)), Refusal.MALFORMED)) from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise IdentityRefused(Refusal.AUDIENCE)
    if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise IdentityRefused(Refusal.NONCE)
    if not claims["sub"]:
        raise IdentityRefused(Refusal.MALFORMED)
    return claims


def _key_of(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> Any:
    """The provider's key that the token names. Raises IdentityRefused when there is none, or when it is not one that signs."""
    if header.get("alg") not in ALGORITHMS:
        raise IdentityRefused(Refusal.SIGNATURE)
    found = [key for key in keys if key.get("use", "sig") == "sig" and key.get("kid") == header.get("kid")]
    if len(found) != 1:
        raise IdentityRefused(Refusal.SIGNATURE)
    return jwt.PyJWK(dict(found[0]), algorithm=header["alg"]).key


class IdentityExchange(OpenIDConnectOAuth2Adapter):
    """The exchange with the provider. `nonce` is the one that the session kept when the person left for it."""

    nonce = ""

    def __init__(self, request: HttpRequest, provider_id: str = "identity") -> None:
        super().__init__(request, provider_id)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("identity_callback"))

    @property
    def issuer(self) -> str:
        return self.get_provider().app.settings["server_url"]

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, when it is the configured one."""
        if "_openid_config" not in self.__dict__:
            found = self._fetch(self.get_provider().server_url)
            if str(found.get("issuer", "")).rstrip("/") != self.issuer:
                raise IdentityRefused(Refusal.ISSUER)
            if not all(isinstance(found.get(name), str) for name in NEEDED):
                raise IdentityRefused(Refusal.MALFORMED)
            self._openid_config = found
        return self._openid_config

    def _fetch(self, address: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            try:
                response = session.get(address)
                response.raise_for_status()
                found = response.json()
            except (requests.RequestException, ValueError) as error:
                raise IdentityRefused(Refusal.UNREACHABLE) from error
        if not isinstance(found, dict):
            raise IdentityRefused(Refusal.MALFORMED)
        return found

    def _keys(self) -> list[dict[str, Any]]:
        """The provider's keys, in what it publishes under that name."""
        keys = self._fetch(self.openid_config["jwks_uri"]).get("keys")
        return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Believe the id_token alone: no further request for the person's particulars."""
        claims = verified_claims(
            kwargs["response"].get("id_token", ""),
            keys=self._keys(),
            issuer=self.openid_config["issuer"],
            client_id=app.client_id,
            nonce=self.nonce,
        )
        return self.get_provider().sociallogin_from_response(request, claims)

"""The identity provider under the name by which allauth finds the providers of an app."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from projects.identity import IdentityExchange

#: what the column of a subject holds; the standard allows 255 characters
LONGEST_SUBJECT = 191


class IdentityProvider(OpenIDConnectProvider):
    id = "identity"
    name = "OpenID Connect"
    oauth2_adapter_class = IdentityExchange
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        """Who it is, and nothing about them."""
        return ["openid"]

    def get_callback_url(self) -> str:
        return reverse("identity_callback")

    def get_oauth2_adapter(self, request: HttpRequest) -> IdentityExchange:
        return IdentityExchange(request)

    def redirect(self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any) -> HttpResponse:
        """Leave for the provider with a nonce that the session keeps beside the state; nothing of the address is passed on."""
        nonce = secrets.token_urlsafe(32)
        return super().redirect(request, process, next_url, data, auth_params={**self.get_auth_params(), "nonce": nonce}, nonce=nonce)

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The subject, which with its issuer is the only thing that links an identity; one too long for its column, by its SHA-256."""
        subject = str(data["sub"])
        return subject if len(subject) <= LONGEST_SUBJECT else f"sha256:{hashlib.sha256(subject.encode()).hexdigest()}"

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []


provider_classes = [IdentityProvider]

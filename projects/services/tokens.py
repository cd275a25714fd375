"""Tokens for programs: made once, shown once, kept as a SHA-256, revoked for good."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from projects.enums import TokenScope
from projects.models import ApiToken, User
from projects.policies import tokens as policies
from projects.services.journal import note, sha256
from projects.services.locks import lock

#: a token is renewed at least once a year
LONGEST = timedelta(days=366)
#: what each token begins with, so that a scanner of leaked secrets recognises one
MARK = "fip_"
#: characters kept in clear, so that a person recognises a token
PREFIX_LENGTH = 12


@act
def create_token(*, name: str, scopes: Iterable[str], expires_on: date, actor: User, now: datetime, key: str | None = None) -> ApiToken:
    """Make a token. Its secret is in the `secret` attribute of what this returns, this once; nothing keeps it.

    Raises NotAllowed, Invalid. A repeat with the same key gives the same token without its secret.
    """
    policies.create_token(actor, now).require()
    name, chosen = name.strip(), [scope for scope in TokenScope.values if scope in set(scopes)]
    _check(name, chosen, expires_on, timezone.localdate(now))
    secret = f"{MARK}{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        person=actor, name=name, prefix=secret[:PREFIX_LENGTH], sha256=sha256(secret), scopes=chosen, created_at=now, expires_on=expires_on
    )
    note(token, prefix=token.prefix, scopes=chosen, expires_on=expires_on)
    token.secret = secret  # type: ignore[attr-defined]
    return token


def _check(name: str, scopes: list[str], expires_on: date, today: date) -> None:
    errors = {}
    if not name:
        errors["name"] = _("Inscrivez à quoi sert ce jeton.")
    if not scopes:
        errors["scopes"] = _("Choisissez au moins une portée.")
    if not today <= expires_on <= today + LONGEST:
        errors["expires_on"] = _("Choisissez un dernier jour entre aujourd’hui et le %(day)s.") % {"day": today + LONGEST}
    if errors:
        raise Invalid(errors=errors)


@act
def revoke_token(*, token_id: int, actor: User, now: datetime, key: str | None = None) -> ApiToken:
    """Close a token for good. Raises NotAllowed, WrongState (already revoked)."""
    token = lock(ApiToken, token_id)
    policies.revoke_token(actor, token).require()
    if token.revoked_at:
        raise WrongState(_("Ce jeton est déjà révoqué."))
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    note(token, prefix=token.prefix)
    return token


def mark_used(token: ApiToken, now: datetime) -> None:
    """Keep the day on which a token was last used: at most one write a day, and no act, since it changes nothing for anybody."""
    today = timezone.localdate(now)
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)

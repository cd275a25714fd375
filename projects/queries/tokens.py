"""Reads of tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from projects.models import ApiToken


def tokens_of(person: Any) -> QuerySet[ApiToken]:
    """The tokens of a person, revoked and expired ones included, the latest first."""
    return ApiToken.objects.filter(person=person).order_by("-pk")


def token_with(sha256: str, now: datetime) -> ApiToken:
    """The token of that SHA-256 when it still opens the interface, with its person. Raises ApiToken.DoesNotExist."""
    return ApiToken.objects.valid_on(timezone.localdate(now)).select_related("person").get(sha256=sha256)

"""Reads of invitations: those of an organisation, and what a link opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import QuerySet

from projects.models import Invitation, Organisation, User


class Problem(Enum):
    """Why a link opens nothing."""

    UNKNOWN = "unknown"
    USED = "used"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OTHER_ACCOUNT = "other_account"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a link leads to: an invitation that waits, or the reason why not."""

    invitation: Invitation | None
    problem: Problem | None


def opening_of(digest: str, code: str, now: datetime) -> Opening:
    """What the link with a token of that SHA-256 opens, under the organisation of that code: another one's token is unknown there."""
    found = Invitation.objects.filter(sha256=digest, organisation__code=code)
    invitation = next(iter(found.select_related("organisation", "invited_by", "call").order_by("pk")), None)
    if invitation is None:
        return Opening(None, Problem.UNKNOWN)
    if invitation.accepted_at is not None:
        return Opening(invitation, Problem.USED)
    if invitation.revoked_at is not None:
        return Opening(invitation, Problem.WITHDRAWN)
    return Opening(invitation, None if invitation.is_live(now) else Problem.EXPIRED)


def pending_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """The invitations of an organisation that wait, the latest first; an expired one waits to be sent again or withdrawn."""
    waiting = Invitation.objects.pending().filter(organisation=organisation)
    return waiting.select_related("invited_by", "call").order_by("-invited_at", "-pk")


def sent_lately(person: User, now: datetime) -> int:
    """How many invitations a person sent in the last 24 hours."""
    return Invitation.objects.filter(invited_by=person, invited_at__gt=now - timedelta(days=1)).count()


def has_account(email: str) -> bool:
    return User.objects.filter(email__iexact=email).exists()

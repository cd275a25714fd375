"""What leaves with the last role of a person: their sessions, and the tokens of their programs."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.utils import timezone

from projects.models import ApiToken, Membership, User


def close_access(person: User, now: datetime) -> dict[str, int]:
    """End the sessions and tokens of a person who holds no role any more. Says how many of each; none while a role is left.

    Rights are read again at each request, so that a session that nobody listed opens nothing either.
    """
    if Membership.objects.filter(person=person).on(timezone.localdate(now)).exists():
        return {"sessions": 0, "tokens": 0}
    sessions = list(UserSession.objects.filter(user=person).order_by("pk"))
    for session in sessions:
        session.end()
    tokens = ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now)
    return {"sessions": len(sessions), "tokens": tokens}

"""Reads about signing in: second factors, sessions, linked identities."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from projects.models import Membership, User
from projects.policies.sign_in import SECOND_FACTOR_ROLES

#: what signs a person in beside their password; recovery codes only stand in for one of these
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def factors_of(person: Any) -> QuerySet[Authenticator]:
    """The authenticator application and the passkeys of a person, the oldest first."""
    return Authenticator.objects.filter(user=person, type__in=FACTORS).order_by("created_at", "pk")


def has_second_factor(person: Any) -> bool:
    return factors_of(person).exists()


def first_day_of_need(person: Any, day: date) -> date | None:
    """The day on which the first of the roles held that day that need a second factor began; never before it was granted."""
    held = Membership.objects.filter(person=person, role__in=SECOND_FACTOR_ROLES).on(day)
    days = [max(starts_on, timezone.localdate(granted_at)) for starts_on, granted_at in held.values_list("starts_on", "granted_at")]
    return min(days, default=None)


def sessions_of(person: Any, now: datetime) -> QuerySet[UserSession]:
    """The sessions of a person that still open the portal, the last seen first."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    return UserSession.objects.filter(Exists(alive), user=person).order_by("-last_seen_at", "-pk")


def identities_of(person: Any) -> QuerySet[SocialAccount]:
    return SocialAccount.objects.filter(user=person).order_by("pk")


def person_with_email(email: str) -> User | None:
    """The account of that address, closed ones included; for the journal, never for the page."""
    return User.objects.filter(email=email.strip().lower()).first()

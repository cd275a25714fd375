"""What the portal keeps of a person, and which accounts nobody has used for too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from projects.models import (
    ApiToken,
    Delegation,
    EmailChange,
    ExceptionalAccess,
    InactivityNotice,
    InactivityRule,
    InterestDeclaration,
    Invitation,
    JournalEntry,
    Membership,
    Message,
    Recusal,
    SignIn,
    User,
)
from projects.queries.sign_in import identities_of


def roles_of(person: Any) -> QuerySet[Membership]:
    """Every role of a person, past ones included."""
    return Membership.objects.filter(person=person).select_related("organisation").order_by("-starts_on", "-pk")


def open_change_of(person: Any, now: datetime) -> EmailChange | None:
    """The change of e-mail that waits for its link."""
    return next(iter(EmailChange.objects.open_at(now).filter(person=person).order_by("-pk")[:1]), None)


def last_sign_in(person: Any) -> datetime | None:
    return next(iter(SignIn.objects.filter(person=person).order_by("-at", "-pk").values_list("at", flat=True)[:1]), None)


def own_data(person: User) -> dict[str, Any]:
    """All that the portal keeps about a person, as plain values: what a JSON file of their data holds (Law 25, portability).

    A file that a recusal hides is named by no message nor declaration. No secret is part of it: no password, no token's hash.
    """
    hidden = Recusal.objects.filter(person=person, application=OuterRef("application"))
    messages = Message.objects.filter(~Exists(hidden), person=person).order_by("pk")
    declared = InterestDeclaration.objects.filter(~Exists(hidden), person=person).order_by("pk")
    acts = JournalEntry.objects.filter(actor=person).order_by("pk")
    return {
        "account": {"id": person.pk, "name": person.name, "email": person.email, "created_at": person.created_at},
        **_access_data(person),
        **_sign_in_data(person),
        "sign_ins": list(SignIn.objects.filter(person=person).order_by("at", "pk").values_list("at", flat=True)),
        "email_changes": list(
            EmailChange.objects.filter(person=person).order_by("pk").values("email", "requested_at", "confirmed_at", "cancelled_at")
        ),
        "inactivity_notices": list(InactivityNotice.objects.filter(person=person).order_by("pk").values("sent_at", "closes_on")),
        "tokens": list(
            ApiToken.objects.filter(person=person)
            .order_by("pk")
            .values("name", "scopes", "created_at", "expires_on", "revoked_at", "last_used_on")
        ),
        "interests": list(declared.values("answer", "explanation", "declared_at", number=F("application__number"))),
        "messages": list(messages.values("subject", "body", "queued_at", "sent_at")),
        "acts": list(acts.values("act", "at", code=F("organisation__code"))),
    }


def _access_data(person: User) -> dict[str, Any]:
    """What the account was called, the roles and what led to them; of the other people of an invitation or a delegation, nothing."""
    where = {"code": F("organisation__code"), "name": F("organisation__name")}
    dates = ("starts_on", "ends_on")
    history = apps.get_model("projects.UserEvent").objects.filter(pgh_obj=person.pk).order_by("pgh_id")
    invited = Invitation.objects.filter(email__iexact=person.email).order_by("pk")
    stood_in = Delegation.objects.filter(Q(holder=person) | Q(delegate=person)).order_by("pk")
    accesses = ExceptionalAccess.objects.filter(person=person).order_by("pk")
    return {
        "account_history": list(history.values("name", "email", "is_active", at=F("pgh_created_at"))),
        "roles": list(roles_of(person).values("role", *dates, "granted_at", "revoked_at", limited_to=F("call__reference"), **where)),
        "invitations": list(
            invited.values("email", "role", *dates, "invited_at", "expires_at", "accepted_at", "revoked_at", code=F("organisation__code"))
        ),
        "delegations": list(
            stood_in.annotate(part=Case(When(holder=person, then=Value("holder")), default=Value("delegate"))).values(
                "part", *dates, "reason", "state", "proposed_at", role=F("source__role"), code=F("source__organisation__code")
            )
        ),
        "exceptional_accesses": list(
            accesses.values("reason", "minutes", "state", "requested_at", "decided_at", "starts_at", "ends_at", "ended_at")
        ),
    }


def _sign_in_data(person: User) -> dict[str, Any]:
    """What signs the person in, and from where; never what a device or a provider would need to do it in their place."""
    factors = Authenticator.objects.filter(user=person).order_by("pk")
    sessions = UserSession.objects.filter(user=person).order_by("pk")
    return {
        "second_factors": list(factors.values("type", "created_at", "last_used_at")),
        "identities": list(identities_of(person).values(issuer=F("provider"), subject=F("uid"), linked_at=F("date_joined"))),
        "sessions": list(sessions.values("ip", "user_agent", "created_at", "last_seen_at")),
    }


# -- inactivity ----------------------------------------------------------------------------------------------------------
def inactivity_rule(day: date) -> InactivityRule:
    """The rule in force on a day. Raises InactivityRule.DoesNotExist before the first one."""
    return InactivityRule.objects.filter(valid_from__lte=day).latest("valid_from")


@dataclass(frozen=True, slots=True)
class Inactive:
    """An account nobody uses. `closes_on` is what its person was told, None when they were not yet."""

    person: User
    last_seen: datetime
    closes_on: date | None


def inactive_accounts(now: datetime) -> Iterator[Inactive]:
    """The active accounts unused for so long that their person must be told, or was told, that they close."""
    rule = inactivity_rule(timezone.localdate(now))
    seen = Coalesce("last_login", "created_at")
    told = InactivityNotice.objects.filter(person=OuterRef("pk"), sent_at__gt=OuterRef("seen")).order_by("-sent_at", "-pk")
    found = User.objects.filter(is_active=True).annotate(seen=seen).annotate(closes_on=told.values("closes_on")[:1])
    for person in found.filter(seen__lte=now - timedelta(days=rule.days - rule.notice_days)).order_by("pk"):
        yield Inactive(person, person.seen, person.closes_on)

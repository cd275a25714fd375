"""Reads of exceptional accesses, and the rows that one in force opens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from projects.enums import PUBLIC_CALL_STATES, ApplicationState, Role
from projects.models import Application, Call, ExceptionalAccess, Membership, Recusal, User
from projects.policies.exceptional import reads_all
from projects.policies.rights import rights_of

#: set on a person whose page read files through this door: `ExceptionalAccessMiddleware` then leaves the trace
USED = "_exceptional_used"


def opened_by_exception(person: Any, now: datetime, path: str = "") -> Q | None:
    """The rows whose application (at `path`) an access in force opens; None for whoever is not a technical administrator. No query."""
    if not rights_of(person, now).has(Role.TECHNICAL_ADMIN):
        return None
    person.__dict__[USED] = True
    held = ExceptionalAccess.objects.in_force(now).filter(person=person)
    prefix = f"{path}__" if path else ""
    submitted = ~Q(**{f"{prefix}state": ApplicationState.DRAFT})
    one = Exists(held.filter(application=OuterRef(path or "pk")))
    call = Exists(held.filter(call=OuterRef(f"{prefix}call")))
    return submitted & (Q(one) | Q(call))


def accesses_in_force(person: Any, now: datetime) -> QuerySet[ExceptionalAccess]:
    """The accesses that a person holds at this instant, the first to end first."""
    return ExceptionalAccess.objects.in_force(now).filter(person=person).select_related("application", "call").order_by("ends_at", "pk")


def accesses_during(person: Any, since: datetime, now: datetime) -> QuerySet[ExceptionalAccess]:
    """The accesses that were open at some moment of a request: one that ended meanwhile may have shown its page."""
    opened = ExceptionalAccess.objects.filter(person=person, starts_at__lte=now, ends_at__gt=since)
    return opened.exclude(ended_at__lt=since).select_related("application").order_by("ends_at", "pk")


def accesses_for(person: Any, now: datetime) -> QuerySet[ExceptionalAccess]:
    """The accesses whose story this person may read, the latest first: their own, or all; none on a file that a recusal hides."""
    recusal = Recusal.objects.filter(person=person, application=OuterRef("application"))
    seen = Q() if reads_all(person, now) else Q(person=person)
    found = ExceptionalAccess.objects.filter(seen, ~Exists(recusal))
    return found.select_related("person", "application", "call", "decided_by", "ended_by").order_by("-pk")


def target_named(text: str, person: Any) -> Application | Call | None:
    """What a number names: a submitted application, that of a project, or a published call; nothing that a recusal hides."""
    name = text.strip().upper()
    recusal = Recusal.objects.filter(person=person, application=OuterRef("pk"))
    submitted = Application.objects.exclude(state=ApplicationState.DRAFT).filter(~Exists(recusal))
    for application in submitted.filter(Q(number=name) | Q(project__reference=name)).order_by("pk")[:1]:
        return application
    for call in Call.objects.filter(reference=name, state__in=PUBLIC_CALL_STATES).order_by("pk")[:1]:
        return call
    return None


def holders_of(now: datetime, *roles: Role, organisations: QuerySet[Any] | None = None) -> QuerySet[User]:
    """The people with an active account who hold one of these roles today, anywhere or in some organisations."""
    holding = Membership.objects.on(timezone.localdate(now)).filter(role__in=roles)
    if organisations is not None:
        holding = holding.filter(organisation__in=organisations)
    return User.objects.filter(is_active=True, pk__in=holding.values("person")).order_by("pk")


def files_of(access: ExceptionalAccess) -> QuerySet[Application]:
    """The submitted applications that an access is about, by number. Who may read them is asked of `applications_for`."""
    submitted = Application.objects.exclude(state=ApplicationState.DRAFT)
    about = Q(pk=access.application_id) if access.application_id else Q(call=access.call_id)
    return submitted.filter(about).order_by("number", "pk")

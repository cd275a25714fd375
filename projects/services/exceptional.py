"""Exceptional access: asked with a reason, granted by a second person, told to whoever answers for it, ended by a person or the clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, WrongState, act, on_constraint
from fondsinnovation.templatetags.typography import long_datetime
from projects.enums import EXCEPTIONAL_MOVES, ExceptionalState, Role
from projects.models import Application, Call, ExceptionalAccess, Organisation, User
from projects.models.exceptional import LONGEST, REASON_LENGTH
from projects.policies import exceptional as policies
from projects.queries.exceptional import accesses_during, files_of, holders_of, target_named
from projects.services.journal import note, note_main, note_reason, transition
from projects.services.locks import lock
from projects.services.messages import in_french, send


def longest() -> timedelta:
    """How long an access may last: the setting, and never more than four hours."""
    return min(timedelta(hours=settings.EXCEPTIONAL_ACCESS_HOURS), LONGEST)


@act
def request_exceptional_access(
    *, target: str, reason: str, minutes: int, actor: User, now: datetime, key: str | None = None
) -> ExceptionalAccess:
    """Ask to read one file or one call for some minutes. Those who decide are told. Raises NotAllowed, Invalid, WrongState."""
    policies.request_access(actor, now).require()
    found = target_named(target, actor)
    _check(found, reason.strip(), minutes)
    _expire_unanswered(actor, now)
    access = ExceptionalAccess.objects.create(
        person=actor,
        application=found if isinstance(found, Application) else None,
        call=found if isinstance(found, Call) else None,
        reason=reason.strip(),
        minutes=minutes,
        requested_at=now,
    )
    _note(access, minutes=minutes)
    note_main(access)
    note_reason(access.reason)
    _tell_request(access, now)
    return access


def _check(found: Application | Call | None, reason: str, minutes: int) -> None:
    errors = {}
    if found is None:
        errors["target"] = _("Aucun dossier déposé ni appel publié n’a ce numéro.")
    if len(reason) < REASON_LENGTH:
        errors["reason"] = _("Expliquez le motif en au moins %(count)s caractères.") % {"count": REASON_LENGTH}
    if not 1 <= minutes <= longest().total_seconds() // 60:
        errors["minutes"] = _("Choisissez une durée d’au plus %(hours)s heures.") % {"hours": longest().seconds // 3600}
    if errors:
        raise Invalid(errors=errors)


def _expire_unanswered(person: User, now: datetime) -> None:
    """A request that nobody answered in time gives its place to the next one: an urgency does not wait for whoever is away."""
    waiting = ExceptionalAccess.objects.filter(person=person, state=ExceptionalState.REQUESTED, requested_at__lte=now - policies.WAITS)
    for old in waiting.order_by("pk").values_list("pk", flat=True):
        access = lock(ExceptionalAccess, old)
        if access.state == ExceptionalState.REQUESTED:  # two requests at once: the first one has done it
            _move(access, ExceptionalState.EXPIRED, now)


@act
def grant_exceptional_access(*, access_id: int, actor: User, now: datetime, key: str | None = None) -> ExceptionalAccess:
    """Consent: the clock starts now. Director, head, privacy officer and the signatories concerned are told.

    Raises NotAllowed, WrongState.
    """
    access = lock(ExceptionalAccess, access_id)
    policies.decide_access(actor, access, now).require()
    ends_at = now + min(timedelta(minutes=access.minutes), longest())
    _move(access, ExceptionalState.GRANTED, now, decided_by=actor, decided_at=now, starts_at=now, ends_at=ends_at)
    _tell_grant(access, actor, ends_at, now)
    return access


@act
def refuse_exceptional_access(*, access_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> ExceptionalAccess:
    """Refuse, with a reason that the person reads. Raises NotAllowed, WrongState, Invalid."""
    access = lock(ExceptionalAccess, access_id)
    policies.decide_access(actor, access, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    _move(access, ExceptionalState.REFUSED, now, decided_by=actor, decided_at=now, refusal=reason.strip())
    note_reason(access.refusal)
    with in_french():
        subject = _("Accès exceptionnel refusé : %(target)s") % {"target": access.target}
        send([access.person], subject=subject, body=access.refusal, now=now, application=access.application)
    return access


@act
def end_exceptional_access(*, access_id: int, actor: User, now: datetime, key: str | None = None) -> ExceptionalAccess:
    """End an access before its time: the next page is closed again. Raises NotAllowed, WrongState."""
    access = lock(ExceptionalAccess, access_id)
    policies.end_access(actor, access, now).require()
    _move(access, ExceptionalState.ENDED, now, ended_by=actor, ended_at=now)
    return access


@act
def record_exceptional_reading(*, view: str, path: str, since: datetime, actor: User, now: datetime, key: str | None = None) -> None:
    """Write that a page asked for at `since` showed files through an exceptional access: which page, under which access."""
    for access in accesses_during(actor, since, now):
        _note(access, what="page", view=view, path=path)


def _move(access: ExceptionalAccess, to: ExceptionalState, now: datetime, **changes: Any) -> None:
    transition([access], to, moves=EXCEPTIONAL_MOVES, now=now, **changes)
    if access.application:
        note(access.application)


def _note(access: ExceptionalAccess, **facts: object) -> None:
    note(access, person=access.person_id, call=access.call_id, **facts)
    if access.application:
        note(access.application)


# -- who is told ---------------------------------------------------------------------------------------------------------
def _tell(people: Iterable[User], access: ExceptionalAccess, subject: str, body: str, now: datetime) -> None:
    send(people, subject=subject, body=body, now=now, application=access.application)


def _tell_request(access: ExceptionalAccess, now: datetime) -> None:
    with in_french():
        words = {"target": access.target, "person": access.person.name, "reason": access.reason, "minutes": access.minutes}
        subject = _("Accès exceptionnel demandé : %(target)s") % words
        body = _("%(person)s demande à lire %(target)s pendant %(minutes)s minutes. Motif : %(reason)s") % words
        _tell(holders_of(now, *policies.ALERTED), access, subject, body, now)


def _tell_grant(access: ExceptionalAccess, approver: User, ends_at: datetime, now: datetime) -> None:
    """One message for those who answer for the Fund and the person; another, without the reason, for the signatories concerned."""
    organisations = Organisation.objects.filter(pk__in=files_of(access).order_by().values("organisation"))
    signatories = holders_of(now, Role.SIGNATORY, organisations=organisations)
    with in_french():
        words = {"target": access.target, "person": access.person.name, "approver": approver.name, "reason": access.reason}
        words["until"] = long_datetime(ends_at)
        subject = _("Accès exceptionnel accordé : %(target)s") % words
        body = _("%(person)s lit %(target)s jusqu’au %(until)s, avec l’accord de %(approver)s. Motif : %(reason)s") % words
        told = _("Une personne de l’administration technique peut lire %(target)s jusqu’au %(until)s. Chaque lecture est inscrite.") % words
        _tell([access.person, *holders_of(now, *policies.ALERTED)], access, subject, body, now)
        _tell(signatories, access, subject, told, now)


@on_constraint("exceptional_access_fixed")
def _fixed(detail: dict[str, object]) -> DomainError:
    return WrongState(_("Un accès exceptionnel reste tel qu’il a été accordé."))

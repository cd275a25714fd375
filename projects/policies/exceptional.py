"""Who asks for an exceptional access, who decides on it, who ends it, and who reads the list of them (SD-10, SD-11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from projects.enums import ExceptionalState, Role
from projects.models import ExceptionalAccess
from projects.policies.interests import not_recused
from projects.policies.rights import rights_of
from projects.policies.rules import Subject, rule

#: who consents to an access
APPROVERS = (Role.DIRECTOR, Role.HEAD)
#: who is told of one, and may read them all
ALERTED = (*APPROVERS, Role.PRIVACY_OFFICER)
READERS = frozenset({*ALERTED, Role.AUDITOR})
#: how long a request waits for its decision: after that, what it was for has passed
WAITS = timedelta(hours=24)


@rule(
    Role.TECHNICAL_ADMIN,
    says=gettext_lazy("L’administration technique, qui ne voit aucun dossier autrement, demande un accès exceptionnel."),
    subject=Subject.ACCESS,
    acts=("request_exceptional_access",),
)
def request_access(actor: Any, now: datetime) -> Verdict:
    """Only a technical administrator, who sees no file otherwise, asks for an exceptional access."""
    return YES


@rule(
    *APPROVERS,
    says=gettext_lazy(
        "La direction ou la tête accorde un accès exceptionnel ou le refuse, dans les 24 heures, jamais le sien ni une fois récusée."
    ),
    subject=Subject.ACCESS,
    acts=("grant_exceptional_access", "refuse_exceptional_access"),
)
def decide_access(actor: Any, access: ExceptionalAccess, now: datetime) -> Verdict:
    """The director or the head decides within 24 hours: never the person who asks, nor somebody recused of the file."""
    return first_no(
        check(actor.pk != access.person_id, _("Personne n’approuve son propre accès exceptionnel.")),
        not_recused(actor, access.application_id) if access.application_id else YES,
        possible(access.state == ExceptionalState.REQUESTED, _("Cette demande d’accès est déjà décidée.")),
        possible(now < access.requested_at + WAITS, _("Cette demande date de plus de 24 heures : elle doit être refaite.")),
    )


@rule(
    says=gettext_lazy("La personne qui a un accès exceptionnel et celle qui l’a accordé y mettent fin, en tout temps."),
    subject=Subject.ACCESS,
    acts=("end_exceptional_access",),
)
def end_access(actor: Any, access: ExceptionalAccess, now: datetime) -> Verdict:
    """The person who holds an access and the one who granted it end it, at any moment."""
    running = access.state == ExceptionalState.GRANTED and access.ends_at is not None and now < access.ends_at
    return first_no(
        check(
            actor.pk in (access.person_id, access.decided_by_id),
            _("Seules la personne qui a cet accès et celle qui l’a approuvé y mettent fin."),
        ),
        possible(running, _("Cet accès exceptionnel est déjà terminé.")),
    )


@rule(
    *(role for role in Role if role in READERS or role == Role.TECHNICAL_ADMIN),
    says=gettext_lazy("L’administration technique lit ses accès exceptionnels; qui répond du Fonds et l’audit les lisent tous."),
    subject=Subject.ACCESS,
    acts=(),
)
def read_accesses(actor: Any, now: datetime) -> Verdict:
    """Technical administrators read their own; those who answer for the Fund and its audit read all of them."""
    return YES


def reads_all(actor: Any, now: datetime) -> bool:
    return rights_of(actor, now).has(*READERS)

"""Who must prove twice who they are, and what a person may take away from their own sign-in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import APPLICANT_ROLES, Role
from projects.policies.rights import Rights, rights_of
from projects.policies.rules import Subject, rule

#: every role but those of an applicant organisation that sign nothing: staff, controls, reviewers, auditors, and signatories
SECOND_FACTOR_ROLES = frozenset(Role) - (APPLICANT_ROLES - {Role.SIGNATORY})


def needs_second_factor(rights: Rights) -> bool:
    """Whether one of these rights is held by staff, a signatory or an auditor, on all files or on those of one call."""
    return bool(rights.roles & SECOND_FACTOR_ROLES)


def last_day_without(first_day: date) -> date:
    """The last day on which a person may work without a second factor, from the first day of a role that needs one."""
    return first_day + timedelta(days=settings.SECOND_FACTOR_GRACE_DAYS) - timedelta(days=1)


@rule(
    says=gettext_lazy("Chaque personne retire un second facteur, mais en garde un si ses rôles en demandent un."),
    subject=Subject.ACCESS,
)
def remove_second_factor(actor: Any, others: int, now: datetime) -> Verdict:
    """A person whose roles need a second factor keeps at least one."""
    return check(
        others > 0 or not needs_second_factor(rights_of(actor, now)),
        _("Vos rôles demandent un second facteur : ajoutez-en un autre avant de retirer celui-ci."),
    )


@rule(
    says=gettext_lazy("Chaque personne met fin à ses propres sessions."),
    subject=Subject.ACCESS,
    acts=("end_sessions",),
)
def end_session(actor: Any, session: Any) -> Verdict:
    """A person ends their own sessions."""
    return check(session.user_id == actor.pk, _("Cette session appartient à une autre personne."))


@rule(
    says=gettext_lazy("Chaque personne retire le lien de sa propre identité gouvernementale, si elle a un mot de passe."),
    subject=Subject.ACCESS,
)
def unlink_identity(actor: Any, identity: Any) -> Verdict:
    """A person unlinks their own identity, and keeps their password to sign in."""
    if identity.user_id != actor.pk:
        return check(False, _("Cette identité appartient à une autre personne."))
    return check(actor.has_usable_password(), _("Choisissez d’abord un mot de passe : sans lui, vous ne pourriez plus vous connecter."))

"""What a person does with their own account, and which accounts the clock may close."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from projects.enums import Role
from projects.models import EmailChange, Membership, User
from projects.policies.rules import Subject, rule

#: the Fund always keeps one person of each of these roles who can come in
KEPT = (Role.DIRECTOR, Role.HEAD)


@rule(
    says=gettext_lazy("Chaque personne lit, emporte et corrige ce que le portail garde d’elle, quels que soient ses rôles."),
    subject=Subject.ACCESS,
    acts=("export_own_data", "correct_name", "request_email_change"),
)
def own_account(actor: Any) -> Verdict:
    """A person reads, takes out and corrects what the portal keeps of them, whatever their roles."""
    return check(actor is not None and actor.is_authenticated and actor.is_active, _("Connectez-vous à votre compte."))


@rule(
    says=gettext_lazy("La personne qui a demandé un nouveau courriel le confirme par son lien, une seule fois."),
    subject=Subject.ACCESS,
    acts=("confirm_email_change",),
)
def confirm_email(actor: Any, change: EmailChange, now: datetime) -> Verdict:
    """Only the person who asked confirms their new e-mail, once, before the link expires."""
    open_ = change.confirmed_at is None and change.cancelled_at is None and now < change.expires_at
    return first_no(
        own_account(actor),
        check(change.person_id == actor.pk, _("Ce lien appartient à une autre personne.")),
        possible(open_, _("Ce lien a déjà servi, est expiré ou a été remplacé par un plus récent.")),
    )


def close_account(person: User, now: datetime) -> Verdict:
    """An inactive account is closed, but never that of the last director nor of the last head."""
    held = Membership.objects.on(timezone.localdate(now)).filter(role__in=KEPT, person__is_active=True)
    mine = set(held.filter(person=person).order_by("role").values_list("role", flat=True))
    others = set(held.exclude(person=person).order_by("role").values_list("role", flat=True))
    return first_no(
        possible(person.is_active, _("Ce compte est déjà fermé.")),
        check(mine <= others, _("Le dernier compte de la direction ou de la tête du Secrétariat ne se ferme pas.")),
    )

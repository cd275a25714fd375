"""Who may give, change and end roles, and answer an invitation to take one."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from projects.enums import APPLICANT_ROLES, UNIT_KINDS, Role
from projects.models import Invitation, Membership, Organisation, User
from projects.policies.organisations import begin_anything
from projects.policies.rights import needs_role, needs_role_in, rights_of
from projects.policies.rules import Subject, rule


def manage_members(actor: User, organisation: Organisation, now: datetime) -> Verdict:
    """An organisation's signatory manages its members; the director manages those of any organisation and unit."""
    if rights_of(actor, now).has(Role.DIRECTOR):
        return needs_role(actor, now, Role.DIRECTOR)
    return needs_role_in(actor, organisation.pk, now, Role.SIGNATORY)


@rule(
    Role.DIRECTOR,
    inside=(Role.SIGNATORY,),
    of=lambda organisation: organisation.pk,
    says=gettext_lazy(
        "La personne signataire accorde les rôles de son organisme; la direction, tout rôle. Personne ne s’accorde un rôle à soi-même."
    ),
    subject=Subject.ACCESS,
    acts=("grant_membership", "invite_member"),
)
def grant_membership(actor: User, organisation: Organisation, role: str, now: datetime) -> Verdict:
    """A signatory gives the roles of an applicant only; the director gives any role but their own."""
    director = rights_of(actor, now).has(Role.DIRECTOR)
    return first_no(
        check(director or role in APPLICANT_ROLES, _("Un organisme n’accorde que les rôles de rédaction, de finances et de signature.")),
        begin_anything(organisation, now),
    )


def held_there(role: str, organisation: Organisation) -> Verdict:
    """A role of an applicant is held in an applicant, a role of the Fund in a unit or a partner."""
    unit = organisation.kind in UNIT_KINDS
    reason = _("Ce rôle s’exerce dans un organisme demandeur.") if unit else _("Ce rôle s’exerce dans une unité du Secrétariat.")
    return check((role in APPLICANT_ROLES) != unit, reason)


@rule(
    Role.DIRECTOR,
    inside=(Role.SIGNATORY,),
    of=lambda membership: membership.organisation_id,
    says=gettext_lazy("Qui accorde les rôles d’un organisme en change les dates, sauf celles du sien."),
    subject=Subject.ACCESS,
)
def change_membership(actor: User, membership: Membership, now: datetime) -> Verdict:
    """Whoever manages the members changes the dates of a role that is not over: not their own, nor the one they stand in for."""
    return first_no(
        _of_another(actor, membership, _("Vous ne pouvez pas modifier votre propre rôle.")),
        not_over(membership, now),
        check(
            membership.delegated_from_id is None, _("Les dates d’une délégation ne se modifient pas : retirez-la et proposez-en une autre.")
        ),
    )


@rule(
    Role.DIRECTOR,
    inside=(Role.SIGNATORY,),
    of=lambda membership: membership.organisation_id,
    says=gettext_lazy("Qui accorde les rôles d’un organisme y met fin, sauf au sien : l’organisme garde une personne responsable."),
    subject=Subject.ACCESS,
)
def end_membership(actor: User, membership: Membership, now: datetime) -> Verdict:
    """Whoever manages the members ends a role, but not their own: an organisation keeps a responsible person."""
    return first_no(
        _of_another(actor, membership, _("Vous ne pouvez pas mettre fin à votre propre rôle.")),
        not_over(membership, now),
        check(membership.delegated_from_id is None, _("Ce rôle vient d’une délégation : retirez la délégation.")),
    )


def not_over(membership: Membership, now: datetime) -> Verdict:
    """A role that was revoked, or whose last day is past, is history."""
    over = membership.revoked_at is not None or (membership.ends_on is not None and membership.ends_on < timezone.localdate(now))
    return possible(not over, _("Ce rôle est déjà terminé."))


@rule(
    Role.DIRECTOR,
    inside=(Role.SIGNATORY,),
    of=lambda invitation: invitation.organisation_id,
    says=gettext_lazy("Qui peut accorder le rôle renvoie une invitation ou la retire, tant que personne ne l’a acceptée."),
    subject=Subject.ACCESS,
    acts=("resend_invitation", "revoke_invitation"),
)
def settle_invitation(actor: User, invitation: Invitation, now: datetime) -> Verdict:
    """Whoever may still give the role sends the invitation again or withdraws it, as long as nobody has accepted it."""
    return first_no(
        grant_membership(actor, invitation.organisation, invitation.role, now),
        possible(invitation.accepted_at is None and invitation.revoked_at is None, _("Cette invitation n’est plus en attente.")),
    )


@rule(
    says=gettext_lazy("La personne à qui une invitation est adressée l’accepte, tant que celle qui invite peut accorder ce rôle."),
    subject=Subject.ACCESS,
)
def accept_invitation(actor: User | None, invitation: Invitation, now: datetime) -> Verdict:
    """Whose account has the invited address, or who has no account and makes one, as long as the inviter may give the role."""
    return first_no(
        check(
            actor is None or actor.email.lower() == invitation.email,
            _("Cette invitation a été envoyée à une autre adresse que celle de votre compte."),
        ),
        possible(invitation.is_live(now), _("Cette invitation n’est plus valide.")),
        possible(
            invitation.ends_on is None or invitation.ends_on >= timezone.localdate(now), _("Le rôle de cette invitation est déjà terminé.")
        ),
        possible(
            grant_membership(invitation.invited_by, invitation.organisation, invitation.role, now),
            _("La personne qui a envoyé cette invitation ne peut plus accorder ce rôle : demandez-en une autre."),
        ),
    )


def _of_another(actor: User, membership: Membership, reason: str) -> Verdict:
    """Not one's own role, nor the one that one holds for an absent colleague."""
    return first_no(
        check(membership.person_id != actor.pk, reason),
        check(
            not membership.delegated.filter(person=actor).exists(),
            _("Vous remplacez cette personne : une autre doit modifier son rôle ou y mettre fin."),
        ),
    )

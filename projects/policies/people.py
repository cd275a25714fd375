"""Who may give and end roles."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import APPLICANT_ROLES, Role
from projects.models import Membership, Organisation, User
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
)
def grant_membership(actor: User, organisation: Organisation, role: str, now: datetime) -> Verdict:
    """A signatory gives the roles of an applicant only; the director gives any role but their own."""
    director = rights_of(actor, now).has(Role.DIRECTOR)
    return check(director or role in APPLICANT_ROLES, _("Un organisme n’accorde que les rôles de rédaction, de finances et de signature."))


@rule(
    Role.DIRECTOR,
    inside=(Role.SIGNATORY,),
    of=lambda membership: membership.organisation_id,
    says=gettext_lazy("Qui accorde les rôles d’un organisme y met fin, sauf au sien : l’organisme garde une personne responsable."),
    subject=Subject.ACCESS,
)
def end_membership(actor: User, membership: Membership, now: datetime) -> Verdict:
    """Whoever manages the members ends a role, but not their own: an organisation keeps a responsible person."""
    return check(membership.person_id != actor.pk, _("Vous ne pouvez pas mettre fin à votre propre rôle."))

"""Who proposes that a colleague stands in for an absent person, who agrees to it, and who ends it (SD-11)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no
from projects.enums import Role
from projects.models import Delegation, Membership, User
from projects.policies.people import manage_members, not_over
from projects.policies.rights import needs_role, rights_of
from projects.policies.rules import Subject, rule


@rule(
    says=gettext_lazy("La personne qui tient un rôle, ou qui gère les membres de l’organisme, propose qu’un collègue la remplace."),
    subject=Subject.ACCESS,
)
def propose_delegation(actor: User, source: Membership, now: datetime) -> Verdict:
    """The holder of a role, or whoever manages the members of the organisation; a role held by delegation is not delegated again.

    An auditor changes nothing (SD-9), not even this: the director proposes who audits in their absence.
    """
    own = source.person_id == actor.pk and source.role != Role.AUDITOR
    return first_no(
        check(source.delegated_from_id is None, _("Un rôle reçu par délégation ne se délègue pas.")),
        not_over(source, now),
        check(own, "") or manage_members(actor, source.organisation, now),
    )


def stand_in(delegate: User, source: Membership, now: datetime) -> Verdict:
    """A colleague of the holder: another person, with an account and a role of their own in the same organisation today."""
    own = Membership.objects.on(timezone.localdate(now)).filter(person=delegate, organisation=source.organisation_id, delegated_from=None)
    return check(
        delegate.is_active and delegate.pk != source.person_id and own.exists(),
        _("Choisissez une autre personne qui a un rôle dans cet organisme."),
    )


@rule(
    Role.DIRECTOR,
    Role.HEAD,
    inside=(Role.SIGNATORY,),
    of=lambda delegation: delegation.source.organisation_id,
    says=gettext_lazy(
        "Qui gère les membres approuve une délégation ou la refuse, sans y être partie; la tête décide de celle de la direction."
    ),
    subject=Subject.ACCESS,
    acts=("approve_delegation", "refuse_delegation"),
)
def decide_delegation(actor: User, delegation: Delegation, now: datetime) -> Verdict:
    """Somebody who manages the members, and is neither the holder, nor the delegate, nor who proposed it.

    The head decides on a delegation of the director's own role.
    """
    source = delegation.source
    return first_no(
        _manages(actor, source, now),
        check(
            actor.pk not in (delegation.holder_id, delegation.delegate_id, delegation.proposed_by_id),
            _("Vous êtes partie à cette délégation; une autre personne doit l’approuver."),
        ),
        not_over(source, now),
    )


@rule(
    says=gettext_lazy("La personne remplacée, celle qui la remplace ou qui gère les membres retire une délégation, en tout temps."),
    subject=Subject.ACCESS,
)
def end_delegation(actor: User, delegation: Delegation, now: datetime) -> Verdict:
    """The holder, the delegate or whoever manages the members, at any time and at once."""
    party = actor.pk in (delegation.holder_id, delegation.delegate_id)
    return check(party, "") or _manages(actor, delegation.source, now)


def _manages(actor: User, source: Membership, now: datetime) -> Verdict:
    if source.role == Role.DIRECTOR and rights_of(actor, now).has(Role.HEAD):
        return needs_role(actor, now, Role.HEAD)
    return manage_members(actor, source.organisation, now)

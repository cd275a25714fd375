"""Who drafts an agreement, and who signs it for each party."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.models import Agreement, Award, Signature
from projects.enums import Role
from projects.models import User
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role, needs_role_in
from projects.policies.scope import call_of

#: who may bind the minister
MINISTER_ROLES = (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE)


def draft_agreement(actor: User, award: Award, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file."""
    return first_no(needs_role(actor, now, Role.OFFICER, call=call_of(award)), not_recused(actor, award.application_id))


def sign_for_beneficiary(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The signatory of the organisation, and nobody else."""
    return needs_role_in(actor, agreement.project.organisation_id, now, Role.SIGNATORY, call=call_of(agreement))


def sign_for_minister(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The director, the head or the minister's delegate, who neither drafted the agreement nor signed it for the beneficiary."""
    signed = Signature.objects.filter(agreement=agreement, person=actor).exists()
    return first_no(
        needs_role(actor, now, *MINISTER_ROLES, call=call_of(agreement)),
        check(not signed, _("Vous avez signé pour le bénéficiaire; une autre personne doit signer pour le ministre.")),
        check(
            agreement.drafted_by_id != actor.pk,
            _("Vous avez préparé cette convention; une autre personne doit la signer pour le ministre."),
        ),
        not_recused(actor, agreement.project.application_id or 0),
    )

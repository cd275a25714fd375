"""Who drafts an agreement, and who signs it for each party."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no
from funding.models import Agreement, Award, Signature
from projects.enums import Role
from projects.models import User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule

#: who may bind the minister
MINISTER_ROLES = (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE)


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme, que rien n’écarte du dossier, prépare la convention."),
    subject=Subject.AGREEMENTS,
)
def draft_agreement(actor: User, award: Award, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file."""
    return not_recused(actor, award.application_id)


@rule(
    inside=(Role.SIGNATORY,),
    of=lambda agreement: agreement.project.organisation_id,
    says=gettext_lazy("La personne signataire de l’organisme, et elle seule, signe pour le bénéficiaire."),
    subject=Subject.AGREEMENTS,
)
def sign_for_beneficiary(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The signatory of the organisation, and nobody else."""
    return YES


@rule(
    *MINISTER_ROLES,
    says=gettext_lazy(
        "La direction, la tête ou la délégation ministérielle signe pour le ministre, sans avoir préparé la convention "
        "ni signé pour le bénéficiaire."
    ),
    subject=Subject.AGREEMENTS,
)
def sign_for_minister(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The director, the head or the minister's delegate, who neither drafted the agreement nor signed it for the beneficiary."""
    signed = Signature.objects.filter(agreement=agreement, person=actor).exists()
    return first_no(
        check(not signed, _("Vous avez signé pour le bénéficiaire; une autre personne doit signer pour le ministre.")),
        check(
            agreement.drafted_by_id != actor.pk,
            _("Vous avez préparé cette convention; une autre personne doit la signer pour le ministre."),
        ),
        not_recused(actor, agreement.project.application_id or 0),
    )

"""Who brings back an agreement signed outside the portal, and who checks it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from funding.enums import SignedCopyState
from funding.models import Agreement, SignedCopy
from funding.policies.agreements import MINISTER_ROLES
from projects.enums import Role
from projects.models import User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme inscrit l’exemplaire signé hors du portail, avec les signataires et les dates."),
    subject=Subject.AGREEMENTS,
)
def record_signed_copy(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file."""
    return not_recused(actor, agreement.project.application_id or 0)


@rule(
    *MINISTER_ROLES,
    says=gettext_lazy(
        "La direction, la tête ou la délégation ministérielle, sans avoir préparé la convention ni inscrit l’exemplaire signé, "
        "l’accepte ou le refuse."
    ),
    subject=Subject.AGREEMENTS,
    acts=("accept_signed_copy", "refuse_signed_copy"),
)
def decide_signed_copy(actor: User, copy: SignedCopy, now: datetime) -> Verdict:
    """Whoever may bind the minister, who neither drafted the agreement nor recorded the copy."""
    return first_no(
        possible(copy.state == SignedCopyState.RECORDED, _("Cet exemplaire est déjà vérifié.")),
        check(copy.recorded_by_id != actor.pk, _("Vous avez inscrit cet exemplaire; une autre personne doit le vérifier.")),
        check(
            copy.agreement.drafted_by_id != actor.pk,
            _("Vous avez préparé cette convention; une autre personne doit en vérifier l’exemplaire signé."),
        ),
        not_recused(actor, copy.agreement.project.application_id or 0),
    )

"""Who classes the risk of an agreement, and who ends one that met its duties without giving its results."""

from __future__ import annotations

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.verdict import Verdict, first_no, possible
from funding.enums import AgreementState
from funding.models import Agreement
from funding.policies.imported import is_made_here
from funding.refusals import say
from projects.enums import Role
from projects.models import User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule

#: constraint of a trigger → what it says to a person
SAID: dict[str, str | Promise] = {
    "agreement_failure_is_documented": gettext_lazy("Un échec documenté exige un motif, le rapport final vérifié et les leçons publiées."),
    "recovery_spares_a_documented_failure": gettext_lazy(
        "Les obligations sont remplies : un échec documenté ne se recouvre pas pour cette cause."
    ),
}
#: agreements that nothing is done with any more
OVER = (
    AgreementState.CLOSED,
    AgreementState.DOCUMENTED_FAILURE,
    AgreementState.TERMINATED,
    AgreementState.CANCELLED,
)


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy("Un agent de programme ou la direction choisit le palier de risque d’une convention, avec son motif, et le change."),
    subject=Subject.AGREEMENTS,
)
def set_risk_tier(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """An officer or the director, whom no recusal keeps away from the file, while the agreement lives."""
    return first_no(
        not_recused(actor, agreement.project.application_id or 0),
        is_made_here(agreement),
        possible(agreement.state not in OVER, _("La convention a pris fin : son palier de risque ne change plus.")),
    )


@rule(
    Role.DIRECTOR,
    says=gettext_lazy(
        "La direction ferme comme échec documenté, avec son motif, une convention qui a rempli ses obligations sans donner ses résultats."
    ),
    subject=Subject.AGREEMENTS,
)
def document_failure(actor: User, agreement: Agreement, now: datetime) -> Verdict:
    """The director, whom no recusal keeps away from the file."""
    return first_no(not_recused(actor, agreement.project.application_id or 0), is_made_here(agreement))


say(SAID, WrongState)

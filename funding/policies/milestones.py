"""Who puts a milestone off or cancels it, who stops the payments of an agreement, and what the database says when it refuses a payment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.verdict import Verdict, first_no, possible
from funding.enums import AgreementState, MilestoneState
from funding.models import Agreement, Milestone
from funding.refusals import say
from projects.enums import Role
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule

#: constraint of the payments' trigger → what it says to a person; `room` and `asked` are dollars
SAID: dict[str, str | Promise] = {
    "payment_advance_within_terms": gettext_lazy(
        "L’avance dépasse la limite des modalités : il en reste %(room)s et %(asked)s sont demandés."
    ),
    "payment_has_its_milestone": gettext_lazy("Ce versement attend la vérification de son jalon."),
    "payment_within_what_is_accepted": gettext_lazy("Ce versement ne se paie qu’à concurrence de %(room)s; %(asked)s sont demandés."),
    "payment_holdback_after_final_report": gettext_lazy("La retenue attend que le rapport final soit vérifié et les autres jalons réglés."),
}


@rule(
    Role.OFFICER,
    says=gettext_lazy(
        "Un agent de programme reporte un jalon, dans la limite des modalités, ou annule celui dont aucun versement ne dépend."
    ),
    subject=Subject.PAYMENTS,
    acts=("postpone_milestone", "cancel_milestone"),
)
def change_milestone(actor: Any, milestone: Milestone, now: datetime) -> Verdict:
    """An officer puts off or cancels a milestone that is not reached, while the agreement is in force."""
    return first_no(
        not_recused(actor, milestone.agreement.project.application_id or 0),
        possible(milestone.agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur.")),
        possible(
            milestone.state in (MilestoneState.PLANNED, MilestoneState.REFUSED),
            _("Ce jalon est déjà déclaré ou réglé : son échéance ne change plus."),
        ),
    )


@rule(
    Role.DIRECTOR,
    Role.CONTROLLER,
    says=gettext_lazy(
        "La direction ou le contrôle financier retient les paiements d’une convention, par exemple si un rapport tarde, et lève la retenue."
    ),
    subject=Subject.PAYMENTS,
    acts=("place_hold", "lift_hold"),
)
def hold_payments(actor: Any, agreement: Agreement, now: datetime) -> Verdict:
    """The director or the controller stops the payments of an agreement, with a reason, and lets them go again."""
    return not_recused(actor, agreement.project.application_id or 0)


say(SAID, WrongState)

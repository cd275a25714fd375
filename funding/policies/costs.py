"""Who enters what the Secretariat costs, and who else approves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from funding.enums import CostMoveState
from funding.models import CostMove
from projects.enums import Role
from projects.policies.rules import Subject, rule


@rule(
    Role.DIRECTOR,
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("La direction ou la demande de paiement inscrit les dépenses du Secrétariat et leur prévision."),
    subject=Subject.PAYMENTS,
    acts=("propose_cost", "propose_cost_entry", "propose_cost_forecast"),
)
def propose_cost(actor: Any, now: datetime) -> Verdict:
    """The director or the payment requester enters what the Secretariat commits, pays and forecasts."""
    return YES


@rule(
    Role.CONTROLLER,
    Role.HEAD,
    says=gettext_lazy("Le contrôle financier ou la tête décide d’une dépense du Secrétariat que quelqu’un d’autre a inscrite."),
    subject=Subject.PAYMENTS,
    acts=("approve_cost_move", "refuse_cost_move"),
)
def decide_cost_move(actor: Any, cost_move: CostMove, now: datetime) -> Verdict:
    """The controller or the head decides what somebody else entered."""
    return first_no(
        possible(cost_move.state == CostMoveState.PROPOSED, _("Cette écriture du Secrétariat est déjà décidée.")),
        check(cost_move.entered_by_id != actor.pk, _("Vous avez inscrit cette écriture; une autre personne doit en décider.")),
    )

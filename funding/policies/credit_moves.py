"""Who proposes that credit moves, and who else approves it: by default those of the delegation matrix (domain 3.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from funding.enums import CreditMoveKind, CreditMoveState
from funding.models import CreditMove
from projects.enums import Role
from projects.models import Recusal
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule


@rule(
    Role.CONTROLLER,
    Role.HEAD,
    says=gettext_lazy("Le contrôle financier ou la tête propose un mouvement de crédits; entre deux enveloppes, la tête seulement."),
    subject=Subject.PAYMENTS,
)
def propose_credit_move(actor: Any, now: datetime, crosses: bool = False) -> Verdict:
    """The controller or the head proposes that credit moves; between two envelopes, the head alone."""
    if crosses and not needs_role(actor, now, Role.HEAD):
        return check(False, _("Un virement entre enveloppes est proposé par la tête du Secrétariat."))
    return YES


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier prépare la fin d’un exercice."),
    subject=Subject.PAYMENTS,
)
def prepare_year_end(actor: Any, now: datetime) -> Verdict:
    """The controller prepares the end of a fiscal year."""
    return YES


@rule(
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    says=gettext_lazy(
        "La tête ou la délégation ministérielle décide d’un mouvement de crédits que quelqu’un d’autre a proposé; "
        "entre deux enveloppes, la délégation ministérielle seulement."
    ),
    subject=Subject.PAYMENTS,
    acts=("approve_credit_move", "refuse_credit_move"),
)
def decide_credit_move(actor: Any, move: CreditMove, now: datetime) -> Verdict:
    """The head or the minister's delegate decides what somebody else proposed; between envelopes, the delegate alone."""
    return first_no(
        possible(move.state == CreditMoveState.PROPOSED, _("Ce mouvement de crédits est déjà décidé.")),
        check(move.proposed_by_id != actor.pk, _("Vous avez proposé ce mouvement; une autre personne doit en décider.")),
        check(
            move.kind != CreditMoveKind.TRANSFER or not move.crosses_envelopes or needs_role(actor, now, Role.MINISTER_DELEGATE),
            _("Un virement entre enveloppes est approuvé par la délégation ministérielle."),
        ),
        apart_from_no_file(actor, move.lines.filter(agreement__isnull=False).values("agreement_id")),
    )


def apart_from_no_file(actor: Any, agreements: Any) -> Verdict:
    """The end of a year moves the money of every file of it: whom a recusal keeps from one of them has no part in it.

    `agreements` are their keys, or a query of them.
    """
    recused = Recusal.objects.filter(person=actor, application__project__agreement__in=agreements)
    return check(not recused.exists(), _("Une récusation vous écarte d’un dossier de cet exercice; une autre personne s’en charge."))

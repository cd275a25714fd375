"""Who proposes what the figures rest on, and who else approves it: a rate changes every present value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from projects.enums import Role
from projects.policies.rules import Subject, rule
from reporting.enums import ParameterState
from reporting.models import ParameterMove


@rule(
    Role.CONTROLLER,
    Role.DIRECTOR,
    says=gettext_lazy("Le contrôle financier ou la direction propose un taux, un indice ou un paramètre de reconduction, avec sa source."),
    subject=Subject.REPORTS,
)
def propose_parameter(actor: Any, now: datetime) -> Verdict:
    """The controller or the director proposes a dated rate, index or set of weights."""
    return YES


@rule(
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    says=gettext_lazy("La tête ou la délégation ministérielle décide d’un paramètre qu’une autre personne a proposé."),
    subject=Subject.REPORTS,
    acts=("approve_parameter", "refuse_parameter"),
)
def decide_parameter(actor: Any, parameter_move: ParameterMove, now: datetime) -> Verdict:
    """The head or the minister's delegate, on what somebody else proposed."""
    return first_no(
        possible(parameter_move.state == ParameterState.PROPOSED, _("Ce paramètre est déjà décidé.")),
        check(parameter_move.proposed_by_id != actor.pk, _("Vous avez proposé ce paramètre; une autre personne doit en décider.")),
    )

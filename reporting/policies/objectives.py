"""Who records what was measured for the objectives of a call."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, first_no, possible
from projects.enums import Role
from projects.models import Project, User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule


@rule(
    Role.OFFICER,
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT),
    of=lambda project: project.organisation_id,
    says=gettext_lazy(
        "La rédaction ou la répondance financière de l’organisme bénéficiaire inscrit les résultats mesurés pour les objectifs de l’appel; "
        "un agent de programme les corrige."
    ),
    subject=Subject.GAINS,
    refusal=gettext_lazy("Les résultats s’inscrivent par l’organisme bénéficiaire, et se corrigent par un agent de programme."),
)
def record_results(actor: User, project: Project, now: datetime) -> Verdict:
    """The beneficiary records, an officer corrects, from the signature on; a recused person does neither."""
    return first_no(
        possible(project.signed_on is not None, _("Les résultats s’inscrivent une fois la convention signée.")),
        not_recused(actor, project.application_id or 0),
    )

"""Who asks for a new version of a baseline after signature, and who decides: never the same person (INV-20)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no
from projects.enums import Role
from projects.models import BaselineVersion, Membership, Project, User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule


@rule(
    inside=(Role.FINANCE_RESPONDENT,),
    of=lambda project: project.organisation_id,
    says=gettext_lazy("La répondance financière de l’organisme bénéficiaire demande une nouvelle version d’une situation de départ."),
    subject=Subject.GAINS,
)
def ask_baseline(actor: User, project: Project, now: datetime) -> Verdict:
    """The finance respondent of the beneficiary asks."""
    return not_recused(actor, project.application_id or 0)


@rule(
    Role.ADVISER,
    Role.DIRECTOR,
    says=gettext_lazy(
        "Le conseil ou la direction du Secrétariat décide d’une nouvelle version d’une situation de départ demandée par quelqu’un d’autre, "
        "sans avoir jamais été de l’organisme."
    ),
    subject=Subject.GAINS,
)
def decide_baseline(actor: User, project: Project, version: BaselineVersion, now: datetime) -> Verdict:
    """An adviser or the director, who did not ask for it and never belonged to the beneficiary nor to the bearer of the line."""
    concerned = Q(organisation=project.organisation_id) | Q(organisation=version.line.organisation_id)
    belonged = Membership.objects.filter(concerned, person=actor).exists()
    return first_no(
        check(version.asked_by_id != actor.pk, _("Vous avez demandé cette version; une autre personne doit en décider.")),
        check(not belonged, _("Vous êtes ou avez été de l’organisme : une personne de l’extérieur doit décider.")),
        not_recused(actor, project.application_id or 0),
    )

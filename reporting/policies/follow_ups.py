"""Who writes, signs, co-signs and verifies a follow-up report. Its state is not asked here: `transition` refuses it."""

from __future__ import annotations

from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import NotAllowed, WrongState
from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.policies.separation import free_to_judge
from funding.refusals import say
from projects.enums import Role
from projects.models import Membership, Project, User
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule
from reporting.models import FollowUpReport

#: constraint of a trigger → what it says to a person
FORBIDDEN: dict[str, str | Promise] = {
    "follow_up_verifier_is_outside": gettext_lazy("La personne qui vérifie un rapport de suivi n’est ni n’a été de l’organisme."),
}
SAID: dict[str, str | Promise] = {
    "follow_up_end_is_final": gettext_lazy("Ce rapport est reçu : ce qui en est vérifié ou retiré ne change plus."),
    "follow_up_received_has_a_version": gettext_lazy("Un rapport se reçoit tel qu’il a été signé."),
    "follow_up_section_is_open": gettext_lazy("Ce rapport ne se modifie plus."),
    "follow_up_small_cells_suppressed": gettext_lazy(
        "Un groupe de moins de 3 personnes permettrait de les reconnaître : regroupez-le avec un autre."
    ),
}


@rule(
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT),
    of=lambda project: project.organisation_id,
    says=gettext_lazy("La rédaction ou la répondance financière de l’organisme bénéficiaire remplit et signe ses rapports de suivi."),
    subject=Subject.GAINS,
    acts=("save_follow_up_section", "attach_to_follow_up", "detach_from_follow_up", "submit_follow_up", "take_back_follow_up"),
)
def write_follow_up(actor: User, project: Project, now: datetime) -> Verdict:
    """A writer or the finance respondent of the beneficiary."""
    return not_recused(actor, project.application_id or 0)


@rule(
    inside=(Role.FINANCE_RESPONDENT,),
    of=lambda report: report.project.organisation_id,
    says=gettext_lazy("La répondance financière de l’organisme bénéficiaire cosigne un rapport de suivi qu’une autre personne a signé."),
    subject=Subject.GAINS,
)
def cosign_follow_up(actor: User, follow_up: FollowUpReport, now: datetime) -> Verdict:
    """The finance respondent of the beneficiary, who did not sign it."""
    return first_no(
        check(follow_up.signed_by_id != actor.pk, _("Vous avez signé ce rapport; une autre personne doit le cosigner.")),
        not_recused(actor, follow_up.project.application_id or 0),
    )


@rule(
    Role.OFFICER,
    says=gettext_lazy(
        "Un agent de programme vérifie un rapport de suivi ou le retourne avec un motif, sans avoir jamais été de l’organisme "
        "ni accompagné le dossier."
    ),
    subject=Subject.GAINS,
    acts=("verify_follow_up", "return_follow_up"),
)
def verify_follow_up(actor: User, follow_up: FollowUpReport, now: datetime) -> Verdict:
    """An officer who never belonged to the beneficiary, did not sign the report nor accompany the file (SD-2)."""
    belonged = Membership.objects.filter(organisation=follow_up.project.organisation_id, person=actor).exists()
    return first_no(
        check(not belonged, _("Vous êtes ou avez été de l’organisme : une personne de l’extérieur doit vérifier ce rapport.")),
        check(
            actor.pk not in (follow_up.signed_by_id, follow_up.cosigned_by_id),
            _("Vous avez signé ou cosigné ce rapport; une autre personne doit le vérifier."),
        ),
        free_to_judge(actor, follow_up.project.application_id or 0),
    )


say(FORBIDDEN, NotAllowed)
say(SAID, WrongState)

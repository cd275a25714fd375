"""Who settles an overlap of two lines that claim one budget (INV-17)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import NotAllowed
from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.policies.separation import free_to_judge
from funding.refusals import say
from projects.enums import Role, Stage
from projects.models import Membership, User
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule
from reporting.models import Gain, GainReport, Overlap

RESOLVERS = (Role.GAIN_VERIFIER, Role.CONTROLLER)


@rule(
    *RESOLVERS,
    says=gettext_lazy(
        "La vérification des gains ou le contrôle financier tranche un chevauchement, sans avoir jamais été d’un des organismes, "
        "ni signé une des déclarations, ni accompagné un des dossiers."
    ),
    subject=Subject.GAINS,
)
def resolve_overlap(actor: User, overlap: Overlap, now: datetime) -> Verdict:
    """A verifier or the controller, on both files, who never belonged to the organisations, signed no report and advised neither file."""
    return first_no(
        needs_role(actor, now, *RESOLVERS, call=overlap.second_project.call_id),
        check(not _belonged(actor, overlap), _("Vous êtes ou avez été d’un des organismes : une personne de l’extérieur doit trancher.")),
        check(not _signed(actor, overlap), _("Vous avez déclaré ou cosigné un de ces gains; une autre personne doit trancher.")),
        free_to_judge(actor, overlap.first_project.application_id or 0),
        free_to_judge(actor, overlap.second_project.application_id or 0),
    )


def _belonged(actor: User, overlap: Overlap) -> bool:
    """Ever: a membership that ended still binds."""
    concerned = (overlap.organisation_id, overlap.first_project.organisation_id, overlap.second_project.organisation_id)
    return Membership.objects.filter(organisation__in=concerned, person=actor).exists()


def _signed(actor: User, overlap: Overlap) -> bool:
    lines = (overlap.first_id, overlap.second_id)
    reports = GainReport.objects.filter(Q(reported_by=actor) | Q(cosigned_by=actor), line__in=lines)
    return reports.exists() or Gain.objects.filter(line__in=lines, stage=Stage.REPORTED, recorded_by=actor).exists()


say(
    {
        "overlap_resolver_is_apart": gettext_lazy(
            "La personne qui tranche un chevauchement n’a déclaré ni cosigné aucun des gains, et n’est ni n’a été d’un des organismes."
        )
    },
    NotAllowed,
)

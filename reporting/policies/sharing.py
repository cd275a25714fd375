"""Who records the keys of a shared gain, and who reports its measures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict
from projects.enums import Role
from projects.models import Project, User
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role_somewhere
from projects.policies.rules import Subject, rule
from reporting.models import GainShare
from reporting.policies.gains import report_gain


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme inscrit les clés d’un gain que des lignes de plusieurs projets se partagent."),
    subject=Subject.GAINS,
)
def share_gain(actor: User, project: Project, now: datetime) -> Verdict:
    """A programme officer, on each of the projects."""
    return not_recused(actor, project.application_id or 0)


def list_shares(actor: User, now: datetime) -> Verdict:
    """Whether the person records keys somewhere: the act asks for each project."""
    return needs_role_somewhere(actor, now, Role.OFFICER)


def may_measure(actor: User, shares: Sequence[GainShare], now: datetime) -> bool:
    """Whether the person reports gains for one of the projects of a sharing."""
    return any(report_gain(actor, share.project, now) for share in shares)


def own_projects(actor: User, shares: Sequence[GainShare], now: datetime) -> set[int]:
    """The projects of the sharing for which the actor reports gains. Raises NotAllowed when there is none, or a recusal on one."""
    verdicts = [report_gain(actor, share.project, now) for share in shares]
    mine = {share.project_id for share, verdict in zip(shares, verdicts, strict=True) if verdict}
    if not mine:
        verdicts[0].require()
    for share in shares:
        not_recused(actor, share.project.application_id or 0).require()
    return mine

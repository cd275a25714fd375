"""Who explains why a project's verified gain departs from its forecast."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict
from projects.enums import Role
from projects.models import Project
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule


@rule(
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT),
    of=lambda project: project.organisation_id,
    says=gettext_lazy("La rédaction ou la répondance financière de l’organisme bénéficiaire explique un écart au prévu."),
    subject=Subject.GAINS,
)
def explain_variance(actor: Any, project: Project, now: datetime) -> Verdict:
    """A writer or the finance respondent of the beneficiary, unless recused."""
    return not_recused(actor, project.application_id or 0)

"""Explanations of variances: dated as gains are, so that a report of a pair of dates never changes."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import fiscal_year_of
from funding.refusals import say
from projects.models import Project, User
from projects.services.journal import money_clock, note, note_organisation
from projects.services.outbox import queue
from reporting.enums import VarianceCause
from reporting.models import VarianceExplanation
from reporting.policies import variances as policies


@act
def explain_variance(
    *,
    project_id: int,
    fiscal_year: int,
    cause: str,
    explanation: str,
    action: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> VarianceExplanation:
    """Say why a fiscal year departs from its forecast and what is done about it. A later explanation replaces it; both stay.

    Raises NotAllowed, Invalid.
    """
    known = money_clock(now)
    project = Project.objects.select_related("application").get(pk=project_id)
    policies.explain_variance(actor, project, now).require()
    errors = {}
    if fiscal_year > fiscal_year_of(timezone.localdate(now)):
        errors["fiscal_year"] = _("Cet exercice n’est pas commencé.")
    if cause not in VarianceCause.values:
        errors["cause"] = _("Choisissez une cause.")
    if not explanation.strip():
        errors["explanation"] = _("Expliquez l’écart.")
    if not action.strip():
        errors["action"] = _("Inscrivez ce qui est fait de cet écart, même rien.")
    if errors:
        raise Invalid(errors=errors)
    row = VarianceExplanation.objects.create(
        project=project, fiscal_year=fiscal_year, cause=cause, explanation=explanation.strip(), action=action.strip(),
        recorded_at=known, recorded_by=actor,
    )  # fmt: skip
    note(row, fiscal_year=fiscal_year, cause=cause, explanation=row.explanation, action=row.action)
    note(project.application or project)
    note_organisation(project.organisation_id)
    queue("money", now=now)
    return row


say({"variance_explanation_not_ahead": gettext_lazy("Cet exercice n’est pas commencé.")}, WrongState)

"""Values measured for the objectives of a call: each is a row, known from the moment when it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.refusals import say
from projects.models import Objective, Project, User
from projects.services.journal import money_clock, note
from projects.services.outbox import queue
from reporting.models import ObjectiveResult
from reporting.policies import objectives as policies


@act
def record_results(
    *,
    project_id: int,
    values: Mapping[int, Decimal],
    measured_on: date,
    source: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Project:
    """Record what was measured for the objectives of a project's call, outside any follow-up report, with where it comes from.

    A value recorded again for the same day corrects the former one, which stays. Raises NotAllowed, Invalid.
    """
    known = money_clock(now)
    project = Project.objects.select_related("application").get(pk=project_id)
    policies.record_results(actor, project, now).require()
    if not source.strip():
        raise Invalid(errors={"source": _("Inscrivez la source : un rapport, un système, une enquête.")})
    record_objective_results(project, values, measured_on=measured_on, known=known, actor=actor, now=now, source=source.strip())
    note(project.application or project)
    return project


def record_objective_results(
    project: Project,
    values: Mapping[int, Decimal],
    *,
    measured_on: date,
    known: datetime,
    actor: User,
    now: datetime,
    source: str = "",
) -> list[ObjectiveResult]:
    """Step: add a row for each value (objective id → value in its unit), known from `known` on; the reports are then recomputed.

    `known` is the act's `money_clock(now)`. Raises Invalid: no value, an objective of another call, or a day still to come.
    """
    errors = {}
    mine = set(Objective.objects.filter(call=project.call_id).values_list("pk", flat=True))
    if not values:
        errors["values"] = _("Inscrivez au moins une valeur.")
    elif not values.keys() <= mine:
        errors["values"] = _("Cet objectif n’est pas de l’appel du projet.")
    if measured_on > timezone.localdate(now):
        errors["measured_on"] = _("Une valeur se mesure avant de s’inscrire : cette date est à venir.")
    if errors:
        raise Invalid(errors=errors)
    rows = [
        ObjectiveResult(
            project=project,
            objective_id=objective,
            actual=actual,
            measured_on=measured_on,
            source=source,
            recorded_at=known,
            recorded_by=actor,
        )
        for objective, actual in sorted(values.items())
    ]
    ObjectiveResult.objects.bulk_create(rows)
    for row in rows:
        note(row, objective=row.objective_id, actual=row.actual, measured_on=measured_on, source=source)
    queue("money", now=now)
    return rows


say(
    {
        "objective_result_of_its_call": gettext_lazy("Cet objectif n’est pas de l’appel du projet."),
        "objective_result_not_ahead": gettext_lazy("Une valeur se mesure avant de s’inscrire : cette date est à venir."),
    },
    WrongState,
)

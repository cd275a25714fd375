"""Objectives of a call: how far each project, and the call as a whole, came; and the form that records what was measured."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import iso_date, number, percent, unknown
from projects.models import Project
from projects.policies.staff import read_files
from projects.queries.applications import projects_for
from projects.queries.calls import calls_for
from reporting import rules
from reporting.forms.reports import DatesForm, refuse_future
from reporting.forms.results import ResultsForm
from reporting.policies.objectives import record_results
from reporting.queries.objectives import history_of, measures_by_project, measures_of, measures_of_call, objectives_of, together
from reporting.queries.projects import project_rows_for
from reporting.services import objectives as acts
from reporting.tables.grids import Grid, grid

_OBJECTIVE = (
    (gettext_lazy("Objectif"), False), (gettext_lazy("Poids"), True), (gettext_lazy("Départ"), True), (gettext_lazy("Cible"), True),
)  # fmt: skip


def _dates(request: HttpRequest) -> tuple[DatesForm, date, datetime]:
    """The pair of dates that the address asks for; today and now where it is silent or wrong, which the form then says."""
    now, form = timezone.now(), DatesForm(request.GET)
    if not form.is_valid() or refuse_future(form, now):
        return form, timezone.localdate(now), now
    return form, form.cleaned_data["effet"] or timezone.localdate(now), form.cleaned_data["connaissance"] or now


@require_safe
@login_required
def project_objectives(request: HttpRequest, project: str) -> HttpResponse:
    """What was measured for each objective of a project's call, by whom, and how far it came, at two dates."""
    found = get_object_or_404(project_rows_for(request.user, timezone.now()), reference=project)
    form, effective, known = _dates(request)
    measures = measures_of(found, effective, known)
    context = {
        "project": found,
        "filter": form,
        "effective": effective,
        "known": known,
        "grid": _project_grid(measures),
        "whole": _share(together(measures)),
        "history": [row for row in history_of(found) if row.recorded_at <= known],
        "may_record": record_results(request.user, found, timezone.now()),
    }
    return render(request, "reporting/project_objectives.html", context, status=422 if form.errors else 200)


def _project_grid(measures: list[Any]) -> Grid:
    columns = ((gettext_lazy("Mesuré"), True), (gettext_lazy("Atteinte"), True), (gettext_lazy("Mesuré par"), False))
    rows = []
    for each in measures:
        result = each.result
        value = (_number(result.actual), _share(each.attainment)) if result else (unknown(), unknown())
        by = format_html("{}<br>{}", result.recorded_by.name, iso_date(result.measured_on)) if result else "–"
        rows.append([*_objective(each.objective), *value, by])
    return grid((*_OBJECTIVE, *columns), rows)


@require_safe
@login_required
def call_objectives(request: HttpRequest, reference: str) -> HttpResponse:
    """Each objective of a call over the projects that the reader sees, then each project."""
    now = timezone.now()
    read_files(request.user, now).require()
    call = get_object_or_404(calls_for(request.user, now), reference=reference)
    form, effective, known = _dates(request)
    projects = projects_for(request.user, now).filter(call=call, decided_on__lte=effective)
    measures = measures_of_call(call, projects, effective, known)
    rows = [[*_objective(each.objective), number(each.measured), _number(each.value), _share(each.attainment)] for each in measures]
    columns = ((gettext_lazy("Projets mesurés"), True), (gettext_lazy("Moyenne"), True), (gettext_lazy("Atteinte"), True))
    context = {
        "call": call,
        "filter": form,
        "effective": effective,
        "known": known,
        "grid": grid((*_OBJECTIVE, *columns), rows),
        "whole": _share(together(measures)),
        "projects": _projects_grid(projects, effective, known),
        "count": projects.count(),
    }
    return render(request, "reporting/call_objectives.html", context, status=422 if form.errors else 200)


def _projects_grid(projects: Any, effective: date, known: datetime) -> Grid:
    titles = dict(projects.order_by("reference").values_list("reference", "title"))
    rows = [
        [
            format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', _address(project), titles[project], project),
            f"{sum(each.result is not None for each in measures)} / {len(measures)}",
            _share(together(measures)),
        ]
        for project, measures in measures_by_project(projects, effective, known).items()
    ]
    return grid(((gettext_lazy("Projet"), False), (gettext_lazy("Objectifs mesurés"), True), (gettext_lazy("Atteinte"), True)), rows)


def _address(project: str) -> str:
    return reverse("reporting:project_objectives", args=[project])


def _objective(objective: Any) -> list[Any]:
    name = format_html('{}<br><span class="small soft">{}</span>', objective.indicator, objective.unit)
    return [name, f"{objective.weight}", _number(objective.baseline), _number(objective.target)]


def _number(value: Any) -> str:
    return unknown() if value is None else number(value, 2)


def _share(reached: Fraction | None) -> str:
    shown = rules.ratio(reached)
    return percent(shown, 2)


class ResultsRecord(ActForm):
    """Record what was measured, outside a follow-up report."""

    template_name = "reporting/results_form.html"
    form_class = ResultsForm

    @cached_property
    def project(self) -> Project:
        now = timezone.now()
        project = get_object_or_404(project_rows_for(self.request.user, now), reference=self.kwargs["project"])
        record_results(self.request.user, project, now).require()
        return project

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "measured_on": timezone.localdate()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "objectives": list(objectives_of(self.project.call_id))}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(project=self.project, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("measured_on", "source", "key")}
        acts.record_results(project_id=self.project.pk, values=form.values(), actor=self.request.user, now=timezone.now(), **given)
        messages.success(self.request, _("Les valeurs sont inscrites; les rapports se recalculent."))
        return redirect("reporting:project_objectives", self.project.reference)

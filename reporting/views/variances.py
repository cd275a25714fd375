"""A project's variances by fiscal year as the working report says them, and the form that explains one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.kit.verdict import Verdict
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.portal import tag
from fondsinnovation.templatetags.typography import fiscal_year
from projects.models import Project
from reporting.catalogue import VARIANCES
from reporting.enums import VarianceBand
from reporting.forms.results import ExplanationForm
from reporting.policies.variances import explain_variance
from reporting.queries.projects import project_rows_for
from reporting.queries.snapshots import changed_since, snapshot_of
from reporting.queries.variances import explanations_of, variances_of
from reporting.services import variances as acts
from reporting.tables.grids import Grid, grid
from reporting.tables.reports import shown

BAND_COLOURS = {VarianceBand.GREEN: "green", VarianceBand.AMBER: "yellow", VarianceBand.RED: "red"}
_COLUMNS = (
    (gettext_lazy("Exercice"), False), (gettext_lazy("Prévu"), True), (gettext_lazy("Vérifié"), True), (gettext_lazy("Écart"), True),
    (gettext_lazy("Bande"), False), (gettext_lazy("Explication"), False),
)  # fmt: skip


@require_safe
@login_required
def project_variances(request: HttpRequest, project: str) -> HttpResponse:
    """Forecast against verified in each fiscal year, what explains it, and the former explanations."""
    now = timezone.now()
    found = get_object_or_404(project_rows_for(request.user, now), reference=project)
    snapshot = snapshot_of(VARIANCES.code, None, None)
    may = explain_variance(request.user, found, now)
    context = {
        "project": found,
        "snapshot": snapshot,
        "changed": snapshot is not None and changed_since(snapshot.known),
        "grid": _grid(found, [row.data for row in variances_of(found)], may),
        "history": explanations_of(found),
    }
    return render(request, "reporting/project_variances.html", context)


def _grid(project: Project, rows: list[Mapping[str, str]], may: Verdict) -> Grid:
    return grid(_COLUMNS, [_cells(project, row, may) for row in rows])


def _cells(project: Project, row: Mapping[str, str], may: Verdict) -> list[Any]:
    figures = {name: shown(VARIANCES.column(name), row[name]) for name in ("forecast", "verified", "difference", "variance", "cause")}
    difference = format_html('{}<br><span class="small soft">{}</span>', figures["difference"], figures["variance"])
    return [
        fiscal_year(int(row["fiscal_year"])), figures["forecast"], figures["verified"], difference, _band(row),
        _explanation(project, row, figures["cause"], may),
    ]  # fmt: skip


def _band(row: Mapping[str, str]) -> SafeString | str:
    if not row["band"]:
        return "–"
    band = VarianceBand(row["band"])
    return tag(str(band.label), BAND_COLOURS[band])


def _explanation(project: Project, row: Mapping[str, str], cause: str, may: Verdict) -> SafeString | str:
    told: SafeString | str = "–"
    if row["cause"]:
        told = format_html("<strong>{}</strong> : {}<br>{}", cause, row["explanation"], row["action"])
    elif row["unexplained"] == "yes":
        told = tag(_("À expliquer"), "red")
    if not may:
        return told
    address = reverse("reporting:variance_explain", args=[project.reference, row["fiscal_year"]])
    label = _("Corriger l’explication") if row["cause"] else _("Expliquer l’écart")
    year = fiscal_year(int(row["fiscal_year"]))
    return format_html('{}<br><a href="{}">{}<span class="visually-hidden"> {}</span></a>', told, address, label, year)


class VarianceExplain(ActForm):
    """Explain one fiscal year of a project."""

    template_name = "reporting/variance_form.html"
    form_class = ExplanationForm

    @cached_property
    def project(self) -> Project:
        now = timezone.now()
        project = get_object_or_404(project_rows_for(self.request.user, now), reference=self.kwargs["project"])
        explain_variance(self.request.user, project, now).require()
        if self.kwargs["fiscal_year"] > fiscal_year_of(timezone.localdate(now)):
            raise Http404
        return project

    def get_initial(self) -> dict[str, Any]:
        last = explanations_of(self.project).filter(fiscal_year=self.kwargs["fiscal_year"]).first()
        kept = {name: getattr(last, name) for name in ("cause", "explanation", "action")} if last else {}
        return {**super().get_initial(), **kept}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        project, year = self.project, self.kwargs["fiscal_year"]
        row = variances_of(project).filter(data__fiscal_year=str(year)).first()
        names = ("forecast", "verified", "difference", "variance") if row else ()
        said = {name: shown(VARIANCES.column(name), row.data[name]) for name in names}
        return super().get_context_data(project=project, fiscal_year=year, figures=said, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("cause", "explanation", "action", "key")}
        acts.explain_variance(
            project_id=self.project.pk, fiscal_year=self.kwargs["fiscal_year"], actor=self.request.user, now=timezone.now(), **given
        )
        messages.success(self.request, _("L’explication est inscrite; le rapport des écarts se recalcule."))
        return redirect("reporting:project_variances", self.project.reference)

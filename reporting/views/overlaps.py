"""Pages of overlaps: the register, one overlap with its two lines side by side, and the decision that settles it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number
from projects.models import GainLine, Project
from projects.queries.applications import documents_for
from reporting.enums import GainReportState
from reporting.filters.overlaps import OverlapFilter
from reporting.forms.overlaps import OverlapForm
from reporting.models import GainReport, Overlap
from reporting.policies.overlaps import resolve_overlap
from reporting.queries.overlaps import Claim, claims_by_year, earlier_of, overlaps_for, reports_of, view_counts
from reporting.services import overlaps as acts
from reporting.tables.gains import GAIN_COLOURS
from reporting.tables.overlaps import OverlapTable, overlap_tag


@require_safe
@login_required
def overlap_list(request: HttpRequest) -> HttpResponse:
    """The register, what is to be settled first; whoever sees one project only does not meet it here."""
    rows = overlaps_for(request.user, timezone.now()).order_by("-opened_at", "-pk")
    query = request.GET.copy()
    query.setdefault("view", "open")
    found = OverlapFilter(query, rows, request=request)
    table = OverlapTable.for_page(request, found.qs)
    count = table.paginator.count
    table.caption = ngettext("%(count)s chevauchement", "%(count)s chevauchements", count) % {"count": number(count)}
    context = {"table": table, "filter": found, "views": view_counts(rows), "view": query["view"]}
    return render(request, "reporting/overlap_list.html", context)


@require_safe
@login_required
def overlap_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One overlap: its key, its two lines side by side with their evidence, what was decided, and who may decide."""
    now = timezone.now()
    overlap = get_object_or_404(overlaps_for(request.user, now), pk=pk)
    may = resolve_overlap(request.user, overlap, now)
    return render(request, "reporting/overlap_detail.html", {**_facts(request, overlap), "may": may})


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two lines: its reports of the fiscal year with the colours of their states, and its amounts by fiscal year."""

    project: Project
    line: GainLine
    reports: list[tuple[GainReport, str]]
    years: list[tuple[int, Claim]]
    is_withdrawn: bool


def _facts(request: HttpRequest, overlap: Overlap) -> dict[str, Any]:
    """What both pages of an overlap show."""
    reports, claims = reports_of(overlap), claims_by_year([overlap.first_id, overlap.second_id])
    resolution = getattr(overlap, "resolution", None)
    sides = [
        Side(
            project,
            line,
            [(report, GAIN_COLOURS[GainReportState(report.state)]) for report in reports[line.pk]],
            sorted(claims.get(line.pk, {}).items()),
            resolution is not None and resolution.withdrawn_id == line.pk,
        )
        for project, line in ((overlap.first_project, overlap.first), (overlap.second_project, overlap.second))
    ]
    files = [report.evidence_id for side in sides for report, _colour in side.reports]
    readable = documents_for(request.user, timezone.now()).filter(pk__in=files).order_by("pk").values_list("pk", flat=True)
    return {
        "overlap": overlap,
        "resolution": resolution,
        "state": overlap_tag(overlap),
        "opener": overlap.opened_by.name if overlap.opened_by else "",
        "sides": sides,
        "earlier": earlier_of(overlap),
        "readable": set(readable),
    }


class OverlapResolve(ActForm):
    """Settle an overlap, the two lines in view."""

    template_name = "reporting/overlap_resolve.html"
    form_class = OverlapForm

    @cached_property
    def overlap(self) -> Overlap:
        now = timezone.now()
        overlap = get_object_or_404(overlaps_for(self.request.user, now), pk=self.kwargs["pk"])
        resolve_overlap(self.request.user, overlap, now).require()
        return overlap

    def require_possible(self) -> None:
        if getattr(self.overlap, "resolution", None):
            raise WrongState(_("Ce chevauchement est déjà tranché."))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "overlap": self.overlap}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_facts(self.request, self.overlap), **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("reason", "key")}
        acts.resolve_overlap(
            overlap_id=self.overlap.pk,
            actor=self.request.user,
            now=timezone.now(),
            **form.decided,  # type: ignore[attr-defined]
            **given,
        )
        messages.success(self.request, _("Le chevauchement est tranché. Les totaux suivent au prochain calcul."))
        return redirect("reporting:overlap_detail", self.overlap.pk)

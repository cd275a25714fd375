"""What a project, or the Fund, is worth at other rates and in real dollars; the same figures as a file."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import writes_access
from fondsinnovation.templatetags.typography import fiscal_year, money_cents, number, unknown
from projects.models import Project
from projects.policies.staff import read_files
from projects.services.access import record_access
from reporting import rules
from reporting.discounting import Flows
from reporting.models import Snapshot
from reporting.policies.reports import read_reports
from reporting.queries.parameters import indices_at, rates_at
from reporting.queries.projects import project_rows_for
from reporting.queries.sensitivity import Reading, confidence_weighted, fund_flows, project_flows, readings
from reporting.queries.snapshots import changed_since, snapshot_of
from reporting.tables.grids import Grid, grid

_COLUMNS = (
    (gettext_lazy("Lecture"), False), (gettext_lazy("Valeur actuelle nette"), True), (gettext_lazy("Ratio avantages-coûts"), True),
    (gettext_lazy("Valeur nette, mi-exercice"), True), (gettext_lazy("Ratio, mi-exercice"), True),
)  # fmt: skip
_FLOW_COLUMNS = (
    (gettext_lazy("Exercice"), False), (gettext_lazy("Gain net vérifié"), True), (gettext_lazy("Coût public"), True),
    (gettext_lazy("Flux"), True),
)  # fmt: skip
#: what a file of the page holds, in this order
FIELDS = ("scope", "basis", "rate", "npv", "bcr", "npv_mid_year", "bcr_mid_year", "first_year", "effective", "known")
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def _project(request: HttpRequest, reference: str) -> tuple[Project, Snapshot | None, Flows | None]:
    project = get_object_or_404(project_rows_for(request.user, timezone.now()), reference=reference)
    snapshot = snapshot_of("roi-projects", None, None)
    return project, snapshot, project_flows(project, snapshot) if snapshot else None


def _fund(request: HttpRequest) -> tuple[Snapshot | None, Flows | None]:
    read_reports(request.user, timezone.now()).require()
    snapshot = snapshot_of("roi-projects", None, None)
    return snapshot, fund_flows(snapshot, request.user) if snapshot else None


@require_safe
@login_required
def project_sensitivity(request: HttpRequest, project: str) -> HttpResponse:
    """One project at its dated rates, at 0, 2 and 7 %, real and nominal; staff also see what planning may count."""
    found, snapshot, flows = _project(request, project)
    staff = read_files(request.user, timezone.now(), found.call_id)
    context = {
        "project": found,
        "weighted": confidence_weighted(found, snapshot) if snapshot and staff else None,
        "weights": rules.CONFIDENCE,
        "csv_url": reverse("reporting:project_sensitivity_file", args=[project, "csv"]),
        "json_url": reverse("reporting:project_sensitivity_file", args=[project, "json"]),
    }
    return render(request, "reporting/sensitivity.html", {**_context(snapshot, flows), **context})


@require_safe
@login_required
def fund_sensitivity(request: HttpRequest) -> HttpResponse:
    """The projects that cost something, together: the TOTAL of the returns at other rates."""
    snapshot, flows = _fund(request)
    context = {
        "project": None,
        "weighted": None,
        "csv_url": reverse("reporting:fund_sensitivity_file", args=["csv"]),
        "json_url": reverse("reporting:fund_sensitivity_file", args=["json"]),
    }
    return render(request, "reporting/sensitivity.html", {**_context(snapshot, flows), **context})


def _context(snapshot: Snapshot | None, flows: Flows | None) -> dict[str, Any]:
    if snapshot is None or flows is None:
        return {"snapshot": snapshot, "grid": None, "changed": False}
    return {
        "snapshot": snapshot,
        "changed": changed_since(snapshot.known),
        "first": flows.first,
        "grid": grid(_COLUMNS, [_cells(reading) for reading in readings(flows, snapshot.known)]),
        "flows": _flow_grid(flows),
        "rates": rates_at(snapshot.known),
        "default_rate": rules.DEFAULT_RATE,
        "indices": indices_at(snapshot.known),
    }


def _cells(reading: Reading) -> list[Any]:
    values = [cell for value in (reading.end, reading.mid) for cell in ((value.npv, value.bcr) if value else (None, None))]
    shown = [money_cents, lambda ratio: number(ratio, 4)] * 2
    return [reading.label, *(unknown() if cell is None else show(cell) for show, cell in zip(shown, values, strict=True))]


def _flow_grid(flows: Flows) -> Grid:
    gains, costs = ({year: rules.money(cents) for year, cents in each.items()} for each in (flows.gains, flows.costs))
    rows = []
    for year in flows.years:
        gain, cost = gains.get(year, rules.money(0)), costs.get(year, rules.money(0))
        rows.append([fiscal_year(year), money_cents(gain), money_cents(cost), money_cents(gain - cost)])
    whole = [sum(each.values(), rules.money(0)) for each in (gains, costs)]
    foot = [_("Total"), *map(money_cents, (*whole, whole[0] - whole[1]))] if len(rows) > 1 else ()
    return grid(_FLOW_COLUMNS, rows, foot)


# -- the same figures as a file ------------------------------------------------------------------------------------------


@require_safe
@login_required
@writes_access
def project_sensitivity_file(request: HttpRequest, project: str, form: str) -> HttpResponse:
    """The figures of a project's page, as CSV or JSON; the journal says who took them."""
    found, snapshot, flows = _project(request, project)
    return _file(request, form, found.reference, snapshot, flows, found)


@require_safe
@login_required
@writes_access
def fund_sensitivity_file(request: HttpRequest, form: str) -> HttpResponse:
    """The figures of the Fund's page, as CSV or JSON."""
    snapshot, flows = _fund(request)
    return _file(request, form, rules.TOTAL, snapshot, flows, snapshot)


def _file(request: HttpRequest, form: str, scope: str, snapshot: Snapshot | None, flows: Flows | None, obj: Any) -> HttpResponse:
    if form not in _TYPES or snapshot is None or flows is None:
        raise Http404
    rows = [_record(scope, reading, flows, snapshot) for reading in readings(flows, snapshot.known)]
    content = _csv(rows) if form == "csv" else _json(rows)
    record_access(obj=obj, what="sensitivity", actor=request.user, now=timezone.now(), format=form)
    response = HttpResponse(content, content_type=_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="sensibilite_{scope}_{snapshot.effective}.{form}"'
    return response


def _record(scope: str, reading: Reading, flows: Flows, snapshot: Snapshot) -> dict[str, str]:
    end, mid = reading.end, reading.mid
    values = (
        scope, reading.code, reading.rate, end and end.npv, end and end.bcr, mid and mid.npv, mid and mid.bcr, flows.first,
        snapshot.effective, snapshot.known,
    )  # fmt: skip
    return {name: rules.text(value) for name, value in zip(FIELDS, values, strict=True)}


def _csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _json(rows: list[dict[str, str]]) -> str:
    return json.dumps({"rows": [{name: text or None for name, text in row.items()} for row in rows]}, ensure_ascii=False) + "\n"

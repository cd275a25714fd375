"""The reports as pages: their rows at two dates, the rows behind each figure, and the computing of other dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import money_cents, number
from funding.queries.cash import is_in_force
from reporting.catalogue import REPORTS
from reporting.columns import Report
from reporting.exports import FORMATS
from reporting.forms.reports import ComputeForm, DatesForm, ReportForm, refuse_future
from reporting.formulas import FORMULAS
from reporting.models import Run, Snapshot
from reporting.policies import reports as policies
from reporting.queries.reports import COMPONENTS, RETURNS, cell_rows, names_of
from reporting.queries.returns import secretariat_cost
from reporting.queries.snapshots import changed_since, hidden_projects, row_of, snapshot_of, under_way, visible_rows, working_snapshots
from reporting.services.snapshots import WORKING, ask_recompute
from reporting.tables.reports import ROWS, ReportTable, cell_url, report_table, shown

#: reports whose money waits for the law that allows draw-downs
SUBJECT_TO_AUTHORITY = ("envelopes", "drawdowns")


def report_or_404(code: str) -> Report:
    if code not in REPORTS:
        raise Http404
    return REPORTS[code]


def _readable(person: Any, now: datetime) -> list[Report]:
    """The reports that a person reads, in the order of the catalogue."""
    return [report for report in REPORTS.values() if policies.read_report(person, report, now)]


@require_safe
@login_required
def report_list(request: HttpRequest) -> HttpResponse:
    """The catalogue, and how fresh each report is."""
    now = timezone.now()
    policies.read_catalogue(request.user, now).require()
    found = working_snapshots()
    snapshot = next(iter(found.values()), None)
    context = {
        "reports": [(report, found.get(report.code)) for report in _readable(request.user, now)],
        "reads_returns": policies.read_reports(request.user, now),
        "snapshot": snapshot,
        "changed": snapshot is not None and changed_since(snapshot.known),
        "run": under_way(WORKING),
        "form": ComputeForm(initial={"key": f"{request.user.pk}-{now.timestamp()}"}),
    }
    return render(request, "reporting/report_list.html", context)


@require_safe
@login_required
def report_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One report at the dates of the address, with its filters; or the way to have it computed."""
    now, report = timezone.now(), report_or_404(code)
    policies.read_report(request.user, report, now).require()
    form = ReportForm(request.GET, report=report)
    if not form.is_valid() or refuse_future(form, now):
        return _page(request, report, form, status=422)
    effective, known = chosen_dates(form, now)
    snapshot = snapshot_of(code, effective, known)
    if snapshot is None:
        ask = ComputeForm(initial={**dates_of(effective, known), "key": f"{request.user.pk}-{now.timestamp()}"})
        return _page(request, report, form, ask=ask, effective=effective, known=known, run=under_way(WORKING))
    return _page(request, report, form, **_rows_context(request, report, form, snapshot))


def chosen_dates(form: BaseForm, now: datetime) -> tuple[date | None, datetime | None]:
    """The pair that the address asks for: nothing means the working snapshot; one date alone, the other as of now."""
    effective, known = form.cleaned_data.get("effet"), form.cleaned_data.get("connaissance")
    if effective is None and known is None:
        return None, None
    if known is None:
        working = snapshot_of("roi-projects", None, None)
        known = working.known if working else now.replace(microsecond=0)
    return effective or timezone.localdate(now), known


def dates_of(effective: date | None, known: datetime | None) -> dict[str, str]:
    """A pair of dates as the address writes it."""
    if effective is None or known is None:
        return {}
    return {"effet": effective.isoformat(), "connaissance": known.isoformat()}


def _rows_context(request: HttpRequest, report: Report, form: ReportForm, snapshot: Snapshot) -> dict[str, Any]:
    view = next((view for view in report.views if view.code == form.cleaned_data.get("vue")), report.views[0])
    dates = dates_of(snapshot.effective, snapshot.known)
    rows = visible_rows(snapshot, report, form.filters, request.user)
    table = ReportTable.for_page(request, rows, extra_columns=report_table(report, view, dates, names_of(view.columns)))
    count = table.paginator.count
    table.caption = ngettext("%(count)s ligne", "%(count)s lignes", count) % {"count": number(count)}
    return {
        "table": table,
        "snapshot": snapshot,
        "view": view,
        "dates": dates,
        "changed": changed_since(snapshot.known),
        "authority_in_force": report.code not in SUBJECT_TO_AUTHORITY or is_in_force(snapshot.effective, snapshot.known),
        "filtered": bool(form.filters),
        "hidden": report.by_project and hidden_projects(request.user).exists(),
        "formats": FORMATS.values(),
        "key": f"{request.user.pk}-{timezone.now().timestamp()}",
    }


def _page(request: HttpRequest, report: Report, form: ReportForm, *, status: int = 200, **context: Any) -> HttpResponse:
    empty = {"snapshot": None, "table": None, "ask": None, "changed": False, "hidden": False, "filtered": False, "run": None}
    return render(request, "reporting/report_detail.html", {"report": report, "filter": form, **empty, **context}, status=status)


# -- the rows behind a figure --------------------------------------------------------------------------------------------


@require_safe
@login_required
def report_cell(request: HttpRequest, code: str, column: str) -> HttpResponse:
    """The rows whose sum a figure is, or the figures that a ratio is made from."""
    now, report = timezone.now(), report_or_404(code)
    policies.read_report(request.user, report, now).require()
    form = DatesForm(request.GET)
    if column not in {each.code for each in report.columns} or not form.is_valid():
        raise Http404
    snapshot = snapshot_of(code, *chosen_dates(form, now))
    selection = {name: request.GET.get(name, "") for name in report.row_names}
    row = None if snapshot is None else row_of(snapshot, report, selection, request.user)
    if snapshot is None or row is None:
        raise Http404
    dates, names = dates_of(snapshot.effective, snapshot.known), names_of(report.row_names)
    year = _year_of(request, report, column)
    selection |= {"fiscal_year": year} if year else {}
    context = {
        "report": report,
        "column": report.column(column),
        "value": "" if year else shown(report.column(column), row[column]),
        "year": int(year) if year else None,
        "name": [names.get(part, {}).get(row[part]) or shown(report.column(part), row[part]) for part in report.row_names if row[part]],
        "snapshot": snapshot,
        "parts": _parts(report, column, row, dates, snapshot),
        "formula": FORMULAS.get(column, ()) if code in RETURNS else (),
        "back": f"{reverse('reporting:report_detail', args=[code])}?{urlencode(dates)}",
        "hidden": hidden_projects(request.user).exists(),
    }
    return render(request, "reporting/report_cell.html", {**context, **_cell_table(request, snapshot, column, selection)})


def _year_of(request: HttpRequest, report: Report, column: str) -> str:
    """The fiscal year that the address narrows a gain of a report of returns to: the sum is then that of the year alone."""
    year = request.GET.get("fiscal_year", "")
    return year if report.code in RETURNS and column.startswith("net_gain_") and year.isdecimal() and len(year) == 4 else ""


def _parts(report: Report, column: str, row: Mapping[str, str], dates: Mapping[str, str], snapshot: Snapshot) -> list[tuple[Any, str, str]]:
    """(label, value, address) of each figure that a ratio is made from."""
    codes = COMPONENTS.get((report.code, column), ())
    columns = [report.column(code) for code in codes]
    found = [(each.label, shown(each, row[each.code]), cell_url(report, each.code, row, dates)) for each in columns]
    if column == "roi_after_admin":  # the one figure of a report that is no column of it
        found.append((_("Coût du Secrétariat"), money_cents(secretariat_cost(snapshot)), ""))
    return found


def _cell_table(request: HttpRequest, snapshot: Snapshot, column: str, selection: Mapping[str, str]) -> dict[str, Any]:
    found = cell_rows(snapshot, column, selection, request.user)
    if found is None:
        return {"table": None, "total": None}
    table = ROWS[found.source].for_page(request, found.rows)
    count = table.paginator.count
    table.caption = ngettext("%(count)s ligne", "%(count)s lignes", count) % {"count": number(count)}
    return {"table": table, "total": found.total}


# -- computing -----------------------------------------------------------------------------------------------------------


class RunCreate(ActForm):
    """Have the reports computed; the page of the run follows its progress."""

    template_name = "reporting/run_create.html"
    form_class = ComputeForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        policies.compute_report(self.request.user, timezone.now()).require()
        return super().get_context_data(**kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        asked = form.cleaned_data
        now = timezone.now()
        effective, known = asked["effet"], asked["connaissance"]
        if (effective is None) != (known is None):
            effective, known = effective or timezone.localdate(now), known or now
        run = ask_recompute(effective=effective, known=known, actor=self.request.user, now=now, key=asked["key"] or None)
        return redirect("reporting:run_detail", pk=run.pk)


@require_safe
@login_required
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a computation is: htmx asks again by itself, and a link does without it."""
    now = timezone.now()
    policies.read_catalogue(request.user, now).require()
    run = get_object_or_404(Run, pk=pk)
    asked = run.parameters
    query = urlencode({"effet": asked["effective"], "connaissance": asked["known"]}) if asked else ""
    readable = _readable(request.user, now)
    reports = [(report, f"{reverse('reporting:report_detail', args=[report.code])}?{query}") for report in readable]
    title = {"queued": _("Calcul en attente"), "running": _("Calcul en cours"), "done": _("Calcul terminé"), "failed": _("Calcul échoué")}
    over = run.state in ("done", "failed")
    return render(request, "reporting/run_detail.html", {"run": run, "reports": reports, "title": title[run.state], "over": over})

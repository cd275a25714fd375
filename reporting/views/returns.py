"""What a project, an organisation, a call and the Fund gave back: plan against gains, stage by stage, and the ratios."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.templatetags.typography import fiscal_year, number, year_spans
from projects.models import Call, Organisation, Project
from projects.queries.applications import projects_for
from reporting import catalogue
from reporting.enums import GainReportState
from reporting.forms.reports import DatesForm, refuse_future
from reporting.models import Snapshot
from reporting.policies import returns as policies
from reporting.policies.reports import read_reports
from reporting.policies.variances import explain_variance
from reporting.queries import returns as queries
from reporting.queries.gains import gain_lines_of
from reporting.queries.projects import project_rows_for
from reporting.queries.snapshots import changed_since
from reporting.returns_charts import path_chart, waterfall_chart, years_chart
from reporting.rules import TOTAL
from reporting.services.gain_rows import METHOD_VERSION
from reporting.tables.gains import GAIN_COLOURS
from reporting.tables.returns import ReturnsTable
from reporting.views.reports import chosen_dates, dates_of
from reporting.views.returns_cells import Cells, beside_rows, money_or_none, total_row, variance_cells


# ── What every page begins with ──────────────────────────────────────────────────────────────────────────────────────
def _asked(request: HttpRequest, now: datetime) -> tuple[dict[str, Snapshot], dict[str, str]]:
    """The snapshots of the pair of dates in the address, or the working ones; and that pair as a link writes it."""
    form = DatesForm(request.GET)
    if not form.is_valid() or refuse_future(form, now):
        raise Http404
    pair = chosen_dates(form, now)
    return queries.snapshots_at(*pair), dates_of(*pair)


def _not_computed(person: Any, dates: dict[str, str], now: datetime) -> dict[str, Any]:
    """What a page says before its figures are: at dates that were asked for, a reader of the reports is led to where they are computed."""
    address = f"{reverse('reporting:report_detail', args=['roi-projects'])}?{urlencode(dates)}"
    return {"snapshot": None, "ask_url": address if dates and read_reports(person, now) else ""}


def _common(request: HttpRequest, cells: Cells, snapshot: Snapshot) -> dict[str, Any]:
    """What a figure rests on: its dates, the rate, the method and the version of the computation."""
    rate, source = queries.discount_rate(snapshot)
    return {
        "snapshot": snapshot,
        "changed": changed_since(snapshot.known),
        "rate": rate,
        "rate_source": source,
        "method": METHOD_VERSION,
        "version": snapshot.manifest.get("version", catalogue.VERSION),
        "amounts": cells.amounts(),
        "ratios": cells.ratios(),
        "cells": {name: cells(name) for name in HEADLINE},
        "contested": cells("net_gain_contested") if Decimal(cells.row["net_gain_contested"]) else None,
    }


def _years(cells: Cells, years: queries.Years) -> dict[str, Any]:
    return {
        "years": [(fiscal_year(line.year), cells.year(line)) for line in years.net],
        "years_total": total_row(years.net) if len(years.net) > 1 else [],
        "years_chart": years_chart(years.net),
        "beside": [beside_rows(nature, lines) for nature, lines in years.beside],
    }


#: the figures that a page begins with, and the two that stand beside each ratio
HEADLINE = ("net_gain_verified", "net_gain_expected", "realisation_verified", "payback_years", "coverage", "capture_rate")


# ── A project ────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def project_returns(request: HttpRequest, project: str) -> HttpResponse:
    """The gains of one project, for whoever sees it: the rows behind its figures are for those who read the reports."""
    now = timezone.now()
    found = get_object_or_404(project_rows_for(request.user, now), reference=project)
    kept, dates = _asked(request, now)
    snapshot = kept.get("roi-projects")
    row = queries.public_row(snapshot, found.reference) if snapshot else None
    lines = _lines(found)
    again = [one for _line, reports in lines for one, _colour in reports if one.state == GainReportState.TO_REVERIFY]
    context = {"project": found, "lines": lines, "again": again} | _not_computed(request.user, dates, now)
    if snapshot is not None and row is not None:
        cells = Cells("roi-projects", row, dates, bool(read_reports(request.user, now)))
        parts = queries.project_parts(kept["gains"], found.reference)
        context |= _common(request, cells, snapshot) | _project_facts(found, snapshot, row, parts)
        context |= _years(cells, queries.years_of(queries.as_parts(parts)))
        said = queries.variance_rows(kept["variances"], found.reference)
        context["may_explain"] = explain_variance(request.user, found, now)
        context["variances"] = [variance_cells(Cells("variances", each, dates, cells.linked)) for each in said]
    return render(request, "reporting/returns_project.html", context)


def _project_facts(project: Project, snapshot: Snapshot, row: queries.Row, parts: list[queries.Row]) -> dict[str, Any]:
    net = queries.years_of(queries.as_parts(parts)).net
    gains = {line.year: line.amounts["verified"] for line in net}
    first = fiscal_year_of(project.decided_on) if project.decided_on else snapshot.effective.year
    costs = queries.costs_by_year(project, snapshot)
    path, payback = queries.path_of(gains, costs, first), money_or_none(row["payback_years"])
    invested = sum(costs.values()) > 0
    return {
        "path": path,
        "invested": invested,
        "path_chart": path_chart(path, payback) if invested else None,
        "missing": queries.missing_reports(parts),
        "windfall_lines": queries.windfall_lines(parts),
        "contested_lines": _contested(parts),
    }


def _contested(parts: list[queries.Row]) -> list[tuple[str, str]]:
    """The code of each contested line, and its fiscal years in words."""
    return [(line, year_spans(years)) for line, years in queries.contested_lines(parts)]


def _lines(project: Project) -> list[tuple[Any, list[tuple[Any, str]]]]:
    return [
        (line, [(one, GAIN_COLOURS[GainReportState(one.state)]) for one in line.reports.all()])
        for line in gain_lines_of(project, locked=project.imported_at is None)
    ]


# ── A group of projects ──────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def call_returns(request: HttpRequest, reference: str) -> HttpResponse:
    """What the projects of a call gave back."""
    now = timezone.now()
    call = get_object_or_404(Call, reference=reference)
    policies.read_call_returns(request.user, call, now).require()
    return _group(request, "roi-calls", reference, Project.objects.filter(call=call), {"call": call})


@require_safe
@login_required
def organisation_returns(request: HttpRequest, code: str) -> HttpResponse:
    """What the projects of an organisation gave back."""
    now = timezone.now()
    organisation = get_object_or_404(Organisation, code=code)
    policies.read_organisation_returns(request.user, organisation, now).require()
    members = Project.objects.filter(organisation=organisation)
    return _group(request, "roi-organisations", code, members, {"organisation": organisation})


def _group(request: HttpRequest, report: str, key: str, members: QuerySet[Project], context: dict[str, Any]) -> HttpResponse:
    """The page of a group: its row, its gains by year, its projects. A recusal that hides the row hides the page's figures."""
    now = timezone.now()
    kept, dates = _asked(request, now)
    snapshot = kept.get(report)
    row = queries.row_of(snapshot, key, request.user) if snapshot else None
    context |= {"table": None} | _not_computed(request.user, dates, now)
    if snapshot is not None and row is not None:
        cells = Cells(report, row, dates, bool(read_reports(request.user, now)))
        decided = members.filter(decided_on__lte=snapshot.effective)
        context |= _common(request, cells, snapshot) | _population(cells)
        context |= _years(cells, queries.years_of(queries.group_parts(kept["gains"], decided, request.user)))
        visible = projects_for(request.user, now).filter(pk__in=decided.values("pk"))
        context["table"] = _table(request, kept["roi-projects"], visible)
        context["waterfall"] = waterfall_chart(row)
    return render(request, "reporting/returns_group.html", context)


def _population(cells: Cells) -> dict[str, Any]:
    """How many projects the figures add up, and those that a ratio leaves out."""
    row = cells.row
    return {
        "projects": int(row["projects"]),
        "excluded": int(row["projects_excluded"]),
        "excluded_gain": cells("excluded_gain"),
        "immature": int(row["projects_immature"]),
        "immature_cost": cells("immature_cost"),
    }


def _table(request: HttpRequest, snapshot: Snapshot, members: QuerySet[Project]) -> ReturnsTable:
    table = ReturnsTable.for_page(request, queries.project_rows(snapshot, members))
    count = table.paginator.count
    table.caption = ngettext("%(count)s projet", "%(count)s projets", count) % {"count": number(count)}
    return table


# ── The Fund ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
@login_required
def fund_returns(request: HttpRequest) -> HttpResponse:
    """What the whole Fund gave back, by cohort of decision: a cohort is never mixed with a period."""
    now = timezone.now()
    read_reports(request.user, now).require()
    kept, dates = _asked(request, now)
    snapshot = kept.get("roi-cohorts")
    context = _not_computed(request.user, dates, now)
    if snapshot is not None:
        cohorts = [Cells("roi-cohorts", row, dates, linked=True) for row in queries.cohort_rows(snapshot)]
        total = next(cells for cells in cohorts if cells.row["cohort"] == TOTAL)
        context |= _common(request, total, snapshot) | _population(total)
        context |= {
            "waterfall": waterfall_chart(total.row),
            "before": total("roi_fund"),
            "after": total("roi_after_admin"),
            "cost": queries.secretariat_cost(snapshot),
            "coverage": total("coverage"),
            "capture": total("capture_rate"),
            "cohorts": [(cells("cohort"), [cells(name) for name in COHORT]) for cells in cohorts],
            "cohort_columns": [total(name).label for name in COHORT],
        }
    return render(request, "reporting/returns_fund.html", context)


#: what the table of cohorts shows of each
COHORT = ("projects", "fund_paid", "net_gain_verified", "roi_fund", "roi_public", "coverage", "capture_rate")
#: what the page by period shows of each fiscal year and nature: amounts alone
PERIOD = ("forecast", "reported", "verified", "captured", "contested")


@require_safe
@login_required
def period_returns(request: HttpRequest) -> HttpResponse:
    """What was gained in each fiscal year, whatever the cohort: amounts alone, since a return by period means nothing."""
    now = timezone.now()
    read_reports(request.user, now).require()
    kept, dates = _asked(request, now)
    snapshot = kept.get("gains-by-year")
    context = _not_computed(request.user, dates, now)
    if snapshot is not None:
        rows = queries.cohort_rows(snapshot)
        lines = [queries.year_line(row) for row in rows if row["nature"] == "NET" and row["fiscal_year"] != TOTAL]
        cells = [Cells("gains-by-year", row, dates, linked=True) for row in rows]
        context |= {
            "snapshot": snapshot,
            "changed": changed_since(snapshot.known),
            "chart": years_chart(lines),
            "rows": [(one("fiscal_year"), one("nature"), [one(name) for name in PERIOD], one.row["nature"] == "NET") for one in cells],
            "columns": [catalogue.GAINS_BY_YEAR.column(name).label for name in PERIOD],
        }
    return render(request, "reporting/returns_period.html", context)

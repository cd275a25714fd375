"""Pages of projects: the list, and one project with its agreement, milestones, payments and gains."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.templatetags.typography import number
from funding.policies.payments import list_payments
from funding.queries.payments import instalments_for, milestones_for
from projects.enums import ProjectState
from projects.policies.staff import read_files
from reporting.enums import GainReportState
from reporting.filters.gains import ProjectFilter
from reporting.policies.gains import report_gain
from reporting.policies.renewals import open_renewal
from reporting.queries.contests import contested_years
from reporting.queries.gains import gain_lines_of
from reporting.queries.projects import agreement_of, project_rows_for
from reporting.tables.gains import GAIN_COLOURS, PROJECT_COLOURS, ProjectTable


@require_safe
@login_required
def project_list(request: HttpRequest) -> HttpResponse:
    """The projects that the reader may see: their organisations', or all for the Secretariat and the auditors."""
    now = timezone.now()
    found = ProjectFilter(request.GET, project_rows_for(request.user, now), request=request)
    table = ProjectTable.for_page(request, found.qs)
    count = table.paginator.count
    table.caption = ngettext("%(count)s projet", "%(count)s projets", count) % {"count": number(count)}
    return render(request, "reporting/project_list.html", {"table": table, "filter": found, "staff": read_files(request.user, now)})


@require_safe
@login_required
def project_detail(request: HttpRequest, project: str) -> HttpResponse:
    """One project, from its agreement to its gains."""
    now = timezone.now()
    found = get_object_or_404(project_rows_for(request.user, now), reference=project)
    lines = [
        (line, [(report, GAIN_COLOURS[GainReportState(report.state)]) for report in line.reports.all()]) for line in gain_lines_of(found)
    ]
    context = {
        "project": found,
        "colour": PROJECT_COLOURS[ProjectState(found.state)],
        "agreement": agreement_of(found),
        "milestones": milestones_for(request.user, now).filter(agreement__project=found).order_by("position", "pk"),
        "instalments": instalments_for(request.user, now).filter(agreement__project=found, replaced_by=None).order_by("position", "pk"),
        "lines": lines,
        "contested": contested_years(line.pk for line, _reports in lines).items(),
        "may_report": report_gain(request.user, found, now),
        "may_renew": open_renewal(request.user, found, now),
        "reads_payments": list_payments(request.user, now, found.call_id),
        "reads_files": read_files(request.user, now, found.call_id),
    }
    return render(request, "reporting/project_detail.html", context)

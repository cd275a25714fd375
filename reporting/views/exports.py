"""Reports taken out of the portal: a file is made by a POST, then downloaded by its author alone."""

from __future__ import annotations

import tempfile
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.kit.views import posted_key, writes_access
from projects.models import User
from projects.services.access import record_access
from reporting.catalogue import REPORTS
from reporting.columns import Report
from reporting.exports import FORMATS, Source, write_file
from reporting.forms.reports import ExportForm
from reporting.policies import reports as policies
from reporting.queries.exports import exports_for
from reporting.queries.snapshots import hidden_projects, snapshot_of
from reporting.services.compute import rows_of
from reporting.services.exports import keep_export
from reporting.services.snapshots import fix_knowledge, one_moment
from reporting.views.reports import chosen_dates, report_or_404


@require_POST
@login_required
def export_create(request: HttpRequest, code: str) -> HttpResponse:
    """Make the file of a report at the dates and with the filters of its page."""
    now, report = timezone.now(), report_or_404(code)
    policies.export_report(request.user, report, now).require()
    form = ExportForm(request.POST, report=report, formats=[(each.code, each.label) for each in FORMATS.values()])
    if not form.is_valid():
        return render(request, "reporting/export_refused.html", {"report": report, "form": form}, status=422)
    effective, known = chosen_dates(form, now)
    working = snapshot_of(code, effective, known)
    if working is not None:
        effective, known = working.effective, working.known
    if effective is None or known is None:
        raise Invalid(_("Aucun calcul n’est encore fait : demandez-le d’abord."))
    return _make(request, report, form, effective, known, now)


def _make(request: HttpRequest, report: Report, form: ExportForm, effective: date, known: datetime, now: datetime) -> HttpResponse:
    fix_knowledge(known, now=now)
    with tempfile.TemporaryFile() as file:
        with one_moment():
            rows = rows_of(report, effective=effective, known=known, filters=form.filters, person=request.user)
            source = Source(report, rows, effective, known, form.filters, _notes(report, request.user))
            made = write_file(source, FORMATS[form.cleaned_data["format"]], file)
        export = keep_export(
            report=report.code, effective=effective, known=known, made=made, content=file, actor=request.user, now=now,
            key=posted_key(request),
        )  # fmt: skip
    return redirect("reporting:export_detail", pk=export.pk)


def _notes(report: Report, person: User) -> list[str]:
    if report.by_project and hidden_projects(person).exists():
        return [_("Une récusation cache des projets : les totaux portent sur les projets visibles seulement.")]
    return []


@require_safe
@login_required
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The file that was made: what it holds, its SHA-256, and where to download it."""
    now = timezone.now()
    export = get_object_or_404(exports_for(request.user, now), pk=pk)
    policies.export_report(request.user, REPORTS[export.report], now).require()
    context = {"export": export, "report": REPORTS[export.report], "format": FORMATS[export.format]}
    return render(request, "reporting/export_detail.html", context)


@writes_access
@require_safe
@login_required
def export_download(request: HttpRequest, pk: int) -> FileResponse:
    """The bytes. Whoever lost the right, or was recused since, no longer has the file."""
    now = timezone.now()
    export = get_object_or_404(exports_for(request.user, now), pk=pk)
    policies.export_report(request.user, REPORTS[export.report], now).require()
    if not default_storage.exists(export.path.name):
        raise Http404
    record_access(obj=export, what="export", actor=request.user, now=now, sha256=export.sha256)
    content_type = FORMATS[export.format].content_type
    response = FileResponse(default_storage.open(export.path.name), as_attachment=True, filename=export.name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response

"""The journal for those who audit: its entries, the link of each, and the files that they take."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.kit.views import posted_key
from projects.models import JournalEntry
from projects.policies import journal as policies
from projects.queries.activity import stood_in_for
from reporting.filters.audit import JournalFilter
from reporting.queries.audit import check_link, journal_for, journal_page
from reporting.services.audit_exports import JournalFile, export_journal, make_bundle, make_csv
from reporting.tables.audit import JournalTable, act_name, actor_name, file_name, object_name


@require_safe
@login_required
def audit_list(request: HttpRequest) -> HttpResponse:
    """The acts, the latest first, with filters in the address; pages by key, so that the last one costs what the first does."""
    now = timezone.now()
    policies.read_journal(request.user, now).require()
    found = JournalFilter(request.GET, journal_for(request.user, now), request=request)
    page = journal_page(found.qs, before=_key(request.GET, "before"), after=_key(request.GET, "after"))
    table = JournalTable(page.entries, caption=_("Actes, le plus récent d’abord"))
    context = {
        "table": table,
        "filter": found,
        "newer": _address(request.GET, "after", page.newer),
        "older": _address(request.GET, "before", page.older),
        "key": f"{request.user.pk}-{now.timestamp()}",
    }
    return render(request, "reporting/audit_list.html", context)


def _key(asked: QueryDict, name: str) -> int | None:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _address(asked: QueryDict, name: str, key: int | None) -> str:
    """The address of the page around this one; the filters stay."""
    if key is None:
        return ""
    query = asked.copy()
    for each in ("before", "after"):
        query.pop(each, None)
    query[name] = str(key)
    return f"?{query.urlencode()}"


@require_safe
@login_required
def audit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One act: its content exactly as hashed, and its link recomputed."""
    now = timezone.now()
    entry = get_object_or_404(journal_for(request.user, now), pk=pk)
    context = {
        "entry": entry,
        "title": act_name(entry),
        "actor": actor_name(entry),
        "behalf": stood_in_for([entry]).get(entry.pk, ""),
        "object": object_name(entry),
        "file": file_name(entry),
        "check": check_link(entry),
    }
    return render(request, "reporting/audit_detail.html", context)


@require_POST
@login_required
def audit_export(request: HttpRequest) -> FileResponse:
    """Make the file, write in the journal who takes it, then serve it."""
    now = timezone.now()
    policies.export_journal(request.user, now).require()
    found = JournalFilter(request.GET, journal_for(request.user, now), request=request)
    if not found.is_valid():
        raise Invalid(_("Un filtre est invalide : corrigez-le, puis exportez de nouveau."))
    filters = {name: value for name, value in request.GET.items() if name in found.filters and value}
    made = _make(request.POST.get("format", ""), found.qs, filters, now)
    export_journal(made=made, filters=filters, actor=request.user, now=now, key=posted_key(request))
    return FileResponse(made.content, as_attachment=True, filename=made.name)


def _make(asked: str, entries: QuerySet[JournalEntry], filters: dict[str, str], now: Any) -> JournalFile:
    if asked == "csv":
        return make_csv(entries)
    if asked == "zip":
        return make_bundle(entries, filters=filters, now=now)
    raise Invalid(_("Choisissez le format : liste (CSV) ou dossier vérifiable (ZIP)."))

"""The Secretariat's queue of applications, and its export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.kit.views import posted_key
from fondsinnovation.templatetags.typography import number
from projects.enums import WAITING, ApplicationState, OrganisationKind
from projects.exports import csv_response
from projects.filters.applications import ApplicationFilter
from projects.models import Application
from projects.policies import staff as policies
from projects.queries.staff import staff_queue_for, view_counts
from projects.services.exports import export_applications
from projects.tables.applications import QueueTable

#: a column of the export: its heading and where its value is read
COLUMNS = (
    (_("Numéro"), "number"),
    (_("Titre"), "title"),
    (_("Organisme"), "organisation__name"),
    (_("Type d’organisme"), "organisation__kind"),
    (_("Appel"), "call__reference"),
    (_("Étape"), "state"),
    (_("Montant demandé"), "amount_requested"),
    (_("Coût total"), "total_cost"),
    (_("Cote"), "score"),
    (_("Déposée le"), "submitted_at"),
)


@require_safe
@login_required
def application_list(request: HttpRequest) -> HttpResponse:
    """The queue: saved views with their counts, filters and order in the address."""
    now = timezone.now()
    policies.read_files(request.user, now).require()
    queue = staff_queue_for(request.user, now)
    counts, late = view_counts(queue, now)
    found, view = _shown(request, queue), _view(request)
    counted = {each.view.code: each.count for each in counts} if not _narrowed(request) else {}
    table = QueueTable.for_page(request, found.qs, now=now, count=counted.get(view))
    table.caption = _caption(table.paginator.count)
    context = {"table": table, "filter": found, "counts": counts, "late": late, "view": view}
    return render(request, "projects/staff_application_list.html", context)


@require_POST
@login_required
def application_export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as filtered, row by row from a cursor of the database."""
    now = timezone.now()
    rows = _filtered(request, now)
    export_applications(filters=request.GET.dict(), rows=rows.count(), actor=request.user, now=now, key=posted_key(request))
    return csv_response("demandes.csv", [title for title, _path in COLUMNS], _readable(rows))


def _filtered(request: HttpRequest, now: datetime) -> QuerySet[Application]:
    """The rows of a file. Raises Invalid: what a page says of a wrong filter, a file of every row would not."""
    found = _shown(request, staff_queue_for(request.user, now))
    if not found.is_valid():
        raise Invalid(gettext("Un filtre est invalide : corrigez-le, puis exportez de nouveau."))
    return found.qs


def _view(request: HttpRequest) -> str:
    """The saved view of the page: what is to do, until something else is asked for."""
    return request.GET.get("view") or ("all" if _narrowed(request) else "todo")


def _narrowed(request: HttpRequest) -> bool:
    """Whether something else than a saved view is asked for."""
    return any(request.GET.get(name) for name in ApplicationFilter.base_filters if name != "view")


def _shown(request: HttpRequest, queue: QuerySet[Application]) -> ApplicationFilter:
    """The queue as its address asks. A search from the first page looks in every file, so « à traiter » is not a filter there."""
    if _view(request) == "todo" and not request.GET.get("view"):
        queue = queue.filter(state__in=WAITING)
    return ApplicationFilter(request.GET, queue, request=request)


def _readable(rows: QuerySet[Application]) -> Iterator[list[Any]]:
    """The values of each row, codes as their French labels."""
    paths = [path for _title, path in COLUMNS]
    labels: dict[int, dict[str, Any]] = {
        paths.index("state"): {code: str(label) for code, label in ApplicationState.choices},
        paths.index("organisation__kind"): {code: str(label) for code, label in OrganisationKind.choices},
    }
    for values in rows.values_list(*paths).iterator(chunk_size=2000):
        yield [labels[at][value] if at in labels else value for at, value in enumerate(values)]


def _caption(count: int) -> str:
    if not count:
        return gettext("Aucune demande")
    return ngettext("%(count)s demande", "%(count)s demandes", count) % {"count": number(count)}

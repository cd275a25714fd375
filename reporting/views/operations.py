"""The page of a technical administrator: the health of the service, without business data."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from reporting.policies import operations as policies
from reporting.queries.operations import checks, last_runs, outbox_backlog
from reporting.tables.operations import RunTable, TopicTable, check_rows


@require_safe
@login_required
def operations(request: HttpRequest) -> HttpResponse:
    """Database, broker, beat, outbox and computations, as of now."""
    now = timezone.now()
    policies.watch_operations(request.user, now).require()
    topics = outbox_backlog()
    found = checks(now, topics)
    context = {
        "now": now,
        "checks": check_rows(found),
        "well": all(one.well for one in found),
        "topics": TopicTable(topics),
        "runs": RunTable(list(last_runs())),
    }
    return render(request, "reporting/operations.html", context)

"""The public pages of calls for projects, and the Secretariat's list of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.tables import BaseTable
from fondsinnovation.templatetags.typography import number
from projects.enums import ApplicationState, CostCategory, FundingSource, SectionKind
from projects.filters.calls import CallFilter, PublicCallFilter
from projects.policies.calls import write_call
from projects.policies.staff import read_files
from projects.queries.applications import own_applications_for
from projects.queries.calls import calls_for, calls_to_apply, content_of, in_reading_order, staff_calls_for
from projects.queries.staff import SERVICE_STANDARD
from projects.sections import ATTACHABLE, SECTIONS
from projects.tables.calls import CallTable, StaffCallTable, state_tag

RECENT = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is open, how it works, and one's own applications."""
    now = timezone.now()
    cards = [{"call": call, "state": state_tag(call)} for call in calls_to_apply(now)]
    own = own_applications_for(request.user, now).select_related("call").order_by("-changed_at", "-pk")
    is_open = any(card["call"].accepts_at(now) for card in cards)
    mine = [(application, ApplicationState(application.stage).label) for application in own[:RECENT]]
    context = {"cards": cards, "own": mine, "is_open": is_open, "standard": SERVICE_STANDARD.days}
    return render(request, "projects/home.html", context)


@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """Every published call: what is open, what comes, what is over."""
    found = PublicCallFilter(request.GET, in_reading_order(calls_for(None, timezone.now())), request=request)
    return render(request, "projects/call_list.html", {"filter": found, "table": _table(CallTable, request, found)})


@require_safe
def call_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """A call as anybody reads it: its terms, dates, criteria and every question, before anything is begun."""
    now = timezone.now()
    call = get_object_or_404(calls_for(None, now), reference=reference)
    context = {
        "call": call,
        "state": state_tag(call),
        "content": content_of(call),
        "is_open": call.accepts_at(now),
        "questions": questions(),
    }
    return render(request, "projects/call_detail.html", context)


@require_safe
@login_required
def staff_call_list(request: HttpRequest) -> HttpResponse:
    """The calls that the Secretariat writes, decides and follows."""
    now = timezone.now()
    read_files(request.user, now).require()
    found = CallFilter(request.GET, in_reading_order(staff_calls_for(request.user, now)), request=request)
    context = {"filter": found, "table": _table(StaffCallTable, request, found), "may_write": write_call(request.user, now)}
    return render(request, "projects/staff_call_list.html", context)


def _table(table: type[BaseTable], request: HttpRequest, found: CallFilter) -> BaseTable:
    made = table.for_page(request, found.qs)
    made.caption = ngettext("%(count)s appel à projets", "%(count)s appels à projets", made.paginator.count) % {
        "count": number(made.paginator.count)
    }
    return made


#: what a section asks beside its own fields: amounts by category and source, files by kind
ALSO_ASKED = {
    SectionKind.BUDGET: (*CostCategory, *FundingSource),
    SectionKind.DOCUMENTS: ATTACHABLE,
}


def questions() -> list[dict[str, Any]]:
    """The questions of an application, section by section, as its forms ask them."""
    found = []
    for section in SECTIONS:
        fields = [(field.label, field.help_text) for field in section.form_class.base_fields.values()]
        also = [(choice.label, "") for choice in ALSO_ASKED.get(section.kind, ())]
        rows = section.form_class.row_form.base_fields.values() if section.form_class.row_form else ()
        row_fields = [(field.label, field.help_text) for field in rows]
        found.append({"label": section.kind.label, "hint": section.hint, "fields": [*also, *fields], "rows": row_fields})
    return found

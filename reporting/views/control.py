"""The controller's page: what is left, how old commitments are, what is held back, the pace of payments, what may lapse."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from funding.policies.control import read_control
from funding.queries.envelopes import EnvelopeLines
from funding.queries.release import checklists_for
from projects.models import User
from reporting.control_charts import ageing_chart, lapse_chart, pace_chart
from reporting.forms.reports import DatesForm, refuse_future
from reporting.queries import control as queries
from reporting.queries.control import Age, Dates
from reporting.queries.snapshots import hidden_projects
from reporting.tables.control import HoldbackTable
from reporting.views.control_rows import AGES, FIGURES, PERIODS, control_rows


@require_safe
@login_required
def control(request: HttpRequest) -> HttpResponse:
    """The whole page at two dates; with `voir`, the register of rows behind one of its figures."""
    now = timezone.now()
    read_control(request.user, now).require()
    form = DatesForm(request.GET)
    if not form.is_valid() or refuse_future(form, now):
        return render(request, "reporting/control.html", {"filter": form, "dates": None}, status=422)
    asked = form.cleaned_data
    dates = Dates(asked["effet"] or timezone.localdate(now), asked["connaissance"] or now)
    address = {name: request.GET[name] for name in ("effet", "connaissance") if request.GET.get(name)}
    if "voir" in request.GET:
        return control_rows(request, dates, _url(address))
    return render(request, "reporting/control.html", {"filter": form, "dates": dates, **_context(request, dates, address)})


def _url(address: dict[str, str], show: str = "") -> str:
    query = address | ({"voir": show} if show else {})
    return reverse("reporting:control") + (f"?{urlencode(query)}" if query else "")


def _context(request: HttpRequest, dates: Dates, address: dict[str, str]) -> dict[str, Any]:
    left, ages, pace = queries.left_by_year(dates), queries.ageing(dates), queries.pace(dates)
    lapse = queries.lapse_lines(left, dates)
    held = queries.holdbacks(dates)
    return {
        "left": [(one, _left_rows(one, address)) for one in left],
        "figures": [label for _name, label in FIGURES],
        "ageing": ages,
        "age_rows": [(AGES[line.age], line, _url(address, f"age:{line.age}")) for line in ages],
        "age_total": sum(line.amount for line in ages),
        "late": next(line for line in ages if line.age == Age.OLD),
        "held": queries.total_left(held),
        "holdbacks": holdback_table(request, dates, request.user),
        "pace_rows": [(line, {name: _url(address, f"paye:{line.fiscal_year}:{name}") for name in PERIODS}) for line in pace],
        "lapse_rows": [(line, _url(address, f"perime:{line.code}"), _left_url(line.code, dates, address)) for line in lapse],
        "lapse_total": sum(line.lapse for line in lapse),
        "charts": {"ageing": ageing_chart(ages), "pace": pace_chart(pace), "lapse": lapse_chart(lapse)},
        "hidden": hidden_projects(request.user).exists(),
    }


def _left_url(code: str, dates: Dates, address: dict[str, str]) -> str:
    return _url(address, f"solde:{code}:{dates.fiscal_year}:available")


def _left_rows(found: EnvelopeLines, address: dict[str, str]) -> list[tuple[int | None, list[tuple[Any, Any, str]]]]:
    """Each fiscal year (None: all) with its figures: label, amount, and the address of the rows that it adds up."""
    code = found.envelope.code
    return [
        (
            line.fiscal_year,
            [(label, getattr(line, name), _url(address, f"solde:{code}:{line.fiscal_year or 'total'}:{name}")) for name, label in FIGURES],
        )
        for line in found.lines
    ]


def holdback_table(request: HttpRequest, dates: Dates, person: User) -> HoldbackTable:
    """One page of the hold-backs, each with its unmet conditions."""
    table = HoldbackTable.for_page(request, queries.visible_holdbacks(dates, person))
    shown = [row.record.agreement for row in table.paginated_rows]
    table.checklists = checklists_for(shown)
    return table

"""The Secretariat's own 30 M$: by fiscal year and kind, what is authorised, committed, paid, forecast and left."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, millions_text, money_cents, number
from funding.enums import CREDIT_KINDS, CostMoveKind, CostMoveState, LedgerKind
from funding.policies.costs import decide_cost_move, propose_cost
from funding.policies.payments import read_payments
from funding.queries.costs import CostFigures, cost_figures, cost_moves_for, costs_for, current_forecast
from funding.tables.costs import CostTable
from projects.enums import EnvelopeCode
from reporting.charts import DataTable, Figure, Fill, LegendItem, Series, grouped_bars

#: a figure of the page: its attribute and the kinds of ledger rows behind it
LINKS = {
    "open": CREDIT_KINDS,
    "committed": (LedgerKind.COMMITMENT,),
    "paid": (LedgerKind.PAYMENT,),
    "unpaid": (LedgerKind.COMMITMENT, LedgerKind.PAYMENT),
    "available": (*CREDIT_KINDS, LedgerKind.COMMITMENT),
}
_SERIES = (
    ("open", gettext_lazy("Crédit ouvert"), Fill.EMPTY),
    ("committed", gettext_lazy("Engagé"), Fill.LIGHT),
    ("paid", gettext_lazy("Payé"), Fill.SOLID),
    ("forecast", gettext_lazy("Prévu"), Fill.HATCHED),
)


@require_safe
@login_required
def cost_list(request: HttpRequest) -> HttpResponse:
    """The costs of the Secretariat; each figure of the ledger links to its rows."""
    now = timezone.now()
    read_payments(request.user, now).require()
    figures = cost_figures()
    table = CostTable.for_page(request, costs_for(request.user, now).order_by("-entered_at", "-pk"))
    count = table.paginator.count
    table.caption = ngettext("%(count)s dépense", "%(count)s dépenses", count) % {"count": number(count)}
    moves = cost_moves_for(request.user, now)
    waiting = moves.filter(state=CostMoveState.PROPOSED).order_by("entered_at", "pk")
    versions = moves.filter(kind=CostMoveKind.FORECAST).order_by("-entered_at", "-pk")
    context = {
        "years": _years(figures),
        "chart": _chart([line for line in figures if line.kind is None]),
        "table": table,
        "forecast": current_forecast(),
        "versions": versions[:10],
        "waiting": [(move, decide_cost_move(request.user, move, now)) for move in waiting],
        "may_enter": propose_cost(request.user, now),
    }
    return render(request, "reporting/cost_list.html", context)


def _years(figures: list[CostFigures]) -> list[tuple[int | None, list[tuple[CostFigures, dict[str, str]]]]]:
    """The lines of each fiscal year, each with the addresses of its figures."""
    years: dict[int | None, list[tuple[CostFigures, dict[str, str]]]] = {}
    for line in figures:
        years.setdefault(line.fiscal_year, []).append((line, _links(line)))
    return list(years.items())


def _links(line: CostFigures) -> dict[str, str]:
    asked: list[tuple[str, Any]] = [("envelope", EnvelopeCode.SECRETARIAT.value)]
    if line.fiscal_year:
        asked.append(("fiscal_year", line.fiscal_year))
    if line.kind:
        asked.append(("cost_kind", line.kind.value))
    address = reverse("funding:ledger_list")
    return {name: f"{address}?{urlencode([*asked, *(('kind', kind.value) for kind in kinds)])}" for name, kinds in LINKS.items()}


def _chart(totals: list[CostFigures]) -> Figure | None:
    """Credit, commitments, payments and forecast of each fiscal year."""
    if not totals:
        return None
    years = [line for line in totals if line.fiscal_year]
    whole = totals[-1]
    title = _("Crédit, engagements, paiements et prévision par exercice")
    labels = [fiscal_year(line.fiscal_year) for line in years]
    series = [Series(str(label), [getattr(line, name) or ZERO for line in years], fill) for name, label, fill in _SERIES]
    said = {"paid": millions_text(whole.paid), "committed": millions_text(whole.committed), "open": millions_text(whole.open or ZERO)}
    finding = _("Sur %(open)s ouverts, %(committed)s sont engagés et %(paid)s payés.") % said
    table = DataTable(
        _("Dépenses du Secrétariat par exercice, en dollars"),
        [_("Exercice"), *(str(label) for _name, label, _fill in _SERIES)],
        [[label, *_cells(line)] for label, line in zip(labels, years, strict=True)],
        [_("Total"), *_cells(whole)],
    )
    drawing = grouped_bars(id="costs-by-year", title=title, categories=labels, series=series)
    return Figure("costs", title, finding, [drawing], table, [LegendItem(str(label), fill) for _name, label, fill in _SERIES])


def _cells(line: CostFigures) -> list[str]:
    return [money_cents(getattr(line, name) or ZERO) for name, _label, _fill in _SERIES]

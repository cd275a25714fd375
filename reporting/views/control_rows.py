"""The register behind each figure of the controller's page: its rows at the same two dates, and their sum."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fondsinnovation.kit.money import ZERO, fiscal_year_start
from fondsinnovation.templatetags.typography import fiscal_year, number
from funding.enums import LedgerKind
from projects.enums import EnvelopeCode
from reporting.queries.control import Age, Dates, cost_line, due_lines, open_commitments
from reporting.queries.reports import ledger_cell
from reporting.queries.snapshots import hidden_projects
from reporting.tables.control import DueTable, OpenCommitmentTable
from reporting.tables.reports import LedgerRows

AGES: dict[Age, Any] = {
    Age.RECENT: gettext_lazy("De 0 à 90 jours"),
    Age.QUARTER: gettext_lazy("De 91 à 180 jours"),
    Age.HALF: gettext_lazy("De 181 à 365 jours"),
    Age.OLD: gettext_lazy("Plus de 365 jours"),
    Age.LATER: gettext_lazy("Exercices à venir"),
}
#: the figures of what is left: attribute (and column of the report `envelopes`), label
FIGURES = (
    ("open", gettext_lazy("Crédit ouvert")),
    ("reserved", gettext_lazy("Réservé")),
    ("committed", gettext_lazy("Engagé")),
    ("paid", gettext_lazy("Payé")),
    ("unpaid", gettext_lazy("Restes à payer")),
    ("available", gettext_lazy("Disponible")),
)
#: parts of a fiscal year: the month and day on which each begins, in its second calendar year (None: with the year)
PERIODS = {
    "annee": (None, gettext_lazy("Payé dans l’exercice")),
    "trimestre": ((1, 1), gettext_lazy("Payé au dernier trimestre")),
    "mois": ((3, 1), gettext_lazy("Payé au dernier mois")),
}
Found = tuple[str, Any, Any]


def control_rows(request: HttpRequest, dates: Dates, back: str) -> HttpResponse:
    """The rows that `voir` asks for; 404 for what the page has no figure of."""
    name, *parts = request.GET["voir"].split(":")
    try:
        title, table, total = _REGISTERS[name](request, dates, *parts)
    except (KeyError, ValueError, TypeError) as error:  # an address that nobody was given
        raise Http404 from error
    count = table.paginator.count
    table.caption = ngettext("%(count)s ligne", "%(count)s lignes", count) % {"count": number(count)}
    context = {"title": title, "table": table, "total": total, "dates": dates, "back": back}
    return render(request, "reporting/control_rows.html", {**context, "hidden": hidden_projects(request.user).exists()})


def _aged(request: HttpRequest, dates: Dates, age: str) -> Found:
    rows = open_commitments(dates, Age(age), request.user)
    title = _("Engagements non payés : %(age)s") % {"age": str(AGES[Age(age)]).lower()}
    return title, OpenCommitmentTable.for_page(request, rows), sum((row.open for row in rows), ZERO)


def _due(request: HttpRequest, dates: Dates, code: str) -> Found:
    label = EnvelopeCode(code).label
    rows = due_lines(dates, hidden_projects(request.user)).get(code, [])
    costs = cost_line(dates) if code == EnvelopeCode.SECRETARIAT else None
    rows = [*rows, costs] if costs else rows
    title = _("Engagements de l’exercice non payables avant le 31 mars : %(envelope)s") % {"envelope": label}
    return title, DueTable.for_page(request, rows), sum((row.stuck for row in rows), ZERO)


def _left(request: HttpRequest, dates: Dates, code: str, year: str, figure: str) -> Found:
    rows = dates.rows().filter(envelope__code=EnvelopeCode(code))
    said = _("tous les exercices")
    if year != "total":
        rows, said = rows.filter(fiscal_year=int(year)), fiscal_year(int(year))
    found = ledger_cell(rows, figure, request.user)
    title = f"{dict(FIGURES)[figure]} – {EnvelopeCode(code).label}, {said}"
    return title, LedgerRows.for_page(request, found.rows), found.total


def _paid(request: HttpRequest, dates: Dates, year: str, period: str) -> Found:
    begins, label = PERIODS[period]
    first = date(int(year) + 1, *begins) if begins else fiscal_year_start(int(year))
    rows = dates.rows().filter(kind=LedgerKind.PAYMENT, effective_on__gte=first, effective_on__lt=fiscal_year_start(int(year) + 1))
    found = ledger_cell(rows, "paid", request.user)
    return f"{label} – {fiscal_year(int(year))}", LedgerRows.for_page(request, found.rows), found.total


_REGISTERS: dict[str, Callable[..., Found]] = {"age": _aged, "perime": _due, "solde": _left, "paye": _paid}

"""The envelopes by fiscal year, and the ledger rows behind each figure."""

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

from fondsinnovation.templatetags.typography import money, number
from funding.enums import LedgerKind
from funding.filters.payments import LedgerFilter
from funding.models import Envelope
from funding.policies import payments as policies
from funding.queries.envelopes import YearLine, envelope_lines, ledger_for, ledger_total
from funding.tables.payments import LedgerTable

#: a figure of the page: its attribute, its heading, and the kinds of ledger rows that it sums
COLUMNS = (
    ("authorised", gettext_lazy("Autorisé"), (LedgerKind.AUTHORISATION,)),
    ("reserved", gettext_lazy("Réservé"), (LedgerKind.RESERVATION,)),
    ("committed", gettext_lazy("Engagé"), (LedgerKind.COMMITMENT,)),
    ("paid", gettext_lazy("Versé"), (LedgerKind.PAYMENT, LedgerKind.RECOVERY)),
)


@require_safe
@login_required
def envelope_list(request: HttpRequest) -> HttpResponse:
    """Each envelope by fiscal year; each figure links to the rows that it sums."""
    policies.read_payments(request.user, timezone.now()).require()
    envelopes = [(envelope, [_line(envelope, line) for line in lines]) for envelope, lines in envelope_lines()]
    return render(request, "funding/envelope_list.html", {"envelopes": envelopes, "columns": COLUMNS})


def _line(envelope: Envelope, line: YearLine) -> dict[str, Any]:
    cells = []
    for name, label, kinds in COLUMNS:
        asked: list[tuple[str, Any]] = [("envelope", envelope.code), *(("kind", kind.value) for kind in kinds)]
        if line.fiscal_year:
            asked.append(("fiscal_year", line.fiscal_year))
        url = f"{reverse('funding:ledger_list')}?{urlencode(asked)}"
        cells.append({"label": label, "amount": getattr(line, name), "url": url})
    return {"fiscal_year": line.fiscal_year, "cells": cells, "available": line.available}


@require_safe
@login_required
def ledger_list(request: HttpRequest) -> HttpResponse:
    """Ledger rows with their filters in the address, and their sum."""
    now = timezone.now()
    policies.read_payments(request.user, now).require()
    rows = ledger_for(request.user, now).order_by("-recorded_at", "-pk")
    found = LedgerFilter(request.GET, rows, request=request)
    table = LedgerTable.for_page(request, found.qs)
    count = table.paginator.count
    table.caption = ngettext("%(count)s écriture", "%(count)s écritures", count) % {"count": number(count)}
    if request.GET.getlist("kind"):  # credits, reservations and payments together would sum to nothing that means anything
        table.caption = _("%(rows)s, pour un total de %(total)s") % {"rows": table.caption, "total": money(ledger_total(found.qs))}
    return render(request, "funding/ledger_list.html", {"table": table, "filter": found})

"""The envelopes by fiscal year, and the ledger rows behind each figure."""

from __future__ import annotations

from decimal import Decimal
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
from fondsinnovation.templatetags.typography import money, number
from funding.enums import CREDIT_KINDS, LedgerKind
from funding.filters.payments import LedgerFilter
from funding.policies import payments as policies
from funding.policies.control import read_control
from funding.policies.credit_moves import prepare_year_end
from funding.queries.cash import is_in_force
from funding.queries.envelopes import EnvelopeLines, envelope_lines, ledger_for, ledger_totals
from funding.tables.payments import LedgerTable

#: kinds of rows whose sum means something
ADD_UP = (CREDIT_KINDS, (LedgerKind.PAYMENT, LedgerKind.RECOVERY))
#: a figure of the page: its attribute, its label, the kinds of ledger rows behind it, and whether other figures make it
ROWS = (
    ("authorised", gettext_lazy("Autorisé"), (LedgerKind.AUTHORISATION,), False),
    ("transfers", gettext_lazy("Virements"), (LedgerKind.TRANSFER,), False),
    ("frozen", gettext_lazy("Gelé"), (LedgerKind.FREEZE,), False),
    ("lapsed", gettext_lazy("Périmé"), (LedgerKind.LAPSE,), False),
    ("carried", gettext_lazy("Reporté"), (LedgerKind.CARRY,), False),
    ("reinvested", gettext_lazy("Réinvesti"), (LedgerKind.REINVESTMENT,), False),
    ("open", gettext_lazy("Crédit ouvert"), CREDIT_KINDS, True),
    ("reserved", gettext_lazy("Réservé"), (LedgerKind.RESERVATION,), False),
    ("committed", gettext_lazy("Engagé"), (LedgerKind.COMMITMENT,), False),
    ("available", gettext_lazy("Disponible"), (*CREDIT_KINDS, LedgerKind.RESERVATION, LedgerKind.COMMITMENT), True),
    ("paid", gettext_lazy("Versé"), (LedgerKind.PAYMENT,), False),
    ("recovered", gettext_lazy("Recouvré"), (LedgerKind.RECOVERY,), False),
    ("unpaid", gettext_lazy("Restes à payer"), (LedgerKind.COMMITMENT, LedgerKind.PAYMENT), True),
)


@require_safe
@login_required
def envelope_list(request: HttpRequest) -> HttpResponse:
    """Each envelope by fiscal year; each figure links to the rows that it sums."""
    now = timezone.now()
    policies.read_payments(request.user, now).require()
    envelopes = [(found, [_figure(found, *row) for row in ROWS]) for found in envelope_lines()]
    context = {
        "envelopes": envelopes,
        "authority_in_force": is_in_force(timezone.localdate(now), now),
        "may_close": prepare_year_end(request.user, now),
        "may_control": read_control(request.user, now),
    }
    return render(request, "funding/envelope_list.html", context)


def _figure(found: EnvelopeLines, name: str, label: str, kinds: tuple[LedgerKind, ...], is_made: bool) -> dict[str, Any]:
    cells = []
    for line in found.lines:
        asked: list[tuple[str, Any]] = [("envelope", found.envelope.code), *(("kind", kind.value) for kind in kinds)]
        if line.fiscal_year:
            asked.append(("fiscal_year", line.fiscal_year))
        url = f"{reverse('funding:ledger_list')}?{urlencode(asked)}"
        cells.append({"fiscal_year": line.fiscal_year, "amount": getattr(line, name), "url": url})
    return {"label": label, "cells": cells, "is_made": is_made}


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
    if request.GET.getlist("kind"):
        table.caption = _with_totals(table.caption, ledger_totals(found.qs))
    return render(request, "funding/ledger_list.html", {"table": table, "filter": found})


def _with_totals(caption: str, totals: dict[LedgerKind, Decimal]) -> str:
    """The sum of the rows when their kinds add up; else that of each kind: credit and payments together would mean nothing."""
    if len(totals) == 1 or any(totals.keys() <= set(kinds) for kinds in ADD_UP):
        return _("%(rows)s, pour un total de %(total)s") % {"rows": caption, "total": money(sum(totals.values(), ZERO))}
    parts = (_("%(kind)s : %(total)s") % {"kind": kind.label, "total": money(total)} for kind, total in totals.items())
    return "; ".join([caption, *parts])

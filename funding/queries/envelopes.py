"""Every figure of the envelopes is a sum of ledger rows, made here: page, list, export and report read the same sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind
from funding.models import Envelope, LedgerEntry
from funding.policies.payments import read_payments
from projects.queries.applications import not_recused
from projects.queries.calls import calls_for


@dataclass(frozen=True, slots=True)
class YearLine:
    """One envelope × fiscal year (`None`: every year), in dollars."""

    fiscal_year: int | None
    authorised: Decimal
    reserved: Decimal
    committed: Decimal
    paid: Decimal

    @property
    def available(self) -> Decimal:
        return self.authorised - self.reserved - self.committed

    @property
    def unpaid(self) -> Decimal:
        return self.committed - self.paid


_SUMS = {
    "authorised": Q(kind=LedgerKind.AUTHORISATION),
    "reserved": Q(kind=LedgerKind.RESERVATION),
    "committed": Q(kind=LedgerKind.COMMITMENT),
    "paid": Q(kind__in=(LedgerKind.PAYMENT, LedgerKind.RECOVERY)),
}


def envelope_lines() -> list[tuple[Envelope, list[YearLine]]]:
    """Each envelope with its years and, last, the total of its years: two queries."""
    sums = (
        LedgerEntry.objects.values("envelope_id", "fiscal_year")
        .annotate(**{name: Sum("amount", filter=rows, default=ZERO) for name, rows in _SUMS.items()})
        .order_by("envelope_id", "fiscal_year")
        .values_list("envelope_id", "fiscal_year", *_SUMS)
    )
    by_envelope: dict[int, list[YearLine]] = {}
    for envelope_id, year, *amounts in sums:
        by_envelope.setdefault(envelope_id, []).append(YearLine(year, *amounts))
    found = []
    for envelope in Envelope.objects.order_by("pk"):
        lines = by_envelope.get(envelope.pk, [])
        total = YearLine(None, *(sum((getattr(line, name) for line in lines), ZERO) for name in _SUMS))
        found.append((envelope, [*lines, total]))
    return found


def ledger_for(person: Any, now: datetime) -> QuerySet[LedgerEntry]:
    """Ledger rows, without those of a file that a recusal hides from this person, nor of a call that is still sealed for them."""
    if not read_payments(person, now):
        return LedgerEntry.objects.none()
    return LedgerEntry.objects.filter(
        Q(call__isnull=True) | Q(call__in=calls_for(person, now).values("pk")),
        not_recused(person, "award__application_id"),
        not_recused(person, "agreement__project__application_id"),
    ).select_related("envelope", "call", "award__application", "agreement")


def ledger_total(rows: QuerySet[LedgerEntry]) -> Decimal:
    """The sum of these ledger rows, in dollars."""
    return rows.order_by().aggregate(total=Sum("amount", default=ZERO))["total"]

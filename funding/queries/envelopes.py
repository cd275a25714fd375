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
    """One envelope × fiscal year (`None`: every year), in dollars. What is frozen, lapsed or recovered is shown above zero."""

    fiscal_year: int | None
    authorised: Decimal
    transfers: Decimal
    frozen: Decimal
    lapsed: Decimal
    carried: Decimal
    reinvested: Decimal
    reserved: Decimal
    committed: Decimal
    paid: Decimal
    recovered: Decimal

    @property
    def open(self) -> Decimal:
        """What may be reserved and committed, in all."""
        return self.authorised + self.transfers - self.frozen - self.lapsed + self.carried + self.reinvested

    @property
    def available(self) -> Decimal:
        return self.open - self.reserved - self.committed

    @property
    def unpaid(self) -> Decimal:
        return self.committed - self.paid


#: figure → the kind of rows that it sums, and whether they are shown with their sign
FIGURES = {
    "authorised": (LedgerKind.AUTHORISATION, 1),
    "transfers": (LedgerKind.TRANSFER, 1),
    "frozen": (LedgerKind.FREEZE, -1),
    "lapsed": (LedgerKind.LAPSE, -1),
    "carried": (LedgerKind.CARRY, 1),
    "reinvested": (LedgerKind.REINVESTMENT, 1),
    "reserved": (LedgerKind.RESERVATION, 1),
    "committed": (LedgerKind.COMMITMENT, 1),
    "paid": (LedgerKind.PAYMENT, 1),
    "recovered": (LedgerKind.RECOVERY, -1),
}


@dataclass(frozen=True, slots=True)
class EnvelopeLines:
    """An envelope, its ceiling as transfers with other envelopes left it, its years, and last the total of its years."""

    envelope: Envelope
    ceiling: Decimal
    lines: list[YearLine]


def envelope_lines(rows: QuerySet[LedgerEntry] | None = None) -> list[EnvelopeLines]:
    """Each envelope with its years and, last, the total of its years: two queries. Of some rows of the ledger when they are given."""
    chosen = LedgerEntry.objects.all() if rows is None else rows
    sums = (
        chosen.values("envelope_id", "fiscal_year")
        .annotate(**{name: Sum("amount", filter=Q(kind=kind), default=ZERO) for name, (kind, _sign) in FIGURES.items()})
        .order_by("envelope_id", "fiscal_year")
        .values_list("envelope_id", "fiscal_year", *FIGURES)
    )
    signs = [sign for _kind, sign in FIGURES.values()]
    by_envelope: dict[int, list[YearLine]] = {}
    for envelope_id, year, *amounts in sums:
        line = YearLine(year, *(amount * sign + ZERO for amount, sign in zip(amounts, signs, strict=True)))
        by_envelope.setdefault(envelope_id, []).append(line)
    found = []
    for envelope in Envelope.objects.order_by("pk"):
        lines = by_envelope.get(envelope.pk, [])
        total = YearLine(None, *(sum((getattr(line, name) for line in lines), ZERO) for name in FIGURES))
        found.append(EnvelopeLines(envelope, envelope.ceiling + total.transfers, [*lines, total]))
    return found


def ledger_for(person: Any, now: datetime) -> QuerySet[LedgerEntry]:
    """Ledger rows, without those of a file that a recusal hides from this person, nor of a call that is still sealed for them."""
    if not read_payments(person, now):
        return LedgerEntry.objects.none()
    return LedgerEntry.objects.filter(
        Q(call__isnull=True) | Q(call__in=calls_for(person, now).values("pk")),
        not_recused(person, "award__application_id"),
        not_recused(person, "agreement__project__application_id"),
    ).select_related("envelope", "call", "award__application", "agreement", "cost")


def ledger_totals(rows: QuerySet[LedgerEntry]) -> dict[LedgerKind, Decimal]:
    """The sum of these ledger rows for each kind among them, in dollars."""
    sums = dict(rows.order_by().values_list("kind").annotate(total=Sum("amount")).order_by())
    return {kind: sums[kind] for kind in LedgerKind if kind in sums}

"""What the rows of a list amount to: the same sums as the reports `commitments` and `payments`, for the same filter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind
from funding.models import Agreement, LedgerEntry, Payment


@dataclass(frozen=True, slots=True)
class AgreementTotals:
    """What some agreements are worth, and what the ledger committed and paid for them, in dollars."""

    amount: Decimal
    committed: Decimal
    paid: Decimal


def agreement_totals(rows: QuerySet[Agreement]) -> AgreementTotals:
    """The totals of a list of agreements: two queries."""
    chosen = Agreement.objects.filter(pk__in=rows.order_by().values("pk"))
    sums = LedgerEntry.objects.filter(agreement__in=chosen.values("pk")).aggregate(
        committed=Sum("amount", filter=Q(kind=LedgerKind.COMMITMENT), default=ZERO),
        paid=Sum("amount", filter=Q(kind=LedgerKind.PAYMENT), default=ZERO),
    )
    return AgreementTotals(chosen.aggregate(total=Sum("amount", default=ZERO))["total"], **sums)


def payment_total(rows: QuerySet[Payment]) -> Decimal:
    """The amount of some payments, at whatever step they are, in dollars: one query."""
    chosen = Payment.objects.filter(pk__in=rows.order_by().values("pk"))
    total: Decimal = chosen.aggregate(total=Sum("amount", default=ZERO))["total"]
    return total

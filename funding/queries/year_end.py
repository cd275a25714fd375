"""What is left of an envelope × fiscal year: by agreement what is not paid, and what nobody committed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import CREDIT_KINDS, LedgerKind
from funding.models import Agreement, LedgerEntry


@dataclass(frozen=True, slots=True)
class UnpaidLine:
    """An agreement, with its commitment of the year before what receipts gave back, and what was paid on that year, in dollars."""

    agreement: Agreement
    committed: Decimal
    paid: Decimal

    @property
    def unpaid(self) -> Decimal:
        return self.committed - self.paid


@dataclass(frozen=True, slots=True)
class YearLeft:
    """An account as its rows leave it; `lines` are the agreements whose commitment is not what was paid."""

    open: Decimal
    reserved: Decimal
    committed: Decimal
    paid: Decimal
    #: what receipts gave back of the commitments that payments had used up, in dollars
    recredited: Decimal
    lines: list[UnpaidLine]
    #: what the Secretariat's own costs committed and did not pay, in dollars
    costs_unpaid: Decimal

    @property
    def uncommitted(self) -> Decimal:
        return self.open - self.reserved - self.committed

    @property
    def is_closed(self) -> bool:
        return self.open == self.committed == self.paid - self.recredited and not self.reserved and not self.lines


def year_left(envelope_id: int, fiscal_year: int) -> YearLeft:
    """What is left of an account: three queries."""
    rows = LedgerEntry.objects.filter(envelope_id=envelope_id, fiscal_year=fiscal_year)
    sums = {
        "open": Sum("amount", filter=Q(kind__in=CREDIT_KINDS), default=ZERO),
        "reserved": Sum("amount", filter=Q(kind=LedgerKind.RESERVATION), default=ZERO),
        "committed": Sum("amount", filter=Q(kind=LedgerKind.COMMITMENT), default=ZERO),
        "paid": Sum("amount", filter=Q(kind=LedgerKind.PAYMENT), default=ZERO),
        "recredited": -Sum("amount", filter=Q(kind=LedgerKind.COMMITMENT, recredit__isnull=False), default=ZERO),
    }
    of_costs = Sum("amount", filter=Q(cost__isnull=False, kind=LedgerKind.COMMITMENT), default=ZERO) - Sum(
        "amount", filter=Q(cost__isnull=False, kind=LedgerKind.PAYMENT), default=ZERO
    )
    held = (
        rows.filter(agreement__isnull=False)
        .values("agreement_id")
        .annotate(engaged=sums["committed"] + sums["recredited"], paid=sums["paid"])
        .order_by("agreement__number", "agreement_id")
        .values_list("agreement_id", "engaged", "paid")
    )
    found = [row for row in held if row[1] != row[2]]
    agreements = Agreement.objects.select_related("project__organisation").in_bulk([pk for pk, _engaged, _paid in found])
    return YearLeft(
        **rows.aggregate(**sums, costs_unpaid=of_costs),
        lines=[UnpaidLine(agreements[pk], engaged, paid) for pk, engaged, paid in found],
    )


def commitments_left(agreement_id: int, envelope_id: int, fiscal_year: int) -> list[tuple[LedgerEntry, Decimal]]:
    """The commitment rows of an agreement on an account, the last first, each with what no contra-entry took back yet."""
    rows = (
        LedgerEntry.objects.filter(agreement_id=agreement_id, envelope_id=envelope_id, fiscal_year=fiscal_year)
        .filter(kind=LedgerKind.COMMITMENT, amount__gt=0, reverses=None)
        .annotate(undone=Sum("reversed_by__amount", default=ZERO))
        .order_by("-seq", "-pk")
    )
    return [(row, row.amount + row.undone) for row in rows if row.amount + row.undone > 0]

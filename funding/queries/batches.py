"""Reads of batches: what may leave, what a batch holds, and the bytes of its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from funding.enums import PaymentState
from funding.models import BatchOrder, Payment, PaymentBatch
from funding.queries.bank import current_details
from funding.queries.payments import payments_for
from projects.exports import cell
from projects.models import Organisation

#: the columns of the file of a batch: codes for a program, in an order that never changes
HEADER = ("ordre", "lot", "beneficiaire", "titulaire", "institution", "transit", "compte", "montant", "devise", "exercice")


def ready_for(person: Any, now: datetime) -> QuerySet[Payment]:
    """Authorised payments that this person may see and that no live batch holds."""
    held = BatchOrder.objects.filter(is_live=True).values("payment")
    return payments_for(person, now).filter(state=PaymentState.AUTHORISED).exclude(pk__in=held).order_by("order_number", "pk")


def payable(payments: Iterable[Payment]) -> tuple[list[Payment], list[Organisation]]:
    """Those whose organisation has confirmed bank details, and the organisations, by name, that have none."""
    rows = [(payment, payment.instalment.agreement.project.organisation) for payment in payments]
    details = current_details(owner.pk for _payment, owner in rows)
    without = {owner.pk: owner for _payment, owner in rows if owner.pk not in details}
    return [payment for payment, owner in rows if owner.pk in details], sorted(without.values(), key=lambda owner: (owner.name, owner.pk))


def batches() -> QuerySet[PaymentBatch]:
    """Batches, the newest first, with how many of their orders are confirmed, rejected or reversed."""
    state = "orders__payment__state"
    settled = {
        "confirmed": Count("orders", filter=Q(**{state: PaymentState.CONFIRMED, "orders__is_live": True})),
        "rejected": Count("orders", filter=Q(**{state: PaymentState.REJECTED, "orders__is_live": True})),
        "reversed": Count("orders", filter=Q(**{state: PaymentState.REVERSED, "orders__is_live": True})),
    }
    return (
        PaymentBatch.objects.annotate(**settled)
        .select_related("prepared_by", "transmitted_by", "cancelled_by")
        .order_by("-prepared_at", "-pk")
    )


def orders_of(batch: PaymentBatch, person: Any, now: datetime) -> QuerySet[BatchOrder]:
    """The orders of a batch that this person may see: a recusal hides those of its file."""
    visible = payments_for(person, now).order_by().values("pk")
    return batch.orders.filter(payment__in=visible).select_related("payment", "bank_detail").order_by("position", "pk")


def batch_bytes(number: str, orders: Iterable[tuple[BatchOrder, str]]) -> bytes:
    """The file of a batch: UTF-8, semicolons, decimal points, no cell that a spreadsheet would run. `orders`: with account numbers."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for order, account in orders:
        detail, payment = order.bank_detail, order.payment
        texts = [order.order_number, number, order.beneficiary, detail.holder, detail.institution, detail.transit, account]
        writer.writerow([*(cell(text) for text in texts), format(order.amount, "f"), "CAD", _year_of(payment)])
    return out.getvalue().encode()


def _year_of(payment: Payment) -> int:
    """The fiscal year of what is paid, as scheduled: that of the payment becomes the year of its day once it is confirmed."""
    return payment.instalment.fiscal_year

"""The reconciliation: by reference, what left, what was confirmed, and what the ledger says. The difference is zero, or each is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind, PaymentState
from funding.models import LedgerEntry, Payment
from funding.queries.envelopes import ledger_for
from funding.queries.payments import payments_for

_MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=15, decimal_places=2)
_ZERO = Value(ZERO, output_field=_MONEY)


@dataclass(frozen=True, slots=True)
class Difference:
    """A reference for which the payments and the ledger do not say the same, in dollars."""

    reference: str
    order: str
    confirmed: Decimal
    ledger: Decimal

    @property
    def difference(self) -> Decimal:
        return self.confirmed - self.ledger


@dataclass(frozen=True, slots=True)
class Row:
    label: str | Promise
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Summary:
    """`difference`: what is confirmed less what the ledger says, in dollars."""

    lines: list[Row]
    difference: Decimal


def of_payments(rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    """The ledger rows of payments of agreements and of their contra-entries: the Secretariat's own costs have no order."""
    return rows.filter(Q(kind=LedgerKind.PAYMENT) | Q(reverses__kind=LedgerKind.PAYMENT), agreement__isnull=False)


def summary(person: Any, now: datetime) -> Summary:
    """Totals of the payments that this person may see."""
    payments, ledger = payments_for(person, now).order_by(), of_payments(ledger_for(person, now)).order_by()
    sent = {"orders__is_live": True, "orders__batch__state": "transmitted"}
    states = {
        "sent": Q(**sent),
        "waiting": Q(state=PaymentState.TRANSMITTED),
        "rejected": Q(state=PaymentState.REJECTED, **sent),
        "confirmed": Q(state__in=(PaymentState.CONFIRMED, PaymentState.REVERSED)),
        "reversed": Q(state=PaymentState.REVERSED),
    }
    asked: dict[str, Any] = {name: Count("pk", filter=which) for name, which in states.items()}
    asked |= {f"{name}_amount": Coalesce(Sum("amount", filter=which), _ZERO) for name, which in states.items()}
    found = payments.aggregate(**asked)
    written = ledger.aggregate(rows=Count("pk"), amount=Coalesce(Sum("amount"), _ZERO))
    labels = (
        ("sent", _("Transmis dans un lot")),
        ("waiting", _("dont sans réponse")),
        ("rejected", _("dont rejetés")),
        ("confirmed", _("Confirmés, historique compris")),
        ("reversed", _("dont annulés par contre-écriture")),
    )
    lines = [Row(label, found[name], found[f"{name}_amount"]) for name, label in labels]
    net = found["confirmed_amount"] - found["reversed_amount"]
    lines.append(Row(_("Grand livre : versements et contre-écritures"), written["rows"], written["amount"]))
    return Summary(lines, net - written["amount"])


def differences(person: Any, now: datetime) -> list[Difference]:
    """Each payment whose rows of the ledger do not sum to it, then each row of the ledger that no payment explains."""
    ledger = of_payments(LedgerEntry.objects.all()).filter(
        Q(reference=OuterRef("reference")) | Q(reverses__reference=OuterRef("reference"))
    )
    total = ledger.order_by().values("agreement__pk").annotate(total=Sum("amount")).values("total")[:1]
    expected = Case(When(state=PaymentState.CONFIRMED, then=F("amount")), default=_ZERO, output_field=_MONEY)
    rows = (
        payments_for(person, now)
        .filter(state__in=(PaymentState.CONFIRMED, PaymentState.REVERSED))
        .annotate(expected=expected, ledger=Coalesce(Subquery(total, output_field=_MONEY), _ZERO))
        .exclude(expected=F("ledger"))
        .order_by("reference", "pk")
    )
    found = [Difference(row.reference or "", row.order_number, row.expected, row.ledger) for row in rows]
    known = Payment.objects.filter(reference__isnull=False).values("reference")
    orphans = of_payments(ledger_for(person, now)).filter(reverses=None).exclude(reference__in=known).order_by("reference", "pk")
    return found + [Difference(row.reference, "", ZERO, row.amount) for row in orphans]

"""Where the Fund's cash stands: each figure is a sum of rows, never of the counters that guard them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import CashKind, CashMode, DrawAuthorityState, LedgerKind
from funding.models import CashEntry, CashRule, DrawAuthority, LedgerEntry
from funding.policies.payments import read_payments


@dataclass(frozen=True, slots=True)
class CashPosition:
    """What came in and went out, in dollars; recoveries are taken off what was paid."""

    drawn: Decimal
    received: Decimal
    reinvested: Decimal
    paid: Decimal

    @property
    def cash(self) -> Decimal:
        return self.drawn + self.received + self.reinvested - self.paid


@dataclass(frozen=True, slots=True)
class AuthorityLine:
    """An authority as known at an instant, in its state of a day, with what was drawn under it."""

    authority: DrawAuthority
    state: DrawAuthorityState
    drawn: Decimal
    last_on: date | None

    @property
    def left(self) -> Decimal:
        return self.authority.ceiling - self.drawn


def cash_position(effective: date, known: datetime) -> CashPosition:
    """The position of a day, as known at an instant: two queries."""
    dates = {"effective_on__lte": effective, "recorded_at__lte": known}
    cash = CashEntry.objects.filter(**dates).aggregate(
        drawn=Sum("amount", filter=Q(kind=CashKind.DRAW_DOWN), default=ZERO),
        received=Sum("amount", filter=Q(kind=CashKind.RECEIPT), default=ZERO),
    )
    ledger = LedgerEntry.objects.filter(**dates).aggregate(
        reinvested=Sum("amount", filter=Q(kind=LedgerKind.REINVESTMENT), default=ZERO),
        paid=Sum("amount", filter=Q(kind__in=(LedgerKind.PAYMENT, LedgerKind.RECOVERY)), default=ZERO),
    )
    return CashPosition(**cash, **ledger)


def authority_lines(effective: date, known: datetime) -> list[AuthorityLine]:
    """Each authority known then, the first recorded first: one query."""
    counted = Q(draws__effective_on__lte=effective, draws__recorded_at__lte=known)
    rows = (
        DrawAuthority.objects.filter(recorded_at__lte=known)
        .annotate(drawn=Sum("draws__amount", filter=counted, default=ZERO))
        .annotate(last_on=Max("draws__effective_on", filter=counted & Q(draws__reverses=None, draws__reversed_by=None)))
        .order_by("recorded_at", "pk")
    )
    return [AuthorityLine(row, state_of(row, effective, known), row.drawn, row.last_on) for row in rows]


def state_of(authority: DrawAuthority, effective: date, known: datetime) -> DrawAuthorityState:
    """The state of an authority on a day, as known at an instant."""
    for state, on, at in (
        (DrawAuthorityState.IN_FORCE, authority.in_force_on, authority.in_force_at),
        (DrawAuthorityState.ADOPTED, authority.adopted_on, authority.adopted_at),
    ):
        if on is not None and at is not None and on <= effective and at <= known:
            return state
    return DrawAuthorityState.PROPOSED


def is_in_force(effective: date, known: datetime) -> bool:
    """Whether some authority to draw is in force on that day; until then every figure is subject to it."""
    return DrawAuthority.objects.filter(in_force_on__lte=effective, in_force_at__lte=known).exists()


def cash_mode(on: date) -> CashMode:
    """What happens on that day to a payment that the cash does not cover."""
    rules = CashRule.objects.filter(valid_from__lte=on).order_by("-valid_from", "-pk").values_list("mode", flat=True)
    return CashMode(rules[0])


def cash_rows_for(person: Any, now: datetime) -> QuerySet[CashEntry]:
    """Draw-downs and other receipts, for whoever reads the envelopes."""
    if not read_payments(person, now):
        return CashEntry.objects.none()
    return CashEntry.objects.select_related("authority", "reversed_by")

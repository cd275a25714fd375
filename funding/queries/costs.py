"""What the Secretariat costs, by fiscal year and kind: every figure is a sum of ledger rows, or a line of an approved move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import CostKind, CostMoveKind, CostMoveState, LedgerKind
from funding.models import CostLine, CostMove, LedgerEntry, SecretariatCost
from funding.policies.payments import read_payments
from funding.queries.envelopes import envelope_lines
from projects.enums import EnvelopeCode


@dataclass(frozen=True, slots=True)
class CostFigures:
    """A kind of cost in one fiscal year (`kind` None: all of them; `fiscal_year` None: every year), in dollars."""

    fiscal_year: int | None
    kind: CostKind | None
    committed: Decimal
    paid: Decimal
    forecast: Decimal
    #: full-time equivalents that approved commitments pay, and those of the forecast
    fte: Decimal
    fte_forecast: Decimal
    #: the credit of the year, which is not cut by kind
    open: Decimal | None = None

    @property
    def unpaid(self) -> Decimal:
        return self.committed - self.paid

    @property
    def available(self) -> Decimal | None:
        """What may still be committed."""
        return None if self.open is None else self.open - self.committed

    @property
    def margin(self) -> Decimal | None:
        """What the forecast leaves of the credit; below zero, it does not fit."""
        return None if self.open is None else self.open - self.forecast


_SUMMED = ("committed", "paid", "forecast", "fte", "fte_forecast")


def cost_figures() -> list[CostFigures]:
    """Each fiscal year with its kinds then their total, then the same over all years: six queries."""
    credit = next((found.lines for found in envelope_lines() if found.envelope.code == EnvelopeCode.SECRETARIAT), [])
    sums = _sums()
    found: list[CostFigures] = []
    for line in credit:
        kinds = [CostFigures(line.fiscal_year, kind, **_amounts(sums, line.fiscal_year, kind)) for kind in CostKind]
        total = {name: sum((getattr(one, name) for one in kinds), ZERO) for name in _SUMMED}
        found += [*kinds, CostFigures(line.fiscal_year, None, **total, open=line.open)]
    return found


def _amounts(sums: dict[str, dict[tuple[int, str], Decimal]], year: int | None, kind: CostKind) -> dict[str, Decimal]:
    """The figures of a kind in a year; in every year when it is None."""
    return {
        name: sum((amount for (of_year, of_kind), amount in rows.items() if of_kind == kind and year in (None, of_year)), ZERO)
        for name, rows in sums.items()
    }


def _sums() -> dict[str, dict[tuple[int, str], Decimal]]:
    ledger = LedgerEntry.objects.filter(cost__isnull=False).order_by().values_list("fiscal_year", "cost__kind")
    money = ledger.annotate(
        committed=Sum("amount", filter=Q(kind=LedgerKind.COMMITMENT), default=ZERO),
        paid=Sum("amount", filter=Q(kind=LedgerKind.PAYMENT), default=ZERO),
    )
    lines = CostLine.objects.filter(move__state=CostMoveState.APPROVED, kind=LedgerKind.COMMITMENT).order_by()
    people = lines.values_list("fiscal_year", "cost_kind").annotate(fte=Sum("fte"))
    rows = list(money)
    forecast = current_forecast()
    planned = list(forecast.lines.order_by("position", "pk")) if forecast else []
    return {
        "committed": {(year, kind): committed for year, kind, committed, _paid in rows},
        "paid": {(year, kind): paid for year, kind, _committed, paid in rows},
        "forecast": {(line.fiscal_year, line.cost_kind): line.amount for line in planned},
        "fte": {(year, kind): fte for year, kind, fte in people},
        "fte_forecast": {(line.fiscal_year, line.cost_kind): line.fte for line in planned},
    }


def current_forecast() -> CostMove | None:
    """The forecast in force: the latest that was approved, with who entered it and who approved it."""
    rows = CostMove.objects.filter(kind=CostMoveKind.FORECAST, state=CostMoveState.APPROVED)
    return rows.select_related("entered_by", "decided_by").order_by("-decided_at", "-pk").first()


def costs_for(person: Any, now: datetime) -> QuerySet[SecretariatCost]:
    """Each cost with what the ledger committed and paid for it, for a reader of the envelopes; none for another person."""
    if not read_payments(person, now):
        return SecretariatCost.objects.none()
    return SecretariatCost.objects.annotate(
        committed=Sum("entries__amount", filter=Q(entries__kind=LedgerKind.COMMITMENT), default=ZERO),
        paid=Sum("entries__amount", filter=Q(entries__kind=LedgerKind.PAYMENT), default=ZERO),
    )


def cost_moves_for(person: Any, now: datetime) -> QuerySet[CostMove]:
    """What was entered about costs, forecasts included, for a reader of the envelopes; nothing for another person."""
    if not read_payments(person, now):
        return CostMove.objects.none()
    return CostMove.objects.select_related("cost", "entered_by", "decided_by").prefetch_related("lines")


def rows_left(cost: SecretariatCost) -> list[tuple[LedgerEntry, Decimal]]:
    """The ledger rows of a cost that may still be taken back, the last first, each with what is left of it in dollars."""
    rows = cost.entries.filter(reverses=None).annotate(undone=Sum("reversed_by__amount", default=ZERO)).order_by("-pk")
    return [(row, row.amount + row.undone) for row in rows if row.amount + row.undone > 0]

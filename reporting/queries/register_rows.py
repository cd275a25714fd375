"""The rows behind a figure of the registers `drawdowns`, `commitments`, `payments` and `milestones`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from funding.enums import CashKind, InstalmentKind, LedgerKind
from funding.models import CashEntry, LedgerEntry
from reporting.models import Snapshot
from reporting.queries.commitments import PARTS, moved
from reporting.queries.milestones import milestones_of, scheduled
from reporting.rules import TOTAL, end_of_day

_K = LedgerKind
#: what they are (`ledger`, `cash` or `instalments`), and the rows with what each counts for in `counted`
Rows = tuple[str, QuerySet[Any]]
Selection = Mapping[str, str]
_NET = (_K.PAYMENT, _K.RECOVERY)


def _ledger(snapshot: Snapshot, **more: Any) -> QuerySet[LedgerEntry]:
    rows = LedgerEntry.objects.filter(recorded_at__lte=snapshot.known, effective_on__lte=snapshot.effective, **more)
    return rows.select_related("envelope", "agreement__project", "call", "cost").order_by("effective_on", "pk")


def _drawdowns(snapshot: Snapshot, column: str, selection: Selection) -> Rows | None:
    if column in ("reinvested", "net_paid"):
        kinds = (_K.REINVESTMENT,) if column == "reinvested" else _NET
        return "ledger", _ledger(snapshot, kind__in=kinds).annotate(counted=F("amount"))
    kinds_of = {"drawn": CashKind.DRAW_DOWN, "received": CashKind.RECEIPT}
    if column not in kinds_of:
        return None
    rows = CashEntry.objects.filter(recorded_at__lte=snapshot.known, effective_on__lte=snapshot.effective, kind=kinds_of[column])
    if selection["authority"] != TOTAL:
        rows = rows.filter(authority__number=selection["authority"])
    return "cash", rows.annotate(counted=F("amount")).select_related("authority").order_by("effective_on", "pk")


def _commitments(snapshot: Snapshot, column: str, selection: Selection) -> Rows | None:
    rows = _ledger(snapshot, agreement__isnull=False).alias(is_moved=moved())
    if selection["project"] != TOTAL:
        rows = rows.filter(
            agreement__number=selection["agreement"], envelope__code=selection["envelope"], fiscal_year=int(selection["fiscal_year"])
        )
    if column == "unpaid":
        sign = Case(When(kind=_K.PAYMENT, then=Value(-1)), default=Value(1))
        return "ledger", rows.filter(kind__in=(_K.COMMITMENT, _K.PAYMENT)).annotate(counted=F("amount") * sign)
    return ("ledger", rows.filter(PARTS[column]).annotate(counted=F("amount"))) if column in PARTS else None


def _payments(snapshot: Snapshot, column: str, selection: Selection) -> Rows | None:
    if column != "paid":
        return None
    rows = _ledger(snapshot, agreement__isnull=False, kind=_K.PAYMENT).annotate(counted=F("amount"))
    if selection["project"] != TOTAL:
        paid = {"original": selection["reference"], "agreement__number": selection["agreement"]}
        rows = rows.alias(original=Coalesce("reverses__reference", "reference")).filter(**paid)
    return "ledger", rows


def _milestones(snapshot: Snapshot, column: str, selection: Selection) -> Rows | None:
    found = milestones_of(snapshot.effective, snapshot.known)
    if selection["project"] != TOTAL:
        found = found.filter(agreement__number=selection["agreement"], position=int(selection["position"]))
    if column == "paid":
        return "ledger", _ledger(snapshot, kind__in=_NET, instalment__milestone__in=found).annotate(counted=F("amount"))
    if column not in ("amount", "holdback"):
        return None
    holdback = Q(kind=InstalmentKind.HOLDBACK)
    planned = scheduled(min(snapshot.known, end_of_day(snapshot.effective))).filter(
        holdback if column == "holdback" else ~holdback, milestone__in=found
    )
    planned = planned.annotate(counted=F("amount")).select_related("agreement__project", "milestone")
    return "instalments", planned.order_by("agreement__number", "position", "pk")


REGISTERS: Mapping[str, Callable[[Snapshot, str, Selection], Rows | None]] = {
    "drawdowns": _drawdowns, "commitments": _commitments, "payments": _payments, "milestones": _milestones,
}  # fmt: skip
#: column by register → those that add rows up
REGISTER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "drawdowns": ("drawn", "received", "reinvested", "net_paid"),
    "commitments": ("initial", "changes", "released", "committed", "paid", "unpaid"),
    "payments": ("paid",),
    "milestones": ("amount", "holdback", "paid"),
}

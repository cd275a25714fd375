"""Each recovery with what came back and what was written off, on a day, as known at an instant: the report `recoveries` (R05)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind, RecoveryState, WriteOffState
from funding.models import LedgerEntry, Recovery, RecoveryCredit, RecoveryPart, WriteOff
from funding.repayment import Covered, Due, covered
from projects.models import Project
from reporting.rules import TOTAL, end_of_day

Row = dict[str, str]
_MONEY = ("due", "received", "written_off", "left", "late", "recredited")
#: the columns, in the order of the catalogue
_COLUMNS = (
    "project", "call", "organisation", "agreement", "recovery", "basis", "recovery_state", *_MONEY, "established_on", "claimed_on",
    "due_on", "age_days", "write_off_level", "instrument",
)  # fmt: skip
_PROJECT = "agreement__project"


def recovery_rows(*, effective: date, known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[Row]:
    """One row for each recovery found by then, then each sum of the ledger that no recovery explains, then the TOTAL.

    Five queries. A step counts when its instant had come, a receipt when its day had come and it was known.
    """
    until = min(known, end_of_day(effective))
    received, alone = _received(effective, known, projects)
    credited, parts, off = _recredited(effective, known), _parts(until), _written_off(until)
    sums = dict.fromkeys(_MONEY, ZERO)
    for one in _recoveries(known, projects):
        back = received.get(one["pk"], ZERO)
        if one["established_at"] > until and one["pk"] not in received:
            continue
        seen = max(until, one["established_at"])  # what came back before it was found has its recovery
        gone, authority = off.get(one["pk"], (ZERO, {}))
        lines = _schedule(one, parts[one["pk"]], back, gone, effective, seen)
        money = _sums(one, back, gone, credited.get(one["pk"], ZERO), lines, seen)
        sums = {name: sums[name] + money[name] for name in _MONEY}
        yield _row(one, money, authority, lines, effective, seen)
    for agreement, money in alone:
        sums = {name: sums[name] + money.get(name, ZERO) for name in _MONEY}
        yield _empty(**agreement, **{name: _text(money.get(name, ZERO)) for name in _MONEY})
    yield _empty(project=TOTAL, **{name: _text(value) for name, value in sums.items()})


def _recoveries(known: datetime, projects: QuerySet[Project] | None) -> QuerySet[Any, Any]:
    rows = Recovery.objects.filter(established_at__lte=known)
    if projects is not None:
        rows = rows.filter(**{f"{_PROJECT}__in": projects})
    return rows.order_by(f"{_PROJECT}__reference", "established_at", "pk").values(
        "pk", "number", "amount", "basis", "established_at", "claimed_at", "cancelled_at",
        project=F(f"{_PROJECT}__reference"), of_call=F(f"{_PROJECT}__call__reference"), organisation=F(f"{_PROJECT}__organisation__code"),
        contract=F("agreement__number"),
    )  # fmt: skip


def _received(
    effective: date, known: datetime, projects: QuerySet[Project] | None
) -> tuple[dict[int, Decimal], list[tuple[Row, dict[str, Decimal]]]]:
    """Dollars that the ledger says came back, by recovery; and by agreement those that no recovery explains."""
    rows = LedgerEntry.objects.filter(kind=LedgerKind.RECOVERY, effective_on__lte=effective, recorded_at__lte=known)
    if projects is not None:
        rows = rows.filter(**{f"{_PROJECT}__in": projects})
    found: QuerySet[Any, Any] = (
        rows.order_by(f"{_PROJECT}__reference", "agreement__number", "receipt__recovery")
        .values(
            recovery=F("receipt__recovery"), project=F(f"{_PROJECT}__reference"), of_call=F(f"{_PROJECT}__call__reference"),
            organisation=F(f"{_PROJECT}__organisation__code"), contract=F("agreement__number"),
        )
        .annotate(back=-Sum("amount"))
    )  # fmt: skip
    explained: dict[int, Decimal] = {}
    alone = []
    for row in found:
        if row["recovery"] is not None:
            explained[row["recovery"]] = row["back"]
        else:
            alone.append((_place(row), {"due": row["back"], "received": row["back"]}))
    return explained, alone


def _recredited(effective: date, known: datetime) -> dict[int, Decimal]:
    rows = RecoveryCredit.objects.filter(entry__effective_on__lte=effective, entry__recorded_at__lte=known).order_by()
    return {pk: -total for pk, total in rows.values_list("receipt__recovery").annotate(sum=Sum("entry__amount"))}


def _parts(until: datetime) -> Mapping[int, list[RecoveryPart]]:
    """By recovery, the schedule that was the last one by the instant."""
    found: dict[int, list[RecoveryPart]] = defaultdict(list)
    for part in RecoveryPart.objects.filter(recorded_at__lte=until).order_by("recovery", "version", "position"):
        rows = found[part.recovery_id]
        if rows and rows[0].version != part.version:
            rows.clear()
        rows.append(part)
    return found


def _written_off(until: datetime) -> dict[int, tuple[Decimal, Row]]:
    """By recovery, the dollars written off and what allowed the last of them: the level, and the outside instrument if any."""
    found: dict[int, tuple[Decimal, Row]] = {}
    for one in WriteOff.objects.filter(state=WriteOffState.APPROVED, decided_at__lte=until).order_by("decided_at", "pk"):
        before = found[one.recovery_id][0] if one.recovery_id in found else ZERO
        found[one.recovery_id] = (before + one.amount, {"write_off_level": one.role, "instrument": one.authority})
    return found


def _is(one: Mapping[str, Any], step: str, until: datetime) -> bool:
    at = one[f"{step}_at"]
    return at is not None and at <= until


def _schedule(
    one: Mapping[str, Any], parts: list[RecoveryPart], received: Decimal, off: Decimal, effective: date, until: datetime
) -> list[Covered]:
    """What is expected: nothing of a recovery that is not claimed, or was cancelled."""
    if not _is(one, "claimed", until):
        return []
    return covered([Due(part.due_on, part.amount) for part in parts], received, off, effective)


def _sums(
    one: Mapping[str, Any], received: Decimal, off: Decimal, credited: Decimal, lines: list[Covered], until: datetime
) -> dict[str, Decimal]:
    due = ZERO if _is(one, "cancelled", until) else one["amount"]
    late = sum((line.late for line in lines), ZERO)
    values = (due, received, off, due - received - off, late, credited)
    return dict(zip(_MONEY, values, strict=True))


def _row(one: Mapping[str, Any], money: dict[str, Decimal], authority: Row, lines: list[Covered], effective: date, until: datetime) -> Row:
    claimed = timezone.localdate(one["claimed_at"]) if _is(one, "claimed", until) else None
    due_on = next((line.due_on for line in lines if line.left), None)
    return _empty(
        **_place(one),
        recovery=one["number"],
        basis=one["basis"],
        recovery_state=_state(one, money, len(lines), until),
        **{name: _text(money[name]) for name in _MONEY},
        established_on=timezone.localdate(one["established_at"]).isoformat(),
        claimed_on=claimed.isoformat() if claimed else "",
        due_on=due_on.isoformat() if due_on else "",
        age_days=str((effective - claimed).days) if claimed and money["left"] else "",
        **authority,
    )


def _state(one: Mapping[str, Any], money: dict[str, Decimal], parts: int, until: datetime) -> RecoveryState:
    """The state as it was: the one of today follows the same sums."""
    if _is(one, "cancelled", until):
        return RecoveryState.CANCELLED
    if not _is(one, "claimed", until):
        return RecoveryState.ESTABLISHED
    if money["left"]:
        return RecoveryState.SCHEDULED if parts > 1 else RecoveryState.CLAIMED
    return RecoveryState.WRITTEN_OFF if money["written_off"] else RecoveryState.RECEIVED


def _place(row: Mapping[str, Any]) -> Row:
    return {"project": row["project"], "call": row["of_call"], "organisation": row["organisation"], "agreement": row["contract"]}


def _empty(**values: str) -> Row:
    return dict.fromkeys(_COLUMNS, "") | values


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"

"""Reads of recoveries: who sees which, what is left of each, its schedule, and the credit that a receipt may give back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import RECOVERY_OPEN, RECOVERY_TOLD, LedgerKind, RecoveryState, Recredit, WriteOffState
from funding.models import Agreement, LedgerEntry, Recovery, RecoveryCredit, RecoveryReceipt, WriteOff
from funding.repayment import Covered, Due, covered
from projects.policies.rights import rights_of
from projects.policies.staff import READERS
from projects.queries.applications import of_calls, projects_for

_DOLLARS: Any = DecimalField(max_digits=15, decimal_places=2)


def recoveries_for(person: Any, now: datetime) -> QuerySet[Any, Any]:
    """The recoveries of the projects that this person may see, with their sums; a beneficiary knows of one once it is claimed."""
    rights = rights_of(person, now)
    rows = Recovery.objects.filter(agreement__project__in=projects_for(person, now))
    if not rights.has(*READERS):
        rows = rows.filter(Q(state__in=RECOVERY_TOLD) | of_calls(rights, *READERS, path="agreement__project__call"))
    related = ("agreement__project__organisation", "agreement__project__call", "established_by", "claimed_by", "cancelled_by")
    return with_sums(rows).select_related(*related).prefetch_related("parts")


def with_sums(rows: QuerySet[Recovery]) -> QuerySet[Any, Any]:
    """Each with `due` (nothing when it is cancelled), `received`, `written_off` and `left`, in dollars."""
    due = Case(When(state=RecoveryState.CANCELLED, then=Value(ZERO)), default=F("amount"), output_field=_DOLLARS)
    return rows.annotate(
        due=due,
        received=_sum(RecoveryReceipt.objects.all()),
        written_off=_sum(WriteOff.objects.filter(state=WriteOffState.APPROVED)),
    ).annotate(left=F("due") - F("received") - F("written_off"))


def _sum(rows: QuerySet[Any]) -> Coalesce:
    sums = rows.filter(recovery=OuterRef("pk")).order_by().values("recovery").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(sums), Value(ZERO), output_field=_DOLLARS)


def totals_of(rows: QuerySet[Recovery]) -> dict[str, Decimal]:
    """What recoveries with their sums come to, in dollars."""
    sums: dict[str, Decimal] = rows.order_by().aggregate(
        **{f"all_{name}": Sum(name, default=ZERO) for name in ("due", "received", "written_off", "left")}
    )
    return {name.removeprefix("all_"): total for name, total in sums.items()}


def left_of(recovery: Recovery) -> Decimal:
    """What is still to come back, in dollars, as it is now."""
    left: Decimal = with_sums(Recovery.objects.filter(pk=recovery.pk)).get().left
    return left


def schedule_of(recovery: Any, day: date) -> list[Covered]:
    """The last version of the schedule, with what covers each date. `recovery` comes from `recoveries_for`."""
    rows = sorted(recovery.parts.all(), key=lambda row: (-row.version, row.position))
    last = [Due(row.due_on, row.amount) for row in rows if row.version == rows[0].version]
    return covered(last, recovery.received, recovery.written_off, day)


def net_paid(agreement: Agreement) -> Decimal:
    """What was paid under an agreement, less what came back, in dollars."""
    kinds = (LedgerKind.PAYMENT, LedgerKind.RECOVERY)
    paid: Decimal = LedgerEntry.objects.filter(agreement=agreement, kind__in=kinds).aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return paid


def recoverable(agreement: Agreement) -> Decimal:
    """What may still be claimed: what was paid, net, less what is being recovered. The database decides, under its lock."""
    return net_paid(agreement) - sum((row.left for row in with_sums(agreement.recoveries.all())), ZERO)


def unsettled(agreement: Agreement) -> list[str]:
    """The recoveries that are neither received nor written off, as sentences."""
    rows = with_sums(agreement.recoveries.filter(state__in=RECOVERY_OPEN)).order_by("number")
    return [
        _("Le recouvrement %(number)s n’est pas réglé : il reste %(left)s.") % {"number": row.number, "left": money_cents(row.left)}
        for row in rows
    ]


# ── Credit back to the envelope ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Credit:
    """A part (dollars) of a row of commitment that a receipt gives back."""

    entry: LedgerEntry
    amount: Decimal


def credited_by_year(agreement: Agreement) -> dict[int, Decimal]:
    """Dollars of commitment that receipts gave back to the envelope, by fiscal year, corrections taken away."""
    rows = RecoveryCredit.objects.filter(receipt__recovery__agreement=agreement).order_by()
    return {year: -sum_ for year, sum_ in rows.values_list("entry__fiscal_year").annotate(sum=Sum("entry__amount"))}


def credits_of(agreement: Agreement, amount: Decimal, year: int, policy: str) -> list[Credit]:
    """Which rows of commitment a receipt of `amount` in a fiscal year gives back, by the policy of that day (T10, Q14).

    A year gives back no more than was paid in it and is still committed in it. Past years are asked, the latest first, by the policy
    « always » only. Read under the lock of the agreement.
    """
    if policy == Recredit.NEVER:
        return []
    room, rows = _room_by_year(agreement), _commitments(agreement)
    years = [year, *sorted((one for one in room if one != year), reverse=True)] if policy == Recredit.ALWAYS else [year]
    found, left = [], amount
    for each in years:
        of_year = min(left, room[each])
        for entry, free in rows[each]:
            taken = min(of_year, free)
            if taken > 0:
                found.append(Credit(entry, taken))
                of_year, left = of_year - taken, left - taken
    return found


def _room_by_year(agreement: Agreement) -> dict[int, Decimal]:
    sums: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    rows = LedgerEntry.objects.filter(agreement=agreement, kind__in=(LedgerKind.PAYMENT, LedgerKind.COMMITMENT)).order_by()
    for kind, year, total in rows.values_list("kind", "fiscal_year").annotate(sum=Sum("amount")):
        sums[kind][year] = total
    credited = credited_by_year(agreement)
    room: dict[int, Decimal] = defaultdict(Decimal)
    for year, paid in sums[LedgerKind.PAYMENT].items():
        room[year] = max(min(paid - credited.get(year, ZERO), sums[LedgerKind.COMMITMENT][year]), ZERO)
    return room


def _commitments(agreement: Agreement) -> dict[int, list[tuple[LedgerEntry, Decimal]]]:
    """By fiscal year, the rows that committed something, with what is not reversed of each."""
    rows = LedgerEntry.objects.filter(agreement=agreement, kind=LedgerKind.COMMITMENT, amount__gt=0, reverses=None)
    undone = Sum("reversed_by__amount", default=ZERO)
    found: dict[int, list[tuple[LedgerEntry, Decimal]]] = defaultdict(list)
    for row in rows.annotate(undone=undone).order_by("pk"):
        found[row.fiscal_year].append((row, row.amount + row.undone))
    return found

"""Reads of awards: the ranked list of a call, the decision sheet, and what a call still holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from fondsinnovation.kit.money import ZERO
from funding.enums import AwardState, LedgerKind
from funding.models import Approval, Award, LedgerEntry
from funding.policies import awards as policies
from funding.queries.envelopes import YearLine, envelope_lines
from projects.enums import APPLICANT_ROLES, ApplicationState, FundingSource, Role
from projects.models import Application, Call
from projects.policies.rights import rights_of
from projects.policies.staff import READERS
from projects.queries.applications import applications_for, of_applicant, of_calls

#: states in which an application stands in the ranking of its call
RANKED = (
    ApplicationState.REVIEWED,
    ApplicationState.RECOMMENDED,
    ApplicationState.NOT_RECOMMENDED,
    ApplicationState.ACCEPTED,
    ApplicationState.REFUSED,
    ApplicationState.CONVERTED,
)
_MONEY = DecimalField(max_digits=15, decimal_places=2)


def awards_for(person: Any, now: datetime) -> QuerySet[Award]:
    """The awards that this person may see: those of visible files for staff and auditors; for the organisation, once the letter is out."""
    seen = Award.objects.filter(application__in=applications_for(person, now))
    rights = rights_of(person, now)
    if not rights.has(*READERS):
        seen = seen.filter(of_calls(rights, *READERS, path="application__call") | Q(pk__in=told_to(person, now, seen).values("pk")))
    return seen.select_related("application__call__terms", "application__organisation", "recommended_by", "certified_by", "refused_by")


def told_to(person: Any, now: datetime, awards: QuerySet[Award]) -> QuerySet[Award]:
    """Those whose letter was sent to an organisation in which this person holds a role."""
    own = of_applicant(rights_of(person, now), *APPLICANT_ROLES, organisation="application__organisation", call="application__call")
    return awards.filter(own, letter__isnull=False)


def ranking(call: Call, person: Any, now: datetime) -> QuerySet[Application]:
    """The reviewed applications of a call by score, then number: `place`, `planned` (dollars that each takes) and its running sum `total`.

    What an application takes is the amount recommended or approved, what it asks while nobody has recommended, nothing once turned down.
    """
    order = [F("score").desc(nulls_last=True), F("number").asc()]
    turned_down = Q(award__is_favourable=False) | Q(award__state=AwardState.REFUSED)
    open_again = Q(award__isnull=True) | Q(award__state=AwardState.RETURNED)
    planned = Case(
        When(open_again, then=F("amount_requested")), When(turned_down, then=Value(ZERO)), default=F("award__amount"), output_field=_MONEY
    )
    return (
        applications_for(person, now)
        .filter(Q(award__isnull=False) | ~Q(state=ApplicationState.REFUSED), call=call, state__in=RANKED)
        .annotate(planned=planned, place=Window(RowNumber(), order_by=order), total=Window(Sum(planned), order_by=order))
        .select_related("organisation", "award")
        .order_by(*order, "pk")
    )


def calls_ranked(person: Any, now: datetime) -> QuerySet[Call]:
    """The calls with reviewed applications that this person may see, the latest first."""
    reviewed = applications_for(person, now).filter(state__in=RANKED)
    return Call.objects.filter(pk__in=reviewed.values("call")).order_by("-closes_at", "pk")


@dataclass(frozen=True, slots=True)
class CallYearLine:
    """What a call set aside in one fiscal year and what it still holds, in dollars."""

    fiscal_year: int | None
    set_aside: Decimal
    held: Decimal


def call_lines(call_id: int) -> list[CallYearLine]:
    """The reservation of a call by fiscal year, and last its total: sums of ledger rows, one query."""
    rows = (
        _held_by(call_id)
        .values("fiscal_year")
        .annotate(held=Sum("amount"), set_aside=Coalesce(Sum("amount", filter=Q(amount__gt=0)), ZERO, output_field=_MONEY))
        .order_by("fiscal_year")
    )
    lines = [CallYearLine(row["fiscal_year"], row["set_aside"], row["held"]) for row in rows]
    return [*lines, CallYearLine(None, sum((line.set_aside for line in lines), ZERO), sum((line.held for line in lines), ZERO))]


def call_holds(call_id: int, years: Iterable[int]) -> Decimal:
    """What a call still holds in these fiscal years, in dollars. Exact while the accounts are locked (`lock_years`)."""
    return _held_by(call_id).filter(fiscal_year__in=list(years)).aggregate(held=Sum("amount", default=ZERO))["held"]


def _held_by(call_id: int) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(call=call_id, award__isnull=True, kind=LedgerKind.RESERVATION)


def asked_by_year(application: Application) -> dict[int, Decimal]:
    """What the application asks the Fund by fiscal year, in dollars."""
    rows = application.funding_lines.filter(source=FundingSource.FUND).values("fiscal_year").annotate(sum=Sum("amount"))
    return {row["fiscal_year"]: row["sum"] for row in rows.order_by("fiscal_year")}


def call_years(call: Call) -> list[int]:
    """The fiscal years in which a call has money."""
    return list(call.budgets.order_by("fiscal_year").values_list("fiscal_year", flat=True))


def proposed_parts(application: Application, amount: Decimal) -> dict[int, Decimal]:
    """An amount by fiscal year: as asked when the amount is what was asked and the call has those years; else the call's first year."""
    asked, years = asked_by_year(application), call_years(application.call)
    if amount == sum(asked.values(), ZERO) and set(asked) <= set(years):
        return asked
    return dict.fromkeys(years[:1], amount)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the delegation: its role, and the approval once given."""

    number: int
    role: Role
    approval: Approval | None


@dataclass(frozen=True, slots=True)
class YearAfter:
    """One fiscal year of an award: its part, and what the call and the envelope have left after the decision, in dollars."""

    fiscal_year: int
    part: Decimal
    call_left: Decimal
    envelope_left: Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the decision sheet shows beside the award itself."""

    levels: list[Level]
    years: list[YearAfter]
    is_fresh: bool

    @property
    def fits(self) -> bool:
        return all(year.call_left >= 0 for year in self.years)


def sheet_of(award: Award, now: datetime) -> Sheet:
    """The levels of the delegation with their approvals, and what is left once the award is approved."""
    given = {one.level: one for one in policies.approvals_of(award)}
    roles = policies.delegation_of(award, now) if award.is_favourable else []
    return Sheet(
        [Level(number, role, given.get(number)) for number, role in enumerate(roles, start=1)],
        _years_after(award),
        policies.is_fresh(award, now),
    )


def _years_after(award: Award) -> list[YearAfter]:
    """An approved award has left the call already; its envelope is charged since the call was approved, and does not move."""
    call = award.application.call
    held = {line.fiscal_year: line.held for line in call_lines(call.pk)}
    left = {line.fiscal_year: line.available for line in _envelope_years(call.envelope)}
    taken = award.state == AwardState.APPROVED
    return [
        YearAfter(
            part.fiscal_year,
            part.amount,
            held.get(part.fiscal_year, ZERO) - (ZERO if taken else part.amount),
            left.get(part.fiscal_year, ZERO),
        )
        for part in award.parts.order_by("fiscal_year", "pk")
    ]


def _envelope_years(code: str) -> list[YearLine]:
    return [line for found in envelope_lines() for line in found.lines if found.envelope.code == code]

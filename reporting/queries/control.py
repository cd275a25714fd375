"""What the controller watches: what is left, how old unpaid commitments are, what is held back, when money leaves, what may lapse.

Every sum is of ledger rows in effect by a day and known by an instant; schedules and milestones are those of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth

from fondsinnovation.kit.money import ZERO, fiscal_year_of
from funding.enums import AgreementState, CostMoveKind, CostMoveState, InstalmentKind, LedgerKind
from funding.models import CostLine, CostMove, Instalment, LedgerEntry
from funding.queries.envelopes import EnvelopeLines, envelope_lines
from projects.enums import EnvelopeCode
from projects.models import Project
from reporting.queries.snapshots import hidden_projects


class Age(StrEnum):
    """How long a commitment has waited for its payment, in days; what falls in a later fiscal year is not late."""

    RECENT = "0-90"
    QUARTER = "91-180"
    HALF = "181-365"
    OLD = "365+"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Dates:
    """The two dates of the page."""

    effective: date
    known: datetime

    def rows(self) -> QuerySet[LedgerEntry]:
        return LedgerEntry.objects.filter(effective_on__lte=self.effective, recorded_at__lte=self.known)

    @property
    def fiscal_year(self) -> int:
        return fiscal_year_of(self.effective)

    @property
    def last_day(self) -> date:
        """The last day of the current fiscal year."""
        return date(self.fiscal_year + 1, 3, 31)


def left_by_year(dates: Dates) -> list[EnvelopeLines]:
    """Each envelope with its years and their total: two queries."""
    return envelope_lines(dates.rows())


# -- ageing --------------------------------------------------------------------------------------------------------------

# What a receipt gave back had been paid: it counts neither as a commitment nor against one.
# A payment settles the oldest commitment of its agreement (or cost) first. What a year-end moves to the next year keeps its age:
# neither its contra-entry nor its new row counts. A contra-entry takes off the row that it reverses. A holder is one key, so that
# the sums are joined by hash: an agreement, or a cost below zero.
_OPEN = """
WITH known AS MATERIALIZED (
  SELECT *, coalesce(agreement_id, -cost_id) AS holder FROM ledger_entry
   WHERE kind IN ('commitment', 'payment') AND effective_on <= %(effective)s AND recorded_at <= %(known)s
     AND NOT EXISTS (SELECT FROM funding_recoverycredit r WHERE r.entry_id = ledger_entry.id)),
moved AS (SELECT DISTINCT move_id, agreement_id FROM known WHERE kind = 'commitment' AND amount > 0 AND move_id IS NOT NULL),
c AS MATERIALIZED (SELECT k.*, m.move_id IS NOT NULL AS is_moved FROM known k
                   LEFT JOIN moved m ON (m.move_id, m.agreement_id) = (k.move_id, k.agreement_id) WHERE k.kind = 'commitment'),
contra AS (SELECT reverses_id, sum(amount) AS amount FROM c WHERE reverses_id IS NOT NULL AND NOT is_moved GROUP BY 1),
base AS MATERIALIZED (
  SELECT c.*, c.amount + coalesce(contra.amount, 0) AS net FROM c LEFT JOIN contra ON contra.reverses_id = c.id
   WHERE c.amount > 0 AND c.reverses_id IS NULL AND NOT c.is_moved),
settled AS (
  SELECT holder, sum(amount) AS amount FROM (
    SELECT holder, amount FROM known WHERE kind = 'payment'
    UNION ALL
    SELECT c.holder, -c.amount FROM c LEFT JOIN base b ON b.id = c.reverses_id
     WHERE c.amount < 0 AND NOT c.is_moved AND b.id IS NULL) x GROUP BY 1),
opened AS (
  SELECT b.id, b.envelope_id, b.fiscal_year, b.effective_on, b.agreement_id, b.cost_id, b.reference,
         greatest(0, least(b.net, sum(b.net) OVER (PARTITION BY b.holder ORDER BY b.fiscal_year, b.effective_on, b.id)
                                  - coalesce(s.amount, 0))) AS open
    FROM base b LEFT JOIN settled s ON s.holder = b.holder),
aged AS (
  SELECT o.*, %(effective)s::date - o.effective_on AS days,
         CASE WHEN o.fiscal_year > %(fiscal_year)s THEN 'later' WHEN %(effective)s::date - o.effective_on <= 90 THEN '0-90'
              WHEN %(effective)s::date - o.effective_on <= 180 THEN '91-180' WHEN %(effective)s::date - o.effective_on <= 365 THEN '181-365'
              ELSE '365+' END AS age
    FROM opened o WHERE o.open > 0)
"""


@dataclass(frozen=True, slots=True)
class AgeLine:
    """How many commitments of an age are not paid, and how much of them, in dollars, by envelope."""

    age: Age
    count: int
    amounts: dict[str, Decimal]

    @property
    def amount(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)


@dataclass(frozen=True, slots=True)
class OpenCommitment:
    """A commitment row with what is not paid of it, in dollars. `holder` is an agreement or a cost of the Secretariat."""

    holder: str
    is_cost: bool
    about: str
    envelope: str
    fiscal_year: int
    effective_on: date
    days: int
    open: Decimal


def ageing(dates: Dates) -> list[AgeLine]:
    """What is committed and not paid, by age: one query."""
    found: dict[str, tuple[int, dict[str, Decimal]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_OPEN} SELECT a.age, e.code, count(*), sum(a.open) FROM aged a JOIN funding_envelope e ON e.id = a.envelope_id "  # noqa: S608
            "GROUP BY 1, 2 ORDER BY 1, 2",
            _parameters(dates),
        )
        for age, code, count, amount in cursor.fetchall():
            before, amounts = found.get(age, (0, {}))
            found[age] = (before + count, {**amounts, code: amount})
    return [AgeLine(age, *found.get(age, (0, {}))) for age in Age]


def open_commitments(dates: Dates, age: Age, person: Any) -> list[OpenCommitment]:
    """The commitments of an age, the oldest first, less those of a hidden project: two queries."""
    hidden = list(hidden_projects(person).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{_OPEN} SELECT coalesce(g.number, c.number), a.cost_id IS NOT NULL, coalesce(o.name, c.title), e.code, a.fiscal_year,
                   a.effective_on, a.days, a.open
              FROM aged a JOIN funding_envelope e ON e.id = a.envelope_id LEFT JOIN funding_agreement g ON g.id = a.agreement_id
              LEFT JOIN projects_project p ON p.id = g.project_id LEFT JOIN projects_organisation o ON o.id = p.organisation_id
              LEFT JOIN funding_secretariatcost c ON c.id = a.cost_id
             WHERE a.age = %(age)s AND (p.id IS NULL OR NOT p.id = ANY(%(hidden)s::bigint[])) ORDER BY a.effective_on, a.id""",  # noqa: S608
            {**_parameters(dates), "age": age.value, "hidden": hidden},
        )
        return [OpenCommitment(*row) for row in cursor.fetchall()]


def _parameters(dates: Dates) -> dict[str, Any]:
    return {"effective": dates.effective, "known": dates.known, "fiscal_year": dates.fiscal_year}


# -- hold-backs ----------------------------------------------------------------------------------------------------------

#: agreements whose hold-back may still be released
_LIVE = (AgreementState.IN_FORCE, AgreementState.SUSPENDED, AgreementState.COMPLETED)


def holdbacks(dates: Dates) -> QuerySet[Instalment]:
    """Each hold-back that is not paid, with what is left of it (`left`, dollars), the one due first first."""
    return (
        _unpaid(dates)
        .filter(kind=InstalmentKind.HOLDBACK, agreement__state__in=_LIVE)
        .select_related("milestone", "agreement__project__organisation", "agreement__project__call__terms")
        .order_by("milestone__due_on", "pk")
    )


def total_left(rows: QuerySet[Instalment]) -> Decimal:
    return rows.order_by().aggregate(total=Sum("left", default=ZERO))["total"]


def visible_holdbacks(dates: Dates, person: Any) -> QuerySet[Instalment]:
    return holdbacks(dates).exclude(agreement__project__in=hidden_projects(person))


def _unpaid(dates: Dates) -> QuerySet[Instalment]:
    """Instalments that no amendment replaced, with `left`, what the ledger has not paid of them by then."""
    paid = dates.rows().filter(instalment=OuterRef("pk"), kind__in=(LedgerKind.PAYMENT, LedgerKind.RECOVERY)).order_by()
    total = paid.values("instalment").annotate(total=Sum("amount")).values("total")
    return Instalment.objects.filter(replaced_by=None).annotate(left=F("amount") - Coalesce(Subquery(total), ZERO)).filter(left__gt=0)


# -- when money leaves ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaceLine:
    """The payments of a fiscal year by their own dates, in dollars: in all, in its last quarter and in its last month."""

    fiscal_year: int
    paid: Decimal
    quarter: Decimal
    month: Decimal
    #: whether the year is over; until then its shares say nothing
    is_over: bool

    @property
    def even_quarter(self) -> Decimal:
        """What an even pace would have paid in a quarter."""
        return self.paid / 4

    @property
    def quarter_share(self) -> Decimal | None:
        return self.quarter / self.paid if self.paid and self.is_over else None

    @property
    def month_share(self) -> Decimal | None:
        return self.month / self.paid if self.paid and self.is_over else None


def pace(dates: Dates) -> list[PaceLine]:
    """Each fiscal year in which something was paid: one query."""
    rows = dates.rows().filter(kind=LedgerKind.PAYMENT).order_by()
    months = rows.annotate(month=TruncMonth("effective_on")).values_list("month").annotate(paid=Sum("amount"))
    years: dict[int, list[tuple[int, Decimal]]] = {}
    for month, paid in months:
        years.setdefault(fiscal_year_of(month), []).append((month.month, paid))
    return [_pace_line(year, years[year], dates) for year in sorted(years)]


def _pace_line(year: int, months: list[tuple[int, Decimal]], dates: Dates) -> PaceLine:
    def of(*chosen: int) -> Decimal:
        return sum((paid for month, paid in months if month in chosen), ZERO)

    return PaceLine(year, of(*range(1, 13)), of(1, 2, 3), of(3), year < dates.fiscal_year)


# -- what may lapse ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueLine:
    """An agreement or the costs of the Secretariat: what this year's commitment has not paid, and what falls due before it ends."""

    holder: str
    about: str
    unpaid: Decimal
    due: Decimal

    @property
    def payable(self) -> Decimal:
        return max(ZERO, min(self.unpaid, self.due))

    @property
    def stuck(self) -> Decimal:
        """What is committed and not payable before 31 March."""
        return self.unpaid - self.payable


def due_lines(dates: Dates, hidden: QuerySet[Project] | None = None) -> dict[str, list[DueLine]]:
    """Envelope → each agreement with an unpaid commitment of the current fiscal year: two queries."""
    rows = dates.rows().filter(fiscal_year=dates.fiscal_year, agreement__isnull=False)
    if hidden is not None:
        rows = rows.exclude(agreement__project__in=hidden)
    accounts = (
        rows.order_by("agreement__number", "agreement_id")
        .values_list("envelope__code", "agreement_id", "agreement__number", "agreement__project__organisation__name")
        .annotate(
            unpaid=Sum("amount", filter=Q(kind=LedgerKind.COMMITMENT, recredit=None), default=ZERO)
            - Sum("amount", filter=Q(kind=LedgerKind.PAYMENT), default=ZERO)
        )
        .filter(unpaid__gt=0)
    )
    due = _due(dates)
    found: dict[str, list[DueLine]] = {}
    for code, pk, holder, about, unpaid in accounts:
        found.setdefault(code, []).append(DueLine(holder, about, unpaid, due.get(pk, ZERO)))
    return found


def _due(dates: Dates) -> dict[int, Decimal]:
    """Agreement → what its schedule still pays before the fiscal year ends; a suspended one pays nothing."""
    before = Q(milestone__due_on__lte=dates.last_day) | Q(milestone=None, fiscal_year__lte=dates.fiscal_year)
    rows = _unpaid(dates).filter(before, agreement__state__in=(AgreementState.IN_FORCE, AgreementState.COMPLETED))
    return dict(rows.order_by("agreement").values_list("agreement").annotate(due=Sum("left")))


def cost_line(dates: Dates) -> DueLine | None:
    """The costs of the Secretariat in the current fiscal year: its approved forecast says what is still to be paid; two queries.

    Without a forecast, all that is committed is expected to be paid.
    """
    sums = (
        dates.rows()
        .filter(fiscal_year=dates.fiscal_year, cost__isnull=False)
        .aggregate(
            committed=Sum("amount", filter=Q(kind=LedgerKind.COMMITMENT), default=ZERO),
            paid=Sum("amount", filter=Q(kind=LedgerKind.PAYMENT), default=ZERO),
        )
    )
    unpaid = sums["committed"] - sums["paid"]
    if not unpaid:
        return None
    approved = CostMove.objects.filter(kind=CostMoveKind.FORECAST, state=CostMoveState.APPROVED, decided_at__lte=dates.known)
    forecast = CostLine.objects.filter(move=Subquery(approved.order_by("-decided_at", "-pk").values("pk")[:1]))
    planned = forecast.filter(fiscal_year=dates.fiscal_year).aggregate(total=Sum("amount"))["total"]
    return DueLine("", "", unpaid, unpaid if planned is None else max(ZERO, planned - sums["paid"]))


@dataclass(frozen=True, slots=True)
class LapseLine:
    """How the credit of the current fiscal year of an envelope will end, in dollars; the parts sum to what is open.

    `paid` is what was paid within the commitments of the year: a payment above that of its agreement counts against another year's.
    """

    code: str
    name: str
    open: Decimal
    paid: Decimal
    payable: Decimal
    stuck: Decimal
    reserved: Decimal
    available: Decimal

    @property
    def lapse(self) -> Decimal:
        """What nothing will have paid on 31 March: free credit, and commitments that are not payable before. Reserved credit is apart."""
        return self.stuck + self.available


def lapse_lines(left: list[EnvelopeLines], dates: Dates) -> list[LapseLine]:
    """The forecast of each envelope for the current fiscal year: four queries."""
    due, costs, found = due_lines(dates), cost_line(dates), []
    for one in left:
        line = next((line for line in one.lines if line.fiscal_year == dates.fiscal_year), None)
        if line is None:
            continue
        holders = due.get(one.envelope.code, [])
        if costs and one.envelope.code == EnvelopeCode.SECRETARIAT:
            holders = [*holders, costs]
        payable, stuck = (sum((getattr(holder, name) for holder in holders), ZERO) for name in ("payable", "stuck"))
        name, paid = one.envelope.get_code_display(), line.committed - payable - stuck
        found.append(LapseLine(one.envelope.code, name, line.open, paid, payable, stuck, line.reserved, line.available))
    return found

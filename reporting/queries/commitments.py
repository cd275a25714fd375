"""What each agreement commits, fiscal year by fiscal year, on a day, as known at an instant: the report `commitments` (R03)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from fondsinnovation.kit.money import ZERO, fiscal_year_of
from funding.enums import LedgerKind
from funding.models import Approval, DelegationRule, LedgerEntry
from projects.models import Project
from reporting.rules import TOTAL

Row = dict[str, str]
_MONEY = ("initial", "changes", "released", "committed", "paid", "unpaid")
#: the columns, in the order of the catalogue
_COLUMNS = (
    "project", "call", "organisation", "region", "agreement", "agreement_kind", "envelope", "fiscal_year", *_MONEY, "conditional",
    "committed_on", "decided_on", "level", "instrument", "certified_by", "certified_on", "margin_after",
)  # fmt: skip


_COMMITMENT = Q(kind=LedgerKind.COMMITMENT)
#: column → the ledger rows that it adds up; `is_moved` is `moved()`
PARTS = {
    "initial": _COMMITMENT & Q(amount__gt=0, move=None, amendment=None, recredit=None),
    "changes": _COMMITMENT & (Q(is_moved=True) | Q(amendment__isnull=False)),
    "released": _COMMITMENT & (Q(amount__lt=0, is_moved=False, amendment=None) | Q(recredit__isnull=False)),
    "committed": _COMMITMENT,
    "paid": Q(kind=LedgerKind.PAYMENT),
}


def moved() -> Exists:
    """Whether a commitment is one that a year-end moves to the next year: its move gives what it takes."""
    rows = LedgerEntry.objects.filter(move=OuterRef("move"), agreement=OuterRef("agreement"), kind=LedgerKind.COMMITMENT, amount__gt=0)
    return Exists(rows)


def commitment_rows(*, effective: date, known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[Row]:
    """One row for each agreement, envelope and fiscal year that the ledger commits or pays, then the TOTAL. Three queries.

    The decision, its levels and its certificate no longer change once the agreement is signed: they need no second date.
    """
    accounts = list(_accounts(effective, known, projects))
    approvals = _last_approvals({account["decision"] for account in accounts})
    rules = list(DelegationRule.objects.order_by("-valid_from", "pk"))
    sums = dict.fromkeys(_MONEY, ZERO)
    for account in accounts:
        account["unpaid"] = account["committed"] - account["paid"]
        sums = {name: sums[name] + account[name] for name in _MONEY}
        yield _row(account, approvals.get((account["decision"], account["round"])), _instrument(account, rules), effective)
    yield {**dict.fromkeys(_COLUMNS, ""), "project": TOTAL, **{name: _text(value) for name, value in sums.items()}}


def _accounts(effective: date, known: datetime, projects: QuerySet[Project] | None) -> QuerySet[Any, Any]:
    """The sums of the ledger by agreement, envelope and fiscal year, in dollars.

    What an amendment commits, more or less, and what a year-end moves to the next year, are changes; any other negative commitment is
    a release, less what the correction of a receipt commits again.
    """
    rows = LedgerEntry.objects.filter(
        kind__in=(LedgerKind.COMMITMENT, LedgerKind.PAYMENT), effective_on__lte=effective, recorded_at__lte=known, agreement__isnull=False
    )
    if projects is not None:
        rows = rows.filter(agreement__project__in=projects)
    project, award = "agreement__project", "agreement__award"
    return (
        rows.alias(is_moved=moved())
        .order_by(f"{project}__reference", "agreement__number", "envelope__code", "fiscal_year")
        .values(
            "fiscal_year", project=F(f"{project}__reference"), of_call=F(f"{project}__call__reference"),
            organisation=F(f"{project}__organisation__code"), region=F(f"{project}__region"), number=F("agreement__number"),
            nature=F("agreement__kind"), account=F("envelope__code"), decision=F("agreement__award"), round=F(f"{award}__round"),
            awarded=F(f"{award}__amount"), decided_at=F(f"{award}__decided_at"), certified_at=F(f"{award}__certified_at"),
            certified_by=F(f"{award}__certified_by__name"),
        )
        .annotate(
            **{column: Sum("amount", filter=rows_of, default=ZERO) for column, rows_of in PARTS.items()},
            committed_on=Min("effective_on", filter=_COMMITMENT),
        )
    )  # fmt: skip


def _last_approvals(awards: set[int | None]) -> dict[tuple[int | None, int | None], Approval]:
    """(award, round) → its approval of the highest level."""
    found = Approval.objects.filter(award__in=awards - {None}).order_by("level", "pk")
    return {(approval.award_id, approval.round): approval for approval in found}


def _instrument(account: dict[str, Any], rules: list[DelegationRule]) -> str:
    """The delegation under which the award was decided: the latest one in force on the day of the decision, for its amount."""
    if account["decided_at"] is None:
        return ""
    day, amount = timezone.localdate(account["decided_at"]), account["awarded"]
    for rule in rules:
        in_force = rule.valid_from <= day and (rule.valid_to is None or rule.valid_to >= day)
        if in_force and rule.above < amount and (rule.up_to is None or rule.up_to >= amount):
            return rule.instrument
    return ""


def _row(account: dict[str, Any], approval: Approval | None, instrument: str, effective: date) -> Row:
    return {
        "project": account["project"],
        "call": account["of_call"],
        "organisation": account["organisation"],
        "region": account["region"] or "",
        "agreement": account["number"],
        "agreement_kind": account["nature"],
        "envelope": account["account"],
        "fiscal_year": str(account["fiscal_year"]),
        **{name: _text(account[name]) for name in _MONEY},
        "conditional": "yes" if account["fiscal_year"] > fiscal_year_of(effective) else "no",
        "committed_on": account["committed_on"].isoformat() if account["committed_on"] else "",
        "decided_on": _day(account["decided_at"]),
        "level": str(approval.level) if approval else "",
        "instrument": instrument,
        "certified_by": account["certified_by"] or "",
        "certified_on": _day(account["certified_at"]),
        "margin_after": _text(approval.margin_after) if approval else "",
    }


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _day(instant: datetime | None) -> str:
    return timezone.localdate(instant).isoformat() if instant else ""

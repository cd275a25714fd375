"""Each payment with the steps it took and what the ledger paid, on a day, as known at an instant: the report `payments` (R04)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import ZERO
from funding.enums import CLAIM_ADMITTED, InstalmentKind, LedgerKind, PaymentState
from funding.models import Claim, LedgerEntry, Payment
from projects.models import Project
from reporting.rules import TOTAL, end_of_day

Row = dict[str, str]
#: what a payment pays, beside the kinds of instalments
CLAIM = "claim"
INSTALMENT_KINDS: Mapping[str, Any] = {**dict(InstalmentKind.choices), CLAIM: _("Réclamation")}
_MONEY = ("amount", "paid")
_STEPS = ("requested", "certified", "authorised", "transmitted", "confirmed")
_PEOPLE = ("requested", "certified", "authorised")
_ATTESTATIONS = ("attests_legal_basis", "attests_credit", "attests_due")
#: the columns, in the order of the catalogue
_COLUMNS = (
    "project", "call", "organisation", "payment", "order_number", "agreement", "instalment_kind", "fiscal_year", *_MONEY,
    *(f"{step}_at" for step in _STEPS), "paid_on", *_ATTESTATIONS, *(f"{step}_by" for step in _PEOPLE), "reference", "rejected", "reversed",
    "reversed_on",
)  # fmt: skip


def payment_rows(*, effective: date, known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[Row]:
    """One row for each payment requested by then or that the ledger holds, then each sum that no order explains, then the TOTAL.

    Two queries. A step counts when its instant had come; a payment whose money had left by the effective date took each of its own.
    """
    left = _ledger(effective, known, projects)
    until = min(known, end_of_day(effective))
    sums = dict.fromkeys(_MONEY, ZERO)
    for payment in _payments(known, projects):
        money = left.pop(payment["reference"], None) if payment["reference"] else None
        if money is None and payment["requested_at"] > until:
            continue
        sums = {"amount": sums["amount"] + payment["amount"], "paid": sums["paid"] + (money["paid"] if money else ZERO)}
        yield _row(payment, money, known if money else until)
    for money in left.values():
        sums = {"amount": sums["amount"] + money["gross"], "paid": sums["paid"] + money["paid"]}
        yield _empty(**_project(money), amount=_text(money["gross"]), **_money(money))
    yield _empty(project=TOTAL, **{name: _text(value) for name, value in sums.items()})


def _payments(known: datetime, projects: QuerySet[Project] | None) -> QuerySet[Any, dict[str, Any]]:
    """Every payment requested by the instant, with its steps; what it pays is a claim's when one was admitted before."""
    rows, project = Payment.objects.filter(requested_at__lte=known), "instalment__agreement__project"
    if projects is not None:
        rows = rows.filter(**{f"{project}__in": projects})
    claims = Claim.objects.filter(instalment=OuterRef("instalment"), state__in=CLAIM_ADMITTED, decided_at__lte=OuterRef("requested_at"))
    return rows.order_by(f"{project}__reference", "instalment__agreement__number", "requested_at", "pk").values(
        "number", "order_number", "amount", "state", "reference", *_ATTESTATIONS, *(f"{step}_at" for step in _STEPS),
        *(f"{step}_by__name" for step in _PEOPLE),
        project=F(f"{project}__reference"), call=F(f"{project}__call__reference"), organisation=F(f"{project}__organisation__code"),
        agreement=F("instalment__agreement__number"), kind=F("instalment__kind"), planned=F("instalment__fiscal_year"),
        is_claimed=Exists(claims),
    )  # fmt: skip


def _ledger(effective: date, known: datetime, projects: QuerySet[Project] | None) -> dict[str, dict[str, Any]]:
    """Reference of a payment → what the ledger paid under it, its contra-entries taken away, in dollars."""
    rows, project = LedgerEntry.objects.filter(kind=LedgerKind.PAYMENT, agreement__isnull=False), "agreement__project"
    rows = rows.filter(effective_on__lte=effective, recorded_at__lte=known)
    if projects is not None:
        rows = rows.filter(**{f"{project}__in": projects})
    back = Q(reverses__isnull=False)
    found: QuerySet[Any, Any] = (
        rows.alias(original=Coalesce("reverses__reference", "reference"))
        .order_by(f"{project}__reference", "original")
        .values(
            "fiscal_year", project=F(f"{project}__reference"), of_call=F(f"{project}__call__reference"),
            organisation=F(f"{project}__organisation__code"), number=F("agreement__number"), original=F("original"),
        )
        .annotate(
            paid=Sum("amount"), gross=Sum("amount", filter=~back, default=ZERO), paid_on=Min("effective_on", filter=~back),
            reversed_on=Max("effective_on", filter=back),
        )
    )  # fmt: skip
    return {row["original"]: row for row in found}


def _row(payment: dict[str, Any], money: dict[str, Any] | None, until: datetime) -> Row:
    steps = {step: at for step in _STEPS if (at := payment[f"{step}_at"]) and at <= until}
    return _empty(
        project=payment["project"],
        call=payment["call"],
        organisation=payment["organisation"],
        payment=payment["number"],
        order_number=payment["order_number"],
        agreement=payment["agreement"],
        instalment_kind=CLAIM if payment["is_claimed"] else payment["kind"],
        amount=_text(payment["amount"]),
        rejected=_flag(payment["state"] == PaymentState.REJECTED),
        **{f"{step}_at": at.isoformat() for step, at in steps.items()},
        **{f"{step}_by": payment[f"{step}_by__name"] or "" for step in _PEOPLE if step in steps},
        **{name: _flag(payment[name]) for name in _ATTESTATIONS},
        **(_money(money) if money else {"fiscal_year": str(payment["planned"]), "paid": _text(ZERO), "reversed": _flag(False)}),
    )


def _project(money: dict[str, Any]) -> Row:
    """Of a sum that no order explains: where it went."""
    return {
        "project": money["project"],
        "call": money["of_call"],
        "organisation": money["organisation"],
        "agreement": money["number"],
    }


def _money(money: dict[str, Any]) -> Row:
    return {
        "fiscal_year": str(money["fiscal_year"]),
        "paid": _text(money["paid"]),
        "paid_on": money["paid_on"].isoformat() if money["paid_on"] else "",
        "reference": money["original"],
        "reversed": _flag(money["reversed_on"] is not None),
        "reversed_on": money["reversed_on"].isoformat() if money["reversed_on"] else "",
    }


def _empty(**values: str) -> Row:
    return dict.fromkeys(_COLUMNS, "") | values


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _flag(is_so: bool) -> str:
    return "yes" if is_so else "no"

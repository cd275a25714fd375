"""The rows that the reports are computed from, read by the database's cursor and known by an instant: cents are integers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, F, QuerySet, When
from django.db.models.functions import Cast, Coalesce

from funding.enums import LedgerKind
from funding.models import Cofunding, Envelope, LedgerEntry
from projects.enums import EnvelopeCode
from projects.models import Project
from reporting.models import ImportedCost
from reporting.queries.contests import contest_rows
from reporting.queries.parameters import rates_at

Rows = Iterator[tuple[Any, ...]]
_CHUNK = 20_000
_CENTS = Cast(F("amount") * 100, BigIntegerField())


def _rows(found: QuerySet[Any], *names: Any) -> Rows:
    return found.order_by("pk").values_list(*names).iterator(chunk_size=_CHUNK)


def envelope_ceilings() -> dict[str, Decimal]:
    """Each envelope in the order of the report, with its ceiling in dollars."""
    return dict(Envelope.objects.order_by("pk").values_list("code", "ceiling"))


def ledger_rows(known: datetime) -> Rows:
    rows = LedgerEntry.objects.filter(recorded_at__lte=known)
    return _rows(rows, "envelope__code", "fiscal_year", "kind", _CENTS, "effective_on", "recorded_at")


def portfolio_rows(known: datetime, projects: QuerySet[Project] | None = None) -> dict[str, Rows]:
    """The rows of each frame by its name; of some projects when `projects` says which. Gains come in columns (`gain_columns`)."""
    chosen = Project.objects.all() if projects is None else projects
    return {
        "projects": _rows(
            chosen, "reference", "call__reference", "organisation__code", "region_id", "state", "decided_on", "signed_on", "starts_on",
            "ends_on",
        ),
        "payments": _payments(known, projects),
        "cofunding": _rows(
            _of(Cofunding.objects.filter(recorded_at__lte=known), "project", projects),
            "project__reference", _CENTS, "in_kind", "effective_on", "recorded_at",
        ),
        "contests": contest_rows(known, projects),
        "secretariat_costs": _costs(known),
        "rates": _rows(rates_at(known), "valid_from", "rate", "recorded_at"),
    }  # fmt: skip


def _of(rows: QuerySet[Any], path: str, projects: QuerySet[Project] | None) -> QuerySet[Any]:
    return rows if projects is None else rows.filter(**{f"{path}__in": projects})


def _paid(known: datetime) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(recorded_at__lte=known, kind__in=(LedgerKind.PAYMENT, LedgerKind.RECOVERY))


def _payments(known: datetime, projects: QuerySet[Project] | None) -> Rows:
    """Payments and recoveries of the projects: the kind says which way the money went, and only a contra-entry is below zero.

    `reference` is that of the payment, on the row that takes it back too.
    """
    rows = _of(_paid(known).filter(agreement__isnull=False), "agreement__project", projects).alias(
        original=Coalesce("reverses__reference", "reference")
    )
    cents = Case(When(kind=LedgerKind.RECOVERY, then=-_CENTS), default=_CENTS, output_field=BigIntegerField())
    return _rows(rows, "agreement__project__reference", "kind", cents, "effective_on", "recorded_at", "fiscal_year", F("original"))


def _costs(known: datetime) -> Rows:
    """What the Secretariat paid from its envelope, then what was imported of its costs."""
    paid = _paid(known).filter(envelope__code=EnvelopeCode.SECRETARIAT)
    imported = ImportedCost.objects.filter(recorded_at__lte=known)
    yield from _rows(paid, _CENTS, "effective_on", "recorded_at")
    yield from _rows(imported, _CENTS, "effective_on", "recorded_at")

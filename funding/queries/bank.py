"""Reads of bank details."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from funding.enums import BankState
from funding.models import BankDetail


def details_of(organisation_id: int) -> QuerySet[BankDetail]:
    """Every version of an organisation, the newest first."""
    return BankDetail.objects.filter(organisation=organisation_id).select_related("entered_by", "decided_by").order_by("-version", "-pk")


def current_details(organisation_ids: Iterable[int]) -> dict[int, BankDetail]:
    """Where each organisation is paid: its latest confirmed version. One without any is absent."""
    rows = BankDetail.objects.filter(organisation__in=set(organisation_ids), state=BankState.CONFIRMED).order_by("version", "pk")
    return {row.organisation_id: row for row in rows}

"""Reads of bank details and of the dated rules of payments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from funding.enums import BankState
from funding.models import BankDetail, Payment, PaymentRule


def rule_on(day: date) -> PaymentRule:
    """The rules of payments in force on a day. Raises PaymentRule.DoesNotExist before the first one."""
    found: PaymentRule = PaymentRule.objects.filter(valid_from__lte=day).latest("valid_from")
    return found


def details_of(organisation_id: int) -> QuerySet[BankDetail]:
    """Every version of an organisation, the newest first."""
    return BankDetail.objects.filter(organisation=organisation_id).select_related("entered_by", "decided_by").order_by("-version", "-pk")


def current_details(organisation_ids: Iterable[int]) -> dict[int, BankDetail]:
    """Where each organisation is paid: its latest confirmed version. One without any is absent."""
    rows = BankDetail.objects.filter(organisation__in=set(organisation_ids), state=BankState.CONFIRMED).order_by("version", "pk")
    return {row.organisation_id: row for row in rows}


def touched_bank_details(person: Any, organisation_id: int, now: datetime) -> bool:
    """Whether a person entered or decided bank details of an organisation in the days that keep them apart from its payments (SD-6)."""
    since = now - timedelta(days=rule_on(timezone.localdate(now)).bank_days)
    acted = Q(entered_by=person, entered_at__gt=since) | Q(decided_by=person, decided_at__gt=since)
    return BankDetail.objects.filter(acted, organisation=organisation_id).exists()


def took_part_in_payments(person: Any, organisation_id: int, now: datetime) -> bool:
    """The same, the other way round: a step of a payment of that organisation in those days."""
    since = now - timedelta(days=rule_on(timezone.localdate(now)).bank_days)
    steps = ("requested", "certified", "authorised")
    acted = Q()
    for step in steps:
        acted |= Q(**{f"{step}_by": person, f"{step}_at__gt": since})
    return Payment.objects.filter(acted, instalment__agreement__project__organisation=organisation_id).exists()

"""The dated rules of payments, and what keeps bank details and payments apart for one person (SD-6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from funding.models import BankDetail, Payment, PaymentRule


def rule_on(day: date) -> PaymentRule:
    """The rules of payments in force on a day. Raises PaymentRule.DoesNotExist before the first one."""
    found: PaymentRule = PaymentRule.objects.filter(valid_from__lte=day).latest("valid_from")
    return found


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

"""Which messages still have to leave by e-mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from projects.enums import APPLICANT_ROLES
from projects.models import Membership, Message, Recusal

#: where the cache keeps the instant of beat's last tick, for the page of the service's health
BEAT = "beat"


def messages_to_send(ids: Iterable[int], now: datetime) -> QuerySet[Message]:
    """Those of these messages that were not sent, to people with an active account whom neither a recusal nor their departure keeps
    away from the file: who had a role in its organisation, and by `now` holds none there nor at the Fund, reads of it no more.
    """
    recusal = Recusal.objects.filter(person=OuterRef("person"), application=OuterRef("application"))
    held = Membership.objects.filter(person=OuterRef("person"))
    there = Q(organisation=OuterRef("application__organisation"), role__in=APPLICANT_ROLES)
    still = held.on(timezone.localdate(now)).filter(there | ~Q(role__in=APPLICANT_ROLES))
    has_left = Q(Exists(held.filter(there))) & ~Q(Exists(still))
    unsent = Message.objects.filter(~has_left, ~Exists(recusal), pk__in=list(ids), sent_at__isnull=True, person__is_active=True)
    return unsent.select_related("person").order_by("pk")

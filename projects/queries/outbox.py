"""Which messages still have to leave by e-mail."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from projects.models import Message, Recusal

#: where the cache keeps the instant of beat's last tick, for the page of the service's health
BEAT = "beat"


def messages_to_send(ids: Iterable[int]) -> QuerySet[Message]:
    """Those of these messages that were not sent, to people with an active account from whom no recusal hides the file."""
    recusal = Recusal.objects.filter(person=OuterRef("person"), application=OuterRef("application"))
    unsent = Message.objects.filter(~Exists(recusal), pk__in=list(ids), sent_at__isnull=True, person__is_active=True)
    return unsent.select_related("person").order_by("pk")

"""The files that a person took, and may still download."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from projects.models import Recusal, User
from reporting.models import Export


def exports_for(person: User, now: datetime) -> QuerySet[Export]:
    """A person's own files, while they are kept, and made since their last recusal: an older one may hold a hidden project."""
    mine = Export.objects.filter(created_by=person, expires_at__gt=now)
    recused = Recusal.objects.filter(person=person).order_by("-recused_at", "-pk").values_list("recused_at", flat=True)[:1]
    for last in recused:
        mine = mine.filter(created_at__gt=last)
    return mine

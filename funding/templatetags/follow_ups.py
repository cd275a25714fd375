"""The calendar of follow-up reports on the pages of an agreement and of its project: rows that an upper app gives, or nothing."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.utils import timezone
from django.utils.module_loading import import_string

register = template.Library()


@register.inclusion_tag("funding/follow_up_schedule.html", takes_context=True)
def follow_up_schedule(context: Context, agreement: Any) -> dict[str, Any]:
    """`settings.FOLLOW_UP_SCHEDULE` names a function of (person, agreement, now) that returns (report, colour, lateness) rows."""
    path = getattr(settings, "FOLLOW_UP_SCHEDULE", "")
    return {"rows": import_string(path)(context["request"].user, agreement, timezone.now()) if path and agreement else []}

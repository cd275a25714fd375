"""What the home page shows of the Fund's results: figures that an upper app gives, or nothing."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.utils.module_loading import import_string

register = template.Library()


@register.inclusion_tag("projects/fund_in_brief.html")
def fund_in_brief() -> dict[str, Any]:
    """`settings.FUND_IN_BRIEF` names a function that returns the published figures, each (label, value, note), or none."""
    path = getattr(settings, "FUND_IN_BRIEF", "")
    return {"figures": import_string(path)() if path else []}

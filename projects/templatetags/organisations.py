"""An organisation named on a page, as a link to its own."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from projects.models import Organisation

register = template.Library()


@register.simple_tag
def organisation_link(organisation: Organisation) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("projects:organisation_detail", args=[organisation.code]), organisation.name)

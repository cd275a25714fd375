"""The lists of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, MoneyColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from projects.enums import CallState
from projects.models import Call

COLOURS = {
    CallState.OPEN: "green",
    CallState.PUBLISHED: "blue",
    CallState.SUBMITTED: "yellow",
    CallState.APPROVED: "blue",
    CallState.DRAFT: "outline",
    CallState.REVIEW: "blue",
    CallState.CANCELLED: "red",
}


def state_tag(call: Any) -> SafeString:
    """The state of a call by the clock, in a coloured word, the same on every page. The call comes from `calls_for`."""
    state = CallState(call.current)
    return tag(str(state.label), COLOURS.get(state, ""))


class InstantColumn(django_tables2.Column):
    """An instant to the minute, Eastern time."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"attrs": {"td": {"class": "num"}}, **kwargs})

    def render(self, value: datetime) -> str:
        return typography.iso_datetime(value)[:16]

    def value(self, value: datetime) -> datetime:
        return value


class CallTable(BaseTable):
    """Calls as anybody reads them."""

    title = django_tables2.Column(verbose_name=_("Appel"))
    current = django_tables2.Column(verbose_name=_("État"), orderable=False)
    maximum = MoneyColumn(verbose_name=_("Aide maximale"), accessor="terms__maximum_amount")
    opens_at = InstantColumn(verbose_name=_("Ouverture"))
    closes_at = InstantColumn(verbose_name=_("Fermeture"))

    detail = "projects:call_detail"

    def render_title(self, record: Call) -> SafeString:
        address = reverse(self.detail, args=[record.reference])
        return format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', address, record.title, record.reference)

    def render_current(self, record: Call) -> SafeString:
        return state_tag(record)


class StaffCallTable(CallTable):
    """Calls as the Secretariat works on them."""

    total = MoneyColumn(verbose_name=_("Montant"))
    author = django_tables2.Column(verbose_name=_("Rédaction"), accessor="created_by__name")

    detail = "funding:call_detail"

    class Meta:
        exclude = ("maximum",)
        sequence = ("title", "current", "total", "opens_at", "closes_at", "author")

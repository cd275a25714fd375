"""The register of overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fondsinnovation.kit.tables import RIGHT, BaseTable
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from reporting.enums import OverlapOutcome
from reporting.models import Overlap
from reporting.queries.overlaps import Stake, stakes_of


def overlap_tag(overlap: Overlap) -> SafeString:
    """Whether an overlap is open, and how it was settled, in a coloured word."""
    resolution = getattr(overlap, "resolution", None)
    if resolution is None:
        return tag(_("À trancher"), "yellow")
    return tag(resolution.get_outcome_display(), "green" if resolution.outcome == OverlapOutcome.BOTH_REAL else "red")


class OverlapTable(BaseTable):
    """`stakes`: what is at stake in each row of the page; `today`: from which the age of an open overlap is counted."""

    stakes: Mapping[int, Stake]
    today: date

    key = django_tables2.Column(verbose_name=gettext_lazy("Chevauchement"), empty_values=(), order_by="pk")
    lines = django_tables2.Column(verbose_name=gettext_lazy("Lignes"), empty_values=(), orderable=False)
    fiscal_year = django_tables2.Column(verbose_name=gettext_lazy("Exercice"))
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), empty_values=(), orderable=False)
    stake = django_tables2.Column(verbose_name=gettext_lazy("En jeu"), empty_values=(), orderable=False, attrs=RIGHT)
    age = django_tables2.Column(verbose_name=gettext_lazy("Âge"), empty_values=(), order_by="-opened_at", attrs=RIGHT)

    @classmethod
    def for_page(cls, *args: Any, **kwargs: Any) -> OverlapTable:
        table: OverlapTable = super().for_page(*args, **kwargs)  # type: ignore[assignment]
        table.stakes = stakes_of(row.record for row in table.page.object_list)
        table.today = timezone.localdate()
        return table

    def render_key(self, record: Overlap) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{}</span>',
            reverse("reporting:overlap_detail", args=[record.pk]),
            record.number,
            " · ".join(part for part in (record.organisation.name, record.cost_centre, record.account) if part),
        )

    def render_lines(self, record: Overlap) -> SafeString:
        named = '{}<br><span class="small soft">{} · {}</span>'
        first = format_html(named, record.first.title, record.first_project.reference, record.first.code)
        return format_html("{}<br>{}", first, format_html(named, record.second.title, record.second_project.reference, record.second.code))

    def render_fiscal_year(self, value: int) -> str:
        return typography.fiscal_year(value)

    def render_state(self, record: Overlap) -> SafeString:
        return overlap_tag(record)

    def render_stake(self, record: Overlap) -> str:
        return typography.money_cents(self.stakes[record.pk].amount)

    def render_age(self, record: Overlap) -> str:
        resolution = getattr(record, "resolution", None)
        until = timezone.localdate(resolution.resolved_at) if resolution else self.today
        days = max((until - timezone.localdate(record.opened_at)).days, 0)
        return ngettext("%(days)s jour", "%(days)s jours", days) % {"days": typography.number(days)}

"""The list of follow-up reports, late first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fondsinnovation.kit.tables import BaseTable
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from funding.enums import RiskTier
from funding.models import Agreement
from reporting.enums import FollowUpState
from reporting.models import FollowUpReport
from reporting.queries.follow_ups import days_late, follow_ups_for

FOLLOW_UP_COLOURS = {
    FollowUpState.EXPECTED: "outline",
    FollowUpState.DUE: "yellow",
    FollowUpState.LATE: "red",
    FollowUpState.TO_COSIGN: "yellow",
    FollowUpState.SUBMITTED: "blue",
    FollowUpState.RETURNED: "red",
    FollowUpState.VERIFIED: "green",
    FollowUpState.WITHDRAWN: "outline",
}


def follow_up_tag(report: FollowUpReport) -> SafeString:
    """The state of a report in a coloured word, with what a reader must know beside it."""
    state = tag(report.get_state_display(), FOLLOW_UP_COLOURS[FollowUpState(report.state)])
    if report.cosignature_waived:
        state = format_html("{} {}", state, tag(_("Cosignature levée"), "outline"))
    return state


def lateness(report: FollowUpReport, day: date) -> str:
    """« 12 jours de retard », or nothing."""
    late = days_late(report, day) if report.submitted_at or report.state != FollowUpState.WITHDRAWN else 0
    return ngettext("%(count)s jour de retard", "%(count)s jours de retard", late) % {"count": typography.number(late)} if late else ""


class FollowUpTable(BaseTable):
    number = django_tables2.Column(verbose_name=gettext_lazy("Rapport"), orderable=False)
    period_end = django_tables2.Column(verbose_name=gettext_lazy("Période"))
    state = django_tables2.Column(verbose_name=gettext_lazy("État"), orderable=False)
    due_on = django_tables2.Column(verbose_name=gettext_lazy("Échéance"))
    tier = django_tables2.Column(verbose_name=gettext_lazy("Risque"), orderable=False, default="–")

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day

    def render_number(self, record: FollowUpReport) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {} · {}</span>',
            reverse("reporting:follow_up_detail", args=[record.number]),
            record.get_kind_display(),
            record.number,
            record.project.title,
            record.project.organisation.name,
        )

    def render_period_end(self, record: FollowUpReport) -> SafeString:
        days = (typography.iso_date(record.period_start), typography.iso_date(record.period_end))
        return format_html('<span class="num">{}</span><br><span class="num">{}</span>', *days)

    def render_state(self, record: FollowUpReport) -> SafeString:
        return follow_up_tag(record)

    def render_due_on(self, record: FollowUpReport) -> SafeString:
        day = format_html('<span class="num">{}</span>', typography.iso_date(record.due_on))
        late = lateness(record, self.day)
        return format_html('{}<br><span class="small error">{}</span>', day, late) if late else day

    def render_tier(self, value: str) -> str:
        return str(RiskTier(value).label)


def schedule_of(person: Any, agreement: Agreement, now: datetime) -> list[tuple[FollowUpReport, str, str]]:
    """The calendar of an agreement as this person may see it: each report with its colour and its lateness."""
    day = timezone.localdate(now)
    rows = follow_ups_for(person, now).filter(agreement=agreement).order_by("period_start", "pk")
    return [(row, FOLLOW_UP_COLOURS[FollowUpState(row.state)], lateness(row, day)) for row in rows]

"""The list of recoveries."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, MoneyColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from funding.enums import RECOVERY_DUE, RecoveryState
from funding.models import Recovery
from funding.queries.recoveries import schedule_of

RECOVERY_COLOURS = {
    RecoveryState.ESTABLISHED: "yellow",
    RecoveryState.CLAIMED: "blue",
    RecoveryState.SCHEDULED: "blue",
    RecoveryState.RECEIVED: "green",
    RecoveryState.WRITTEN_OFF: "outline",
    RecoveryState.CANCELLED: "outline",
}


class RecoveryTable(BaseTable):
    number = django_tables2.Column(verbose_name=gettext_lazy("Recouvrement"))
    state = django_tables2.Column(verbose_name=gettext_lazy("État"))
    due_on = django_tables2.Column(verbose_name=gettext_lazy("Prochaine échéance"), empty_values=(), orderable=False)
    due = MoneyColumn(verbose_name=gettext_lazy("À recouvrer"))
    received = MoneyColumn(verbose_name=gettext_lazy("Reçu"))
    written_off = MoneyColumn(verbose_name=gettext_lazy("Radié"))
    left = MoneyColumn(verbose_name=gettext_lazy("Reste"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def render_number(self, record: Recovery) -> SafeString:
        agreement = record.agreement
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("funding:recovery_detail", args=[record.number]),
            record.number,
            agreement.number,
            agreement.project.organisation.name,
        )

    def render_state(self, record: Recovery) -> SafeString:
        return tag(record.get_state_display(), RECOVERY_COLOURS[RecoveryState(record.state)])

    def render_due_on(self, record: Recovery) -> SafeString | str:
        if record.state not in RECOVERY_DUE:
            return "–"
        line = next(line for line in schedule_of(record, self.today) if line.left)
        day = typography.iso_date(line.due_on)
        return format_html("{}<br>{}", day, tag(_("En retard"), "red")) if line.late_days else day

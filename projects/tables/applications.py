"""The Secretariat's queue of applications."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fondsinnovation.kit.tables import RIGHT, BaseTable, MoneyColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from projects.enums import WAITING, ApplicationState
from projects.models import Application
from projects.queries.staff import NEXT_ACTIONS, SERVICE_STANDARD

#: yellow waits for the Secretariat, blue is under way elsewhere, green and red are ends
COLOURS = {
    ApplicationState.SUBMITTED: "yellow",
    ApplicationState.ELIGIBLE: "yellow",
    ApplicationState.IN_REVIEW: "blue",
    ApplicationState.REVIEWED: "yellow",
    ApplicationState.RECOMMENDED: "blue",
    ApplicationState.NOT_RECOMMENDED: "blue",
    ApplicationState.ACCEPTED: "green",
    ApplicationState.CONVERTED: "green",
    ApplicationState.REFUSED: "red",
    ApplicationState.INELIGIBLE: "red",
    ApplicationState.WITHDRAWN: "outline",
}


def state_tag(application: Application) -> SafeString:
    """The stage of an application in a coloured word, the same on every page."""
    return tag(application.get_state_display(), COLOURS.get(ApplicationState(application.state), ""))


def time_left(application: Application, now: datetime) -> SafeString:
    """How far an application is from the service standard."""
    days = (timezone.localdate(application.submitted_at + SERVICE_STANDARD) - timezone.localdate(now)).days
    if days < 0:
        late = ngettext("En retard de %(count)s jour", "En retard de %(count)s jours", -days) % {"count": -days}
        return format_html('<span class="small error">{}</span>', late)
    left = ngettext("Dans %(count)s jour", "Dans %(count)s jours", days) % {"count": days} if days else _("Aujourd’hui")
    return format_html('<span class="small soft">{}</span>', left)


class QueueTable(BaseTable):
    """Applications as the Secretariat works through them."""

    title = django_tables2.Column(verbose_name=gettext_lazy("Demande"), orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("Étape"))
    amount_requested = MoneyColumn(verbose_name=gettext_lazy("Montant"))
    score = django_tables2.Column(verbose_name=gettext_lazy("Cote"), attrs=RIGHT, default="–")
    due = django_tables2.Column(verbose_name=gettext_lazy("Échéance"), accessor="submitted_at", order_by="submitted_at")
    next_action = django_tables2.Column(verbose_name=gettext_lazy("Prochaine action"), accessor="state", orderable=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def render_title(self, record: Application) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("funding:application_detail", args=[record.number]),
            record.title,
            record.number,
            record.organisation.name,
        )

    def render_state(self, record: Application) -> SafeString:
        return state_tag(record)

    def render_score(self, value: Decimal) -> str:
        return typography.number(value, 2)

    def render_due(self, record: Application) -> SafeString | str:
        if record.state not in WAITING:
            return "–"
        day = typography.iso_date(record.submitted_at + SERVICE_STANDARD)
        return format_html('<span class="num">{}</span><br>{}', day, time_left(record, self.now))

    def render_next_action(self, record: Application) -> str:
        return str(NEXT_ACTIONS.get(ApplicationState(record.state), "–"))

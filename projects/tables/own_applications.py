"""An organisation's own applications."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn
from fondsinnovation.templatetags.portal import tag
from projects.enums import ApplicationState
from projects.models import Application
from projects.tables.applications import COLOURS


def stage_tag(stage: str) -> SafeString:
    """The state of an application as its organisation knows it."""
    state = ApplicationState(stage)
    return tag(str(state.label), COLOURS.get(state, ""))


class OwnApplicationTable(BaseTable):
    title = django_tables2.Column(verbose_name=gettext_lazy("Demande"), empty_values=())
    call = django_tables2.Column(accessor="call__reference", verbose_name=gettext_lazy("Appel"), attrs={"td": {"class": "num"}})
    organisation = django_tables2.Column(
        accessor="organisation__name", order_by="organisation__sort_key", verbose_name=gettext_lazy("Organisme")
    )
    responsible = django_tables2.Column(accessor="responsible__name", verbose_name=gettext_lazy("Responsable"))
    stage = django_tables2.Column(verbose_name=gettext_lazy("État"))
    amount_requested = MoneyColumn(verbose_name=gettext_lazy("Montant demandé"))
    changed_at = DayColumn(verbose_name=gettext_lazy("Modifiée le"))

    def render_title(self, record: Application) -> SafeString:
        title = record.title or _("Demande sans titre")
        under = format_html('<br><span class="small soft">{}</span>', record.number) if record.number else ""
        return format_html('<a href="{}">{}</a>{}', reverse("projects:application_detail", args=[record.pk]), title, under)

    def render_stage(self, value: str) -> SafeString:
        return stage_tag(value)

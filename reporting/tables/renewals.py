"""The list of renewal dossiers."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, MoneyColumn
from fondsinnovation.templatetags.portal import tag
from reporting.enums import RenewalState
from reporting.models import Renewal

RENEWAL_COLOURS = {
    RenewalState.OPENED: "blue",
    RenewalState.ANALYSED: "blue",
    RenewalState.RECOMMENDED: "yellow",
    RenewalState.DECIDED: "green",
    RenewalState.IMPLEMENTED: "green",
}


class RenewalTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Dossier"))
    state = django_tables2.Column(verbose_name=_("État"))
    advice = django_tables2.Column(verbose_name=_("Recommandation"), empty_values=())
    recommended_amount = MoneyColumn(verbose_name=_("Recommandé"), default="–")
    decision = django_tables2.Column(verbose_name=_("Décision"), empty_values=())
    decided_amount = MoneyColumn(verbose_name=_("Décidé"), default="–")

    def render_number(self, record: Renewal) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("reporting:renewal_detail", args=[record.number]),
            record.number,
            record.project.reference,
            record.project.organisation.name,
        )

    def render_state(self, record: Renewal) -> SafeString:
        return tag(record.get_state_display(), RENEWAL_COLOURS[RenewalState(record.state)])

    def render_advice(self, record: Renewal) -> str:
        return record.get_advice_display() or "–"

    def render_decision(self, record: Renewal) -> str:
        return record.get_decision_display() or "–"

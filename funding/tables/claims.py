"""The list of claims."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn
from fondsinnovation.templatetags.portal import tag
from funding.enums import ClaimState
from funding.models import Claim

CLAIM_COLOURS = {
    ClaimState.DRAFT: "outline",
    ClaimState.SUBMITTED: "yellow",
    ClaimState.IN_VERIFICATION: "blue",
    ClaimState.ADMITTED: "green",
    ClaimState.PARTLY_ADMITTED: "green",
    ClaimState.REFUSED: "red",
}


class ClaimTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Réclamation"))
    state = django_tables2.Column(verbose_name=_("État"))
    submitted_at = DayColumn(verbose_name=_("Soumise le"))
    claimed = MoneyColumn(verbose_name=_("Réclamé"))
    aid = MoneyColumn(verbose_name=_("Aide admise"))

    def render_number(self, record: Claim) -> SafeString:
        agreement = record.instalment.agreement
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("funding:claim_detail", args=[record.number]),
            record.number,
            agreement.number,
            agreement.project.organisation.name,
        )

    def render_state(self, record: Claim) -> SafeString:
        return tag(record.get_state_display(), CLAIM_COLOURS[ClaimState(record.state)])

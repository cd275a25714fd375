"""The list of moves of credit."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, DayColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from funding.enums import CreditMoveState
from funding.models import CreditMove

COLOURS = {CreditMoveState.PROPOSED: "yellow", CreditMoveState.APPROVED: "green", CreditMoveState.REFUSED: "red"}


class CreditMoveTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Mouvement"))
    state = django_tables2.Column(verbose_name=_("État"))
    account = django_tables2.Column(verbose_name=_("Enveloppe et exercice"), empty_values=(), orderable=False)
    authority = django_tables2.Column(verbose_name=_("Autorité"), orderable=False)
    effective_on = DayColumn(verbose_name=_("Date d’effet"))

    def render_number(self, record: CreditMove) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{}</span>',
            reverse("funding:credit_move_detail", args=[record.number]),
            record.number,
            record.get_kind_display(),
        )

    def render_state(self, record: CreditMove) -> SafeString:
        return tag(record.get_state_display(), COLOURS[CreditMoveState(record.state)])

    def render_account(self, record: CreditMove) -> str:
        return f"{record.envelope.get_code_display()}, {typography.fiscal_year(record.fiscal_year)}"

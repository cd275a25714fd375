"""The list of the Secretariat's costs, and what was entered about them."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, MoneyColumn
from funding.enums import CostMoveState
from funding.models import SecretariatCost

COLOURS = {CostMoveState.PROPOSED: "yellow", CostMoveState.APPROVED: "green", CostMoveState.REFUSED: "red"}


class CostTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Dépense"))
    kind = django_tables2.Column(verbose_name=_("Type"))
    committed = MoneyColumn(verbose_name=_("Engagé"))
    paid = MoneyColumn(verbose_name=_("Payé"))

    def render_number(self, record: SecretariatCost) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{}{}</span>',
            reverse("funding:cost_detail", args=[record.number]),
            record.number,
            record.title,
            f" · {record.supplier}" if record.supplier else "",
        )

    def render_kind(self, record: SecretariatCost) -> str:
        return record.get_kind_display()

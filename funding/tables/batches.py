"""The lists of batches, of their orders and of return files."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn, NumberColumn
from fondsinnovation.templatetags.portal import tag
from funding.enums import BatchState, PaymentState
from funding.models import BatchOrder, PaymentBatch
from funding.tables.payments import PAYMENT_COLOURS

BATCH_COLOURS = {BatchState.PREPARED: "yellow", BatchState.TRANSMITTED: "green", BatchState.CANCELLED: "red"}


class BatchTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Lot"))
    state = django_tables2.Column(verbose_name=_("État"))
    prepared_at = DayColumn(verbose_name=_("Préparé le"))
    transmitted_at = DayColumn(verbose_name=_("Transmis le"), default="–")
    order_count = NumberColumn(verbose_name=_("Ordres"))
    confirmed = NumberColumn(verbose_name=_("Confirmés"))
    rejected = NumberColumn(verbose_name=_("Rejetés"))
    total = MoneyColumn(verbose_name=_("Total"))

    def render_number(self, record: PaymentBatch) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("funding:batch_detail", args=[record.number]), record.number)

    def render_state(self, record: PaymentBatch) -> SafeString:
        return tag(record.get_state_display(), BATCH_COLOURS[BatchState(record.state)])


class OrderTable(BaseTable):
    order_number = django_tables2.Column(verbose_name=_("Ordre"))
    state = django_tables2.Column(verbose_name=_("État"), accessor="payment__state")
    account = django_tables2.Column(verbose_name=_("Compte"), accessor="bank_detail", orderable=False)
    reference = django_tables2.Column(verbose_name=_("Référence"), accessor="payment__reference", default="–")
    amount = MoneyColumn(verbose_name=_("Montant"))

    def render_order_number(self, record: BatchOrder) -> SafeString:
        url = reverse("funding:payment_detail", args=[record.payment.number])
        return format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', url, record.order_number, record.beneficiary)

    def render_state(self, record: BatchOrder) -> SafeString:
        return tag(record.payment.get_state_display(), PAYMENT_COLOURS[PaymentState(record.payment.state)])

    def render_account(self, record: BatchOrder) -> str:
        return str(record.bank_detail)

"""The lists of payments, milestones and ledger rows."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from funding.enums import MilestoneState, PaymentState
from funding.models import LedgerEntry, Milestone, Payment

PAYMENT_COLOURS = {
    PaymentState.REQUESTED: "yellow",
    PaymentState.CERTIFIED: "yellow",
    PaymentState.AUTHORISED: "blue",
    PaymentState.TRANSMITTED: "blue",
    PaymentState.CONFIRMED: "green",
    PaymentState.REJECTED: "red",
    PaymentState.REVERSED: "red",
}
MILESTONE_COLOURS = {
    MilestoneState.PLANNED: "outline",
    MilestoneState.REPORTED: "yellow",
    MilestoneState.VERIFIED: "green",
    MilestoneState.PARTIAL: "yellow",
    MilestoneState.REFUSED: "red",
    MilestoneState.CANCELLED: "outline",
}


class PaymentTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Paiement"))
    state = django_tables2.Column(verbose_name=_("État"))
    fiscal_year = django_tables2.Column(verbose_name=_("Exercice"))
    amount = MoneyColumn(verbose_name=_("Montant"))
    requested_at = DayColumn(verbose_name=_("Demandé le"))
    reference = django_tables2.Column(verbose_name=_("Référence"), default="–")

    def render_number(self, record: Payment) -> SafeString:
        agreement = record.instalment.agreement
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("funding:payment_detail", args=[record.number]),
            record.number,
            agreement.number,
            agreement.project.organisation.name,
        )

    def render_state(self, record: Payment) -> SafeString:
        return tag(record.get_state_display(), PAYMENT_COLOURS[PaymentState(record.state)])

    def render_fiscal_year(self, value: int) -> str:
        return typography.fiscal_year(value)


class MilestoneTable(BaseTable):
    title = django_tables2.Column(verbose_name=_("Jalon"), orderable=False)
    state = django_tables2.Column(verbose_name=_("État"))
    due_on = DayColumn(verbose_name=_("Échéance"))
    reported_at = DayColumn(verbose_name=_("Déclaré le"))

    def render_title(self, record: Milestone) -> SafeString:
        agreement = record.agreement
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("funding:milestone_detail", args=[record.pk]),
            record.title,
            agreement.number,
            agreement.project.organisation.name,
        )

    def render_state(self, record: Milestone) -> SafeString:
        return tag(record.get_state_display(), MILESTONE_COLOURS[MilestoneState(record.state)])


class LedgerTable(BaseTable):
    """Ledger rows as written: signed, numbered, with both dates."""

    seq = django_tables2.Column(verbose_name=_("Écriture"))
    kind = django_tables2.Column(verbose_name=_("Type"))
    holder = django_tables2.Column(verbose_name=_("Pour"), empty_values=(), orderable=False)
    reference = django_tables2.Column(verbose_name=_("Référence"), default="–")
    effective_on = DayColumn(verbose_name=_("Date d’effet"))
    recorded_at = django_tables2.Column(verbose_name=_("Connue le"))
    amount = MoneyColumn(verbose_name=_("Montant"))

    def render_seq(self, record: LedgerEntry) -> str:
        return f"{record.envelope.code} {typography.fiscal_year(record.fiscal_year)} nº {record.seq}"

    def render_kind(self, record: LedgerEntry) -> str:
        return record.get_kind_display()

    def render_holder(self, record: LedgerEntry) -> str:
        for holder in (record.agreement, record.cost, record.award and record.award.application, record.call):
            if holder:
                return str(holder)
        return "–"

    def render_recorded_at(self, record: LedgerEntry) -> str:
        return typography.iso_datetime(record.recorded_at)

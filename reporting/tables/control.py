"""The registers behind the figures of the controller's page."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn, NumberColumn
from fondsinnovation.templatetags import typography
from projects.enums import EnvelopeCode
from reporting.queries.control import DueLine, OpenCommitment


def _holder(number: str, about: str, view: str) -> SafeString:
    url = reverse(view, args=[number])
    return format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', url, number, about)


class OpenCommitmentTable(BaseTable):
    """Commitments of an age, with what is not paid of each."""

    holder = django_tables2.Column(verbose_name=gettext_lazy("Convention ou dépense"), orderable=False)
    envelope = django_tables2.Column(verbose_name=gettext_lazy("Enveloppe"), orderable=False)
    fiscal_year = django_tables2.Column(verbose_name=gettext_lazy("Exercice"), orderable=False)
    effective_on = DayColumn(verbose_name=gettext_lazy("Engagé le"), orderable=False)
    days = NumberColumn(verbose_name=gettext_lazy("Jours"), orderable=False)
    open = MoneyColumn(verbose_name=gettext_lazy("Non payé"), orderable=False)

    def render_holder(self, record: OpenCommitment) -> SafeString:
        return _holder(record.holder, record.about, "funding:cost_detail" if record.is_cost else "funding:agreement_detail")

    def render_envelope(self, value: str) -> str:
        return str(EnvelopeCode(value).label)

    def render_fiscal_year(self, value: int) -> str:
        return typography.fiscal_year(value)


class HoldbackTable(BaseTable):
    """Hold-backs with what each waits for; `checklists` is given by the page for its own rows."""

    agreement = django_tables2.Column(verbose_name=gettext_lazy("Convention"), orderable=False)
    due_on = DayColumn(verbose_name=gettext_lazy("Échéance"), accessor="milestone__due_on", orderable=False)
    conditions = django_tables2.Column(verbose_name=gettext_lazy("Conditions non remplies"), empty_values=(), orderable=False)
    left = MoneyColumn(verbose_name=gettext_lazy("Retenu"), orderable=False)

    checklists: dict[int, Any] = {}

    def render_agreement(self, record: Any) -> SafeString:
        return _holder(record.agreement.number, record.agreement.project.organisation.name, "funding:agreement_detail")

    def render_conditions(self, record: Any) -> SafeString | str:
        unmet = self.checklists[record.pk].unmet if record.pk in self.checklists else []
        if not unmet:
            return _("Toutes sont remplies")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((sentence,) for sentence in unmet)))


class DueTable(BaseTable):
    """Commitments of the current fiscal year that are not paid, and what the schedule pays of each before it ends."""

    holder = django_tables2.Column(verbose_name=gettext_lazy("Convention ou dépense"), orderable=False, empty_values=())
    unpaid = MoneyColumn(verbose_name=gettext_lazy("Engagé, non payé"), orderable=False)
    payable = MoneyColumn(verbose_name=gettext_lazy("Payable avant le 31 mars"), orderable=False)
    stuck = MoneyColumn(verbose_name=gettext_lazy("Non payable avant"), orderable=False)

    def render_holder(self, record: DueLine) -> SafeString:
        if not record.holder:
            return format_html('<a href="{}">{}</a>', reverse("reporting:cost_list"), _("Dépenses du Secrétariat"))
        return _holder(record.holder, record.about, "funding:agreement_detail")

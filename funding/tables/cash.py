"""The list of draw-downs and other receipts."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn
from fondsinnovation.templatetags import typography
from funding.models import CashEntry


class CashTable(BaseTable):
    reference = django_tables2.Column(verbose_name=gettext_lazy("Référence"))
    kind = django_tables2.Column(verbose_name=gettext_lazy("Type"))
    source = django_tables2.Column(verbose_name=gettext_lazy("Provenance"), orderable=False)
    fiscal_year = django_tables2.Column(verbose_name=gettext_lazy("Exercice"))
    effective_on = DayColumn(verbose_name=gettext_lazy("Date d’effet"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Montant"))

    def __init__(self, *args: object, may_correct: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.may_correct = may_correct

    def render_reference(self, record: CashEntry) -> SafeString | str:
        if record.reverses_id:
            return _("%(reference)s (correction)") % {"reference": record.reference}
        if not self.may_correct or hasattr(record, "reversed_by"):
            return record.reference
        url = reverse("funding:cash_reverse", args=[record.pk])
        return format_html('{}<br><a class="small" href="{}">{}</a>', record.reference, url, _("Corriger"))

    def render_kind(self, record: CashEntry) -> str:
        return f"{record.get_kind_display()} {record.authority or ''}".strip()

    def render_fiscal_year(self, value: int) -> str:
        return typography.fiscal_year(value)

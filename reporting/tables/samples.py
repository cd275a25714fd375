"""The lists of samples and of their items."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import RIGHT, BaseTable, DayColumn, MoneyColumn, NumberColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from reporting.models import Gain, GainSample, GainSampleItem


def gain_cell(gain: Gain, key: str) -> SafeString:
    """A gain that a seed draws: its number, or its identity when it was imported, then whose it is and its period."""
    report = gain.report
    name = report.number if report else key
    shown = format_html('<a href="{}">{}</a>', reverse("reporting:gain_detail", args=[name]), name) if report else name
    days = (typography.iso_date(gain.period_start), typography.iso_date(gain.period_end))
    small = '{}<br><span class="small soft">{} · {} · <span class="num">{}</span> – <span class="num">{}</span></span>'
    return format_html(small, shown, gain.project.organisation.name, gain.line.title, *days)


class SampleTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Échantillon"))
    population = django_tables2.Column(verbose_name=_("Population"), orderable=False)
    drawn_at = DayColumn(verbose_name=_("Tiré le"))
    amount = MoneyColumn(verbose_name=_("Valeur"), accessor="amount", order_by="cents")
    coverage = django_tables2.Column(verbose_name=_("Couverture"), accessor="coverage", orderable=False, attrs=RIGHT)
    examined = django_tables2.Column(verbose_name=_("Examinés"), attrs=RIGHT)

    def render_number(self, record: GainSample) -> SafeString:
        address = reverse("reporting:sample_detail", args=[record.number])
        return format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', address, record.number, record.drawn_by.name)

    def render_population(self, record: GainSample) -> SafeString:
        year = typography.fiscal_year(record.fiscal_year) if record.fiscal_year else _("Tous les exercices")
        call = record.call.reference if record.call else _("Tous les appels")
        return format_html('{}<br><span class="small soft">{} · {}</span>', record.get_population_display(), year, call)

    def render_coverage(self, value: Decimal) -> str:
        return typography.percent(value)

    def render_examined(self, record: Any) -> str:
        return f"{typography.number(record.examined)} / {typography.number(record.size)}"


class SampleItemTable(BaseTable):
    """The items of a sample, each with its finding or the way to write it: `may_examine`."""

    position = NumberColumn(verbose_name=_("Rang"), orderable=False)
    key = django_tables2.Column(verbose_name=_("Gain"), orderable=False)
    why = django_tables2.Column(verbose_name=_("Pourquoi"), orderable=False)
    amount = MoneyColumn(verbose_name=_("Montant"), orderable=False)
    finding = django_tables2.Column(verbose_name=_("Constat"), orderable=False, empty_values=())

    def __init__(self, *args: Any, may_examine: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_examine = may_examine

    def render_key(self, record: GainSampleItem) -> SafeString:
        return gain_cell(record.gain, record.key)

    def render_why(self, record: GainSampleItem) -> SafeString:
        if not record.cumulative:
            return format_html("{}", record.get_why_display())
        until = typography.money_cents(Decimal(record.cumulative) / 100)
        said = _("jusqu’à %(sum)s, unités : %(count)s") % {"sum": until, "count": typography.number(record.hits)}
        return format_html('{}<br><span class="small soft">{}</span>', record.get_why_display(), said)

    def render_amount(self, record: GainSampleItem) -> str:
        return typography.money_cents(record.gain.amount)

    def render_finding(self, record: GainSampleItem) -> SafeString | str:
        finding = getattr(record, "finding", None)
        if finding is not None:
            named = '{}<br>{}<br><span class="small soft">{}, <span class="num">{}</span></span>'
            by, day = finding.examined_by.name, typography.iso_date(finding.examined_at)
            return format_html(named, tag(str(_("Examiné")), "green"), finding.note, by, day)
        if not self.may_examine:
            return str(_("À examiner"))
        address = reverse("reporting:sample_item", args=[record.sample.number, record.position])
        return format_html('<a href="{}">{}</a>', address, _("Inscrire un constat"))

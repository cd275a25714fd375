"""The lists of the verifier's desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fondsinnovation.kit.tables import RIGHT, BaseTable, MoneyColumn
from fondsinnovation.kit.verdict import Verdict
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from reporting.models import GainReport
from reporting.queries.verification import LATE, age_of


class DeskTable(BaseTable):
    """What waits, with its age and, for the reader of the page, whether it is theirs: `verdicts` by report."""

    number = django_tables2.Column(verbose_name=_("Déclaration"))
    line = django_tables2.Column(verbose_name=_("Effet"), orderable=False)
    size = MoneyColumn(verbose_name=_("Déclaré"))
    submitted_at = django_tables2.Column(verbose_name=_("Attente"), attrs=RIGHT)
    verdict = django_tables2.Column(verbose_name=_("Pour vous"), accessor="pk", orderable=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.verdicts: Mapping[int, Verdict] = {}

    def render_number(self, record: GainReport) -> SafeString:
        restated = tag(str(_("Redressé")), "yellow") if record.version > 1 else ""
        return format_html(
            '<a href="{}">{}</a> {}<br><span class="small soft">{} · {}</span>',
            reverse("reporting:gain_detail", args=[record.number]),
            record.number,
            restated,
            record.project.call.reference,
            record.project.organisation.name,
        )

    def render_line(self, record: GainReport) -> SafeString:
        days = (typography.iso_date(record.period_start), typography.iso_date(record.period_end))
        return format_html(
            '{}<br><span class="small soft">{} · <span class="num">{}</span> – <span class="num">{}</span></span>',
            record.line.title,
            record.line.get_nature_display(),
            *days,
        )

    def render_size(self, record: GainReport) -> str:
        return typography.money_cents(record.amount)

    def render_submitted_at(self, record: GainReport) -> SafeString:
        age = age_of(record, self.now)
        said = ngettext("%(count)s jour", "%(count)s jours", age) % {"count": typography.number(age)}
        late = tag(_("En retard"), "red") if age > LATE else ""
        return format_html("{} {}", said, late) if late else format_html("{}", said)

    def render_verdict(self, record: GainReport) -> SafeString | str:
        verdict = self.verdicts[record.pk]
        if not verdict:
            return format_html('<span class="small soft">{}</span>', verdict.reason)
        label = _("Vérifier de nouveau") if record.version > 1 else _("Vérifier")
        return format_html('<a href="{}">{}</a>', reverse("reporting:gain_verify", args=[record.number]), label)

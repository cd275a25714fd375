"""The lists of gain reports and of projects."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn
from fondsinnovation.templatetags import typography
from fondsinnovation.templatetags.portal import tag
from projects.enums import ProjectState
from projects.models import Project
from reporting.enums import GainReportState
from reporting.models import GainReport

GAIN_COLOURS = {
    GainReportState.DRAFT: "yellow",
    GainReportState.SUBMITTED: "yellow",
    GainReportState.RETURNED: "red",
    GainReportState.VERIFIED: "green",
    GainReportState.PARTLY_VERIFIED: "green",
    GainReportState.REJECTED: "red",
    GainReportState.CAPTURED: "green",
    GainReportState.TO_REVERIFY: "yellow",
}
PROJECT_COLOURS = {ProjectState.ACTIVE: "blue", ProjectState.COMPLETED: "green", ProjectState.TERMINATED: "red"}


def state_tag(report: GainReport) -> SafeString:
    """The stage of a report in a coloured word, with what a reader must know beside it."""
    state = tag(report.get_state_display(), GAIN_COLOURS[GainReportState(report.state)])
    if report.cosignature_waived:
        state = format_html("{} {}", state, tag(str(_("Cosignature levée")), "outline"))
    return state


class GainTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Déclaration"))
    line = django_tables2.Column(verbose_name=_("Effet"), orderable=False)
    period_end = django_tables2.Column(verbose_name=_("Période"))
    state = django_tables2.Column(verbose_name=_("Stade"))
    amount = MoneyColumn(verbose_name=_("Déclaré"))
    verified_amount = MoneyColumn(verbose_name=_("Vérifié"), default="–")
    captured_amount = MoneyColumn(verbose_name=_("Capté"), default="–")

    def render_number(self, record: GainReport) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("reporting:gain_detail", args=[record.number]),
            record.number,
            record.project.reference,
            record.project.organisation.name,
        )

    def render_line(self, record: GainReport) -> SafeString:
        return format_html('{}<br><span class="small soft">{}</span>', record.line.title, record.line.get_nature_display())

    def render_period_end(self, record: GainReport) -> SafeString:
        days = (typography.iso_date(record.period_start), typography.iso_date(record.period_end))
        shown = format_html('<span class="num">{}</span><br><span class="num">{}</span>', *days)
        windfall = tag(str(_("Effet d’aubaine")), "red") if getattr(record, "windfall", False) else ""
        return format_html("{} {}", shown, windfall) if windfall else shown

    def render_state(self, record: GainReport) -> SafeString:
        return state_tag(record)


class ProjectTable(BaseTable):
    title = django_tables2.Column(verbose_name=_("Projet"))
    state = django_tables2.Column(verbose_name=_("État"))
    awarded = MoneyColumn(verbose_name=_("Subvention"))
    starts_on = DayColumn(verbose_name=_("Début"))
    ends_on = DayColumn(verbose_name=_("Fin"))

    def render_title(self, record: Project) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{} · {}</span>',
            reverse("reporting:project_detail", args=[record.reference]),
            record.title,
            record.reference,
            record.organisation.name,
        )

    def render_state(self, record: Project) -> SafeString:
        return tag(record.get_state_display(), PROJECT_COLOURS[ProjectState(record.state)])

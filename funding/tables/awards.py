"""The lists of decisions, of agreements, and the ranking of a call."""

from __future__ import annotations

from decimal import Decimal

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn, NumberColumn
from fondsinnovation.templatetags.portal import tag
from funding.enums import AgreementState, AwardState
from funding.models import Agreement, Award
from projects.models import Application
from projects.tables.applications import state_tag

#: yellow waits for somebody of the Fund, blue is under way elsewhere, green and red are ends
AWARD_COLOURS = {
    AwardState.RECOMMENDED: "yellow",
    AwardState.CERTIFIED: "yellow",
    AwardState.PARTLY_APPROVED: "yellow",
    AwardState.APPROVED: "green",
    AwardState.REFUSED: "red",
    AwardState.RETURNED: "outline",
}
AGREEMENT_COLOURS = {
    AgreementState.DRAFT: "blue",
    AgreementState.LEGAL_REVIEW: "yellow",
    AgreementState.SIGNED_BENEFICIARY: "yellow",
    AgreementState.IN_FORCE: "green",
    AgreementState.SUSPENDED: "yellow",
    AgreementState.COMPLETED: "outline",
    AgreementState.CLOSED: "outline",
    AgreementState.DOCUMENTED_FAILURE: "outline",
    AgreementState.TERMINATED: "red",
    AgreementState.CANCELLED: "outline",
}


def award_tag(award: Award) -> SafeString:
    return tag(award.get_state_display(), AWARD_COLOURS[AwardState(award.state)])


def agreement_tag(agreement: Agreement) -> SafeString:
    return tag(agreement.get_state_display(), AGREEMENT_COLOURS[AgreementState(agreement.state)])


def _named(url: str, title: str, *about: str) -> SafeString:
    return format_html('<a href="{}">{}</a><br><span class="small soft">{}</span>', url, title, " · ".join(about))


class AwardTable(BaseTable):
    application = django_tables2.Column(verbose_name=gettext_lazy("Demande"), orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("État"))
    amount = MoneyColumn(verbose_name=gettext_lazy("Montant"))
    score = NumberColumn(verbose_name=gettext_lazy("Cote"), accessor="application__score", digits=2)
    recommended_at = DayColumn(verbose_name=gettext_lazy("Recommandée le"))
    letter_at = DayColumn(verbose_name=gettext_lazy("Lettre"), default="–")

    def render_application(self, value: Application) -> SafeString:
        return _named(reverse("funding:award_detail", args=[value.number]), value.title, value.number or "", value.organisation.name)

    def render_state(self, record: Award) -> SafeString:
        return award_tag(record)


class AgreementTable(BaseTable):
    number = django_tables2.Column(verbose_name=gettext_lazy("Convention"))
    state = django_tables2.Column(verbose_name=gettext_lazy("État"))
    kind = django_tables2.Column(verbose_name=gettext_lazy("Type"), orderable=False)
    amount = MoneyColumn(verbose_name=gettext_lazy("Montant"))
    drafted_at = DayColumn(verbose_name=gettext_lazy("Préparée le"))
    in_force_at = DayColumn(verbose_name=gettext_lazy("En vigueur le"), default="–")

    def render_number(self, record: Agreement) -> SafeString:
        page = reverse("funding:agreement_detail", args=[record.number])
        return _named(page, record.number, record.project.title, record.project.organisation.name)

    def render_state(self, record: Agreement) -> SafeString:
        return agreement_tag(record)


class RankingTable(BaseTable):
    """The reviewed applications of a call, the best first; `total` adds up what they take."""

    title = django_tables2.Column(verbose_name=gettext_lazy("Demande"), orderable=False)
    place = NumberColumn(verbose_name=gettext_lazy("Rang"), orderable=False)
    score = NumberColumn(verbose_name=gettext_lazy("Cote"), digits=2, orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("Étape"), orderable=False)
    amount_requested = MoneyColumn(verbose_name=gettext_lazy("Demandé"), orderable=False)
    planned = MoneyColumn(verbose_name=gettext_lazy("Retenu"), orderable=False)
    total = MoneyColumn(verbose_name=gettext_lazy("Cumul"), orderable=False)

    def __init__(self, *args: object, held: Decimal, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.held = held

    def render_title(self, record: Application) -> SafeString:
        page = "funding:award_detail" if hasattr(record, "award") else "funding:award_recommend"
        return _named(reverse(page, args=[record.number]), record.title, record.number or "", record.organisation.name)

    def render_state(self, record: Application) -> SafeString:
        return state_tag(record)

    def render_total(self, value: Decimal) -> SafeString | str:
        shown = MoneyColumn().render(value)
        if value <= self.held:
            return shown
        return format_html('{}<br><span class="small error">{}</span>', shown, _("Au-delà de l’appel"))

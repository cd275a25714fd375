"""The reviews of one reviewer."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.tables import BaseTable, DayColumn, NumberColumn
from fondsinnovation.templatetags.portal import tag
from funding.enums import ReviewState
from funding.models import Review
from projects.enums import InterestAnswer

COLOURS = {ReviewState.ASSIGNED: "yellow", ReviewState.IN_PROGRESS: "blue", ReviewState.SUBMITTED: "green", ReviewState.RECUSED: "outline"}


class ReviewTable(BaseTable):
    """Before the declaration: only what is needed to declare. While a conflict waits for its decision: not even that."""

    application = django_tables2.Column(verbose_name=gettext_lazy("Demande"), orderable=False)
    call = django_tables2.Column(verbose_name=gettext_lazy("Appel"), accessor="application__call__reference", orderable=False)
    state = django_tables2.Column(verbose_name=gettext_lazy("État"))
    due_on = DayColumn(verbose_name=gettext_lazy("Échéance"))
    total = NumberColumn(verbose_name=gettext_lazy("Votre cote"), digits=2, default="–")

    def render_application(self, record: Review) -> SafeString:
        if record.answer == InterestAnswer.POTENTIAL:
            return format_html(
                '<a href="{}">{}</a>', reverse("funding:review_declare", args=[record.pk]), _("Dossier fermé : décision attendue")
            )
        is_open = record.answer == InterestAnswer.NONE
        page = reverse("funding:review_edit" if is_open else "funding:review_declare", args=[record.pk])
        number = f"{record.application.number} · " if is_open else ""
        return format_html(
            '<a href="{}">{}</a><br><span class="small soft">{}{}</span>',
            page,
            record.application.title,
            number,
            record.application.organisation.name,
        )

    def render_state(self, record: Review) -> SafeString:
        return tag(record.get_state_display(), COLOURS[ReviewState(record.state)])

"""The filters of the lists of gains and projects: the same sets serve the pages and the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from projects.enums import Nature, ProjectState
from projects.models import Project
from projects.models.organisations import sort_key
from reporting.enums import GainReportState
from reporting.models import GainReport
from reporting.queries.gains import VIEWS

_DAY = {"type": "date"}


def _search(placeholder: Any) -> django_filters.CharFilter:
    widget = forms.TextInput(attrs={"type": "search", "placeholder": placeholder})
    return django_filters.CharFilter(method="search", label=_("Rechercher"), max_length=100, widget=widget)


class GainFilter(django_filters.FilterSet):
    """Search, stage, nature and period, inside a view; and one organisation by its code."""

    view = django_filters.ChoiceFilter(
        choices=[(view.code, view.label) for view in VIEWS], method="in_view", label=_("Vue"), widget=forms.HiddenInput
    )
    organisation = django_filters.CharFilter(
        field_name="project__organisation__code", label=_("Organisme (code)"), widget=forms.HiddenInput
    )
    q = _search(_("Numéro, projet ou organisme"))
    state = django_filters.ChoiceFilter(choices=GainReportState.choices, label=_("Stade"), empty_label=_("Tous les stades"))
    nature = django_filters.ChoiceFilter(
        field_name="line__nature", choices=Nature.choices, label=_("Nature"), empty_label=_("Toutes les natures")
    )
    since = django_filters.DateFilter(field_name="period_end", lookup_expr="gte", label=_("Du"), widget=forms.DateInput(attrs=_DAY))
    until = django_filters.DateFilter(field_name="period_start", lookup_expr="lte", label=_("Au"), widget=forms.DateInput(attrs=_DAY))

    class Meta:
        model = GainReport
        fields: list[str] = []

    def __init__(self, *args: Any, conditions: dict[str, Q], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conditions = conditions

    def in_view(self, rows: QuerySet[GainReport], name: str, value: str) -> QuerySet[GainReport]:
        return rows.filter(self.conditions[value]) if value in self.conditions else rows.none()

    def search(self, rows: QuerySet[GainReport], name: str, value: str) -> QuerySet[GainReport]:
        words = value.strip()
        named = Q(number__istartswith=words) | Q(project__reference__istartswith=words)
        return rows.filter(named | Q(project__organisation__sort_key__contains=sort_key(words)))


class ProjectFilter(django_filters.FilterSet):
    """Search and state."""

    q = _search(_("Numéro, titre ou organisme"))
    state = django_filters.ChoiceFilter(choices=ProjectState.choices, label=_("État"), empty_label=_("Tous les états"))

    class Meta:
        model = Project
        fields: list[str] = []

    def search(self, rows: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        words = value.strip()
        named = Q(reference__istartswith=words) | Q(title__icontains=words)
        return rows.filter(named | Q(organisation__sort_key__contains=sort_key(words)))

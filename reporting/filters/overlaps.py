"""The filters of the register of overlaps."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fondsinnovation.templatetags.typography import fiscal_year
from projects.enums import Nature
from projects.models.organisations import sort_key
from reporting.models import Overlap
from reporting.queries.overlaps import CONDITIONS, VIEWS, claimed_years

_SEARCH = {"type": "search", "placeholder": _("Projet, organisme ou centre de coûts")}


def _years() -> list[tuple[int, str]]:
    return [(year, fiscal_year(year)) for year in claimed_years()]


class OverlapFilter(django_filters.FilterSet):
    """Search, fiscal year and nature, inside a view; and the overlaps of one project by its reference."""

    view = django_filters.ChoiceFilter(
        choices=[(view.code, view.label) for view in VIEWS], method="in_view", label=_("Vue"), widget=forms.HiddenInput
    )
    project = django_filters.CharFilter(method="of_project", label=_("Projet"), max_length=60, widget=forms.HiddenInput)
    q = django_filters.CharFilter(method="search", label=_("Rechercher"), max_length=100, widget=forms.TextInput(attrs=_SEARCH))
    fiscal_year = django_filters.ChoiceFilter(choices=_years, label=_("Exercice"), empty_label=_("Tous les exercices"))
    nature = django_filters.ChoiceFilter(choices=Nature.choices, label=_("Nature"), empty_label=_("Toutes les natures"))

    class Meta:
        model = Overlap
        fields: list[str] = []

    def in_view(self, rows: QuerySet[Overlap], name: str, value: str) -> QuerySet[Overlap]:
        return rows.filter(CONDITIONS[value])

    def of_project(self, rows: QuerySet[Overlap], name: str, value: str) -> QuerySet[Overlap]:
        return rows.filter(Q(first_project__reference=value) | Q(second_project__reference=value))

    def search(self, rows: QuerySet[Overlap], name: str, value: str) -> QuerySet[Overlap]:
        words = value.strip()
        found = Q(cost_centre__istartswith="".join(words.split())) | Q(organisation__sort_key__contains=sort_key(words))
        for side in ("first_project", "second_project"):
            found |= Q(**{f"{side}__reference__istartswith": words}) | Q(**{f"{side}__organisation__sort_key__contains": sort_key(words)})
        return rows.filter(found)

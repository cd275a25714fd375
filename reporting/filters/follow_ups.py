"""The filters of the list of follow-up reports."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from funding.enums import RiskTier
from projects.models.organisations import sort_key
from reporting.enums import FollowUpKind, FollowUpState
from reporting.models import FollowUpReport
from reporting.queries.follow_ups import VIEWS


class FollowUpFilter(django_filters.FilterSet):
    """Search, state, kind, tier and call, inside a view; and one agreement by its number."""

    view = django_filters.ChoiceFilter(
        choices=[(view.code, view.label) for view in VIEWS], method="in_view", label=_("Vue"), widget=forms.HiddenInput
    )
    agreement = django_filters.CharFilter(field_name="agreement__number", label=_("Convention"), widget=forms.HiddenInput)
    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Numéro, projet ou organisme")}),
    )
    state = django_filters.ChoiceFilter(
        choices=[(one.value, one.label) for one in FollowUpState if one != FollowUpState.WITHDRAWN],
        label=_("État"),
        empty_label=_("Tous les états"),
    )
    kind = django_filters.ChoiceFilter(choices=FollowUpKind.choices, label=_("Type"), empty_label=_("Tous les types"))
    tier = django_filters.ChoiceFilter(choices=RiskTier.choices, label=_("Palier de risque"), empty_label=_("Tous les paliers"))
    call = django_filters.CharFilter(field_name="project__call__reference", label=_("Appel (numéro)"), max_length=40)

    class Meta:
        model = FollowUpReport
        fields: list[str] = []

    def in_view(self, rows: QuerySet[FollowUpReport], name: str, value: str) -> QuerySet[FollowUpReport]:
        states: tuple[Any, ...] = next((view.states for view in VIEWS if view.code == value), ())
        return rows.filter(state__in=states) if states else rows

    def search(self, rows: QuerySet[FollowUpReport], name: str, value: str) -> QuerySet[FollowUpReport]:
        words = value.strip()
        named = Q(number__istartswith=words) | Q(project__reference__istartswith=words) | Q(project__title__icontains=words)
        return rows.filter(named | Q(project__organisation__sort_key__contains=sort_key(words)))

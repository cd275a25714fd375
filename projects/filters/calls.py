"""The filters of the lists of calls: the same set serves the public list, the Secretariat's list and the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fondsinnovation.templatetags.typography import fiscal_year
from projects.enums import CallState
from projects.models import Call, CallBudget
from projects.models.organisations import words_of
from projects.queries.calls import call_years
from projects.queries.staff import folded


class CallFilter(django_filters.FilterSet):
    """Words of the title or number, the state by the clock, and a fiscal year in which the call holds money."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Numéro ou titre")}),
    )
    state = django_filters.ChoiceFilter(field_name="current", choices=CallState.choices, label=_("État"), empty_label=_("Tous les états"))
    fiscal_year = django_filters.ChoiceFilter(
        method="in_year",
        choices=lambda: [(str(year), fiscal_year(year)) for year in call_years()],
        label=_("Exercice"),
        empty_label=_("Tous les exercices"),
    )

    class Meta:
        model = Call
        fields: list[str] = []

    def search(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        found = rows.annotate(folded_title=folded("title"), folded_reference=folded("reference"))
        for word in words_of(value).split():
            found = found.filter(Q(folded_title__contains=word) | Q(folded_reference__contains=word))
        return found

    def in_year(self, rows: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        return rows.filter(Exists(CallBudget.objects.filter(call=OuterRef("pk"), fiscal_year=value)))


class PublicCallFilter(CallFilter):
    """The same filters, in the states that anybody may see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = (CallState.OPEN, CallState.PUBLISHED, CallState.CLOSED, CallState.REVIEW, CallState.DECIDED, CallState.ENDED)
        self.filters["state"].__dict__.pop("_field", None)  # one that the API's schema already made has the choices of everybody
        self.filters["state"].extra["choices"] = [(state.value, state.label) for state in shown]

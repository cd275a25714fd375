"""The filters of the lists of applications: the same set serves the page, its export and the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.enums import PUBLIC_CALL_STATES, ApplicationState, OrganisationKind
from projects.models import Application, Call
from projects.queries.staff import SAVED_VIEWS, matching

STAGES = [choice for choice in ApplicationState.choices if choice[0] != ApplicationState.DRAFT]
KINDS = [
    (kind.value, kind.label)
    for kind in (
        OrganisationKind.MINISTRY, OrganisationKind.AGENCY, OrganisationKind.MUNICIPALITY, OrganisationKind.MRC, OrganisationKind.OTHER,
    )
]  # fmt: skip


def _calls(request: Any) -> QuerySet[Call]:
    return Call.objects.filter(state__in=PUBLIC_CALL_STATES).order_by("-opens_at", "pk")


class ApplicationFilter(django_filters.FilterSet):
    """Search, call, stage and kind of organisation, inside a saved view."""

    view = django_filters.ChoiceFilter(
        choices=[(view.code, view.label) for view in SAVED_VIEWS], method="in_view", widget=forms.HiddenInput, label=_("Vue")
    )
    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Numéro, titre ou organisme")}),
    )
    call = django_filters.ModelChoiceFilter(queryset=_calls, to_field_name="reference", label=_("Appel"), empty_label=_("Tous les appels"))
    state = django_filters.ChoiceFilter(choices=STAGES, method="at_stage", label=_("Étape"), empty_label=_("Toutes les étapes"))
    kind = django_filters.ChoiceFilter(
        field_name="organisation__kind", choices=KINDS, label=_("Type d’organisme"), empty_label=_("Tous les types")
    )

    class Meta:
        model = Application
        fields: list[str] = []

    def in_view(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        view = next(view for view in SAVED_VIEWS if view.code == value)
        return rows.filter(stage__in=view.states)

    def at_stage(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        return rows.filter(stage=value)

    def search(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        return matching(rows, value)

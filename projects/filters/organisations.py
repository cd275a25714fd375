"""The filters of the register of organisations: the same set serves the page and its export."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.enums import OrganisationKind
from projects.models import Organisation
from projects.models.organisations import OrganisationQuerySet
from projects.queries.organisations import found_by, region_names

STATES = (("in_force", _("En vigueur")), ("to_come", _("À venir")), ("ended", _("Abolis ou fusionnés")))


class OrganisationFilter(django_filters.FilterSet):
    """Words of a name, past or present, a code or a NEQ; the region, the kind, and whether it still exists."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Nom, ancien nom, code ou NEQ")}),
    )
    region = django_filters.ChoiceFilter(
        field_name="region_id", choices=lambda: list(region_names().items()), label=_("Région"), empty_label=_("Toutes les régions")
    )
    kind = django_filters.ChoiceFilter(choices=OrganisationKind.choices, label=_("Type"), empty_label=_("Tous les types"))
    state = django_filters.ChoiceFilter(method="in_state", choices=STATES, label=_("État"), empty_label=_("Tous les états"))

    class Meta:
        model = Organisation
        fields: list[str] = []

    def search(self, rows: OrganisationQuerySet, name: str, value: str) -> OrganisationQuerySet:
        return found_by(rows, value)

    def in_state(self, rows: OrganisationQuerySet, name: str, value: str) -> OrganisationQuerySet:
        state: Any = getattr(rows, value)
        return state(timezone.localdate())

"""The filters of the list of recoveries."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from funding.enums import RecoveryBasis, RecoveryState
from funding.models import Recovery


class RecoveryFilter(django_filters.FilterSet):
    """Search (recovery, agreement or organisation), state and basis."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Recouvrement, convention ou organisme")}),
    )
    state = django_filters.ChoiceFilter(choices=RecoveryState.choices, label=_("État"), empty_label=_("Tous les états"))
    basis = django_filters.ChoiceFilter(choices=RecoveryBasis.choices, label=_("Fondement"), empty_label=_("Tous les fondements"))

    class Meta:
        model = Recovery
        fields: list[str] = []

    def search(self, rows: QuerySet[Recovery], name: str, value: Any) -> QuerySet[Recovery]:
        text = value.strip()
        return rows.filter(
            Q(number__istartswith=text)
            | Q(agreement__number__istartswith=text)
            | Q(agreement__project__organisation__code__iexact=text)
            | Q(agreement__project__organisation__name__icontains=text)
        )

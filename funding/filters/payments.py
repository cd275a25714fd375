"""The filters of the lists of payments and ledger rows: the same sets serve the pages and the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from funding.enums import CostKind, LedgerKind, PaymentState
from funding.models import LedgerEntry, Payment
from projects.enums import EnvelopeCode

FISCAL_YEARS = [(year, f"{year}-{year + 1}") for year in range(2024, 2034)]


class PaymentFilter(django_filters.FilterSet):
    """Search (payment, agreement or reference), state and fiscal year."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Paiement, convention ou référence")}),
    )
    state = django_filters.ChoiceFilter(choices=PaymentState.choices, label=_("État"), empty_label=_("Tous les états"))
    fiscal_year = django_filters.ChoiceFilter(choices=FISCAL_YEARS, label=_("Exercice"), empty_label=_("Tous les exercices"))

    class Meta:
        model = Payment
        fields: list[str] = []

    def search(self, rows: QuerySet[Payment], name: str, value: Any) -> QuerySet[Payment]:
        text = value.strip()
        return (
            rows.filter(number__istartswith=text)
            | rows.filter(reference__istartswith=text)
            | rows.filter(instalment__agreement__number__istartswith=text)
        )


class LedgerFilter(django_filters.FilterSet):
    """Envelope, fiscal year, kind, agreement, call and kind of cost of the Secretariat."""

    envelope = django_filters.ChoiceFilter(
        field_name="envelope__code", choices=EnvelopeCode.choices, label=_("Enveloppe"), empty_label=_("Toutes les enveloppes")
    )
    fiscal_year = django_filters.ChoiceFilter(choices=FISCAL_YEARS, label=_("Exercice"), empty_label=_("Tous les exercices"))
    kind = django_filters.MultipleChoiceFilter(choices=LedgerKind.choices, label=_("Type"))
    agreement = django_filters.CharFilter(field_name="agreement__number", label=_("Convention"), max_length=20)
    call = django_filters.CharFilter(field_name="call__reference", label=_("Appel"), max_length=20)
    cost_kind = django_filters.ChoiceFilter(
        field_name="cost__kind", choices=CostKind.choices, label=_("Dépense du Secrétariat"), empty_label=_("Toutes les écritures")
    )

    class Meta:
        model = LedgerEntry
        fields: list[str] = []

"""The filters of the lists of decisions and agreements."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from funding.enums import AgreementKind, AgreementState, AwardState
from funding.models import Agreement, Award
from projects.enums import PUBLIC_CALL_STATES
from projects.models import Application, Call
from projects.queries.staff import matching


def _calls(request: Any) -> QuerySet[Call]:
    return Call.objects.filter(state__in=PUBLIC_CALL_STATES).order_by("-opens_at", "pk")


def _search(placeholder: Any) -> django_filters.CharFilter:
    return django_filters.CharFilter(
        method="search", label=_("Rechercher"), max_length=100, widget=forms.TextInput(attrs={"type": "search", "placeholder": placeholder})
    )


class AwardFilter(django_filters.FilterSet):
    """Search (number, title or organisation), call, state, and whether the letter is out."""

    q = _search(_("Numéro, titre ou organisme"))
    call = django_filters.ModelChoiceFilter(
        queryset=_calls, field_name="application__call", to_field_name="reference", label=_("Appel"), empty_label=_("Tous les appels")
    )
    state = django_filters.ChoiceFilter(choices=AwardState.choices, label=_("État"), empty_label=_("Tous les états"))
    told = django_filters.ChoiceFilter(
        choices=[("yes", _("Transmise")), ("no", _("À transmettre"))], method="by_letter", label=_("Lettre"), empty_label=_("Toutes")
    )

    class Meta:
        model = Award
        fields: list[str] = []

    def search(self, rows: QuerySet[Award], name: str, value: str) -> QuerySet[Award]:
        return rows.filter(application__in=matching(Application.objects.all(), value))

    def by_letter(self, rows: QuerySet[Award], name: str, value: str) -> QuerySet[Award]:
        return rows.filter(decided_at__isnull=False, letter__isnull=value == "no")


class AgreementFilter(django_filters.FilterSet):
    """Search (number or organisation), state and kind."""

    q = _search(_("Numéro, titre ou organisme"))
    state = django_filters.ChoiceFilter(choices=AgreementState.choices, label=_("État"), empty_label=_("Tous les états"))
    kind = django_filters.ChoiceFilter(choices=AgreementKind.choices, label=_("Type"), empty_label=_("Tous les types"))

    class Meta:
        model = Agreement
        fields: list[str] = []

    def search(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        found = rows.filter(project__application__in=matching(Application.objects.all(), value))
        return found | rows.filter(number__istartswith=value.strip()) | rows.filter(project__reference__istartswith=value.strip())

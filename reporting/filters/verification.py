"""The filters of the verifier's desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.enums import Nature
from projects.models import Call, Organisation
from projects.models.organisations import sort_key
from reporting.models import GainReport
from reporting.queries.verification import desk_rows

AGES = (("30", _("Plus de 30 jours")), ("60", _("Plus de 60 jours")), ("90", _("Plus de 90 jours")))


def _calls(request: Any) -> QuerySet[Call]:
    return Call.objects.filter(pk__in=desk_rows(request.user, timezone.now()).values("project__call")).order_by("reference")


def _organisations(request: Any) -> QuerySet[Organisation]:
    rows = desk_rows(request.user, timezone.now()).values("project__organisation")
    return Organisation.objects.filter(pk__in=rows).order_by("sort_key")


class DeskFilter(django_filters.FilterSet):
    """Search, call, organisation, nature, least amount and age; and only what was restated."""

    q = django_filters.CharFilter(
        method="search",
        label=_("Rechercher"),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Numéro, projet ou organisme")}),
    )
    call = django_filters.ModelChoiceFilter(
        field_name="project__call", queryset=_calls, to_field_name="reference", label=_("Appel"), empty_label=_("Tous les appels")
    )
    organisation = django_filters.ModelChoiceFilter(
        field_name="project__organisation",
        queryset=_organisations,
        to_field_name="code",
        label=_("Organisme"),
        empty_label=_("Tous les organismes"),
    )
    nature = django_filters.ChoiceFilter(
        field_name="line__nature", choices=Nature.choices, label=_("Nature"), empty_label=_("Toutes les natures")
    )
    least = django_filters.NumberFilter(
        field_name="size", lookup_expr="gte", label=_("Montant d’au moins ($)"), min_value=0, max_value=10**12, decimal_places=2
    )
    age = django_filters.ChoiceFilter(choices=AGES, method="older", label=_("Attente"), empty_label=_("Toutes"))
    restated = django_filters.ChoiceFilter(
        choices=(("yes", _("Redressés")), ("no", _("Jamais redressés"))),
        method="is_restated",
        label=_("Redressement"),
        empty_label=_("Tous les gains"),
    )

    class Meta:
        model = GainReport
        fields: list[str] = []

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def search(self, rows: QuerySet[GainReport], name: str, value: str) -> QuerySet[GainReport]:
        words = value.strip()
        named = Q(number__istartswith=words) | Q(project__reference__istartswith=words)
        return rows.filter(named | Q(project__organisation__sort_key__contains=sort_key(words)))

    def older(self, rows: QuerySet[GainReport], name: str, value: str) -> QuerySet[GainReport]:
        return rows.filter(submitted_at__lt=self.now - timedelta(days=int(value)))

    def is_restated(self, rows: QuerySet[GainReport], name: str, value: str) -> QuerySet[GainReport]:
        return rows.filter(version__gt=1) if value == "yes" else rows.filter(version=1)

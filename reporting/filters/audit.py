"""The filters of the journal: the same set serves the page and the files."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import JournalEntry, User
from reporting.queries.audit import ACTS, OBJECTS

_DAY = {"type": "date"}


class JournalFilter(django_filters.FilterSet):
    """Act, person, application, object and days; each has its index."""

    act = django_filters.ChoiceFilter(
        choices=lambda: sorted(ACTS.items(), key=lambda act: str(act[1])), label=_("Acte"), empty_label=_("Tous les actes")
    )
    actor = django_filters.CharFilter(
        method="by_person", label=_("Personne"), max_length=120, widget=forms.TextInput(attrs={"placeholder": _("Nom ou courriel")})
    )
    application = django_filters.CharFilter(
        field_name="application__number",
        lookup_expr="iexact",
        label=_("Demande"),
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "DEM-2026-00001"}),
    )
    object_type = django_filters.ChoiceFilter(
        choices=[(label, name) for label, (name, _paths) in OBJECTS.items()], label=_("Objet"), empty_label=_("Tous les objets")
    )
    object_id = django_filters.NumberFilter(label=_("Identifiant de l’objet"), min_value=1, max_value=2**63 - 1, decimal_places=0)
    since = django_filters.DateFilter(method="from_day", label=_("Du"), widget=forms.DateInput(attrs=_DAY))
    until = django_filters.DateFilter(method="to_day", label=_("Au"), widget=forms.DateInput(attrs=_DAY))

    class Meta:
        model = JournalEntry
        fields: list[str] = []

    def by_person(self, rows: QuerySet[JournalEntry], name: str, value: Any) -> QuerySet[JournalEntry]:
        words = value.strip()
        return rows.filter(actor__in=User.objects.filter(Q(name__icontains=words) | Q(email__iexact=words)).values("pk"))

    def from_day(self, rows: QuerySet[JournalEntry], name: str, value: date) -> QuerySet[JournalEntry]:
        return rows.filter(at__gte=_midnight(value))

    def to_day(self, rows: QuerySet[JournalEntry], name: str, value: date) -> QuerySet[JournalEntry]:
        return rows.filter(at__lt=_midnight(value + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    """The first instant of a day in America/Toronto."""
    return timezone.make_aware(datetime.combine(day, time.min))

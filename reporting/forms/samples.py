"""Forms of samples: the population and the seed, and what was found on an item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField
from fondsinnovation.kit.money import fiscal_year_of
from fondsinnovation.templatetags.typography import fiscal_year
from funding.forms.payments import KeyForm
from projects.models import Call
from reporting.enums import Population
from reporting.queries.samples import Asked

#: items that one sample holds at most
MOST = 200
#: fiscal years behind the current one that are offered
YEARS = 6


class SampleForm(KeyForm):
    """What to draw from, how much, and the seed. `known` is fixed when the page first shows what would be drawn."""

    population = forms.ChoiceField(label=_("Population"), choices=Population.choices)
    fiscal_year = forms.TypedChoiceField(label=_("Exercice de la fin de la période"), required=False, coerce=int, empty_value=None)
    call = forms.ModelChoiceField(
        label=_("Appel"), queryset=Call.objects.none(), required=False, to_field_name="reference", empty_label=_("Tous les appels")
    )
    effective = DayField(label=_("Date d’effet"), help_text=_("Les périodes finies ce jour-là au plus tard"))
    largest = forms.IntegerField(label=_("Plus grands montants"), min_value=0, max_value=MOST, help_text=_("Tirés d’office"))
    points = forms.IntegerField(label=_("Unités monétaires"), min_value=0, max_value=MOST, help_text=_("Tirées parmi les autres"))
    seed = forms.CharField(label=_("Graine"), max_length=60, help_text=_("Un mot ou un nombre; le même donne le même échantillon"))
    known = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        this_year = fiscal_year_of(timezone.localdate(now))
        years = [(year, fiscal_year(year)) for year in range(this_year, this_year - YEARS, -1)]
        self.fields["fiscal_year"].choices = [("", _("Tous les exercices")), *years]  # type: ignore[attr-defined]
        calls = Call.objects.filter(projects__gains__isnull=False).distinct().order_by("reference")
        self.fields["call"].queryset = calls  # type: ignore[attr-defined]

    def clean_known(self) -> datetime:
        try:
            known = parse_datetime(self.cleaned_data["known"] or self.now.isoformat())
        except ValueError:
            known = None
        if known is None or timezone.is_naive(known) or known > self.now:
            raise ValidationError(_("Rechargez la page : la date de connaissance n’est pas reconnue."))
        return known

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("largest") == 0 and cleaned.get("points") == 0:
            self.add_error("points", _("Demandez au moins un grand montant ou une unité monétaire."))
        return cleaned

    @property
    def asked(self) -> Asked:
        given = self.cleaned_data
        call = given.get("call")
        return Asked(given["population"], given["effective"], given["known"], given.get("fiscal_year"), call.pk if call else None)

    @property
    def drawn_with(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("largest", "points", "seed")}


class FindingForm(KeyForm):
    note_text = forms.CharField(
        label=_("Constat"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=2000,
        help_text=_("Ce que vous avez vérifié, avec quelle pièce, et ce que vous avez trouvé. Il ne change plus."),
    )

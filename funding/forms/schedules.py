"""How the instalments of a draft are proposed: a method, and what it needs. Sent by GET: it changes the page, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.fields import RateField
from funding.enums import ScheduleMethod
from funding.queries.agreements import default_schedule
from funding.schedule import PlannedInstalment, in_equal_parts, in_rates, poured
from projects.enums import Modality
from projects.models import TermsProfile

#: more equal instalments than this is a mistake, not a schedule
MOST = 24


class ScheduleForm(forms.Form):
    """The three methods; `proposal` gives the instalments, those of the terms when nothing valid was asked."""

    method = forms.ChoiceField(
        label=gettext_lazy("Méthode"), choices=ScheduleMethod, widget=forms.RadioSelect, initial=ScheduleMethod.MILESTONES
    )
    count = forms.IntegerField(
        label=gettext_lazy("Nombre de versements égaux"),
        min_value=1,
        max_value=MOST,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "num"}),
    )

    def __init__(self, *args: Any, titles: Mapping[int, str], **kwargs: Any) -> None:
        """`titles`: the milestones by position, in order."""
        super().__init__(*args, **kwargs)
        self.positions = list(titles)
        labels = [_("Avance"), *[_("Jalon %(number)s") % {"number": position} for position in titles], _("Retenue")]
        for index, label in enumerate(labels):
            self.fields[f"rate_{index}"] = RateField(label=_("%(part)s, en pourcentage") % {"part": label}, required=False)

    @property
    def rate_names(self) -> list[str]:
        return [name for name in self.fields if name.startswith("rate_")]

    def rates(self) -> list[Any]:
        """The fields of the percentages, for the page."""
        return [self[name] for name in self.rate_names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        method = data.get("method")
        if method == ScheduleMethod.EQUAL and not data.get("count") and "count" not in self.errors:
            self.add_error("count", _("Inscrivez le nombre de versements, de 1 à %(most)s.") % {"most": MOST})
        if method == ScheduleMethod.RATES and not any(name in self.errors for name in self.rate_names):
            given = sum((data.get(name) or Decimal(0) for name in self.rate_names), Decimal(0))
            if given != 1:
                self.add_error(
                    self.rate_names[0],
                    _("Les pourcentages totalisent %(given)s %% : ils doivent faire 100 %%.")
                    % {"given": f"{(given * 100).normalize():f}".replace(".", ",")},
                )
        return data

    def proposal(self, amount: Decimal, parts: Mapping[int, Decimal], terms: TermsProfile) -> Sequence[PlannedInstalment]:
        """The instalments of `amount` dollars, poured in the fiscal years' parts; none without a milestone."""
        if not self.positions and terms.modality != Modality.PRIZE:
            return []
        asked = self.cleaned_data if self.is_bound and self.is_valid() else {"method": ScheduleMethod.MILESTONES}
        if asked["method"] == ScheduleMethod.EQUAL:
            shares = in_equal_parts(amount, asked["count"], terms.holdback_rate, self.positions)
        elif asked["method"] == ScheduleMethod.RATES:
            shares = in_rates(amount, [asked[name] or Decimal(0) for name in self.rate_names], self.positions)
        else:
            return default_schedule(amount, parts, terms, self.positions)
        return list(poured(shares, parts))

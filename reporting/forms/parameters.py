"""Forms of dated parameters: one for each kind, and the decision of another person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField
from funding.forms.payments import KeyForm
from reporting.enums import ParameterKind
from reporting.forms.numbers import NumberField, PercentField
from reporting.services.parameters import ParameterValues


class _ParameterForm(KeyForm):
    """The source and the reason that every parameter has, after its own fields."""

    names: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"] = forms.CharField(label=_("Source"), max_length=200, help_text=_("Avis, décret, publication ou série"))
        self.fields["reason"] = forms.CharField(label=_("Motif"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def values(self) -> ParameterValues:
        return ParameterValues(**{name: self.cleaned_data[name] for name in self.names})


class RateForm(_ParameterForm):
    names = ("valid_from", "value")
    valid_from = DayField(label=_("En vigueur du"), help_text=_("Le taux d’un exercice est celui en vigueur le premier avril"))
    value = PercentField(label=_("Taux, en %"), help_text=_("3,5 pour 3,5 %"))


class IndexForm(_ParameterForm):
    names = ("fiscal_year", "value")
    fiscal_year = forms.TypedChoiceField(
        label=_("Exercice"), coerce=int, choices=[(year, f"{year}-{year + 1}") for year in range(2020, 2045)]
    )
    value = NumberField(label=_("Indice des prix"), max_digits=12, decimal_places=4)


class WeightsForm(_ParameterForm):
    names = ("valid_from", "realisation_weight", "least_coverage", "least_score", "largest_factor")
    valid_from = DayField(label=_("En vigueur du"))
    realisation_weight = NumberField(
        label=_("Poids de la réalisation"),
        decimal_places=6,
        help_text=_("De 0 à 1; le reste va aux objectifs. Par exemple : 0,6"),
    )
    least_coverage = NumberField(
        label=_("Couverture minimale"),
        decimal_places=6,
        help_text=_("De 0 à 1 : la part des gains déclarés à examiner avant de recommander. Par exemple : 0,60"),
    )
    least_score = NumberField(
        label=_("Pointage minimal"),
        decimal_places=6,
        help_text=_("De 0 à 1 : au-dessous, aucune reconduction n’est recommandée. Par exemple : 0,40"),
    )
    largest_factor = NumberField(
        label=_("Facteur maximal"), decimal_places=6, help_text=_("Multiplie au plus la base admissible. Par exemple : 1,25")
    )


FORMS = {ParameterKind.RATE: RateForm, ParameterKind.INDEX: IndexForm, ParameterKind.RENEWAL: WeightsForm}


class ParameterDecisionForm(KeyForm):
    """Approve, or refuse with a reason."""

    approve = forms.TypedChoiceField(
        label=_("Décision"),
        choices=[("yes", _("Approuver")), ("no", _("Refuser"))],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Motif du refus"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

"""The form of an incident."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import InstantField
from projects.enums import InformationKind, InjuryRisk
from projects.services.incidents import IncidentContent


class IncidentForm(forms.Form):
    """What the register says of an incident. Only the circumstances are needed at first."""

    discovered_at = InstantField(label=_("Découvert le"))
    description = forms.CharField(
        label=_("Circonstances"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Ce qui s’est passé et quand, sans nommer les personnes concernées"),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Renseignements touchés"), choices=InformationKind.choices, widget=forms.CheckboxSelectMultiple
    )
    people_count = forms.IntegerField(
        label=_("Nombre de personnes concernées"),
        min_value=0,
        max_value=9_999_999,
        required=False,
        help_text=_("Vide si on l’ignore encore"),
    )
    risk = forms.ChoiceField(label=_("Risque de préjudice"), choices=InjuryRisk.choices, widget=forms.RadioSelect)
    assessment = forms.CharField(
        label=_("Évaluation du risque"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Sensibilité des renseignements, conséquences appréhendées, probabilité d’un usage préjudiciable"),
    )
    measures = forms.CharField(label=_("Mesures prises"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    commission_notified_at = InstantField(label=_("Commission d’accès à l’information avisée le"), required=False)
    people_notified_at = InstantField(label=_("Personnes concernées avisées le"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def content(self) -> IncidentContent:
        asked: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if name not in ("version", "key")}
        return IncidentContent(**{**asked, "kinds": tuple(asked["kinds"])})


class CloseIncidentForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, required=False)

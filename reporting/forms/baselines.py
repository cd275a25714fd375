"""Forms of baselines: a new version after signature, and the decision on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from funding.forms.payments import KeyForm
from projects.sections.gain_rows import QuantityField


class BaselineForm(KeyForm):
    cost = MoneyField(label=_("Coût annuel"))
    volume = QuantityField(label=_("Volume annuel"))
    period_start = DayField(label=_("Début de la période mesurée"))
    period_end = DayField(label=_("Fin de la période mesurée"))
    source = forms.CharField(label=_("Source des chiffres"), max_length=300)
    effective_on = DayField(
        label=_("En vigueur à partir du"), help_text=_("Les périodes déclarées qui se terminent ce jour-là ou après se comparent à elle.")
    )
    reason = forms.CharField(
        label=_("Motif"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=_("Ce qui a changé depuis la signature et qui ne vient pas du projet"),
    )

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["volume"].help_text = unit


class Answer(TextChoices):
    ACCEPT = "accept", _("Accepter la nouvelle situation de départ")
    REFUSE = "refuse", _("La refuser, avec un motif")


class DecideForm(KeyForm):
    answer = forms.ChoiceField(label=_("Décision"), choices=Answer.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Motif"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
        help_text=_("Obligatoire pour refuser : l’organisme le lira."),
    )

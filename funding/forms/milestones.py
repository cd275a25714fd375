"""Forms of a milestone accepted in part or put off."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, RateField
from funding.forms.payments import ReasonForm


class PartialForm(ReasonForm):
    share = RateField(label=_("Part acceptée, en pourcentage"), help_text=_("Par exemple 60 ou 33,33"))
    reason = forms.CharField(label=_("Ce qui manque"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)
    field_order = ("share", "reason", "key")


class PostponeForm(ReasonForm):
    due_on = DayField(label=_("Nouvelle échéance"))
    field_order = ("due_on", "reason", "key")

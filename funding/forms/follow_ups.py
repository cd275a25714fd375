"""Forms of the risk tier of an agreement."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from funding.enums import RiskTier
from funding.forms.payments import ReasonForm


class RiskForm(ReasonForm):
    tier = forms.ChoiceField(label=_("Palier de risque"), choices=RiskTier.choices, widget=forms.RadioSelect)
    field_order = ("tier", "reason", "key")

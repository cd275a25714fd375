"""Forms of an agreement signed outside the portal."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField
from funding.forms.payments import KeyForm


class SignedCopyForm(KeyForm):
    """The PDF that both parties signed, who signed it and when."""

    file = forms.FileField(label=_("Exemplaire signé"), help_text=_("PDF, 25 Mo au maximum"), allow_empty_file=True)
    beneficiary_name = forms.CharField(label=_("Signataire du bénéficiaire"), max_length=120)
    beneficiary_on = DayField(label=_("Signée par le bénéficiaire le"))
    minister_name = forms.CharField(label=_("Signataire du ministre"), max_length=120)
    minister_on = DayField(label=_("Signée pour le ministre le"))


class CopyDecisionForm(KeyForm):
    """Accepted with the digest printed at the foot of its pages, or refused with a reason."""

    decision = forms.ChoiceField(
        label=_("Décision"),
        choices=[("accept", _("L’exemplaire est ce texte, signé par les deux parties")), ("refuse", _("Refuser l’exemplaire"))],
        widget=forms.RadioSelect,
    )
    printed = forms.CharField(
        label=_("Empreinte imprimée au bas des pages"),
        max_length=40,
        required=False,
        help_text=_("Recopiez ses seize caractères de l’exemplaire signé, pour l’accepter."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(label=_("Motif du refus"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") == "refuse" and not data.get("reason"):
            self.add_error("reason", _("Inscrivez le motif du refus."))
        if data.get("decision") == "accept" and not data.get("printed"):
            self.add_error("printed", _("Inscrivez l’empreinte imprimée."))
        return data

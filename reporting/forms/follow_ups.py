"""Forms of follow-up reports beside their sections: a file, the decision of the Secretariat."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from funding.forms.payments import KeyForm
from reporting.forms.gains import FILES, SeenForm


class AttachmentForm(KeyForm):
    file = forms.FileField(label=_("Fichier"), help_text=FILES, allow_empty_file=True)


class FollowUpDecision(TextChoices):
    ACCEPT = "accept", _("Le rapport est complet et exact : il est vérifié")
    RETURN = "return", _("Retourner à l’organisme pour qu’il le complète")


class FollowUpVerifyForm(SeenForm):
    """What the Secretariat decides: a return says why."""

    decision = forms.ChoiceField(label=_("Décision"), choices=FollowUpDecision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Motif du retour"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        required=False,
        help_text=_("Obligatoire pour un retour; l’organisme le lira."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == FollowUpDecision.RETURN and not cleaned.get("reason"):
            self.add_error("reason", _("Inscrivez le motif : l’organisme le lira."))
        return cleaned

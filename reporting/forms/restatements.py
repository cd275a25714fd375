"""Forms of restatements, and of the correction of a capture."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import MoneyField
from funding.forms.payments import KeyForm
from projects.enums import Nature
from reporting.enums import Maturity
from reporting.forms.gains import FILES
from reporting.models import GainReport


class RestateForm(KeyForm):
    """Another amount for a verified gain, and why. Without a new file, the evidence stays."""

    amount = MoneyField(label=_("Gain redressé"), help_text=_("Le montant de toute la période, sans signe; non la différence"))
    maturity = forms.ChoiceField(label=_("Maturité du montant"), choices=Maturity.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Motif du redressement"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text=_("Ce qui était faux ou inconnu; les rapports et l’audit le liront."),
    )
    method = forms.CharField(label=_("Méthode de calcul"), widget=forms.Textarea(attrs={"rows": 5}), max_length=4000)
    evidence = forms.FileField(label=_("Pièce justificative"), required=False, allow_empty_file=True)

    def __init__(self, *args: Any, report: GainReport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if report.line.nature == Nature.COST:
            self.fields["amount"].label = _("Hausse de coût redressée")
        self.fields["evidence"].help_text = _("Sans nouveau fichier, « %(name)s » est conservé.") % {"name": report.evidence.name}


class CaptureCorrectForm(KeyForm):
    amount = MoneyField(label=_("Montant qui reste capté"), help_text=_("Zéro si plus rien n’a quitté le budget"))
    reason = forms.CharField(label=_("Motif de la correction"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000)
    document = forms.FileField(label=_("Document budgétaire"), help_text=FILES, allow_empty_file=True)

"""Forms of gains: the report, its co-signature, its capture."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from funding.forms.payments import KeyForm
from projects.enums import Nature
from projects.models import GainLine
from reporting.enums import Maturity
from reporting.forms.measures import MeasuredForm

FILES = _("PDF, DOCX, XLSX, ODS ou image; 25 Mo au maximum")


class GainForm(MeasuredForm, KeyForm):
    """A gain over a period. `fixed_period`: it was once submitted; `kept`: the file that stays when none is chosen."""

    period_start = DayField(label=_("Début de la période"))
    period_end = DayField(label=_("Fin de la période"), help_text=_("Ce jour est compris; la période doit être terminée."))
    amount = MoneyField(label=_("Gain de la période"), help_text=_("Le montant réellement obtenu, sans signe"))
    maturity = forms.ChoiceField(label=_("Maturité du montant"), choices=Maturity.choices, widget=forms.RadioSelect)
    method = forms.CharField(
        label=_("Méthode de calcul"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        help_text=_("Expliquez le calcul à partir de la situation de départ, pour qu’une personne de l’extérieur puisse le refaire."),
    )
    evidence = forms.FileField(label=_("Pièce justificative"), help_text=FILES, allow_empty_file=True)

    def __init__(self, *args: Any, line: GainLine, fixed_period: bool = False, kept: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measure(line)
        if line.nature == Nature.COST:
            self.fields["amount"].label = _("Hausse de coût de la période")
            self.fields["amount"].help_text = _("Inscrivez la hausse sans signe : le portail la soustrait des gains.")
        if fixed_period:
            self.fields["period_start"].disabled = self.fields["period_end"].disabled = True
            self.fields["period_end"].help_text = _("Ce gain a déjà été soumis : sa période ne change plus.")
        if kept:
            self.fields["evidence"].required = False
            self.fields["evidence"].help_text = _("Sans nouveau fichier, « %(name)s » est conservé.") % {"name": kept}


class SeenForm(KeyForm):
    """`seen` is the version of the report that the page showed: a correction made since is never acted on unread."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def clean_seen(self) -> datetime:
        try:
            seen = parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            seen = None
        if seen is None:
            raise ValidationError(_("Rechargez la page : la version lue n’est pas reconnue."))
        return seen


class CaptureForm(KeyForm):
    amount = MoneyField(label=_("Montant capté"), help_text=_("Retiré d’un budget ou ajouté à une prévision de revenus"))
    document = forms.FileField(label=_("Document budgétaire"), help_text=FILES, allow_empty_file=True)

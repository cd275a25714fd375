"""Forms of gains: the report, its co-signature, its verification, its capture."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from funding.forms.payments import KeyForm
from projects.enums import Nature
from projects.models import GainLine
from reporting.enums import Rating

FILES = _("PDF, DOCX, XLSX, ODS ou image; 25 Mo au maximum")


class GainForm(KeyForm):
    """A gain over a period. `fixed_period`: it was once submitted; `kept`: the file that stays when none is chosen."""

    period_start = DayField(label=_("Début de la période"))
    period_end = DayField(label=_("Fin de la période"), help_text=_("Ce jour est compris; la période doit être terminée."))
    amount = MoneyField(label=_("Gain de la période"), help_text=_("Le montant réellement obtenu, sans signe"))
    method = forms.CharField(
        label=_("Méthode de calcul"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        help_text=_("Expliquez le calcul à partir de la situation de référence, pour qu’une personne de l’extérieur puisse le refaire."),
    )
    evidence = forms.FileField(label=_("Pièce justificative"), help_text=FILES, allow_empty_file=True)

    def __init__(self, *args: Any, line: GainLine, fixed_period: bool = False, kept: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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


class Decision(TextChoices):
    ACCEPT = "accept", _("Accepter tout ou partie du gain")
    RETURN = "return", _("Retourner à l’organisme pour correction")
    REJECT = "reject", _("Rejeter : examiné et non démontré, pour de bon")


class VerifyForm(SeenForm):
    """What the verifier decides, in one form: the act checks what each decision needs."""

    decision = forms.ChoiceField(label=_("Décision"), choices=Decision.choices, widget=forms.RadioSelect)
    amount = MoneyField(label=_("Gain accepté"), required=False, help_text=_("Pour accepter : d’au plus le gain déclaré, sans signe"))
    rating = forms.ChoiceField(label=_("Cote"), choices=Rating.choices, required=False, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Motif"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=4000,
        required=False,
        help_text=_("Obligatoire si le gain n’est pas accepté en entier; l’organisme le lira."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == Decision.ACCEPT and cleaned.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Inscrivez le montant accepté."))
        return cleaned


class CaptureForm(KeyForm):
    amount = MoneyField(label=_("Montant capté"), help_text=_("Retiré d’un budget ou ajouté à une prévision de revenus"))
    document = forms.FileField(label=_("Document budgétaire"), help_text=FILES, allow_empty_file=True)

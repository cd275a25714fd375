"""Forms of milestones and payments."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from funding.models import Payment
from funding.services.payments import ATTESTATIONS


class KeyForm(forms.Form):
    """A confirmation: nothing to fill in, one key so that a double click acts once."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)


class ReasonForm(KeyForm):
    reason = forms.CharField(label=_("Motif"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)


class MilestoneReportForm(KeyForm):
    report = forms.CharField(
        label=_("Ce qui a été fait"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        help_text=_("Décrivez le livrable et ses résultats, en comparant avec la preuve attendue."),
    )
    evidence = forms.FileField(
        label=_("Pièce justificative"), help_text=_("PDF, DOCX, XLSX, ODS ou image; 25 Mo au maximum"), allow_empty_file=True
    )


class PaymentRequestForm(KeyForm):
    """The three attestations, in the words of the law."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ATTESTATIONS:
            label = Payment._meta.get_field(name).verbose_name
            self.fields[name] = forms.BooleanField(label=label, error_messages={"required": _("Cette attestation est obligatoire.")})


class PaymentConfirmForm(KeyForm):
    reference = forms.CharField(label=_("Référence du paiement"), max_length=60, help_text=_("Celle du système comptable"))
    paid_on = DayField(label=_("Payé le"))


class PaymentReverseForm(ReasonForm):
    reference = forms.CharField(label=_("Référence de l’annulation"), max_length=60, help_text=_("Celle du système comptable"))
    returned_on = DayField(label=_("Annulé le"))


class CofundingForm(KeyForm):
    amount = MoneyField(label=_("Montant"))
    in_kind = forms.BooleanField(label=_("Contribution en nature"), required=False)
    effective_on = DayField(label=_("Date d’effet"))
    reference = forms.CharField(
        label=_("Référence"), max_length=60, help_text=_("Pièce comptable ou attestation; une seule fois par référence")
    )

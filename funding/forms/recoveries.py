"""Forms of a recovery: what is to be returned and when, what came back, its correction, and what is written off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.fields import DayField, MoneyField
from fondsinnovation.templatetags.typography import iso_date, money_cents
from funding.enums import RecoveryBasis
from funding.forms.payments import KeyForm, ReasonForm
from funding.models import RecoveryReceipt
from funding.services.recoveries import MOST_MONTHS, MOST_PARTS, Schedule


class ScheduleFields(KeyForm):
    """When the sum is to be returned: equal parts, the cents that are left in the last one."""

    first_due_on = DayField(label=gettext_lazy("Première échéance"))
    count = forms.IntegerField(
        label=gettext_lazy("Nombre d’échéances"),
        min_value=1,
        max_value=MOST_PARTS,
        initial=1,
        help_text=gettext_lazy("Des parts égales; les cents qui restent sont dans la dernière"),
    )
    months = forms.IntegerField(label=gettext_lazy("Mois entre deux échéances"), min_value=1, max_value=MOST_MONTHS, initial=1)

    def schedule(self) -> Schedule:
        data = self.cleaned_data
        return Schedule(data["first_due_on"], data["count"], data["months"])


class RecoveryForm(ScheduleFields):
    amount = MoneyField(label=gettext_lazy("Montant à recouvrer"))
    basis = forms.ChoiceField(label=gettext_lazy("Fondement"), choices=RecoveryBasis.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=gettext_lazy("L’organisme le lira une fois le recouvrement réclamé"),
    )
    field_order = ("amount", "basis", "reason", "first_due_on", "count", "months", "key")


class ReceiptForm(KeyForm):
    amount = MoneyField(label=gettext_lazy("Montant reçu"))
    received_on = DayField(label=gettext_lazy("Reçu le"))
    reference = forms.CharField(
        label=gettext_lazy("Référence"), max_length=60, help_text=gettext_lazy("Celle du système comptable; une seule fois par référence")
    )


class CorrectionForm(ReasonForm):
    """Which receipt is wrong, and the reference of what takes it back."""

    receipt = forms.ChoiceField(label=gettext_lazy("Encaissement à corriger"))
    reference = forms.CharField(
        label=gettext_lazy("Référence de la correction"), max_length=60, help_text=gettext_lazy("Celle du système comptable")
    )
    corrected_on = DayField(label=gettext_lazy("Corrigé le"))
    field_order = ("receipt", "reference", "corrected_on", "reason", "key")

    def __init__(self, *args: Any, receipts: Sequence[RecoveryReceipt], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receipt"].choices = [  # type: ignore[attr-defined]
            (
                str(one.pk),
                _("%(reference)s, %(amount)s, reçu le %(day)s")
                % {"reference": one.reference, "amount": money_cents(one.amount), "day": iso_date(one.received_on)},
            )
            for one in receipts
        ]


class WriteOffForm(ReasonForm):
    amount = MoneyField(label=gettext_lazy("Montant à radier"))
    field_order = ("amount", "reason", "key")


class WriteOffApproveForm(KeyForm):
    authority = forms.CharField(
        label=gettext_lazy("Instrument"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "Décret ou décision du Conseil du trésor, obligatoire quand la délégation ministérielle a approuvé l’aide à l’origine"
        ),
    )

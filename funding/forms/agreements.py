"""Forms of the draft of an agreement and of its signatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField, MoneyInput
from fondsinnovation.kit.money import ZERO, BadAmount, typed_amount
from fondsinnovation.templatetags.typography import fiscal_year
from funding.enums import RiskTier
from funding.forms.outcomes import OutcomeTermsForm
from funding.forms.payments import KeyForm
from funding.schedule import PlannedInstalment


def readable(typed: Any) -> Decimal:
    """Dollars as typed, or 0 for what is not an amount."""
    try:
        return typed if isinstance(typed, Decimal) else typed_amount(str(typed or ""))
    except BadAmount:
        return ZERO


class AgreementForm(OutcomeTermsForm):
    """The dates, then the amount and the fiscal year of each proposed instalment; one left empty or at 0 is left out."""

    starts_on = DayField(label=_("Début du projet"))
    ends_on = DayField(label=_("Fin du projet"))
    risk_tier = forms.ChoiceField(label=_("Palier de risque"), choices=RiskTier.choices, widget=forms.RadioSelect, required=False)
    risk_reason = forms.CharField(
        label=_("Motif du palier"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
        help_text=_("Obligatoire si le palier diffère de celui des modalités"),
    )

    def __init__(self, *args: Any, proposed: Sequence[PlannedInstalment], years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proposed = proposed
        choices = [(year, fiscal_year(year)) for year in years]
        for index, one in enumerate(proposed):
            self.fields[f"amount_{index}"] = MoneyField(
                label=_("Montant du versement %(number)s") % {"number": index + 1},
                required=False,
                initial=one.amount,
                widget=MoneyInput({"data-sum": "instalments"}),
            )
            self.fields[f"year_{index}"] = forms.TypedChoiceField(
                label=_("Exercice du versement %(number)s") % {"number": index + 1}, choices=choices, coerce=int, initial=one.fiscal_year
            )

    def instalments(self) -> list[PlannedInstalment]:
        return [
            PlannedInstalment(one.kind, one.milestone, self.cleaned_data[f"year_{index}"], self.cleaned_data[f"amount_{index}"] or ZERO)
            for index, one in enumerate(self.proposed)
        ]

    def total(self) -> Decimal:
        """What the amounts on the page come to, in dollars: those that can be read."""
        return sum((readable(self[f"amount_{index}"].value()) for index in range(len(self.proposed))), ZERO)

    def rows(self) -> Iterator[tuple[PlannedInstalment, Any, Any]]:
        """Each proposed instalment with its two fields, for the page."""
        for index, one in enumerate(self.proposed):
            yield one, self[f"amount_{index}"], self[f"year_{index}"]


class SignatureForm(KeyForm):
    """The number of the agreement, typed again, and the sentence of the party; the SHA-256 is that of the document shown above."""

    document_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    confirmation = forms.CharField(
        label=_("Numéro de la convention"),
        max_length=20,
        help_text=_("Inscrivez-le de nouveau pour signer."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    intent = forms.BooleanField(label="", required=False)
    field_order = ("document_sha256", "confirmation", "intent", "key")

    def __init__(self, *args: Any, sentence: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["intent"].label = sentence

"""Forms of payments by results: what a draft pays for one unit, a quantity declared, a quantity verified."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from funding.forms.payments import KeyForm, MilestoneReportForm, ReasonForm
from funding.outcome import OutcomeTerms
from projects.sections.gain_rows import QuantityField

#: the fields of a draft that say what it pays for
TERMS = ("metric", "unit", "unit_price", "cap")


class OutcomeTermsForm(KeyForm):
    """A draft's form: with `measured`, what one unit of the result is worth comes with it."""

    def __init__(self, *args: Any, measured: bool = False, outcome: OutcomeTerms | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measured = measured
        if not measured:
            return
        typed = {name: getattr(outcome, name) for name in TERMS} if outcome else {}
        self.fields["metric"] = forms.CharField(
            label=_("Résultat mesuré"), max_length=200, help_text=_("Par exemple : logements rénovés et occupés")
        )
        self.fields["unit"] = forms.CharField(label=_("Unité"), max_length=60, help_text=_("Par exemple : logement"))
        self.fields["unit_price"] = MoneyField(label=_("Prix de l’unité"))
        self.fields["cap"] = QuantityField(
            label=_("Quantité maximale (facultatif)"),
            required=False,
            help_text=_("Toutes périodes ensemble. L’aide reste la limite en dollars."),
        )
        for name, value in typed.items():
            self.fields[name].initial = value

    def outcome(self) -> OutcomeTerms | None:
        """What the draft pays for, as typed; None when it does not pay results."""
        return OutcomeTerms(**{name: self.cleaned_data[name] for name in TERMS}) if self.measured else None

    def outcome_fields(self) -> list[Any]:
        """The same fields, for the page."""
        return [self[name] for name in TERMS] if self.measured else []


class DeclarationForm(MilestoneReportForm):
    quantity = QuantityField(label=_("Quantité déclarée"), help_text=_("Celle de la période seulement; 0 si rien n’est atteint"))
    period_start = DayField(label=_("Début de la période"))
    period_end = DayField(label=_("Fin de la période"))
    field_order = ("period_start", "period_end", "quantity", "report", "evidence", "key")


class VerificationForm(ReasonForm):
    quantity = QuantityField(label=_("Quantité vérifiée"), help_text=_("Tout ou partie de la quantité déclarée"))
    reason = forms.CharField(
        label=_("Ce qui n’est pas vérifié"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
        help_text=_("Obligatoire si la quantité vérifiée est moindre que la quantité déclarée."),
    )
    field_order = ("quantity", "reason", "key")

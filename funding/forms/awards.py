"""Forms of the recommendation and of the acts on a decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import MoneyField
from fondsinnovation.templatetags.typography import fiscal_year
from funding.forms.payments import KeyForm

FAVOURABLE = [("yes", _("Favorable : l’aide est recommandée")), ("no", _("Défavorable : l’aide n’est pas recommandée"))]


class RecommendationForm(KeyForm):
    """Favourable with an amount, its part in each fiscal year of the call, and conditions; or not. Reasons in both cases."""

    is_favourable = forms.TypedChoiceField(
        label=_("Recommandation"),
        choices=FAVOURABLE,
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Choisissez une recommandation.")},
    )
    amount = MoneyField(label=_("Montant recommandé"), required=False)
    reason = forms.CharField(
        label=_("Motifs"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Ce qui fonde la recommandation : mérite, gains attendus, risques."),
        error_messages={"required": _("Inscrivez les motifs de la recommandation.")},
    )
    conditions = forms.CharField(
        label=_("Conditions"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("L’organisme les lira dans la lettre et dans la convention."),
    )

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = years if len(years) > 1 else ()
        for year in self.years:
            self.fields[f"part_{year}"] = MoneyField(label=_("Part de l’exercice %(year)s") % {"year": fiscal_year(year)}, required=False)
        self.order_fields(["key", "is_favourable", "amount", *(f"part_{year}" for year in self.years), "reason", "conditions"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("is_favourable") and "amount" in cleaned and cleaned["amount"] is None:
            self.add_error("amount", _("Inscrivez le montant recommandé."))
        return cleaned

    def parts(self) -> dict[int, Decimal] | None:
        """The parts as typed; None leaves them to the default."""
        typed = {year: self.cleaned_data[f"part_{year}"] for year in self.years}
        return {year: part or Decimal(0) for year, part in typed.items()} if any(typed.values()) else None

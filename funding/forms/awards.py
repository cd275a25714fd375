"""Forms of the recommendation and of the acts on a decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import MoneyField
from fondsinnovation.templatetags.typography import fiscal_year, money_cents
from funding.forms.payments import KeyForm
from funding.models import Prize

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

    def __init__(self, *args: Any, years: Sequence[int], prizes: Sequence[Prize] | None = None, **kwargs: Any) -> None:
        """`prizes`: those that are still to give, when the call gives prizes; the amount is then that of the prize."""
        super().__init__(*args, **kwargs)
        self.gives_prizes = prizes is not None
        if prizes is not None:
            del self.fields["amount"]
            ranks = [(prize.rank, f"{prize.name} – {money_cents(prize.amount)}") for prize in prizes]
            self.fields["prize"] = forms.TypedChoiceField(
                label=_("Prix"),
                choices=[("", _("Aucun")), *ranks],
                coerce=int,
                empty_value=None,
                required=False,
                help_text=_("Chaque prix est donné une fois dans l’appel."),
            )
        self.years = years if len(years) > 1 else ()
        for year in self.years:
            self.fields[f"part_{year}"] = MoneyField(label=_("Part de l’exercice %(year)s") % {"year": fiscal_year(year)}, required=False)
        self.order_fields(["key", "is_favourable", "amount", "prize", *(f"part_{year}" for year in self.years), "reason", "conditions"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.gives_prizes and cleaned.get("is_favourable") and cleaned.get("prize") is None and "prize" not in self.errors:
            self.add_error("prize", _("Choisissez un prix que personne n’a encore dans cet appel."))
        if cleaned.get("is_favourable") and "amount" in cleaned and cleaned["amount"] is None:
            self.add_error("amount", _("Inscrivez le montant recommandé."))
        return cleaned

    def parts(self) -> dict[int, Decimal] | None:
        """The parts as typed; None leaves them to the default."""
        typed = {year: self.cleaned_data[f"part_{year}"] for year in self.years}
        return {year: part or Decimal(0) for year, part in typed.items()} if any(typed.values()) else None

"""The gains: lines with a nature, a baseline and a forecast by fiscal year. Only budgetary gains make a headline (domain.md 4.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, LongTextField, MoneyField, MoneyInput
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year
from projects.enums import BUDGETARY, Nature, Recurrence
from projects.sections.base import SectionForm, TypedForm, short_text


class QuantityInput(MoneyInput):
    """A right-aligned number without a dollar sign."""


class QuantityField(MoneyField):
    """A quantity, typed as an amount is."""

    widget = QuantityInput
    default_error_messages = {
        "required": _("inscrivez une quantité, par exemple 1 200"),
        "number": _("inscrivez une quantité en chiffres, par exemple 1 200 ou 1 200,5"),
        "sign": _("inscrivez une quantité positive"),
        "large": _("la quantité est trop grande"),
    }


class GainRow(TypedForm):
    """An expected effect, the situation that it is measured against, and what it should bring each fiscal year."""

    title = short_text(200, label=_("Effet attendu"))
    nature = forms.ChoiceField(label=_("Nature"), choices=[("", _("Choisissez")), *Nature.choices])
    recurrence = forms.ChoiceField(label=_("Récurrence"), choices=[("", _("Choisissez")), *Recurrence.choices])
    cost = MoneyField(label=_("Coût annuel actuel"))
    volume = QuantityField(label=_("Volume annuel actuel"), help_text=_("Le nombre d’unités traitées en un an"))
    unit = short_text(60, label=_("Unité du volume"), help_text=_("Par exemple : permis délivrés"))
    period_start = DayField(label=_("Début de la période mesurée"))
    period_end = DayField(label=_("Fin de la période mesurée"))
    source = short_text(300, label=_("Source des chiffres"), help_text=_("Par exemple : états financiers 2025"))

    def make_fields(self) -> None:
        for year in self.facts.gain_years:
            self.fields[f"forecast_{year}"] = MoneyField(label=fiscal_year(year), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end and end < start:
            self.refuse("period_end", _("La fin de la période précède son début."))
        if cleaned.get("volume") == ZERO:
            self.refuse("volume", _("Inscrivez un volume plus grand que zéro."))
        names = [f"forecast_{year}" for year in self.facts.gain_years]
        if not any(cleaned.get(name) for name in names) and not any(self.errors.get(name) for name in names):
            self.refuse(names[0], _("Inscrivez le montant prévu d’au moins un exercice."), code="required")
        return cleaned

    @property
    def baseline_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("cost", "volume", "unit", "period_start", "period_end", "source")]

    @property
    def forecast_fields(self) -> list[forms.BoundField]:
        return [self[f"forecast_{year}"] for year in self.facts.gain_years]

    def forecast(self) -> dict[int, Decimal]:
        """Dollars by fiscal year, years without any left out. A recurrent cost increase is typed positive and kept negative."""
        cleaned = getattr(self, "cleaned_data", {})
        sign = -1 if cleaned.get("nature") == Nature.COST else 1
        typed = {year: cleaned.get(f"forecast_{year}") for year in self.facts.gain_years}
        return {year: sign * amount for year, amount in typed.items() if amount}


class GainsSection(SectionForm):
    method = LongTextField(
        label=_("Méthode de mesure"), limit=2000, help_text=_("Comment les gains seront mesurés, et ce qui pourrait les faire varier")
    )

    row_form = GainRow
    row_prefix = "gains"
    most_rows = 10

    @property
    def least_rows(self) -> int:
        return 1 if self.facts.terms.gains_required else 0

    def lines(self) -> list[GainRow]:
        """The lines where something was typed, in order."""
        return self.rows.filled() if self.rows is not None else []  # type: ignore[return-value]

    def totals(self) -> dict[int, Decimal]:
        """The net budgetary gain of each fiscal year, in dollars: cash and revenue less recurrent cost increases."""
        self.is_valid()
        sums = dict.fromkeys(self.facts.gain_years, ZERO)
        for line in self.lines():
            if getattr(line, "cleaned_data", {}).get("nature") in BUDGETARY:
                for year, amount in line.forecast().items():
                    sums[year] += amount
        return sums

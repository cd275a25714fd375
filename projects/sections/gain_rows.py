"""A gain line as an applicant types it: its effect, its budget, its baseline, its service indicators, and what it should bring."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField, MoneyInput, RateField
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, typed_money
from projects.enums import Nature, Recurrence, Worse
from projects.gain_math import Shares, Steps, of_its_sign, steps_from_costs, steps_from_hours, yearly_forecast
from projects.models import Organisation
from projects.sections.base import TypedForm, short_text

BASELINE = ("cost", "volume", "unit", "period_start", "period_end", "source")
BUDGET = ("bearer", "cost_centre", "account", "starts_on", "ends_on", "decay", "attribution", "deadweight", "displacement")
EXPECTED = ("expected_cost", "expected_volume", "hours", "hourly_rate", "redeployed")
INDICATOR = ("name", "unit", "reference", "tolerance", "worse")
#: service indicators that a line may have
MOST_INDICATORS = 2


class QuantityInput(MoneyInput):
    """A right-aligned number without a dollar sign."""


class QuantityField(MoneyField):
    """A quantity, typed as an amount is."""

    widget = QuantityInput
    default_error_messages = {
        "required": _("inscrivez une quantité, par exemple 1 200"),
        "number": _("inscrivez une quantité en chiffres, par exemple 1 200 ou 1 200,5"),
        "sign": _("inscrivez une quantité positive"),
        "large": _("la quantité est trop grande"),
    }


def _optional(limit: int, **kwargs: Any) -> forms.CharField:
    return short_text(limit, required=False, **kwargs)


class GainRow(TypedForm):
    """An expected effect, the situation that it is measured against, and what it should bring each fiscal year."""

    title = short_text(200, label=_("Effet attendu"))
    nature = forms.ChoiceField(label=_("Nature"), choices=[("", _("Choisissez")), *Nature.choices])
    recurrence = forms.ChoiceField(label=_("Récurrence"), choices=[("", _("Choisissez")), *Recurrence.choices])
    cost = MoneyField(label=_("Coût annuel actuel"))
    volume = QuantityField(label=_("Volume annuel actuel"), help_text=_("Le nombre d’unités traitées en un an"))
    unit = short_text(60, label=_("Unité du volume"), help_text=_("Par exemple : permis délivrés"))
    period_start = DayField(label=_("Début de la période mesurée"))
    period_end = DayField(label=_("Fin de la période mesurée"))
    source = short_text(300, label=_("Source des chiffres"), help_text=_("Par exemple : états financiers 2025"))
    bearer = _optional(40, label=_("Code de l’organisme porteur"), help_text=_("S’il n’est pas le vôtre"))
    cost_centre = _optional(60, label=_("Centre de coûts ou crédit budgétaire"), help_text=_("Où l’effet se lira dans un budget"))
    account = _optional(60, label=_("Compte"))
    starts_on = DayField(label=_("Début de l’effet"), required=False)
    ends_on = DayField(label=_("Fin de l’effet"), required=False, help_text=_("Vide : l’effet dure"))
    decay = RateField(label=_("Diminution par an, en pourcentage"), required=False, help_text=_("Vide : aucune"))
    attribution = RateField(label=_("Part attribuable au projet, en pourcentage"), required=False, help_text=_("Vide : 100"))
    deadweight = RateField(label=_("Part qui serait arrivée sans le projet, en pourcentage"), required=False, help_text=_("Vide : aucune"))
    displacement = MoneyField(label=_("Coût déplacé ailleurs, par an"), required=False)
    expected_cost = MoneyField(
        label=_("Coût annuel attendu"), required=False, help_text=_("Pour un revenu : le revenu attendu, coûts de perception déduits")
    )
    expected_volume = QuantityField(label=_("Volume annuel attendu"), required=False)
    hours = QuantityField(label=_("Heures libérées par an"), required=False, help_text=_("Pour une ligne de productivité"))
    hourly_rate = MoneyField(label=_("Taux horaire chargé"), required=False, help_text=_("Salaire et avantages"))
    redeployed = RateField(label=_("Part réaffectée, en pourcentage"), required=False, help_text=_("Ce que vous pourrez démontrer"))

    def make_fields(self) -> None:
        for index in range(1, MOST_INDICATORS + 1):
            self._make_indicator(f"indicator_{index}_")
        for year in self.facts.gain_years:
            self.fields[f"forecast_{year}"] = MoneyField(label=fiscal_year(year), required=False)

    def _make_indicator(self, prefix: str) -> None:
        made = {
            "name": _optional(120, label=_("Indicateur de service"), help_text=_("Par exemple : délai moyen de traitement")),
            "unit": _optional(60, label=_("Unité de l’indicateur"), help_text=_("Par exemple : jours")),
            "reference": QuantityField(label=_("Valeur de départ"), required=False),
            "tolerance": QuantityField(label=_("Écart toléré"), required=False, help_text=_("Dans la même unité")),
            "worse": forms.ChoiceField(label=_("Le service se dégrade"), choices=[("", _("Choisissez")), *Worse.choices], required=False),
        }
        self.fields.update({f"{prefix}{name}": made[name] for name in INDICATOR})

    # ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._clean_days(cleaned)
        self._clean_bearer(cleaned.get("bearer") or "")
        self._clean_indicators(cleaned)
        if cleaned.get("volume") == ZERO:
            self.refuse("volume", _("Inscrivez un volume plus grand que zéro."))
        names = [f"forecast_{year}" for year in self.facts.gain_years]
        if not any(cleaned.get(name) for name in names) and not any(self.errors.get(name) for name in names):
            self.refuse(names[0], _("Inscrivez le montant prévu d’au moins un exercice."), code="required")
        return cleaned

    def _clean_days(self, cleaned: dict[str, Any]) -> None:
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end and end < start:
            self.refuse("period_end", _("La fin de la période précède son début."))
        begins, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if begins and ends and ends < begins:
            self.refuse("ends_on", _("La fin de l’effet précède son début."))

    def _clean_bearer(self, code: str) -> None:
        self.bearing: Organisation | None = None
        if not code:
            return
        try:
            self.bearing = Organisation.objects.get(code=code, valid_to=None)
        except Organisation.DoesNotExist:
            self.refuse("bearer", _("Aucun organisme en vigueur n’a ce code : laissez la case vide si l’effet est dans votre budget."))

    def _clean_indicators(self, cleaned: dict[str, Any]) -> None:
        """An indicator is whole or absent; a saving has at least one, or nothing would show that the service is still rendered."""
        for index in range(1, MOST_INDICATORS + 1):
            values = {name: cleaned.get(f"indicator_{index}_{name}") for name in INDICATOR}
            begun = any(value not in (None, "") for value in values.values())
            asked = begun or (index == 1 and cleaned.get("nature") == Nature.CASH)
            for name, value in values.items() if begun else list(values.items())[:1]:  # nothing typed: said once, on the first
                field = f"indicator_{index}_{name}"
                if asked and value in (None, "") and field not in self.errors:
                    self.refuse(field, _("Complétez l’indicateur : une économie encaissable en exige au moins un."), code="required")

    # ── What is kept ─────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def kept(self) -> dict[str, Any]:
        """What could be read of the row, whether or not the rest of the section was validated before."""
        if self._errors is None:
            self.full_clean()
        return getattr(self, "cleaned_data", {})

    def terms(self) -> dict[str, Any]:
        """The line's own values: what it is, where it reads in a budget, how long it lasts and what of it is the project's."""
        names = ("title", "nature", "recurrence", "cost_centre", "account", "starts_on", "ends_on")
        shares = self._shares()
        return {
            **{name: self.kept[name] for name in names},
            "decay": self.kept.get("decay") or Decimal(0),
            "attribution": shares.attribution,
            "deadweight": shares.deadweight,
            "displacement": shares.displacement,
        }

    def baseline(self) -> dict[str, Any]:
        return {name: self.kept[name] for name in BASELINE}

    def indicators(self) -> list[dict[str, Any]]:
        """The indicators that were typed, with their position."""
        return [
            {"position": index, **{name: self.kept[f"indicator_{index}_{name}"] for name in INDICATOR}}
            for index in range(1, MOST_INDICATORS + 1)
            if self.kept.get(f"indicator_{index}_name")
        ]

    def forecast(self) -> dict[int, Decimal]:
        """Dollars by fiscal year, years without any left out. A recurrent cost increase is typed positive and kept negative."""
        sign = -1 if self.kept.get("nature") == Nature.COST else 1
        typed = {year: self.kept.get(f"forecast_{year}") for year in self.facts.gain_years}
        return {year: sign * amount for year, amount in typed.items() if amount}

    # ── The calculation ──────────────────────────────────────────────────────────────────────────────────────────────
    def _shares(self) -> Shares:
        attribution = self.kept.get("attribution")
        return Shares(
            attribution=Decimal(1) if attribution is None else attribution,
            deadweight=self.kept.get("deadweight") or Decimal(0),
            displacement=self.kept.get("displacement") or ZERO,
        )

    @property
    def steps(self) -> Steps | None:
        """From what is typed to the net gain of a whole year; None while something is missing."""
        kept = self.kept
        if kept.get("nature") == Nature.PROD:
            hours = {name: kept.get(name) for name in ("hours", "hourly_rate", "redeployed")}
            return None if None in hours.values() else steps_from_hours(**hours, shares=self._shares())  # type: ignore[arg-type]
        names = ("cost", "volume", "expected_cost", "expected_volume")
        cost, volume, actual_cost, actual_volume = [kept.get(name) for name in names]
        if kept.get("nature") == Nature.REV:
            volume, actual_volume = volume or Decimal(1), actual_volume or ZERO
        if not kept.get("nature") or not volume or None in (cost, actual_cost, actual_volume):
            return None
        measured = {"cost": cost, "volume": volume, "actual_cost": actual_cost, "actual_volume": actual_volume}
        return steps_from_costs(kept["nature"], **measured, shares=self._shares())  # type: ignore[arg-type]

    def calculated(self) -> dict[str, str]:
        """The forecasts that the calculation gives, as typed: field name → text; nothing while it cannot be done, or of the other sign."""
        steps = self.steps
        if steps is None or not of_its_sign(self.kept["nature"], steps.net):
            return {}
        yearly = yearly_forecast(
            abs(steps.net),
            self.facts.gain_years,
            recurrence=self.kept.get("recurrence", ""),
            starts_on=self.kept.get("starts_on"),
            ends_on=self.kept.get("ends_on"),
            decay=self.kept.get("decay") or Decimal(0),
        )
        return {self.add_prefix(f"forecast_{year}"): typed_money(amount) if amount else "" for year, amount in yearly.items()}

    # ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def baseline_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in BASELINE]

    @property
    def budget_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in BUDGET]

    @property
    def expected_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in EXPECTED]

    @property
    def first_indicator(self) -> list[forms.BoundField]:
        return [self[f"indicator_1_{name}"] for name in INDICATOR]

    @property
    def other_indicator(self) -> list[forms.BoundField]:
        return [self[f"indicator_2_{name}"] for name in INDICATOR]

    @property
    def forecast_fields(self) -> list[forms.BoundField]:
        return [self[f"forecast_{year}"] for year in self.facts.gain_years]

    @property
    def other_indicator_is_begun(self) -> bool:
        return self._begun([f"indicator_2_{name}" for name in INDICATOR])

    @property
    def budget_is_begun(self) -> bool:
        return self._begun(BUDGET)

    @property
    def expected_is_begun(self) -> bool:
        return self._begun(EXPECTED)

    def _begun(self, names: Iterable[str]) -> bool:
        """Whether something stands in a part of the row that folds: it is then open."""
        return any(self[name].value() or self[name].errors for name in names)

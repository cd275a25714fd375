"""The part of a gain report where the actual figures are typed: the amount may be calculated from them, and they are kept with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import MoneyField, RateField
from projects.enums import Nature
from projects.gain_math import Steps, of_its_sign, part_of_year, steps_from_costs, steps_from_hours
from projects.models import GainLine
from projects.queries.baselines import baseline_on
from projects.sections.gain_rows import QuantityField
from reporting.models import GainMeasure
from reporting.queries.measures import indicators_of, shares_of
from reporting.services.measures import Measures

COSTS = ("actual_cost", "actual_volume")
HOURS = ("hours", "hourly_rate", "redeployed")
PERIOD = ("period_start", "period_end")


class MeasuredForm(forms.Form):
    """Adds what can be measured of one line: its costs or its hours, and each of its service indicators. Nothing of it is compulsory."""

    def measure(self, line: GainLine) -> None:
        """Add the fields of a line, before the amount that they give."""
        self.line = line
        self.indicators = list(indicators_of(line))
        made: dict[str, forms.Field] = {}
        if line.nature == Nature.PROD:
            made["hours"] = QuantityField(label=_("Heures libérées"), required=False)
            made["hourly_rate"] = MoneyField(label=_("Taux horaire chargé"), required=False, help_text=_("Salaire et avantages"))
            made["redeployed"] = RateField(label=_("Part réaffectée démontrée, en pourcentage"), required=False)
        elif line.nature == Nature.REV and hasattr(line, "baseline"):
            made["actual_cost"] = MoneyField(label=_("Revenu réel"), required=False, help_text=_("Coûts de perception déduits"))
        elif hasattr(line, "baseline"):
            made["actual_cost"] = MoneyField(label=_("Coût réel de la période"), required=False)
            made["actual_volume"] = QuantityField(label=_("Volume réel de la période"), required=False, help_text=line.baseline.unit)
        for indicator in self.indicators:
            made[f"indicator_{indicator.pk}"] = QuantityField(label=indicator.name, required=False, help_text=indicator.unit)
        self.measured_names = list(made)
        names = list(self.fields)
        self.fields.update(made)
        place = names.index("amount")
        self.order_fields([*names[:place], *made, *names[place:]])

    def clean(self) -> dict[str, Any]:
        """What was measured, as the act takes it; a half of a measure is refused."""
        cleaned = super().clean() or self.cleaned_data
        typed = {name: cleaned.pop(name, None) for name in self.measured_names}
        self.typed_measures = typed
        for names in (COSTS, HOURS):
            asked = [name for name in names if name in self.fields]
            if any(typed.get(name) is not None for name in asked):
                for name in asked:
                    if typed.get(name) is None and name not in self.errors:
                        self.add_error(name, _("Complétez la mesure, ou laissez-la vide."))
        cost = typed.get("actual_cost")
        values = {indicator.pk: typed.get(f"indicator_{indicator.pk}") for indicator in self.indicators}
        cleaned["measures"] = Measures(
            cost=cost,
            volume=typed.get("actual_volume") if "actual_volume" in self.fields else cost and Decimal(0),
            hours=typed.get("hours"),
            hourly_rate=typed.get("hourly_rate"),
            redeployed=typed.get("redeployed"),
            indicators={pk: value for pk, value in values.items() if value is not None},
        )
        return cleaned

    def steps(self) -> Steps | None:
        """From what was typed to the net gain of the period; None while something is missing."""
        self.is_valid()
        start, end = self.period()
        measures: Measures | None = self.cleaned_data.get("measures")
        if not start or not end or end < start or measures is None:
            return None
        given: dict[str, Any] = {"shares": shares_of(self.line), "part": part_of_year(start, end)}
        if self.line.nature == Nature.PROD:
            hours = {name: getattr(measures, name) for name in HOURS}
            return None if None in hours.values() else steps_from_hours(**hours, **given)
        baseline = baseline_on(self.line, end)
        if baseline is None or measures.cost is None or measures.volume is None:
            return None
        actual = {"actual_cost": measures.cost, "actual_volume": measures.volume}
        return steps_from_costs(self.line.nature, cost=baseline.cost, volume=baseline.volume, **actual, **given)

    def period(self) -> tuple[date | None, date | None]:
        """The days that were measured, None where one is missing."""
        return self.cleaned_data.get("period_start"), self.cleaned_data.get("period_end")

    def amount_of(self, steps: Steps | None) -> Decimal | None:
        """The amount that the steps give, without its sign; None when it is not of the sign of the line's nature."""
        return abs(steps.net) if steps is not None and of_its_sign(self.line.nature, steps.net) else None

    @property
    def before(self) -> list[forms.BoundField]:
        return [self[name] for name in PERIOD if name in self.fields]

    @property
    def measured(self) -> list[forms.BoundField]:
        return [self[name] for name in self.measured_names]

    @property
    def after(self) -> list[forms.BoundField]:
        shown = {*PERIOD, *self.measured_names}
        return [bound for bound in self.visible_fields() if bound.name not in shown]


def typed_measures(measure: GainMeasure | None) -> dict[str, Any]:
    """What was measured, as the form shows it again."""
    if measure is None:
        return {}
    names = {"actual_cost": "cost", "actual_volume": "volume", "hours": "hours", "hourly_rate": "hourly_rate"}
    typed: dict[str, Any] = {name: getattr(measure, kept) for name, kept in names.items()}
    typed["redeployed"] = None if measure.redeployed is None else f"{(measure.redeployed * 100).normalize():f}".replace(".", ",")
    return {**typed, **{f"indicator_{each.indicator_id}": each.value for each in measure.indicators.all()}}

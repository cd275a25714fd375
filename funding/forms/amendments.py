"""The form of an amendment: the agreement as it would be. What is left as it is does not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, long_date
from funding.enums import InstalmentKind, MilestoneState
from funding.forms.payments import KeyForm
from funding.models import Milestone
from funding.queries.agreements import ExpectedGain
from funding.schedule import PlannedInstalment
from funding.services.amendment_content import AmendmentContent
from projects.enums import Nature
from projects.models import ForecastGain

#: empty rows offered below the instalments to come
MORE_INSTALMENTS = 2
_MOVABLE = (MilestoneState.PLANNED, MilestoneState.REFUSED)


class StretchForm(forms.Form):
    """A new amount, sent by GET: the instalments to come are proposed for it, and nothing is written."""

    aid = MoneyField(label=_("Nouvelle aide"), required=False)


class AmendmentForm(KeyForm):
    """Reason, amount and instalments to come, dates, scope, forecast."""

    base_revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Motif de l’avenant"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    amount = MoneyField(label=_("Aide"))
    starts_on = DayField(label=_("Début"))
    ends_on = DayField(label=_("Fin"))
    scope = forms.CharField(
        label=_("Portée"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Ce que le projet réalise. Vide : celle de la convention signée."),
    )

    def __init__(
        self,
        *args: Any,
        milestones: Sequence[Milestone],
        proposed: Sequence[PlannedInstalment],
        years: Sequence[int],
        gains: Sequence[ExpectedGain],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.movable = [one for one in milestones if one.state in _MOVABLE]
        self.rows = range(1, len(proposed) + MORE_INSTALMENTS + 1)
        self.forecast_rows: list[tuple[str, ExpectedGain, ForecastGain]] = []
        for milestone in self.movable:
            self.fields[f"due_on_{milestone.position}"] = DayField(label=milestone.title, initial=milestone.due_on)
        unlocks = [("", _("Aucun (avance)"))]
        unlocks += [(str(one.position), f"{one.position}. {one.title}") for one in milestones if one.state != MilestoneState.CANCELLED]
        last = proposed[-1].fiscal_year if proposed else years[0]
        for index in self.rows:
            one = proposed[index - 1] if index <= len(proposed) else None
            self._add_instalment(index, one, unlocks, [(year, fiscal_year(year)) for year in years], last)
        for gain in gains:
            for forecast in gain.forecasts:
                self._add_forecast(gain, forecast)

    def _add_instalment(self, index: int, one: PlannedInstalment | None, unlocks: list[Any], years: list[Any], last: int) -> None:
        number = {"number": index}
        self.fields[f"kind_{index}"] = forms.ChoiceField(
            label=_("Type du versement %(number)s") % number,
            choices=[one for one in InstalmentKind.choices if one[0] != InstalmentKind.PRIZE],
            initial=one.kind if one else InstalmentKind.MILESTONE,
        )
        self.fields[f"milestone_{index}"] = forms.ChoiceField(
            label=_("Jalon du versement %(number)s") % number,
            choices=unlocks,
            required=False,
            initial=str(one.milestone or "") if one else "",
        )
        self.fields[f"year_{index}"] = forms.TypedChoiceField(
            label=_("Exercice du versement %(number)s") % number, choices=years, coerce=int, initial=one.fiscal_year if one else last
        )
        self.fields[f"amount_{index}"] = MoneyField(
            label=_("Montant du versement %(number)s") % number, required=False, initial=one.amount if one else None
        )

    def _add_forecast(self, gain: ExpectedGain, forecast: ForecastGain) -> None:
        """A cost increase is typed positive and kept negative, as in the application."""
        name = f"forecast_{gain.line.pk}_{forecast.period_start:%Y%m%d}_{forecast.period_end:%Y%m%d}"
        label = f"{gain.line.code} · {long_date(forecast.period_start)} – {long_date(forecast.period_end)}"
        self.fields[name] = MoneyField(label=label, initial=abs(forecast.amount))
        self.forecast_rows.append((name, gain, forecast))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for index in self.rows:
            waits = data.get(f"kind_{index}") != InstalmentKind.ADVANCE
            if data.get(f"amount_{index}") and waits and not data.get(f"milestone_{index}"):
                self.add_error(f"milestone_{index}", _("Choisissez le jalon que ce versement attend."))
        return data

    def content(self) -> AmendmentContent:
        data = self.cleaned_data
        return AmendmentContent(
            base_revision=data["base_revision"],
            reason=data["reason"],
            amount=data["amount"],
            instalments=self._instalments(),
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            milestones={one.position: data[f"due_on_{one.position}"] for one in self.movable},
            scope=data["scope"],
            forecasts=dict(self._forecasts()),
        )

    def _instalments(self) -> list[PlannedInstalment]:
        data = self.cleaned_data
        rows = []
        for index in self.rows:
            kind = InstalmentKind(data[f"kind_{index}"])
            waits_for = None if kind == InstalmentKind.ADVANCE else int(data[f"milestone_{index}"] or 0)
            rows.append(PlannedInstalment(kind, waits_for, data[f"year_{index}"], data[f"amount_{index}"] or ZERO))
        return rows

    def _forecasts(self) -> Iterator[tuple[tuple[int, date, date], Decimal]]:
        for name, gain, forecast in self.forecast_rows:
            sign = -1 if gain.line.nature == Nature.COST else 1
            yield (gain.line.pk, forecast.period_start, forecast.period_end), sign * self.cleaned_data[name]

    def milestone_fields(self) -> list[forms.BoundField]:
        return [self[f"due_on_{one.position}"] for one in self.movable]

    def instalment_fields(self) -> Iterator[tuple[int, list[forms.BoundField]]]:
        """Each instalment to come with its fields, for the page."""
        for index in self.rows:
            yield index, [self[f"{name}_{index}"] for name in ("kind", "milestone", "year", "amount")]

    def forecast_fields(self) -> list[forms.BoundField]:
        return [self[name] for name, _gain, _forecast in self.forecast_rows]

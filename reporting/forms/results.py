"""Forms of what became of a project: values of its objectives, explanation of a variance, its renewal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, MoneyField
from fondsinnovation.templatetags.typography import number
from funding.forms.payments import KeyForm
from projects.models import Objective
from reporting.enums import RenewalDecision, VarianceCause
from reporting.forms.numbers import NumberField


def _text(label: Any, rows: int = 4, limit: int = 2000, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class ResultsForm(KeyForm):
    """A value for each objective of the call; an empty one is not recorded."""

    def __init__(self, *args: Any, objectives: Sequence[Objective], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.objectives = objectives
        for objective in objectives:
            told = {"baseline": number(objective.baseline, 2), "target": number(objective.target, 2), "unit": objective.unit}
            self.fields[f"value_{objective.pk}"] = NumberField(
                label=objective.indicator, required=False, help_text=_("De %(baseline)s vers %(target)s %(unit)s") % told
            )
        self.fields["measured_on"] = DayField(label=_("Mesuré le"))
        self.fields["source"] = forms.CharField(
            label=_("Source"), max_length=200, help_text=_("Rapport, système ou enquête d’où viennent ces valeurs")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = [f"value_{objective.pk}" for objective in self.objectives]
        if not self.values() and not any(name in self.errors for name in names):
            self.add_error(names[0] if names else None, _("Inscrivez au moins une valeur."))
        return cleaned

    def values(self) -> dict[int, Decimal]:
        """Objective id → value typed."""
        typed = ((objective.pk, self.cleaned_data.get(f"value_{objective.pk}")) for objective in self.objectives)
        return {pk: value for pk, value in typed if value is not None}


class ExplanationForm(KeyForm):
    cause = forms.ChoiceField(label=_("Cause"), choices=VarianceCause.choices, widget=forms.RadioSelect)
    explanation = _text(_("Explication"))
    action = _text(_("Action"), rows=3, help_text=_("Ce qui est fait de cet écart, même rien"))


class AnalysisForm(KeyForm):
    eligible_base = MoneyField(label=_("Base admissible"), help_text=_("Le montant que la recommandation multiplie"))
    base_reason = _text(_("Établissement de la base"), rows=3)
    analysis = _text(_("Analyse"), rows=8, limit=8000)


class RecommendationForm(KeyForm):
    effective = DayField(label=_("Date d’effet"), help_text=_("Les gains dont la période est terminée ce jour-là comptent"))


class ReturnForm(KeyForm):
    reason = _text(_("Motif du retour"))


class DecisionForm(KeyForm):
    decision = forms.ChoiceField(label=_("Décision"), choices=RenewalDecision.choices, widget=forms.RadioSelect)
    amount = MoneyField(label=_("Montant décidé"), help_text=_("0 pour aucune reconduction"))
    reason = _text(_("Motifs"), required=False, limit=4000, help_text=_("Obligatoires quand la décision s’écarte de la recommandation"))


class CarryOutForm(KeyForm):
    reference = forms.CharField(
        label=_("Décision ou avenant"), max_length=60, help_text=_("Son numéro : c’est lui qui engage, avec ses propres approbations")
    )

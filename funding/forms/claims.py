"""Forms of a claim: the beneficiary's costs by category, and what an officer admits of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.fields import DayField, MoneyField, MoneyInput
from fondsinnovation.kit.money import ZERO
from funding.forms.agreements import readable
from funding.forms.payments import KeyForm
from funding.models import ClaimLine
from projects.enums import CostCategory


class ClaimForm(KeyForm):
    """The period, the other public aid, then an amount and a document by category; an empty amount leaves its category out."""

    period_start = DayField(label=gettext_lazy("Début de la période"))
    period_end = DayField(label=gettext_lazy("Fin de la période"))
    other_public_aid = MoneyField(
        label=gettext_lazy("Autres aides publiques reçues pour ces coûts"),
        help_text=gettext_lazy("Québec, Canada, milieu municipal; inscrivez 0 s’il n’y en a pas"),
    )

    def __init__(self, *args: Any, lines: Sequence[ClaimLine] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = {line.category: line for line in lines}
        for category in CostCategory:
            line = self.kept.get(category)
            self.fields[f"amount_{category}"] = MoneyField(
                label=_("Montant réclamé : %(category)s") % {"category": category.label},
                required=False,
                initial=line.amount if line else None,
                widget=MoneyInput({"data-sum": "claimed"}),
            )
            self.fields[f"document_{category}"] = forms.FileField(
                label=_("Pièce justificative : %(category)s") % {"category": category.label}, required=False, allow_empty_file=True
            )

    def rows(self) -> Iterator[tuple[CostCategory, Any, Any, ClaimLine | None]]:
        """Each category with its two fields and the line that is kept, for the page."""
        for category in CostCategory:
            yield category, self[f"amount_{category}"], self[f"document_{category}"], self.kept.get(category)

    def total(self) -> Decimal:
        """What the amounts on the page come to, in dollars: those that can be read."""
        return sum((readable(self[f"amount_{category}"].value()) for category in CostCategory), ZERO)

    def amounts(self) -> Mapping[str, Decimal]:
        return {str(category): self.cleaned_data[f"amount_{category}"] or ZERO for category in CostCategory}

    def new_files(self) -> Mapping[str, Any]:
        return {str(category): file for category in CostCategory if (file := self.cleaned_data.get(f"document_{category}"))}


class ClaimDecisionForm(KeyForm):
    """For each cost claimed, what is admitted and why not the rest; the whole amount is proposed."""

    other_public_aid = MoneyField(
        label=gettext_lazy("Autres aides publiques pour ces coûts"),
        help_text=gettext_lazy("Tel que déclaré, ou corrigé d’après les pièces"),
    )

    def __init__(self, *args: Any, lines: Sequence[ClaimLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            name = {"category": line.get_category_display()}
            self.fields[f"admitted_{line.category}"] = MoneyField(
                label=_("Montant admis : %(category)s") % name, initial=line.amount, widget=MoneyInput({"data-sum": "admitted"})
            )
            self.fields[f"reason_{line.category}"] = forms.CharField(
                label=_("Motif de ce qui n’est pas admis : %(category)s") % name, required=False, max_length=2000
            )

    def rows(self) -> Iterator[tuple[ClaimLine, Any, Any]]:
        for line in self.lines:
            yield line, self[f"admitted_{line.category}"], self[f"reason_{line.category}"]

    def total(self) -> Decimal:
        return sum((readable(self[f"admitted_{line.category}"].value()) for line in self.lines), ZERO)

    def admitted(self) -> Mapping[str, Decimal]:
        return {line.category: self.cleaned_data[f"admitted_{line.category}"] for line in self.lines}

    def reasons(self) -> Mapping[str, str]:
        return {line.category: self.cleaned_data[f"reason_{line.category}"] for line in self.lines}

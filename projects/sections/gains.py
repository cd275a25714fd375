"""The gains: lines with a nature, a baseline and a forecast by fiscal year. Only budgetary gains make a headline (domain.md 4.2)."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import LongTextField
from fondsinnovation.kit.money import ZERO
from projects.enums import BUDGETARY
from projects.sections.base import SectionForm
from projects.sections.gain_rows import GainRow


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
            if line.kept.get("nature") in BUDGETARY:
                for year, amount in line.forecast().items():
                    sums[year] += amount
        return sums

    def calculated(self) -> dict[str, str]:
        """The forecasts of the lines that can be calculated, as typed: field name → text. What is typed by hand elsewhere stays."""
        self.is_valid()
        return {name: text for line in self.lines() for name, text in line.calculated().items()}

"""The plan: how the project is carried out, and the milestones that the payments will follow."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from fondsinnovation.fields import DayField, LongTextField
from fondsinnovation.kit.money import fiscal_year_end, fiscal_year_start
from fondsinnovation.templatetags.typography import iso_date
from projects.sections.base import RowSet, SectionForm, TypedForm, short_text


class MilestoneRow(TypedForm):
    """A result that can be shown on a day."""

    title = short_text(200, label=_("Résultat livré"))
    evidence = short_text(300, label=_("Preuve"), help_text=_("Ce qui montrera que le jalon est atteint"))
    due_on = DayField(label=_("Date prévue"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        due, first, last = cleaned.get("due_on"), *project_days(self.facts.years)
        if due is not None and not first <= due <= last:
            self.refuse(
                "due_on", _("Inscrivez une date du %(first)s au %(last)s."), first=iso_date(first), last=iso_date(last), code="outside"
            )
        return cleaned


def project_days(years: tuple[int, ...]) -> tuple[date, date]:
    """The first and the last day of the fiscal years in which a project may run."""
    return fiscal_year_start(years[0]), fiscal_year_end(years[-1])


class MilestoneSet(RowSet):
    def clean(self) -> None:
        """Milestones come in the order of their dates."""
        before: date | None = None
        for row in self.filled():
            due = getattr(row, "cleaned_data", {}).get("due_on")
            if due and before and due < before and not self.quiet:
                row.refuse(
                    "due_on", _("Ce jalon précède celui d’avant (%(day)s) : mettez les jalons en ordre de date."), day=iso_date(before)
                )
            before = due or before


class PlanSection(SectionForm):
    approach = LongTextField(label=_("Démarche et équipe"), limit=2500, help_text=_("Les étapes, et qui fait quoi"))
    risks = LongTextField(label=_("Risques et moyens de les réduire"), limit=2000)

    row_form = MilestoneRow
    row_set = MilestoneSet
    row_prefix = "milestones"
    most_rows = 12

    def milestones(self) -> list[dict[str, Any]]:
        """The milestones of a valid section, in order."""
        return [row.cleaned_data for row in self.rows.filled()] if self.rows is not None else []

"""What an organisation submitted, as the people who decide read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, Subquery, Sum, TextChoices, Value
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fondsinnovation.templatetags.typography import fiscal_year, iso_date, money, number
from projects.enums import CostCategory, FundingSource, SectionKind
from projects.models import Application, ApplicationVersion, ForecastGain, GainLine
from projects.sections import BY_KIND

Text = str | Promise
IN_WORDS = (SectionKind.ORGANISATION, SectionKind.NEED, SectionKind.PLAN)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the application; amounts stand in its last column, and sum to `total` when that says something."""

    code: str
    title: Text
    headings: Sequence[Text]
    rows: list[list[str]]
    total: str = ""

    def labelled_rows(self) -> list[list[tuple[Text, str]]]:
        """Each cell with its heading, for a screen too narrow for columns."""
        return [list(zip(self.headings, row, strict=True)) for row in self.rows]


def answers_of(version: ApplicationVersion) -> list[tuple[Text, list[tuple[Text, str]]]]:
    """The words of a submission, section by section: (section, [(question, answer)])."""
    sections = json.loads(version.content)["sections"]
    return [
        (
            kind.label,
            [(field.label or name, sections.get(kind, {}).get(name, "")) for name, field in BY_KIND[kind].form_class.base_fields.items()],
        )
        for kind in IN_WORDS
    ]


def sheets_of(application: Application) -> list[Sheet]:
    """The budget, its funding, the milestones and the gains of a submitted application: three queries."""
    return [*_budget(application), _milestones(application), _gains(application)]


def _budget(application: Application) -> list[Sheet]:
    costs = application.budget_lines.order_by().values_list(Value("cost"), "fiscal_year", "category", Value(False), "amount")
    funding = application.funding_lines.order_by().values_list(Value("funding"), "fiscal_year", "source", "in_kind", "amount")
    lines = list(costs.union(funding, all=True).order_by("fiscal_year", "category"))
    return [
        _amounts("budget", _("Coûts admissibles"), _("Catégorie"), CostCategory, [line[1:] for line in lines if line[0] == "cost"]),
        _amounts("funding", _("Financement"), _("Source"), FundingSource, [line[1:] for line in lines if line[0] == "funding"]),
    ]


def _amounts(code: str, title: Text, heading: Text, names: type[TextChoices], lines: list[tuple[int, str, bool, Decimal]]) -> Sheet:
    rows = [
        [
            fiscal_year(year),
            gettext("%(source)s, en nature") % {"source": names(name).label} if in_kind else names(name).label,
            money(amount),
        ]
        for year, name, in_kind, amount in lines
    ]
    return Sheet(code, title, (_("Exercice"), heading, _("Montant")), rows, money(sum((line[3] for line in lines), Decimal(0))))


def _milestones(application: Application) -> Sheet:
    lines = application.planned_milestones.order_by("position", "pk")
    rows = [[line.title, line.evidence, iso_date(line.due_on)] for line in lines]
    return Sheet("milestones", _("Jalons"), (_("Jalon"), _("Preuve"), _("Date")), rows)


def _gains(application: Application) -> Sheet:
    later = ForecastGain.objects.filter(
        line=OuterRef("line"),
        period_start=OuterRef("period_start"),
        period_end=OuterRef("period_end"),
        recorded_at__gt=OuterRef("recorded_at"),
    )
    forecast = ForecastGain.objects.filter(~Exists(later), line=OuterRef("pk")).order_by().values("line").annotate(sum=Sum("amount"))
    lines = (
        GainLine.objects.filter(plan__application=application)
        .select_related("baseline", "organisation")
        .annotate(forecast=Subquery(forecast.values("sum")))
        .order_by("code", "pk")
    )
    rows = [
        [
            f"{line.code} – {line.title}",
            f"{line.get_nature_display()}, {line.get_recurrence_display().lower()}",
            " · ".join(filter(None, (line.organisation.name, line.cost_centre, line.account))),
            f"{money(line.baseline.cost)} ({number(line.baseline.volume)} {line.baseline.unit})",
            money(line.forecast),
        ]
        for line in lines
    ]
    headings = (_("Effet attendu"), _("Nature"), _("Porteur et crédit"), _("Situation de départ, par an"), _("Prévu en tout"))
    return Sheet("gains", _("Gains prévus"), headings, rows)

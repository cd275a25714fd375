"""The figures of the pages of returns: each is a cell of a report, and leads to its rows for whoever reads the reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import fiscal_year, money_cents
from projects.enums import Nature, Stage
from reporting.catalogue import REPORTS
from reporting.columns import Kind
from reporting.queries.reports import COMPONENTS
from reporting.queries.returns import Row, YearLine
from reporting.returns_charts import STAGES
from reporting.tables.reports import cell_url, has_rows, shown

#: ratio → its words, its column for the Fund and for the whole public sector
BOTH = (
    (_("Rendement"), "roi_fund", "roi_public"),
    (_("Multiple : gain pour 1 $"), "multiple_fund", "multiple_public"),
    (_("Cumulé sur 3 ans, pour 1 $"), "cum3_fund", "cum3_public"),
    (_("Récurrent après 3 ans, pour 1 $"), "rec3_fund", "rec3_public"),
    (_("Ratio avantages-coûts"), "", "bcr"),
    (_("Réalisation déclarée"), "realisation_reported", "realisation_reported"),
    (_("Réalisation vérifiée"), "realisation_verified", "realisation_verified"),
    (_("Écart au prévu"), "variance", "variance"),
)
#: amounts that a page shows with their words
AMOUNTS = (
    "fund_paid", "cofunding", "net_gain_forecast", "net_gain_expected", "net_gain_reported", "net_gain_verified", "net_gain_captured",
    "npv", "avoided_verified", "productivity_verified", "net_gain_contested",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a figure, and the address of the rows behind it: empty when there is none for this reader."""

    text: str
    url: str = ""
    label: Any = ""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row of a report. `linked`: whether the reader may open the rows behind; `dates`: the pair that was asked for."""

    report: str
    row: Row
    dates: Mapping[str, str]
    linked: bool

    def __call__(self, code: str) -> Cell:
        """Raises StopIteration for a column that the report does not have."""
        report = REPORTS[self.report]
        column, text = report.column(code), self.row.get(code, "")
        behind = column.kind in (Kind.MONEY, Kind.RATIO) and (has_rows(self.report, code) or (self.report, code) in COMPONENTS)
        url = cell_url(report, code, self.row, self.dates) if self.linked and behind and text else ""
        return Cell(shown(column, text), url, column.label)

    def amounts(self) -> list[Cell]:
        return [self(code) for code in AMOUNTS]

    def ratios(self) -> list[tuple[Any, Cell | None, Cell, Cell, Cell]]:
        """Each ratio for the Fund and for the whole public sector, with the coverage and the capture rate beside it."""
        beside = self("coverage"), self("capture_rate")
        return [(label, self(fund) if fund else None, self(public), *beside) for label, fund, public in BOTH]

    def year(self, line: YearLine) -> list[tuple[Any, Cell]]:
        """The net gains of one fiscal year by stage, each with the address of its parts."""
        return [(label, Cell(money_cents(line.amounts[stage]), self._year_url(stage, line.year))) for stage, label, _fill in STAGES]

    def _year_url(self, stage: Stage, year: int) -> str:
        if not self.linked:
            return ""
        report = REPORTS[self.report]
        names = {name: self.row[name] for name in report.row_names}
        query = urlencode({**self.dates, **names, "fiscal_year": year})
        return f"{reverse('reporting:report_cell', args=[report.code, f'net_gain_{stage.value}'])}?{query}"


def total_row(lines: list[YearLine]) -> list[tuple[Any, Cell]]:
    """The sum of each stage over the fiscal years that a table shows."""
    return [(label, Cell(money_cents(sum((line.amounts[stage] for line in lines), ZERO)))) for stage, label, _fill in STAGES]


def beside_rows(nature: Nature, lines: list[YearLine]) -> tuple[str, list[tuple[str, list[tuple[Any, str]]]]]:
    """Costs avoided or time freed, which no total takes: year by year, one amount for each stage."""
    rows = [(fiscal_year(line.year), [(label, money_cents(line.amounts[stage])) for stage, label, _fill in STAGES]) for line in lines]
    return str(nature.label), rows


#: the colour of a band: a word always stands in it
BANDS = {"green": "green", "amber": "yellow", "red": "red"}
SHOWN = ("forecast", "verified", "difference", "variance")


def variance_cells(cells: Cells) -> dict[str, Any]:
    """One fiscal year of a project in `variances`: its figures, its band, and what is said of it."""
    told = {name: cells(name).text if cells.row[name] else "" for name in ("cause", "explanation", "action", "band")}
    colour, unexplained = BANDS.get(cells.row["band"], ""), cells.row["unexplained"] == "yes"
    year = {"number": cells.row["fiscal_year"], "year": cells("fiscal_year").text}
    return {**year, "figures": [cells(name) for name in SHOWN], "colour": colour, "unexplained": unexplained, **told}


def money_or_none(text: str) -> Decimal | None:
    return Decimal(text) if text else None

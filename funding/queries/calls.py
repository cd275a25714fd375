"""What an envelope has for a call, year by year."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fondsinnovation.kit.money import ZERO
from funding.models import Fund
from funding.queries.envelopes import envelope_lines
from projects.queries.calls import Content


@dataclass(frozen=True, slots=True)
class CallYearLine:
    """One fiscal year of a call: what it asks, what its envelope has left, and what would be left after approval (dollars)."""

    fiscal_year: int
    asked: Decimal
    available: Decimal

    @property
    def after(self) -> Decimal:
        return self.available - self.asked


def fund_years() -> list[int]:
    """The fiscal years of the Fund."""
    fund = Fund.objects.get()
    return list(range(fund.first_fiscal_year, fund.first_fiscal_year + fund.fiscal_years))


def available_by_year(envelope: str) -> dict[int, Decimal]:
    """What an envelope has left, in each fiscal year in which it was given something (dollars)."""
    return {
        line.fiscal_year: line.available
        for found in envelope_lines()
        if found.envelope.code == envelope
        for line in found.lines
        if line.fiscal_year is not None and line.open
    }


def year_lines(content: Content, available: dict[int, Decimal]) -> list[CallYearLine]:
    """Each year that a call asks for, beside what its envelope has left."""
    return [CallYearLine(row.fiscal_year, row.amount, available.get(row.fiscal_year, ZERO)) for row in content.budgets]

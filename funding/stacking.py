"""The stacking of public aid (docs/rules/claims.md, domain.md T20). Pure: dollars and shares of 1 in, dollars and shares of 1 out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from fondsinnovation.kit.money import CENT, ZERO


@dataclass(frozen=True, slots=True)
class Stack:
    """All the public aid to a cost: the Fund's and the others', in dollars, against the limit of the terms (a share of 1)."""

    cost: Decimal
    fund: Decimal
    others: Decimal
    limit: Decimal

    @property
    def rate(self) -> Decimal | None:
        """Public aid ÷ cost; None without a cost."""
        return (self.fund + self.others) / self.cost if self.cost else None

    @property
    def most(self) -> Decimal:
        """The most that the Fund may pay: cost × limit, rounded down to the cent, less the other aid; never below 0."""
        return max((self.cost * self.limit).quantize(CENT, ROUND_DOWN) - self.others, ZERO)

    @property
    def is_within(self) -> bool:
        return self.fund <= self.most

"""The rows of the report `drawdowns` (R02): what the law lets draw, what was drawn, and the cash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from funding.queries.cash import authority_lines, cash_position
from reporting.rules import TOTAL

Row = dict[str, str]
#: the columns, in the order of the catalogue
COLUMNS = (
    "authority", "law", "article", "authority_status", "ceiling", "drawn", "undrawn", "last_drawn_on", "received", "reinvested",
    "net_paid", "cash",
)  # fmt: skip


def drawdown_rows(*, effective: date, known: datetime) -> Iterator[Row]:
    """One row for each authority, then the TOTAL, which alone has the cash: three queries."""
    lines = authority_lines(effective, known)
    for line in lines:
        yield _row(
            authority=line.authority.number,
            law=line.authority.law,
            article=line.authority.article,
            authority_status=line.state.value,
            ceiling=_text(line.authority.ceiling),
            drawn=_text(line.drawn),
            undrawn=_text(line.left),
            last_drawn_on=line.last_on.isoformat() if line.last_on else "",
        )
    position = cash_position(effective, known)
    ceiling = sum((line.authority.ceiling for line in lines), Decimal("0.00"))
    yield _row(
        authority=TOTAL,
        ceiling=_text(ceiling),
        drawn=_text(position.drawn),
        undrawn=_text(ceiling - position.drawn),
        last_drawn_on=max((line.last_on.isoformat() for line in lines if line.last_on), default=""),
        received=_text(position.received),
        reinvested=_text(position.reinvested),
        net_paid=_text(position.paid),
        cash=_text(position.cash),
    )


def _text(amount: Decimal) -> str:
    return format(amount, ".2f")


def _row(**values: str) -> Row:
    return dict.fromkeys(COLUMNS, "") | values

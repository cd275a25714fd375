"""Where the envelopes stand: every figure is a sum of ledger rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from funding.enums import CREDIT_KINDS, LedgerKind
from reporting import rules
from reporting.analysis.frames import counted_money, safe

_K = LedgerKind
KINDS = (*CREDIT_KINDS, _K.RESERVATION, _K.COMMITMENT, _K.PAYMENT, _K.RECOVERY)
ENVELOPE_COLUMNS = (
    "envelope", "fiscal_year", "ceiling", "authorised", "transfers", "frozen", "lapsed", "carried", "reinvested", "open", "reserved",
    "committed", "paid", "recovered", "unpaid", "available", "commitment_rate", "payment_rate", "share",
)  # fmt: skip


def envelope_rows(ledger: pd.DataFrame, *, ceilings: Mapping[str, Decimal], effective: date, known: datetime) -> pd.DataFrame:
    """`envelopes`: envelope × fiscal year of the row itself, a TOTAL year for each envelope, a TOTAL envelope for each year.

    `ceilings` gives each envelope, in the order of the report, with its first ceiling in dollars, over all years; transfers between
    envelopes move it. The ledger is signed: what is frozen, lapsed or recovered is negative, and is shown positive. `paid` is before
    recoveries.
    """
    rows = counted_money(ledger, effective, known).assign(cents=lambda r: safe(r["amount_cents"]))
    sums: dict[Any, int] = rows.groupby(["envelope", "fiscal_year", "kind"], observed=True)["cents"].sum().to_dict()
    cells: dict[tuple[object, object], dict[str, int]] = {}
    for (envelope, year, kind), cents in sums.items():
        for cell in ((envelope, year), (envelope, rules.TOTAL), (rules.TOTAL, year), (rules.TOTAL, rules.TOTAL)):
            found = cells.setdefault(cell, dict.fromkeys(KINDS, 0))
            found[kind] += int(cents)
    moved = {name: rules.dollars(cells[name, rules.TOTAL][_K.TRANSFER] if (name, rules.TOTAL) in cells else 0) for name in ceilings}
    tops = {name: top + moved[name] for name, top in ceilings.items()}
    tops[rules.TOTAL] = sum(tops.values(), Decimal("0.00"))
    years = [*sorted(int(year) for year in rows["fiscal_year"].unique()), rules.TOTAL]
    nothing: dict[str, int] = dict.fromkeys(KINDS, 0)
    table = [
        {"envelope": envelope, "fiscal_year": year, "ceiling": top if year == rules.TOTAL else None}
        | _figures(cells.get((envelope, year), nothing), cells.get((rules.TOTAL, year), nothing))
        for envelope, top in tops.items()
        for year in years
    ]
    return pd.DataFrame(table, columns=list(ENVELOPE_COLUMNS), dtype="object")


def _figures(cell: Mapping[str, int], year: Mapping[str, int]) -> dict[str, Any]:
    credit = sum(cell[kind] for kind in CREDIT_KINDS)
    reserved, committed, paid = cell[_K.RESERVATION], cell[_K.COMMITMENT], cell[_K.PAYMENT]
    amounts = {
        "authorised": cell[_K.AUTHORISATION],
        "transfers": cell[_K.TRANSFER],
        "frozen": -cell[_K.FREEZE],
        "lapsed": -cell[_K.LAPSE],
        "carried": cell[_K.CARRY],
        "reinvested": cell[_K.REINVESTMENT],
        "open": credit,
        "reserved": reserved,
        "committed": committed,
        "paid": paid,
        "recovered": -cell[_K.RECOVERY],
        "unpaid": committed - paid,
        "available": credit - reserved - committed,
    }
    return {name: rules.dollars(cents) for name, cents in amounts.items()} | {
        "commitment_rate": rules.ratio(rules.quotient(committed, credit)),
        "payment_rate": rules.ratio(rules.quotient(paid, committed)),
        "share": rules.ratio(rules.quotient(cell[_K.AUTHORISATION], year[_K.AUTHORISATION])),
    }

"""Where the envelopes stand: every figure is a sum of ledger rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from funding.enums import LedgerKind
from reporting import rules
from reporting.analysis.frames import counted_money, safe

_K = LedgerKind
KINDS = (_K.AUTHORISATION, _K.RESERVATION, _K.COMMITMENT, _K.PAYMENT, _K.RECOVERY)
ENVELOPE_COLUMNS = (
    "envelope", "fiscal_year", "ceiling", "authorised", "reserved", "committed", "paid", "recovered", "unpaid", "available",
    "commitment_rate", "payment_rate", "share",
)  # fmt: skip


def envelope_rows(ledger: pd.DataFrame, *, ceilings: Mapping[str, Decimal], effective: date, known: datetime) -> pd.DataFrame:
    """`envelopes`: envelope × fiscal year of the row itself, a TOTAL year for each envelope, a TOTAL envelope for each year.

    `ceilings` gives each envelope, in the order of the report, with its ceiling in dollars; a ceiling is over all years. The
    ledger is signed: a recovery is negative, and `recovered` shows it positive. `paid` is before recoveries.
    """
    rows = counted_money(ledger, effective, known).assign(cents=lambda r: safe(r["amount_cents"]))
    sums: dict[Any, int] = rows.groupby(["envelope", "fiscal_year", "kind"], observed=True)["cents"].sum().to_dict()
    cells: dict[tuple[object, object], dict[str, int]] = {}
    for (envelope, year, kind), cents in sums.items():
        for cell in ((envelope, year), (envelope, rules.TOTAL), (rules.TOTAL, year), (rules.TOTAL, rules.TOTAL)):
            found = cells.setdefault(cell, dict.fromkeys(KINDS, 0))
            found[kind] += int(cents)
    tops = {**ceilings, rules.TOTAL: sum(ceilings.values(), Decimal("0.00"))}
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
    authorised, reserved, committed, paid, recovered = (cell[kind] for kind in KINDS)
    amounts = {
        "authorised": authorised,
        "reserved": reserved,
        "committed": committed,
        "paid": paid,
        "recovered": -recovered,
        "unpaid": committed - paid,
        "available": authorised - reserved - committed,
    }
    return {name: rules.dollars(cents) for name, cents in amounts.items()} | {
        "commitment_rate": rules.ratio(rules.quotient(committed, authorised)),
        "payment_rate": rules.ratio(rules.quotient(paid, committed)),
        "share": rules.ratio(rules.quotient(authorised, year[_K.AUTHORISATION])),
    }

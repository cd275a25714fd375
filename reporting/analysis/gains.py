"""The two gain reports: the register, part by part, and the amounts by fiscal year."""

from __future__ import annotations

from datetime import date, datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from projects.enums import BUDGETARY, Nature, Stage
from reporting import rules
from reporting.analysis.facts import CONTESTED, SHOWN, facts_of
from reporting.analysis.frames import Frames
from reporting.analysis.portfolio import NATURES, RECURRENCES, STAGES, portfolio_of

GAIN_COLUMNS = (
    "project", "line", "nature", "recurrence", "stage", "period_start", "period_end", "fiscal_year", "days", "amount", "ended",
    "windfall", "recorded_at", "contested",
)  # fmt: skip
NET = "NET"
YEAR_COLUMNS = ("fiscal_year", "nature", *Stage.values, CONTESTED)


def gains_rows(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`gains`: the parts of each gain row as the ROI counts them, a row of the file giving one part for each fiscal year.

    A windfall part (days before the project starts; no fiscal year) and the parts that are contested are shown and count for
    nothing. The forecast is the reference forecast, ended or not. In the order of project, line, stage, period and part.
    """
    portfolio = frames.once(portfolio_of, effective, known)
    parts = portfolio.parts
    rows = portfolio.gains.iloc[parts["source"]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "project": _named(rows["project"], portfolio.projects["project"]),
            "line": _named(rows["label"], portfolio.labels),
            "nature": _named(rows["nature"], NATURES),
            "recurrence": _named(rows["recurrence"], RECURRENCES),
            "stage": _named(rows["stage"], STAGES),
            "period_start": _days(rows["start"]),
            "period_end": _days(rows["end"]),
            "fiscal_year": parts["fiscal_year"].astype("object").where(~parts["windfall"], None),
            "days": parts["days"],
            "amount": pd.Series([rules.dollars(cents) for cents in parts["cents"].tolist()], dtype="object"),
            "ended": rows["ended"],
            "windfall": parts["windfall"],
            "recorded_at": pd.to_datetime(rows["recorded"], unit="us", utc=True),
            "contested": parts["contested"],
        },
        columns=list(GAIN_COLUMNS),
    )


def _named(codes: pd.Series, names: Any) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.to_numpy(), pd.Index(names, dtype="str"))


def _days(numbers: pd.Series) -> np.ndarray:
    return numbers.to_numpy().astype("datetime64[D]").astype("datetime64[s]")


def gains_by_year(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`gains-by-year`: amounts by fiscal year of the gain and nature, one column per stage; then the years' TOTAL.

    NET is CASH + REV + COST; AVOID and PROD stand beside it and are never added to it. The forecast is the whole reference forecast.
    `contested` is the verified amount that is contested, which no other column takes.
    """
    found = frames.once(facts_of, effective, known).cells.groupby(["year", "nature", "shown"], as_index=False)["cents"].sum()
    cells: dict[tuple[object, str, str], int] = {}
    for year, place, shown, cents in zip(*(found[name].tolist() for name in ("year", "nature", "shown", "cents")), strict=True):
        nature = NATURES[place]
        for cell in product((year, rules.TOTAL), (nature, NET) if nature in BUDGETARY else (nature,), (SHOWN[shown],)):
            cells[cell] = cells.get(cell, 0) + cents
    years = [*sorted(found["year"].unique().tolist()), rules.TOTAL]
    table = [
        {"fiscal_year": year, "nature": nature} | {name: rules.dollars(cells.get((year, nature, name), 0)) for name in YEAR_COLUMNS[2:]}
        for year, nature in product(years, (*Nature.values, NET))
    ]
    return pd.DataFrame(table, columns=list(YEAR_COLUMNS), dtype="object")

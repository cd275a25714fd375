"""`variances`: the verified gain of each project and fiscal year against its reference forecast, over ended periods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction

import numpy as np
import pandas as pd

from reporting import rules
from reporting.analysis.facts import EXPECTED, NET_NATURES, Facts, facts_of
from reporting.analysis.frames import Frames
from reporting.analysis.portfolio import VERIFIED
from reporting.analysis.texts import dollars, ratios
from reporting.enums import VarianceBand
from reporting.scoring import AMBER_WITHIN, GREEN_WITHIN

#: (project, fiscal year) → cause, explanation, action and instant of what is known of it
Explanations = Mapping[tuple[str, int], tuple[str, str, str, datetime]]

PLACE = ("project", "call", "organisation")
TOLD = ("cause", "explanation", "action", "explained_at")
VARIANCE_COLUMNS = (*PLACE, "fiscal_year", "forecast", "verified", "difference", "variance", "band", *TOLD, "unexplained")


def variance_rows(frames: Frames, explanations: Explanations, *, effective: date, known: datetime) -> pd.DataFrame:
    """One row per project and fiscal year with a forecast or a verified gain in it, in that order, then TOTAL. Every cell is text.

    Only rows whose period has ended count, on both sides; a forecast that straddles the day does not count at all. Where the forecast
    is 0 the ratio and its band are undefined. `unexplained`: outside the green band without an explanation (E-09).
    """
    facts = frames.once(facts_of, effective, known)
    rows = _sums(facts)
    project, year = rows["project"].to_numpy(), rows["year"].tolist()
    places = {name: facts.projects[name].to_numpy(object)[project].tolist() for name in PLACE}
    told = [explanations.get(row) for row in zip(places["project"], year, strict=True)] if explanations else [None] * len(rows)
    forecast, verified = (np.append(column, column.sum()) for column in (rows["forecast"].to_numpy(), rows["verified"].to_numpy()))
    difference = verified - forecast
    band = _bands(difference, forecast)
    columns = {
        **{name: [*texts, rules.TOTAL if name == "project" else ""] for name, texts in places.items()},
        "fiscal_year": [*map(str, year), ""],
        "forecast": dollars(forecast),
        "verified": dollars(verified),
        "difference": dollars(difference),
        "variance": ratios(difference, abs(forecast)),  # rules.variance
        "band": band,
        **{name: [rules.text(one[place]) if one else "" for one in [*told, None]] for place, name in enumerate(TOLD)},
        "unexplained": [
            *("yes" if wide and not one else "no" for wide, one in zip(map(_WIDE.__contains__, band[:-1]), told, strict=True)),
            "",
        ],
    }
    return pd.DataFrame(columns, columns=list(VARIANCE_COLUMNS), dtype="object")


_WIDE = (VarianceBand.AMBER.value, VarianceBand.RED.value)


def _sums(facts: Facts) -> pd.DataFrame:
    """`project`, `year`, `forecast` and `verified` in exact cents, in order."""
    cells = facts.cells[facts.cells["nature"].isin(NET_NATURES) & facts.cells["shown"].isin([EXPECTED, VERIFIED])]
    shown, cents = cells["shown"].to_numpy(), cells["cents"].to_numpy()
    table = cells[["project", "year"]].assign(
        forecast=np.where(shown == EXPECTED, cents, 0), verified=np.where(shown == VERIFIED, cents, 0)
    )
    return table.groupby(["project", "year"], as_index=False, sort=True).sum()


def _bands(difference: np.ndarray, forecast: np.ndarray) -> list[str]:
    """`scoring.variance_band` of whole columns: the same limits, compared between Python's integers, before any rounding."""
    size, wide = abs(forecast), abs(difference).astype(object)
    green, amber = (
        wide * limit.denominator <= size.astype(object) * limit.numerator for limit in map(Fraction, (GREEN_WITHIN, AMBER_WITHIN))
    )
    names = np.select(
        [size == 0, green.astype(bool), amber.astype(bool)],
        ["", VarianceBand.GREEN.value, VarianceBand.AMBER.value],
        VarianceBand.RED.value,
    )
    return [str(name) for name in names]

"""`variances`: the verified gain of each project and fiscal year against its reference forecast, over ended periods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from reporting import rules
from reporting.analysis.facts import EXPECTED, NET_NATURES, Facts, facts_of
from reporting.analysis.frames import Frames
from reporting.analysis.portfolio import VERIFIED
from reporting.enums import VarianceBand
from reporting.scoring import variance_band

#: (project, fiscal year) → cause, explanation, action and instant of what is known of it
Explanations = Mapping[tuple[str, int], tuple[str, str, str, datetime]]

PLACE = ("project", "call", "organisation")
VARIANCE_COLUMNS = (
    *PLACE, "fiscal_year", "forecast", "verified", "difference", "variance", "band", "cause", "explanation", "action", "explained_at",
    "unexplained",
)  # fmt: skip


def variance_rows(frames: Frames, explanations: Explanations, *, effective: date, known: datetime) -> pd.DataFrame:
    """One row per project and fiscal year with a forecast or a verified gain in it, in that order, then TOTAL.

    Only rows whose period has ended count, on both sides; a forecast that straddles the day does not count at all. Where the forecast
    is 0 the ratio and its band are undefined. `unexplained`: outside the green band without an explanation (E-09).
    """
    facts = frames.once(facts_of, effective, known)
    places = list(zip(*(facts.projects[name] for name in PLACE), strict=True))
    rows: list[dict[str, Any]] = []
    for project, year, forecast, verified in _sums(facts):
        place = dict(zip(PLACE, places[project], strict=True))
        told = explanations.get((place["project"], year))
        rows.append(place | {"fiscal_year": year} | _figures(forecast, verified, told is None) | _told(told))
    total = dict.fromkeys(VARIANCE_COLUMNS) | dict.fromkeys(PLACE, "") | {"project": rules.TOTAL}
    summed = [sum(int(row[name].scaleb(2)) for row in rows) for name in ("forecast", "verified")]
    rows.append(total | _figures(*summed, unexplained=False) | _told(None) | {"unexplained": None})
    return pd.DataFrame(rows, columns=list(VARIANCE_COLUMNS), dtype="object")


def _sums(facts: Facts) -> list[tuple[int, int, int, int]]:
    """(project, fiscal year, forecast, verified) in exact cents, in order."""
    cells = facts.cells[facts.cells["nature"].isin(NET_NATURES) & facts.cells["shown"].isin([EXPECTED, VERIFIED])]
    table = cells[["project", "year"]].assign(
        forecast=np.where(cells["shown"] == EXPECTED, cells["cents"], 0), verified=np.where(cells["shown"] == VERIFIED, cells["cents"], 0)
    )
    summed = table.groupby(["project", "year"], as_index=False, sort=True).sum()
    return list(zip(*(summed[name].tolist() for name in ("project", "year", "forecast", "verified")), strict=True))


def _figures(forecast: int, verified: int, unexplained: bool) -> dict[str, Any]:
    difference, size = verified - forecast, abs(forecast)
    band = variance_band(Fraction(difference, size) if size else None)
    return {
        "forecast": rules.dollars(forecast),
        "verified": rules.dollars(verified),
        "difference": rules.dollars(difference),
        "variance": rules.over(difference, size),  # rules.variance, between integers
        "band": band.value if band else "",
        "unexplained": unexplained and band not in (None, VarianceBand.GREEN),
    }


def _told(told: tuple[str, str, str, datetime] | None) -> dict[str, Any]:
    cause, explanation, action, at = told or ("", "", "", None)
    return {"cause": cause, "explanation": explanation, "action": action, "explained_at": at}

"""From PostgreSQL's binary arrays to a frame of gains, without one Python object for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from reporting.analysis.frames import COLUMNS, DAY, frame
from reporting.queries.gain_columns import COLUMNS as WIDTHS
from reporting.queries.gain_columns import STAGES, GainColumns

#: what stands before the first element of a one-dimensional array: dimensions, nulls, type, length, lower bound
_HEADER = 20
#: PostgreSQL counts days and instants from 1 January 2000
_DAYS, _MICROSECONDS = 10_957, 946_684_800_000_000


def gain_frame(columns: GainColumns) -> pd.DataFrame:
    """The frame `gains` with, beside its columns, the id of each `line_id`. Rows of a line of no project are left out."""
    if not columns.chunks:
        return frame("gains").assign(line_id=np.empty(0, np.int64))
    raw = {name: _joined([chunk[place] for chunk in columns.chunks], width) for place, (name, width) in enumerate(WIDTHS.items())}
    lines = _places(raw["line"], columns.lines)
    if (lines < 0).any():
        owned = lines >= 0
        raw, lines = {name: values[owned] for name, values in raw.items()}, lines[owned]
    made: dict[str, Any] = {
        **{
            name: _named(lines, [line[place] for line in columns.lines.values()])
            for place, name in enumerate(("project", "line", "nature", "recurrence"))
        },
        "stage": pd.Categorical.from_codes(raw["stage"], pd.Index(STAGES, dtype="str")),
        "period_start": _days(raw["period_start"]),
        "period_end": _days(raw["period_end"]),
        "amount_cents": raw["amount_cents"],
        "recorded_at": pd.DatetimeIndex((raw["recorded_at"] + _MICROSECONDS).view("datetime64[us]")).tz_localize("UTC"),
        "row": raw["row"],
    }
    return pd.DataFrame({**{name: made[name] for name in COLUMNS["gains"]}, "line_id": raw["line"]}, copy=False)


def _joined(arrays: Sequence[bytes], width: int) -> np.ndarray:
    """The integers of some arrays, one after the other. An element is its length in 4 bytes, then its value; none is null."""
    element = np.dtype([("length", ">i4"), ("value", f">i{width}")])
    return np.concatenate([np.frombuffer(array, element, offset=_HEADER)["value"].astype(np.int64) for array in arrays])


def _places(ids: np.ndarray, names: Mapping[int, Any]) -> np.ndarray:
    """The place of each id among those that are named, in their order; -1 where it is not."""
    known = np.fromiter(names, np.int64, len(names))
    size = max(int(found.max()) if len(found) else 0 for found in (known, ids)) + 1  # keys are small: a table of them is read at once
    places = np.full(size, -1, np.int64)
    places[known] = np.arange(len(known))
    return places[ids]


def _named(places: np.ndarray, names: list[str]) -> pd.Categorical:
    """Categories of the distinct names: several ids may have one."""
    codes, found = pd.factorize(np.array(names, dtype="object"))
    return pd.Categorical.from_codes(codes[places], pd.Index(found, dtype="str"))


def _days(numbers: np.ndarray) -> np.ndarray:
    return (numbers + _DAYS).astype("datetime64[D]").astype(DAY)

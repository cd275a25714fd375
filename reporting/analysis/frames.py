"""The tables that the reports read, typed and compact: money is int64 cents, days and instants are numpy's, text is categories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from reporting import rules

T = TypeVar("T")
TEXT, DAY, INSTANT, WHOLE, FLAG, EXACT = "category", "datetime64[s]", "datetime64[us, UTC]", "int64", "bool", "object"
_TWO_CLOCKS = {"effective_on": DAY, "recorded_at": INSTANT}

#: noun → its columns in order, each with its type: TEXT str (empty when unknown), DAY date, INSTANT aware datetime,
#: WHOLE int (`*_cents` are cents, `fiscal_year` its first calendar year), FLAG bool, EXACT Decimal. Days may be None on `projects` only.
COLUMNS: dict[str, dict[str, str]] = {
    "projects": dict.fromkeys(("project", "call", "organisation", "region", "status"), TEXT)
    | dict.fromkeys(("decided_on", "signed_on", "starts_on", "ends_on"), DAY),
    "payments": {"project": TEXT, "kind": TEXT, "amount_cents": WHOLE, **_TWO_CLOCKS, "fiscal_year": WHOLE, "reference": TEXT},
    "cofunding": {"project": TEXT, "amount_cents": WHOLE, "in_kind": FLAG, **_TWO_CLOCKS},
    "gains": dict.fromkeys(("project", "line", "nature", "recurrence", "stage"), TEXT)
    | {"period_start": DAY, "period_end": DAY, "amount_cents": WHOLE, "recorded_at": INSTANT, "row": WHOLE},
    "contests": {"project": TEXT, "line": TEXT, "cause": TEXT, "fiscal_year": WHOLE, "contested": FLAG, "recorded_at": INSTANT},
    "secretariat_costs": {"amount_cents": WHOLE, **_TWO_CLOCKS},
    "rates": {"valid_from": DAY, "rate": EXACT, "recorded_at": INSTANT},
    "ledger": {"envelope": TEXT, "fiscal_year": WHOLE, "kind": TEXT, "amount_cents": WHOLE, **_TWO_CLOCKS},
}
_CHUNK = 20_000


def frame(noun: str, rows: Iterable[Sequence[Any]] = ()) -> pd.DataFrame:
    """A frame of COLUMNS[noun] from rows (a database cursor, say), read in chunks so that Python objects never pile up."""
    columns, source = COLUMNS[noun], iter(rows)
    chunks = [_typed(columns, chunk) for chunk in iter(lambda: list(islice(source, _CHUNK)), [])] or [_typed(columns, [])]
    return pd.DataFrame({name: _joined([chunk[name] for chunk in chunks]) for name in columns})


def _typed(columns: Mapping[str, str], rows: list[Sequence[Any]]) -> dict[str, pd.Series]:
    raw = pd.DataFrame(rows, columns=list(columns), dtype="object")
    return {name: _column(raw[name], kind) for name, kind in columns.items()}


def _column(values: Any, kind: str) -> pd.Series:
    if kind == INSTANT:
        return pd.to_datetime(values, utc=True).astype(INSTANT)
    return values.fillna("").astype("str").astype(TEXT) if kind == TEXT else values.astype(kind)


def _joined(parts: list[pd.Series]) -> Any:
    return union_categoricals(parts) if parts[0].dtype == "category" else pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class Frames:
    """What the gain and ROI reports read; each frame is made by `frame` and is empty when not given.

    `gains.row` is the order in the file (or the key): of two rows of one identity recorded together, the later counts. So does the
    later of two `contests` of one line, cause and fiscal year (0: all): the last known says whether the line is contested there.
    `gains` may be `GainRows` as well, which the database gives without a frame.
    `kept`: what several reports of one pair of dates are made from, computed once (`once`).
    """

    projects: pd.DataFrame = field(default_factory=partial(frame, "projects"))
    payments: pd.DataFrame = field(default_factory=partial(frame, "payments"))
    cofunding: pd.DataFrame = field(default_factory=partial(frame, "cofunding"))
    gains: Any = field(default_factory=partial(frame, "gains"))
    contests: pd.DataFrame = field(default_factory=partial(frame, "contests"))
    secretariat_costs: pd.DataFrame = field(default_factory=partial(frame, "secretariat_costs"))
    rates: pd.DataFrame = field(default_factory=partial(frame, "rates"))
    kept: dict[tuple[Any, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, make: Callable[..., T], *dates: date | datetime) -> T:
        """`make(self, *dates)`, the same object each time. It is read only: every report takes it as it is."""
        key = (make.__name__, *dates)
        if key not in self.kept:
            self.kept[key] = make(self, *dates)
        return self.kept[key]


# -- days, instants and cents as integers --------------------------------------------------------------------------------

UNKNOWN = np.iinfo(np.int64).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_numbers(values: Any) -> np.ndarray:
    """Days since 1970-01-01; UNKNOWN where there is no day."""
    return np.asarray(values, dtype="datetime64[s]").astype("datetime64[D]").astype(np.int64)


def day_number(day: date) -> int:
    return int(day_numbers([day])[0])


def microseconds(instants: pd.Series) -> np.ndarray:
    return instants.dt.as_unit("us").astype(np.int64).to_numpy()


def microsecond(instant: datetime) -> int:
    """Raises ValueError for an instant without an offset: a knowledge date is never a guess."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    return (instant - _EPOCH) // timedelta(microseconds=1)


def fiscal_years(days: np.ndarray) -> np.ndarray:
    """The fiscal year of each day; many rows have few days, and each is looked at once."""
    if not len(days):
        return np.empty(0, np.int64)
    first, last = int(days.min()), int(days.max())
    if last - first > len(days):
        return _fiscal_years(days)
    return _fiscal_years(np.arange(first, last + 1)).astype(np.int32)[days - first]


def _fiscal_years(days: np.ndarray) -> np.ndarray:
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months - 3) // 12 + 1970


def year_starts(years: np.ndarray) -> np.ndarray:
    months = ((years - 1970) * 12 + 3).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def safe(cents: Any) -> np.ndarray:
    """The same cents, once it is sure that no sum of them, less a sum of costs of both kinds, leaves 64 bits. Raises OverflowError."""
    cents = np.asarray(cents, np.int64)
    sizes = np.abs(cents).view(np.uint64)  # the smallest integer has no opposite: as unsigned its size is right all the same
    high, low = (int(part.sum(dtype=np.uint64)) for part in (sizes >> np.uint64(32), sizes & np.uint64(0xFFFFFFFF)))
    if (high << 32) + low >= 2**61:  # Python's integers: exact whatever they are
        raise OverflowError("amounts too large to be added in 64 bits")
    return cents


def sum_by(cents: Any, by: Any, size: int) -> np.ndarray:
    """Exact integer sums of `cents` by position 0 … size − 1."""
    out = np.zeros(size, np.int64)
    np.add.at(out, np.asarray(by, np.int64), np.asarray(cents, np.int64))
    return out


def packed(*columns: np.ndarray) -> np.ndarray:
    """One integer for each row, in the order of the columns: equal where they all are, and lower where the first that differs is.

    Raises OverflowError when 63 bits cannot tell the rows apart.
    """
    key, room = np.zeros(len(columns[0]), np.int64), 1
    for column in columns if len(key) else ():
        low, span = int(column.min()), int(column.max()) - int(column.min()) + 1
        if room * span >= 2**62:
            found, column = np.unique(column, return_inverse=True)
            low, span = 0, len(found)
        if room * span >= 2**63:
            key, room = np.unique(key, return_inverse=True)[1], len(key)
        if room * span >= 2**63:
            raise OverflowError("too many different rows")
        key, room = key * span + np.subtract(column, low, dtype=np.int64), room * span
    return key


def grouped(key: np.ndarray, *values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The distinct keys (integers) in their order, and of each column of integers its exact sum by key."""
    if not len(key):
        return key, [value[:0] for value in values]
    low, span = int(key.min()), int(key.max()) - int(key.min()) + 1
    if span <= 4 * len(key) + 1_000:  # dense: one cell for each possible key
        there = np.flatnonzero(np.bincount(key - low))
        return there + low, [sum_by(value, key - low, span)[there] for value in values]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.append(True, key[order][1:] != key[order][:-1]))
    return key[order][first], [np.add.reduceat(np.asarray(value, np.int64)[order], first) for value in values]


def counted_money(rows: pd.DataFrame, effective: date, known: datetime) -> pd.DataFrame:
    """Money rows in effect by `effective` and recorded by `known`."""
    in_effect = day_numbers(rows["effective_on"]) <= day_number(effective)
    return rows[in_effect & (microseconds(rows["recorded_at"]) <= microsecond(known))]


# -- a report as text ----------------------------------------------------------------------------------------------------


def records(report: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Each row of a report as text by column, chunk by chunk: what a snapshot keeps and every page and file shows."""
    names = list(report.columns)
    for start in range(0, len(report), _CHUNK):
        columns = (_texts(report[name].iloc[start : start + _CHUNK]) for name in names)
        for values in zip(*columns, strict=True):
            yield dict(zip(names, values, strict=True))


def _texts(column: pd.Series) -> list[str]:
    if column.dtype == "category":
        return column.astype("str").tolist()
    if column.dtype == DAY:
        return np.datetime_as_string(column.to_numpy().astype("datetime64[D]")).tolist()
    if column.dtype == INSTANT:  # few acts record many rows: each instant is written once
        codes, instants = pd.factorize(column)
        return np.array([rules.text(instant) for instant in instants], dtype="object")[codes].tolist()
    return [value if type(value) is str else rules.text(value) for value in column]

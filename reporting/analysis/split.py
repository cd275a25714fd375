"""An amount by days over fiscal years, to the cent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reporting.analysis.frames import fiscal_years, sum_by, year_starts


def split_by_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Split amounts by days over fiscal years: columns `source` (position in `rows`), `fiscal_year`, `days`, `cents`, `windfall`.

    `rows` has `start` and `end` (days included), `starts_on` (UNKNOWN: none) and `cents`, as integers. The days before `starts_on`
    are one part, flagged; the rest is one part per fiscal year. Cents go by largest remainder on the absolute value, ties to
    the earlier part, sign restored.
    """
    start, end, cents = (rows[name].to_numpy() for name in ("start", "end", "cents"))
    begin = np.maximum(start, rows["starts_on"].to_numpy())
    lost = np.minimum(begin, end + 1) - start
    first = fiscal_years(begin)
    count = np.where(begin <= end, fiscal_years(end) - first + 1, 0).astype(np.int32) + (lost > 0)
    source = np.repeat(np.arange(len(rows), dtype=np.int32), count)
    year, days, shares, windfall = first[source], (end - start + 1)[source], cents[source], (begin > end)[source]
    divided = np.flatnonzero(count > 1)  # most rows are one part: only the others are divided
    whole = np.repeat(np.arange(len(divided)), count[divided])
    rank = np.arange(len(whole)) - np.searchsorted(whole, whole)
    some, place = divided[whole], (np.cumsum(count, dtype=np.int64) - count)[divided][whole] + rank
    before = (lost[some] > 0) & (rank == 0)
    years = first[some] + rank - (lost[some] > 0)
    left, right = np.maximum(begin[some], year_starts(years)), np.minimum(end[some], year_starts(years + 1) - 1)
    lengths = np.where(before, lost[some], right - left + 1)
    parts = _largest_remainder(np.abs(cents[divided]), (end - start + 1)[divided].astype(np.int64), whole, lengths)
    year[place], days[place], windfall[place], shares[place] = years, lengths, before, parts * np.sign(cents)[some]
    return pd.DataFrame({"source": source, "fiscal_year": year, "days": days, "cents": shares, "windfall": windfall}, copy=False)


def _largest_remainder(cents: np.ndarray, total: np.ndarray, source: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Parts of each amount in proportion to days; the products stay small: cents = q × total + r, and r × days < total²."""
    whole, rest = np.divmod(cents, total)
    extra, remainder = np.divmod(rest[source] * days, total[source])
    parts = whole[source] * days + extra
    missing = cents - sum_by(parts, source, len(cents))
    order = np.lexsort((np.arange(len(source)), -remainder, source))
    place = np.arange(len(source)) - np.searchsorted(source, source)  # `source` is sorted, so is source[order]
    parts[order] += place < missing[source]
    return parts

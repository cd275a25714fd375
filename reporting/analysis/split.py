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
    years = np.where(begin <= end, fiscal_years(end) - first + 1, 0)
    count = years + (lost > 0)
    source = np.repeat(np.arange(len(rows)), count)
    rank = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count) - (lost > 0)[source]
    year, windfall = first[source] + rank, rank < 0
    days, shares = (end - start + 1)[source], cents[source]
    several = count[source] > 1  # most rows are one part: only the others are divided
    some = source[several]
    left, right = np.maximum(begin[some], year_starts(year[several])), np.minimum(end[some], year_starts(year[several] + 1) - 1)
    days[several] = np.where(windfall[several], lost[some], right - left + 1)
    whole = np.cumsum(count > 1) - 1
    divided = count > 1
    parts = _largest_remainder(np.abs(cents[divided]), (end - start + 1)[divided], whole[some], days[several])
    shares[several] = parts * np.sign(cents)[some]
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

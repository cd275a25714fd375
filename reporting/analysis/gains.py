"""Which gain rows count, the split by fiscal year, and the two gain reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from projects.enums import BUDGETARY, Nature, ProjectState, Stage
from reporting import rules
from reporting.analysis.frames import (
    UNKNOWN,
    Frames,
    day_number,
    day_numbers,
    fiscal_years,
    microsecond,
    microseconds,
    safe,
    sum_by,
    year_starts,
)

# -- the split by fiscal year --------------------------------------------------------------------------------------------


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
    year = first[source] + rank
    left, right = np.maximum(begin[source], year_starts(year)), np.minimum(end[source], year_starts(year + 1) - 1)
    windfall = rank < 0
    days = np.where(windfall, lost[source], right - left + 1)
    shares = _largest_remainder(np.abs(cents), end - start + 1, source, days) * np.sign(cents)[source]
    return pd.DataFrame({"source": source, "fiscal_year": year, "days": days, "cents": shares, "windfall": windfall})


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


_ALWAYS = np.iinfo(np.int64).max

# -- which rows count ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Portfolio:
    """The projects that appear (in the order of their codes), and the parts of their gain rows that count or are flagged.

    `parts` are all of them; those that no total takes are `windfall` (before the project starts) or `contested` (their line is).
    """

    projects: pd.DataFrame
    gains: pd.DataFrame
    parts: pd.DataFrame

    @property
    def counted(self) -> pd.DataFrame:
        """The parts that the totals take."""
        return self.parts[~self.parts["windfall"] & ~self.parts["contested"]]

    @property
    def left_out(self) -> pd.DataFrame:
        """What the totals would take too if its line were not contested, of the stage that is contested: the verified one."""
        parts = self.parts
        return parts[parts["contested"] & ~parts["windfall"] & (parts["stage"] == Stage.VERIFIED)]


def portfolio_of(frames: Frames, effective: date, known: datetime) -> Portfolio:
    decided = day_numbers(frames.projects["decided_on"])
    appear = (decided != UNKNOWN) & (decided <= day_number(effective))
    projects = frames.projects[appear].assign(project=lambda p: p["project"].astype("str")).sort_values("project", ignore_index=True)
    gains = _counted_gains(frames.gains, projects, effective, known)
    gains = gains.assign(contested=_is_contested(gains, projects, frames.contests, known))
    parts = split_by_days(gains)
    safe(parts["cents"].to_numpy())
    kept = ["project", "line", "nature", "recurrence", "stage", "ended", "examined", "contested"]
    parts = parts.assign(**{name: gains[name].take(parts["source"].to_numpy()).array for name in kept})
    return Portfolio(projects, gains, parts)


def _counted_gains(rows: pd.DataFrame, projects: pd.DataFrame, effective: date, known: datetime) -> pd.DataFrame:
    """Known, latest of their identity, ended (the reference forecast: in force at signature, ended or not), ready to split.

    `project` and `line` become positions. `ended`: the period is over; `examined`: a verified row has the same line and period.
    """
    table = _latest(_as_integers(rows, projects), microsecond(known))
    table = table.assign(ended=table["end"] <= day_number(effective))
    table = table[(table["ended"] | (table["stage"] == Stage.FORECAST)) & ~table["withdrawn"]].reset_index(drop=True)
    period = pd.MultiIndex.from_frame(table[["line", "start", "end"]])
    return table.assign(examined=period.isin(period[table["stage"] == Stage.VERIFIED]))


def _as_integers(rows: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """The rows of the projects that appear, with what their project decides. `in_time`: the last instant at which a row still counts."""
    codes = pd.Index(projects["project"]).get_indexer(rows["project"].cat.categories.astype("str"))
    position = np.append(codes, -1)[rows["project"].cat.codes]
    rows, position = rows[position >= 0], position[position >= 0]
    start, ends_on = day_numbers(rows["period_start"]), day_numbers(projects["ends_on"])[position]
    forecast = (rows["stage"] == Stage.FORECAST).to_numpy()
    terminated = (projects["status"] == ProjectState.TERMINATED).to_numpy()[position]
    table = pd.DataFrame(
        {
            "project": position,
            "line": 0,
            **{name: rows[name].array for name in ("nature", "recurrence", "stage")},
            "label": rows["line"].array,
            "start": start,
            "end": day_numbers(rows["period_end"]),
            "starts_on": day_numbers(projects["starts_on"])[position],
            "cents": rows["amount_cents"].array,
            "recorded": microseconds(rows["recorded_at"]),
            "row": rows["row"].array,
            "in_time": np.where(forecast, _signature_ends(projects)[position], _ALWAYS),
            "withdrawn": forecast & terminated & (ends_on != UNKNOWN) & (start > ends_on),
        }
    )
    return table.assign(line=table.groupby(["project", "label"], observed=True).ngroup())


def _latest(rows: pd.DataFrame, known: int) -> pd.DataFrame:
    """Of the rows recorded in time, one for each identity: the latest known, of two recorded together the later in the file."""
    rows = rows[rows["recorded"] <= np.minimum(rows["in_time"], known)].sort_values(["recorded", "row"])
    return rows.drop_duplicates(["line", "stage", "start", "end"], keep="last")


def _is_contested(gains: pd.DataFrame, projects: pd.DataFrame, contests: pd.DataFrame, known: datetime) -> np.ndarray:
    """Whether the line of each gain is contested: by the last known event of one cause or more."""
    events = contests[microseconds(contests["recorded_at"]) <= microsecond(known)].sort_values("recorded_at", kind="stable")
    events = events.astype({"project": "str", "line": "str", "cause": "str"}).drop_duplicates(["project", "line", "cause"], keep="last")
    lines = pd.MultiIndex.from_frame(events.loc[events["contested"], ["project", "line"]])
    if lines.empty:
        return np.zeros(len(gains), bool)
    of_gains = [projects["project"].to_numpy()[gains["project"].to_numpy()], gains["label"].astype("str").to_numpy()]
    return pd.MultiIndex.from_arrays(of_gains).isin(lines)


def _signature_ends(projects: pd.DataFrame) -> np.ndarray:
    """The instant at which the day of signature ends, by project; the smallest integer where nothing is signed."""
    days = projects["signed_on"]
    ends = {day: microsecond(rules.end_of_day(day.date())) for day in days.dropna().unique()}
    return np.array([ends.get(day, UNKNOWN) for day in days], dtype=np.int64)


# -- the reports ---------------------------------------------------------------------------------------------------------

GAIN_COLUMNS = (
    "project", "line", "nature", "recurrence", "stage", "period_start", "period_end", "fiscal_year", "days", "amount", "ended",
    "windfall", "recorded_at", "contested",
)  # fmt: skip
NET = "NET"
CONTESTED = "contested"
YEAR_COLUMNS = ("fiscal_year", "nature", *Stage.values, CONTESTED)


def gains_rows(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`gains`: the parts of each gain row as the ROI counts them, a row of the file giving one part for each fiscal year.

    A windfall part (days before the project starts; no fiscal year) and the parts of a contested line are shown and count for
    nothing. The forecast is the reference forecast, ended or not. In the order of project, line, stage, period and part.
    """
    portfolio = frames.once(portfolio_of, effective, known)
    parts = portfolio.parts
    rows = portfolio.gains.iloc[parts["source"]].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "project": pd.Categorical.from_codes(rows["project"].to_numpy(), pd.Index(portfolio.projects["project"])),
            "line": rows["label"], "nature": rows["nature"], "recurrence": rows["recurrence"], "stage": rows["stage"],
            "period_start": rows["start"].to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
            "period_end": rows["end"].to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
            "fiscal_year": parts["fiscal_year"].astype("object").where(~parts["windfall"], None), "days": parts["days"],
            "amount": pd.Series([rules.dollars(cents) for cents in parts["cents"].tolist()], dtype="object"),
            "ended": rows["ended"], "windfall": parts["windfall"], "recorded_at": pd.to_datetime(rows["recorded"], unit="us", utc=True),
            "contested": rows["contested"],
        },
        columns=list(GAIN_COLUMNS),
    )  # fmt: skip
    order = pd.DataFrame(
        {
            "project": rows["project"], "line": rows["label"].astype("str"), "stage": rows["stage"].map(Stage.values.index).astype(int),
            "start": rows["start"], "end": rows["end"], "part": parts.index,
        }
    )  # fmt: skip
    return table.iloc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


def gains_by_year(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`gains-by-year`: amounts by fiscal year of the gain and nature, one column per stage; then the years' TOTAL.

    NET is CASH + REV + COST; AVOID and PROD stand beside it and are never added to it. The forecast is the whole reference forecast.
    `contested` is the verified amount of the lines that are contested, which no other column takes.
    """
    portfolio = frames.once(portfolio_of, effective, known)
    counted, left_out = (parts.astype({"nature": "str", "stage": "str"}) for parts in (portfolio.counted, portfolio.left_out))
    parts = pd.concat([counted, left_out.assign(stage=CONTESTED)])
    sums: dict[Any, int] = parts.groupby(["fiscal_year", "nature", "stage"])["cents"].sum().to_dict()
    cells: dict[tuple[object, str, str], int] = {}
    for (year, nature, stage), cents in sums.items():
        natures = (nature, NET) if nature in BUDGETARY else (nature,)
        for cell in product((year, rules.TOTAL), natures, (stage,)):
            cells[cell] = cells.get(cell, 0) + int(cents)
    years = [*sorted(int(year) for year in parts["fiscal_year"].unique()), rules.TOTAL]
    table = [
        {"fiscal_year": year, "nature": nature} | {name: rules.dollars(cells.get((year, nature, name), 0)) for name in YEAR_COLUMNS[2:]}
        for year, nature in product(years, (*Nature.values, NET))
    ]
    return pd.DataFrame(table, columns=list(YEAR_COLUMNS), dtype="object")

"""Which gain rows count at two dates, and the parts that they are split into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from projects.enums import Nature, ProjectState, Recurrence, Stage
from reporting import rules
from reporting.analysis.frames import UNKNOWN, Frames, day_number, day_numbers, microsecond, microseconds, packed, safe
from reporting.analysis.split import split_by_days

STAGES, NATURES, RECURRENCES = tuple(Stage.values), tuple(Nature.values), tuple(Recurrence.values)
FORECAST, REPORTED, VERIFIED, CAPTURED = (STAGES.index(stage) for stage in (Stage.FORECAST, Stage.REPORTED, Stage.VERIFIED, Stage.CAPTURED))


@dataclass(frozen=True)
class Portfolio:
    """The projects that appear (in the order of their codes), the gain rows that count or are shown, and the parts of these.

    `gains` are in the order of project, line, stage and period: `project` is a position, `stage` and `nature` are positions in STAGES
    and NATURES. `parts` are all of them; those that no total takes are `windfall` (before the project starts) or `contested` (their
    line is, in their fiscal year or in all).
    """

    projects: pd.DataFrame
    gains: pd.DataFrame
    parts: pd.DataFrame


def portfolio_of(frames: Frames, effective: date, known: datetime) -> Portfolio:
    decided = day_numbers(frames.projects["decided_on"])
    appear = (decided != UNKNOWN) & (decided <= day_number(effective))
    projects = frames.projects[appear].assign(project=lambda p: p["project"].astype("str")).sort_values("project", ignore_index=True)
    gains = _counted_gains(frames.gains, projects, effective, known)
    parts = split_by_days(gains)
    places = _contested(frames.contests, projects, frames.gains["line"].cat.categories, known)
    parts["contested"] = _of_places(gains["line"].to_numpy(), parts, *places)
    safe(parts["cents"].to_numpy())
    return Portfolio(projects, gains, parts)


def _counted_gains(rows: pd.DataFrame, projects: pd.DataFrame, effective: date, known: datetime) -> pd.DataFrame:
    """Known, latest of their identity, ended (the reference forecast: in force at signature, ended or not), ready to split.

    `ended`: the period is over; `examined`: of a reported row, a verified one has the same line and period.
    """
    position = _positions(rows["project"], projects["project"])
    stage, recorded = _positions(rows["stage"], STAGES), microseconds(rows["recorded_at"])
    start, end = day_numbers(rows["period_start"]), day_numbers(rows["period_end"])
    forecast, ended = stage == FORECAST, end <= day_number(effective)
    counts = (position >= 0) & (recorded <= microsecond(known)) & (ended | forecast)
    if len(projects):
        ends_on = np.where(projects["status"] == ProjectState.TERMINATED, day_numbers(projects["ends_on"]), UNKNOWN)[position]
        withdrawn = (ends_on != UNKNOWN) & (start > ends_on)
        counts &= ~forecast | ((recorded <= _signature_ends(projects)[position]) & ~withdrawn)
    line = line_codes(position, rows["line"], rows["line"].cat.categories)
    chosen = _latest(np.flatnonzero(counts), line, stage, start, end, recorded, rows["row"].to_numpy())
    table = pd.DataFrame(
        {
            "project": position[chosen],
            "line": line[chosen],
            "label": rows["line"].cat.codes.to_numpy()[chosen],
            "nature": _positions(rows["nature"], NATURES)[chosen],
            "recurrence": _positions(rows["recurrence"], RECURRENCES)[chosen],
            "stage": stage[chosen],
            "start": start[chosen],
            "end": end[chosen],
            "starts_on": day_numbers(projects["starts_on"])[position[chosen]],
            "cents": rows["amount_cents"].to_numpy()[chosen],
            "recorded": recorded[chosen],
            "ended": ended[chosen],
            "source": chosen,
        },
        copy=False,
    )
    table["examined"] = _examined(table)
    return table


def _positions(column: pd.Series, values: Any) -> np.ndarray:
    """The position of each text in `values`; -1 where it is not there."""
    found = pd.Index(values, dtype="str").get_indexer(column.cat.categories.astype("str"))
    return np.append(found, -1)[column.cat.codes]


def line_codes(project: np.ndarray, line: pd.Series, labels: pd.Index) -> np.ndarray:
    """One integer for each line, in the order of the projects and of the lines' labels; below 0 where one of them is unknown."""
    places = np.array(sorted(range(len(labels)), key=[str(label) for label in labels].__getitem__), np.int64)
    ranks = np.full(len(labels) + 1, -1, np.int64)
    ranks[places] = np.arange(len(labels))
    rank = ranks[_positions(line, labels.astype("str"))]
    return np.where((project < 0) | (rank < 0), -1, project * len(labels) + rank)


def _latest(
    counts: np.ndarray, line: np.ndarray, stage: np.ndarray, start: np.ndarray, end: np.ndarray, recorded: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Of the rows that count, one for each identity, in the order of line, stage and period: the latest known, of two recorded
    together the later in the file."""
    key = packed(line[counts], stage[counts], start[counts], end[counts])
    order = np.argsort(key, kind="stable")
    if (key[order][1:] == key[order][:-1]).any():  # some rows supersede others: only then does their order matter
        order = np.lexsort((row[counts], recorded[counts], key))
    key = key[order]
    last = np.ones(len(key), bool)
    last[:-1] = key[1:] != key[:-1]
    return counts[order[last]]


def _examined(gains: pd.DataFrame) -> np.ndarray:
    period = packed(gains["line"].to_numpy(), gains["start"].to_numpy(), gains["end"].to_numpy())
    stage = gains["stage"].to_numpy()
    verified = period[stage == VERIFIED]  # in order, since the rows are
    place = np.searchsorted(verified, period)
    found = np.append(verified, -1)[place] == period
    return found & (stage == REPORTED)


def _contested(contests: pd.DataFrame, projects: pd.DataFrame, labels: pd.Index, known: datetime) -> tuple[np.ndarray, np.ndarray]:
    """The lines that are contested, each with the fiscal year (0: all): by the last known event of one cause or more."""
    events = contests[microseconds(contests["recorded_at"]) <= microsecond(known)].sort_values("recorded_at", kind="stable")
    events = events.drop_duplicates(["project", "line", "cause", "fiscal_year"], keep="last")
    events = events[events["contested"]]
    found = line_codes(_positions(events["project"], projects["project"]), events["line"], labels)
    return found[found >= 0], events["fiscal_year"].to_numpy()[found >= 0]


def _of_places(line: np.ndarray, parts: pd.DataFrame, lines: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Which parts are of a contested line and fiscal year; the days before a project starts are of no year, but of the line."""
    source = parts["source"].to_numpy()
    contested = np.isin(line, lines[years == 0])[source]
    some = np.flatnonzero(np.isin(line, lines[years > 0])[source] & ~parts["windfall"].to_numpy())
    for year in np.unique(years[years > 0]).tolist():
        there = some[parts["fiscal_year"].to_numpy()[some] == year]
        contested[there] |= np.isin(line[source[there]], lines[years == year])
    return contested


def _signature_ends(projects: pd.DataFrame) -> np.ndarray:
    """The instant at which the day of signature ends, by project; the smallest integer where nothing is signed."""
    days = projects["signed_on"]
    ends = {day: microsecond(rules.end_of_day(day.date())) for day in days.dropna().unique()}
    return np.array([ends.get(day, UNKNOWN) for day in days], dtype=np.int64)

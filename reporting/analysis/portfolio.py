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
from reporting.analysis.gain_rows import STAGES, GainRows, rows_of_frame
from reporting.analysis.split import split_by_days

NATURES, RECURRENCES = tuple(Nature.values), tuple(Recurrence.values)
FORECAST, REPORTED, VERIFIED, CAPTURED = (STAGES.index(stage) for stage in (Stage.FORECAST, Stage.REPORTED, Stage.VERIFIED, Stage.CAPTURED))


@dataclass(frozen=True)
class Portfolio:
    """The projects that appear (in the order of their codes), the gain rows that count or are shown, and the parts of these.

    `gains` are in the order of project, line, stage and period: `project` is a position, `label`, `stage`, `nature` and `recurrence` are
    positions in `labels`, STAGES, NATURES and RECURRENCES. `parts` are all of them; those that no total takes are `windfall` (before the
    project starts) or `contested` (their line is, in their fiscal year or in all).
    """

    projects: pd.DataFrame
    labels: list[str]
    gains: pd.DataFrame
    parts: pd.DataFrame


def portfolio_of(frames: Frames, effective: date, known: datetime) -> Portfolio:
    decided = day_numbers(frames.projects["decided_on"])
    appear = (decided != UNKNOWN) & (decided <= day_number(effective))
    projects = frames.projects[appear].assign(project=lambda p: p["project"].astype("str")).sort_values("project", ignore_index=True)
    rows = frames.gains if isinstance(frames.gains, GainRows) else rows_of_frame(frames.gains)
    lines = _lines(rows.lines, projects)
    gains = _counted_gains(rows, lines, projects, effective, known)
    parts = split_by_days(gains)
    places = _contested(frames.contests, projects, lines.labels, known)
    parts["contested"] = _of_places(gains["line"].to_numpy(), parts, *places)
    safe(parts["cents"].to_numpy())
    return Portfolio(projects, lines.labels, gains, parts)


@dataclass(frozen=True)
class _Lines:
    """Of each line: the position of its project (-1: it does not appear), its code (`line_codes`), the places of its texts, its key."""

    labels: list[str]
    project: np.ndarray
    code: np.ndarray
    label: np.ndarray
    nature: np.ndarray
    recurrence: np.ndarray
    key: np.ndarray


def _lines(lines: pd.DataFrame, projects: pd.DataFrame) -> _Lines:
    labels = sorted(set(lines["label"]))
    project = _positions(lines["project"], projects["project"])
    label, nature, recurrence = (
        _positions(lines[name], values).astype(kind)
        for name, values, kind in (("label", labels, np.int32), ("nature", NATURES, np.int8), ("recurrence", RECURRENCES, np.int8))
    )
    code = line_codes(project, label, len(labels))
    return _Lines(labels, project.astype(np.int32), code, label, nature, recurrence, lines["line_id"].to_numpy())


def _counted_gains(rows: GainRows, lines: _Lines, projects: pd.DataFrame, effective: date, known: datetime) -> pd.DataFrame:
    """Known, latest of their identity, ended (the reference forecast: in force at signature, ended or not), ready to split.

    `ended`: the period is over; `examined`: of a reported row, a verified one has the same line and period.
    """
    forecast, ended = rows.stage == FORECAST, rows.end <= day_number(effective)
    counts = (rows.recorded <= microsecond(known)) & (ended | forecast)
    if not (lines.project >= 0).all():
        counts &= lines.project[rows.line] >= 0
    planned = np.flatnonzero(counts & forecast)
    counts[planned] = _in_reference(rows, planned, lines.project[rows.line[planned]], projects)
    chosen = _latest(rows, lines.code, np.flatnonzero(counts))
    line = rows.line[chosen]
    starts_on = np.maximum(day_numbers(projects["starts_on"]), np.iinfo(np.int32).min).astype(np.int32)
    table = pd.DataFrame(
        {
            "project": lines.project[line],
            "line": lines.code[line],
            "label": lines.label[line],
            "nature": lines.nature[line],
            "recurrence": lines.recurrence[line],
            "stage": rows.stage[chosen],
            "start": rows.start[chosen],
            "end": rows.end[chosen],
            "starts_on": starts_on[lines.project[line]],
            "cents": rows.cents[chosen],
            "recorded": rows.recorded[chosen],
            "ended": ended[chosen],
            "line_id": lines.key[line],
        },
        copy=False,
    )
    table["examined"] = _examined(table)
    return table


def _in_reference(rows: GainRows, planned: np.ndarray, project: np.ndarray, projects: pd.DataFrame) -> np.ndarray:
    """Which forecasts were known when their project was signed, and are not of after the day that it was terminated."""
    ends_on = np.where(projects["status"] == ProjectState.TERMINATED, day_numbers(projects["ends_on"]), UNKNOWN)[project]
    withdrawn = (ends_on != UNKNOWN) & (rows.start[planned] > ends_on)
    return (rows.recorded[planned] <= _signature_ends(projects)[project]) & ~withdrawn


def _positions(column: pd.Series, values: Any) -> np.ndarray:
    """The position of each text in `values`; -1 where it is not there."""
    return pd.Index(values, dtype="str").get_indexer(pd.Index(column.astype("str")))


def line_codes(project: np.ndarray, label: np.ndarray, labels: int) -> np.ndarray:
    """One integer for each line, in the order of the projects and of the lines' labels; below 0 where one of them is unknown."""
    return np.where((project < 0) | (label < 0), -1, project.astype(np.int64) * labels + label)


def _latest(rows: GainRows, codes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Of the rows that count, one for each identity, in the order of line, stage and period: the latest known, of two recorded
    together the later in the file."""
    key = packed(codes[rows.line[counts]], rows.stage[counts], rows.start[counts], rows.end[counts])
    order = np.argsort(key, kind="stable")
    if (key[order][1:] == key[order][:-1]).any():  # some rows supersede others: only then does their order matter
        order = np.lexsort((rows.row[counts], rows.recorded[counts], key))
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


def _contested(contests: pd.DataFrame, projects: pd.DataFrame, labels: list[str], known: datetime) -> tuple[np.ndarray, np.ndarray]:
    """The lines that are contested, each with the fiscal year (0: all): by the last known event of one cause or more."""
    events = contests[microseconds(contests["recorded_at"]) <= microsecond(known)].sort_values("recorded_at", kind="stable")
    events = events.drop_duplicates(["project", "line", "cause", "fiscal_year"], keep="last")
    events = events[events["contested"]]
    found = line_codes(_positions(events["project"], projects["project"]), _positions(events["line"], labels), len(labels))
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

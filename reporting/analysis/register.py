"""The register `gains` project by project: what tells that its rows are the same, their text, and their binary form for COPY."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from reporting import rules
from reporting.analysis.frames import Frames
from reporting.analysis.gain_rows import EPOCH_DAYS, EPOCH_MICROSECONDS
from reporting.analysis.portfolio import NATURES, RECURRENCES, STAGES, portfolio_of

#: the columns of `reporting.models.GainPart` after its sheet, each with the bytes of its integer
PART = (
    ("position", 4), ("line_id", 8), ("stage", 2), ("period_start", 4), ("period_end", 4), ("fiscal_year", 2), ("days", 4), ("cents", 8),
    ("ended", 1), ("windfall", 1), ("contested", 1), ("recorded_at", 8),
)  # fmt: skip
_START, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_CHUNK = 100_000


class Register:
    """The parts of `portfolio_of`, whose rows come project by project. `projects` are the places of those that have some."""

    def __init__(self, frames: Frames, effective: date, known: datetime) -> None:
        portfolio = frames.once(portfolio_of, effective, known)
        gains, parts = portfolio.gains, portfolio.parts
        source = parts["source"].to_numpy()
        self.references: list[str] = portfolio.projects["project"].tolist()
        self.labels = portfolio.labels
        self.project, self.label, self.nature, self.recurrence = (
            gains[name].to_numpy()[source] for name in ("project", "label", "nature", "recurrence")
        )
        #: the columns of PART after the position, packed: what fingerprints are of, and what COPY takes
        self.values = np.empty(len(source), np.dtype([(name, f"<i{width}") for name, width in PART[1:]]))
        of_gain = {"period_start": "start", "period_end": "end", "recorded_at": "recorded"}
        for name, _width in PART[1:]:
            self.values[name] = parts[name] if name in parts else gains[of_gain.get(name, name)].to_numpy()[source]
        self.values["fiscal_year"][parts["windfall"].to_numpy()] = 0
        self.projects, self.first, self.count = np.unique(self.project, return_index=True, return_counts=True)

    def slice_of(self, place: int) -> slice:
        return slice(int(self.first[place]), int(self.first[place] + self.count[place]))

    def fingerprints(self) -> list[str]:
        """Of each project: what its rows are made from, names of its lines included. Two that are equal have the same rows."""
        named = self._lines()
        return [
            hashlib.sha256(f"{self.references[project]}{names}".encode() + self.values[self.slice_of(place)].tobytes()).hexdigest()
            for place, (project, names) in enumerate(zip(self.projects.tolist(), named, strict=True))
        ]

    def _lines(self) -> list[str]:
        """Of each project, the label, nature and recurrence of its lines: rows come line by line."""
        lines = self.values["line_id"]
        first = np.flatnonzero(np.append(True, (lines[1:] != lines[:-1]) | (self.project[1:] != self.project[:-1]))[: len(lines)])
        labels, natures, recurrences = (column[first].tolist() for column in (self.label, self.nature, self.recurrence))
        said = [
            f"|{self.labels[label]}|{NATURES[nature]}|{RECURRENCES[recurrence]}"
            for label, nature, recurrence in zip(labels, natures, recurrences, strict=True)
        ]
        bounds = np.searchsorted(first, np.append(self.first, len(lines))).tolist()
        return ["".join(said[start:end]) for start, end in pairwise(bounds)]

    def cents(self, place: int) -> int:
        return int(self.values["cents"][self.slice_of(place)].sum())

    def lines(self, place: int) -> str:
        """The rows of a project as text: each in canonical JSON, then LF, as its record of the report would be written."""
        rows = self.slice_of(place)
        values = {name: self.values[name][rows].tolist() for name, _width in PART[1:]}
        project = json.dumps(self.references[int(self.projects[place])], ensure_ascii=False)
        names = [json.dumps(label, ensure_ascii=False) for label in (self.labels[code] for code in self.label[rows].tolist())]
        natures, recurrences = self.nature[rows].tolist(), self.recurrence[rows].tolist()
        days = {number: str(date.fromordinal(719_163 + number)) for number in {*values["period_start"], *values["period_end"]}}
        instants = {micros: _instant(micros) for micros in set(values["recorded_at"])}
        flags = ("no", "yes")
        return "".join(
            f'{{"amount":"{_dollars(cents)}","contested":"{flags[contested]}","days":"{length}","ended":"{flags[ended]}",'
            f'"fiscal_year":"{year or ""}","line":{name},"nature":"{NATURES[nature]}","period_end":"{days[end]}",'
            f'"period_start":"{days[start]}","project":{project},"recorded_at":"{instants[recorded]}",'
            f'"recurrence":"{RECURRENCES[recurrence]}","stage":"{STAGES[stage]}","windfall":"{flags[windfall]}"}}\n'
            for name, nature, recurrence, (
                _line, stage, start, end, year, length, cents, ended, windfall, contested, recorded,
            ) in zip(names, natures, recurrences, zip(*values.values(), strict=True), strict=True)
        )  # fmt: skip

    def binary(self, places: Sequence[int], sheets: Sequence[int]) -> Iterator[bytes]:
        """The rows of some projects in the binary form of COPY, each under the sheet that is given for it."""
        element = [("fields", ">i2"), ("sheet_size", ">i4"), ("sheet", ">i8")]
        element += [field for name, width in PART for field in ((f"{name}_size", ">i4"), (name, f">i{width}"))]
        yield _START
        chosen = np.concatenate([np.arange(self.first[place], self.first[place] + self.count[place]) for place in places])
        sheet = np.repeat(np.asarray(sheets, np.int64), self.count[list(places)])
        position = chosen - np.repeat(self.first[list(places)], self.count[list(places)]) + 1
        for start in range(0, len(chosen), _CHUNK):
            some = chosen[start : start + _CHUNK]
            rows = np.zeros(len(some), np.dtype(element))
            rows["fields"], rows["sheet_size"], rows["sheet"] = len(PART) + 1, 8, sheet[start : start + _CHUNK]
            for name, width in PART:
                rows[f"{name}_size"] = width
                rows[name] = position[start : start + _CHUNK] if name == "position" else self.values[name][some]
            for name in ("period_start", "period_end"):
                rows[name] -= EPOCH_DAYS
            rows["recorded_at"] -= EPOCH_MICROSECONDS
            yield rows.tobytes()
        yield _END


def _dollars(cents: int) -> str:
    size = abs(cents)
    return f"{'-' if cents < 0 else ''}{size // 100}.{size % 100:02d}"


def _instant(micros: int) -> str:
    moment: Any = np.datetime64(micros, "us").astype(datetime)
    return rules.text(moment.replace(tzinfo=UTC))

"""The gain rows in compact integers: from PostgreSQL's binary arrays, a chunk at a time, or from a frame. Python sees none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from projects.enums import Stage
from reporting.analysis.frames import day_numbers, microseconds, packed
from reporting.queries.gain_columns import COLUMNS, LETTERS, GainColumns

STAGES = tuple(Stage.values)
#: what stands before the first element of a one-dimensional array: dimensions, nulls, type, length, lower bound
_HEADER = 20
#: PostgreSQL counts days and instants from 1 January 2000
EPOCH_DAYS, EPOCH_MICROSECONDS = 10_957, 946_684_800_000_000
_NAMES = ("project", "label", "nature", "recurrence")
#: column → its type once decoded: small ones are read from memory faster than large ones
_TYPES: Mapping[str, type[np.signedinteger]] = {
    "line": np.int32, "stage": np.int8, "start": np.int32, "end": np.int32, "cents": np.int64, "recorded": np.int64, "row": np.int64,
}  # fmt: skip


@dataclass(frozen=True)
class GainRows:
    """`lines`: text by `project`, `label`, `nature` and `recurrence`, and the key `line_id`. Of each row, the place of its line in it, of
    its stage in STAGES, its days since 1970 (both included), its cents, its microseconds since 1970, and its order."""

    lines: pd.DataFrame
    line: np.ndarray
    stage: np.ndarray
    start: np.ndarray
    end: np.ndarray
    cents: np.ndarray
    recorded: np.ndarray
    row: np.ndarray


def gain_rows(columns: GainColumns) -> GainRows:
    """The rows of the database. Those of a line of no project are left out."""
    ids = np.fromiter(columns.lines, np.int64, len(columns.lines))
    table = dict(zip(_NAMES, zip(*columns.lines.values(), strict=True), strict=True)) if columns.lines else dict.fromkeys(_NAMES, ())
    lines = pd.DataFrame({name: list(texts) for name, texts in table.items()}, dtype="object").assign(line_id=ids)
    chunks = [_decoded(chunk, ids) for chunk in columns.chunks]
    return GainRows(lines, **{name: _joined([chunk[name] for chunk in chunks], kind) for name, kind in _TYPES.items()})


def _decoded(chunk: Sequence[bytes], ids: np.ndarray) -> dict[str, np.ndarray]:
    """Each column of a chunk. An element of an array is its length in 4 bytes, then its value; none is null."""
    raw = {
        name: np.frombuffer(array, [("length", ">i4"), ("value", f">i{width}")], offset=_HEADER)["value"]
        for array, (name, width) in zip(chunk, COLUMNS.items(), strict=True)
    }
    found = {
        "line": _places(raw["line"].astype(np.int64), ids),
        "stage": _STAGE_OF[raw["letter"]],
        "start": raw["period_start"].astype(np.int32) + np.int32(EPOCH_DAYS),
        "end": raw["period_end"].astype(np.int32) + np.int32(EPOCH_DAYS),
        "cents": raw["amount_cents"].astype(np.int64),
        "recorded": raw["recorded_at"].astype(np.int64) + EPOCH_MICROSECONDS,
        "row": raw["row"].astype(np.int64),
    }
    owned = found["line"] >= 0
    return found if owned.all() else {name: values[owned] for name, values in found.items()}


_STAGE_OF = np.full(128, -1, np.int8)
for _letter, _stage in LETTERS.items():
    _STAGE_OF[_letter] = STAGES.index(_stage)


def _places(keys: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The place of each key in `ids`; -1 where it is not there. Keys are small numbers: a table of them is read at once."""
    places = np.full(max(int(keys.max(initial=0)), int(ids.max(initial=0))) + 1, -1, np.int32)
    places[ids] = np.arange(len(ids), dtype=np.int32)
    return places[keys]


def _joined(chunks: Iterable[np.ndarray], kind: type[np.signedinteger]) -> np.ndarray:
    found = list(chunks)
    return np.concatenate(found) if found else np.empty(0, kind)


def rows_of_frame(frame: pd.DataFrame) -> GainRows:
    """The same from the frame `gains`, whose text is categories. Two natures of one line are two lines here, of one label."""
    texts = [frame[name] for name in ("project", "line", "nature", "recurrence")]
    _key, first, line = np.unique(packed(*(text.cat.codes.to_numpy(np.int64) for text in texts)), return_index=True, return_inverse=True)
    lines = pd.DataFrame({name: text.astype("object").to_numpy()[first] for name, text in zip(_NAMES, texts, strict=True)}, dtype="object")
    return GainRows(
        lines.assign(line_id=np.arange(len(lines))),
        line=line.astype(np.int32),
        stage=pd.Index(STAGES).get_indexer(pd.Index(frame["stage"].astype("object"))).astype(np.int8),
        start=day_numbers(frame["period_start"]).astype(np.int32),
        end=day_numbers(frame["period_end"]).astype(np.int32),
        cents=frame["amount_cents"].to_numpy(),
        recorded=microseconds(frame["recorded_at"]),
        row=frame["row"].to_numpy(),
    )

"""What each project adds up, as bytes: kept from one recompute to the next, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from reporting.analysis.facts import DATED, NAMES, SUMMED, Facts

_TABLE = (*SUMMED, *DATED)
_FLOWS, _RECURRENT, _CELLS = ("year", "gain", "cost"), ("year", "cents", "days"), ("year", "nature", "shown", "cents")


class Kept(NamedTuple):
    """One project: its names (those of NAMES), then the rows of each table of `Facts` as little-endian 64-bit integers."""

    names: tuple[str, ...]
    table: bytes
    flows: bytes
    recurrent: bytes
    cells: bytes


def apart(facts: Facts) -> list[Kept]:
    """Each project of the facts, in their order."""
    size = len(facts.projects)
    names = zip(*(facts.projects[name].astype("str").tolist() for name in NAMES), strict=True)
    whole = facts.table[list(_TABLE)].to_numpy("<i8")
    table = [whole[place].tobytes() for place in range(size)]
    rest = (_rows_of(facts.flows, _FLOWS, size), _rows_of(facts.recurrent, _RECURRENT, size), _rows_of(facts.cells, _CELLS, size))
    return [Kept(*one) for one in zip(names, table, *rest, strict=True)]


def _rows_of(rows: pd.DataFrame, columns: Sequence[str], size: int) -> list[bytes]:
    """Rows come in the order of their projects."""
    values = np.ascontiguousarray(rows[list(columns)].to_numpy("<i8"))
    bounds = np.searchsorted(rows["project"].to_numpy(), np.arange(size + 1))
    return [values[start:end].tobytes() for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


def together(kept: Sequence[Kept]) -> Facts:
    """The facts of all these projects, in the order of their codes."""
    kept = sorted(kept, key=lambda one: one.names[0])
    projects = pd.DataFrame([one.names for one in kept], columns=list(NAMES), dtype="str")
    table = np.frombuffer(b"".join(bytes(one.table) for one in kept), "<i8").reshape(-1, len(_TABLE))
    return Facts(
        projects,
        pd.DataFrame(table.astype(np.int64), columns=list(_TABLE)),
        _joined([one.flows for one in kept], _FLOWS),
        _joined([one.recurrent for one in kept], _RECURRENT),
        _joined([one.cells for one in kept], _CELLS),
    )


def _joined(blocks: Sequence[bytes], columns: Sequence[str]) -> pd.DataFrame:
    values = np.frombuffer(b"".join(map(bytes, blocks)), "<i8").reshape(-1, len(columns)).astype(np.int64)
    count = [len(block) // (8 * len(columns)) for block in blocks]
    return pd.DataFrame({"project": np.repeat(np.arange(len(blocks)), count), **dict(zip(columns, values.T, strict=True))})

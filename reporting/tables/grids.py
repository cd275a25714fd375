"""Small tables of a page, whole and in their order: no sorting, no pages. `reporting/grid.html` draws them, as cards on a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GridColumn:
    label: Any
    right: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells as text (or safe markup) under their columns; the first one names its row. `foot` is a last row in bold, if any."""

    columns: Sequence[GridColumn]
    rows: Sequence[Sequence[Any]]
    foot: Sequence[Any] = field(default_factory=tuple)

    @property
    def lines(self) -> list[list[tuple[GridColumn, Any]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def foot_cells(self) -> list[tuple[GridColumn, Any]]:
        return list(zip(self.columns, self.foot, strict=True)) if self.foot else []


def grid(columns: Iterable[tuple[Any, bool]], rows: Sequence[Sequence[Any]], foot: Sequence[Any] = ()) -> Grid:
    return Grid([GridColumn(label, right) for label, right in columns], rows, foot)

"""The rows of one file by column, each cell read; what cannot be read is said by file, row and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid
from reporting.importing.cells import Fault, Unreadable
from reporting.importing.nouns import NOUNS, Column

Row = list[str]
#: what a row is referred to by: its noun, then the cells of its identity
Name = tuple[str, ...]
#: the columns of the identity of what other files refer to
NAMED = {"organisations": ("code",), "calls": ("reference",), "projects": ("reference",), "gain_lines": ("project", "line")}


#: what a sheet can hold: a file with more rows than that was not made by a spreadsheet, nor by a fund
MOST_ROWS = 1_048_576
#: how much is kept of what a cell holds, when it is said: its beginning, then what was expected
_LONGEST, _ENDING = 600, 250
#: a problem is one line: what would end it, or act on a screen, is shown as a mark
_MARKS = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), "\N{REPLACEMENT CHARACTER}")
#: the same, and what stands between the parts of a problem
_PLACE_MARKS = _MARKS | {ord(":"): "\N{REPLACEMENT CHARACTER}"}


class Problem(NamedTuple):
    """What is wrong with one cell, and what was expected, after the last semicolon."""

    file: str
    row: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}:{self.column}: {self.what}"


class Refused(Invalid):
    """A package that is not written: everything that is wrong with it, one line a problem."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def refusal(file: str, what: str) -> Refused:
    """The refusal of a file that cannot be opened at all."""
    problems = Problems()
    problems.add(file, 1, "1", what)
    return Refused(problems.lines)


@dataclass(slots=True)
class Problems:
    """Everything that is wrong with a package: « file:row:column: what, and what was expected »."""

    lines: list[Problem] = field(default_factory=list)

    def add(self, file: str, row: int, column: str, what: str) -> None:
        what = what.translate(_MARKS)
        if len(what) > _LONGEST:
            what = f"{what[: _LONGEST - _ENDING]}…{what[-_ENDING:]}"
        self.lines.append(Problem(file.translate(_PLACE_MARKS), row, column.translate(_PLACE_MARKS)[:80], what))

    def refuse(self) -> None:
        """Raise Refused when there is a problem: all of them at once, file by file, each in the order of its rows."""
        if self.lines:
            places: dict[str, int] = {}
            for problem in self.lines:
                places.setdefault(problem.file, len(places))
            raise Refused(sorted(self.lines, key=lambda problem: (places[problem.file], problem.row)))


@dataclass(slots=True)
class Table:
    """The rows of one noun that can be read: values by column, with the number of each row in its file."""

    noun: str
    file: str
    sha256: str
    numbers: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    #: the cells that cannot be read, and what their rows are named by: what refers to them is not refused for that
    problems: Problems = field(default_factory=Problems)
    refused: set[Name] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.columns = {column.name: [] for column in NOUNS[self.noun]}

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each row with its number; of a large table, read the columns."""
        names = list(self.columns)
        for number, *values in zip(self.numbers, *self.columns.values(), strict=True):
            yield number, dict(zip(names, values, strict=True))


def read_table(noun: str, file: str, sha256: str, rows: Iterable[Row], problems: Problems) -> Table:
    """Read the rows of a file, its header first: a wrong one goes to `problems`, a wrong cell stays with the table.

    Rows that are empty at its end are no rows.
    """
    table = Table(noun, file, sha256)
    lines = iter(rows)
    header = [cell.strip() for cell in next(lines, [])]
    if not _header_is_sound(noun, file, header, problems):
        return table
    order = {column.name: column for column in NOUNS[noun]}
    reader = _Reader(table, [order[name] for name in header])
    empty: list[int] = []
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS:
            table.problems.add(file, number, header[0], _("rangée de trop; au plus %(most)d attendues") % {"most": MOST_ROWS})
            break
        if not any(cells):
            empty.append(number)
            continue
        for before in empty:
            table.problems.add(file, before, header[0], _("rangée vide avant la fin; une rangée ou rien attendu"))
        empty.clear()
        reader.read(number, cells, header)
    return table


def _header_is_sound(noun: str, file: str, header: Row, problems: Problems) -> bool:
    wanted = [column.name for column in NOUNS[noun]]
    if len(header) == 1 and ";" in header[0]:
        problems.add(file, 1, "1", _("colonnes séparées par « ; »; virgule attendue"))
        return False
    before = len(problems.lines)
    for name in wanted:
        if name not in header:
            problems.add(file, 1, name, _("colonne absente; attendue"))
    for place, name in enumerate(header, start=1):
        if name not in wanted:
            said = _("colonne inconnue; attendu : %(columns)s") % {"columns": ", ".join(wanted)}
            problems.add(file, 1, name or str(place), said)
        elif name in header[: place - 1]:
            problems.add(file, 1, name, _("colonne en double; une seule attendue"))
    return len(problems.lines) == before


class _Reader:
    """Reads rows into a table; a cell seen before in its column is read once."""

    def __init__(self, table: Table, columns: list[Column]) -> None:
        self.table, self.problems = table, table.problems
        self.columns = columns
        self.seen: list[dict[str, Any]] = [{} for _column in columns]
        self.names = [column.name for column in columns]

    def read(self, number: int, cells: Row, header: Row) -> None:
        if len(cells) != len(header):
            said = _("%(found)d cellules; %(wanted)d attendues") % {"found": len(cells), "wanted": len(header)}
            self.problems.add(self.table.file, number, header[0], said)
            return
        if cells == header:
            self.problems.add(self.table.file, number, header[0], _("second en-tête; une rangée de valeurs attendue"))
            return
        before = len(self.problems.lines)
        values = [self._value(place, number, cell) for place, cell in enumerate(cells)]
        if len(self.problems.lines) > before:
            self._refuse(cells)
            return
        self.table.numbers.append(number)
        for name, value in zip(self.names, values, strict=True):
            self.table.columns[name].append(value)

    def _refuse(self, cells: Row) -> None:
        """Keep the name of a row that cannot be read."""
        if identity := NAMED.get(self.table.noun):
            self.table.refused.add((self.table.noun, *(cells[self.names.index(name)] for name in identity)))

    def _value(self, place: int, number: int, cell: str) -> Any:
        seen = self.seen[place]
        if cell in seen and type(cell) is str:
            return seen[cell]
        column = self.columns[place]
        try:
            if isinstance(cell, Fault):
                raise Unreadable(str(cell))
            value = self._read(column, cell)
        except Unreadable as error:
            self.problems.add(self.table.file, number, column.name, str(error))
            return None
        if type(cell) is str:
            seen[cell] = value
        return value

    @staticmethod
    def _read(column: Column, cell: str) -> Any:
        if cell:
            return column.read(cell)
        if column.is_required:
            raise Unreadable(_("vide; valeur attendue"))
        return None

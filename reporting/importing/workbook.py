"""A workbook as it arrives: its sheets cell by cell. A formula is never computed, and what nobody sees is never read."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from reporting.importing.cells import Day, Fault, Number
from reporting.importing.nouns import NOUNS
from reporting.importing.tables import Problems, Row, Table, read_table, refusal

#: what opening or reading a workbook that is damaged, or is none, ends in; bad XML, and XML that would grow without end, is a SyntaxError
_BROKEN = (InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, OSError, TypeError, AttributeError)
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*ref=[\"']([A-Z0-9:]{1,40})[\"']")
#: the column and the row of the first cell of a range
_FIRST = re.compile(r"([A-Z]*)([0-9]*)")
_CHUNK, _OVERLAP = 1 << 20, 200
#: what a number format writes without counting: quoted and escaped text, colours and conditions
_ASIDE = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
#: formats that show another number than the one that is kept: a share, zeros ahead, thousands
_DISGUISE = re.compile(r"%|^0{2,}(?!\.)[0#]*|[0#?],+(?![0#?])")
#: what a program of its own leaves in a workbook, and what makes it no XLSX
_MACROS = re.compile(r"(?i)(^|/)vbaProject\.bin$|(^|/)macrosheets/")


def read_workbook(path: Path, members: list[str], problems: Problems) -> dict[str, Table]:
    """The tables of a workbook, by sheet. Raises Refused when it cannot be opened, or holds a program."""
    if any(_MACROS.search(member) for member in members):
        raise refusal(path.name, _("classeur avec macros; XLSX sans macros attendu"))
    content = path.read_bytes()
    with warnings.catch_warnings(action="ignore"):  # what the library leaves aside is not ours to say; what we refuse is said by cell
        return _read(path, content, problems)


def _read(path: Path, content: bytes, problems: Problems) -> dict[str, Table]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            return _read_sheets(book, hashlib.sha256(content).hexdigest(), problems)
        finally:
            book.close()
    except _BROKEN as error:
        raise refusal(path.name, _("classeur illisible; XLSX attendu")) from error


def _read_sheets(book: Any, digest: str, problems: Problems) -> dict[str, Table]:
    found: dict[str, Table] = {}
    formats = _Formats()
    for sheet in book.worksheets:
        if sheet.title not in NOUNS:
            problems.add(sheet.title, 1, "1", _("feuille inconnue; attendu : %(names)s") % {"names": ", ".join(NOUNS)})
            continue
        if sheet.sheet_state != "visible":
            problems.add(sheet.title, 1, "1", _("feuille masquée; feuille visible attendue"))
            continue
        for place in _merged(sheet):
            column, row = _FIRST.match(place).groups()  # type: ignore[union-attr]
            said = _("cellules fusionnées (%(range)s); une valeur par cellule attendue") % {"range": place}
            problems.add(sheet.title, int(row or 1), column or "1", said)
        sheet.reset_dimensions()  # what a workbook says of its own size is not to be trusted
        found[sheet.title] = read_table(sheet.title, sheet.title, digest, _sheet_rows(sheet, formats), problems)
    return found


def _merged(sheet: Any) -> Iterator[str]:
    """The ranges of merged cells: all but one of their cells would look empty."""
    before = b""
    with sheet._get_source() as source:
        while chunk := source.read(_CHUNK):
            window = before + chunk
            ends = [match.end() for match in _MERGED.finditer(window)]
            yield from (match.group(1).decode() for match in _MERGED.finditer(window))
            before = window[max(len(window) - _OVERLAP, ends[-1] if ends else 0) :]


def _sheet_rows(sheet: Any, formats: _Formats) -> Iterator[Row]:
    """The rows of a sheet, each as wide as the header: cells that are empty beyond it are none."""
    width = 0
    for cells in sheet.iter_rows():
        row = [_text_of(cell, formats) for cell in cells]
        while row and not row[-1] and (not width or len(row) > width):
            row.pop()
        width = width or len(row)
        yield row + [""] * (width - len(row))


class _Formats:
    """The number formats of a workbook that show something else than the number they format, each looked at once."""

    def __init__(self) -> None:
        self.known: dict[int, str] = {}

    def disguise(self, cell: Any) -> str:
        """The format of a cell when it shows another number than the one that is kept, or nothing."""
        style = cell._style_id
        if style not in self.known:
            shown = str(cell.number_format)
            bare = _ASIDE.sub("", shown).partition(";")[0].strip()
            self.known[style] = shown if _DISGUISE.search(bare) else ""
        return self.known[style]


def _text_of(cell: Any, formats: _Formats) -> str:
    """What a CSV file would hold for a cell; a Fault when there is no telling."""
    value = cell.value
    match cell.data_type:
        case "f":
            return Fault(_("formule; valeur attendue"))
        case "e":
            return Fault(_("erreur %(value)s; valeur attendue") % {"value": value})
        case "b":
            return Fault(_("valeur logique; texte attendu"))
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case datetime():
            return Day(value.date().isoformat() if value.time() == time() else value.isoformat())
        case date():
            return Day(value.isoformat())
        case _ if isinstance(value, int | float):
            return _number(value, formats.disguise(cell))
    return Fault(_("durée; valeur attendue"))


def _number(value: float, disguise: str) -> str:
    shown = str(value) if isinstance(value, int) else _digits(value)
    if disguise:
        said = _("%(value)s est affiché au format « %(format)s »; nombre affiché tel quel, ou texte, attendu")
        return Fault(said % {"value": shown, "format": disguise})
    return Number(shown)


def _digits(value: float) -> str:
    """A number at the 15 digits that a spreadsheet keeps and shows: 0.1 + 0.2 is 0.3 there, and 0.305 keeps its third decimal."""
    if not isfinite(value):
        return str(value)
    return f"{Decimal(f'{value:.15g}'):f}"

"""A package as it arrives: a folder of CSV files, a ZIP of them, or one XLSX workbook. Nothing is computed, nothing is guessed."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from fondsinnovation.kit.errors import Invalid
from reporting.importing.cells import Fault, Number
from reporting.importing.nouns import NOUNS
from reporting.importing.tables import Problems, Row, Table, read_table

#: what the files of a package may hold together, in bytes, once unpacked
LARGEST_PACKAGE = 500_000_000
#: what opening or reading a workbook that is damaged, or is none, ends in
_BROKEN = (InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, OSError)
Package = dict[str, Table]


def read_package(path: Path) -> Package:
    """The tables of a package, in the order in which they are written; cells that cannot be read are kept with their table.

    Raises Invalid when a file is not as expected, one line a problem, all of them at once; OSError when there is no such path.
    """
    problems = Problems()
    if path.is_dir():
        found = _read_csv_files(_folder(path, problems), problems)
    elif zipfile.is_zipfile(path):
        found = _read_zip(path, problems)
    else:
        path.stat()
        raise Invalid(_("%(file)s:1:1: ni dossier, ni ZIP, ni XLSX; l’un des trois attendu") % {"file": path.name})
    if problems.lines:
        problems.lines += [line for table in found.values() for line in table.problems.lines]
    problems.refuse()
    if not found:
        raise Invalid(_("%(file)s:1:1: aucune feuille; attendu : %(names)s") % {"file": path.name, "names": ", ".join(NOUNS)})
    return {noun: found[noun] for noun in NOUNS if noun in found}


# -- CSV -----------------------------------------------------------------------------------------------------------------


def _folder(path: Path, problems: Problems) -> Iterator[tuple[str, bytes]]:
    """The CSV files of a folder; a note beside them is nobody's affair, a workbook or a CSV of another name is."""
    for file in sorted(path.iterdir()):
        if file.suffix.lower() in (".csv", ".xlsx", ".xls", ".zip") and _is_wanted(file.name, problems):
            yield file.name, file.read_bytes()


def _is_wanted(name: str, problems: Problems) -> bool:
    if PurePosixPath(name).suffix == ".csv" and PurePosixPath(name).stem in NOUNS:
        return True
    wanted = ", ".join(f"{noun}.csv" for noun in NOUNS)
    problems.add(name, 1, "1", _("fichier inconnu; attendu : %(names)s") % {"names": wanted})
    return False


def _read_csv_files(files: Iterator[tuple[str, bytes]], problems: Problems) -> Package:
    found: Package = {}
    for name, content in files:
        noun = PurePosixPath(name).stem
        if noun in found:
            problems.add(name, 1, "1", _("fichier en double; un seul attendu"))
        else:
            found[noun] = _read_csv(noun, name, content, problems)
    return found


def _read_csv(noun: str, name: str, content: bytes, problems: Problems) -> Table:
    digest = hashlib.sha256(content).hexdigest()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].split(b"\n")
        problems.add(name, len(before), str(len(before[-1]) + 1), _("encodage illisible; UTF-8 attendu"))
        return Table(noun, name, digest)
    if "\x00" in text or not text.strip():
        problems.add(name, 1, "1", _("vide ou illisible; CSV en UTF-8 attendu"))
        return Table(noun, name, digest)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return read_table(noun, name, digest, ([cell.strip() for cell in cells] for cells in reader), problems)
    except csv.Error:  # a quotation mark that is never closed swallows the rest of the file
        problems.add(name, reader.line_num, "1", _("ligne illisible; CSV attendu"))
        return Table(noun, name, digest)


# -- ZIP -----------------------------------------------------------------------------------------------------------------


def _read_zip(path: Path, problems: Problems) -> Package:
    """A ZIP of CSV files, or a workbook, which is a ZIP of its own kind."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > LARGEST_PACKAGE:
                raise Invalid(_("%(file)s:1:1: trop grand une fois ouvert; au plus 500 Mo attendus") % {"file": path.name})
            if any(member.filename == "[Content_Types].xml" for member in members):
                return _read_workbook(path, problems)
            wanted = ((PurePosixPath(member.filename).name, member) for member in members)
            return _read_csv_files(((name, archive.read(m)) for name, m in wanted if _is_wanted(name, problems)), problems)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        raise Invalid(_("%(file)s:1:1: archive illisible; ZIP sans mot de passe attendu") % {"file": path.name}) from error


# -- XLSX ----------------------------------------------------------------------------------------------------------------


def _read_workbook(path: Path, problems: Problems) -> Package:
    content = path.read_bytes()
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            return _read_sheets(book, hashlib.sha256(content).hexdigest(), problems)
        finally:
            book.close()
    except _BROKEN as error:
        raise Invalid(_("%(file)s:1:1: classeur illisible; XLSX attendu") % {"file": path.name}) from error


def _read_sheets(book: Any, digest: str, problems: Problems) -> Package:
    found: Package = {}
    for sheet in book.worksheets:
        if sheet.title not in NOUNS:
            problems.add(sheet.title, 1, "1", _("feuille inconnue; attendu : %(names)s") % {"names": ", ".join(NOUNS)})
            continue
        sheet.reset_dimensions()  # what a workbook says of its own size is not to be trusted
        found[sheet.title] = read_table(sheet.title, sheet.title, digest, _sheet_rows(sheet), problems)
    return found


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    """The rows of a sheet, each as wide as the header: cells that are empty beyond it are none."""
    width = 0
    for cells in sheet.iter_rows():
        row = [_text_of(cell) for cell in cells]
        while row and not row[-1] and (not width or len(row) > width):
            row.pop()
        width = width or len(row)
        yield row + [""] * (width - len(row))


def _text_of(cell: Any) -> str:
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
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date():
            return value.isoformat()
        case int():
            return Number(value)
    if isinstance(value, float):  # the shortest text that is this number: what the sheet shows
        return Number(int(value)) if value.is_integer() else Number(repr(value))
    return Fault(_("durée; valeur attendue"))

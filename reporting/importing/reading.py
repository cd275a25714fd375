"""A package as it arrives: a folder of CSV files, a ZIP of them, or one XLSX workbook. Nothing is computed, nothing is guessed."""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from django.utils.translation import gettext as _

from reporting.importing.nouns import NOUNS
from reporting.importing.tables import Problems, Refused, Table, read_table, refusal
from reporting.importing.workbook import read_workbook

#: what the files of a package may hold together, in bytes, once unpacked
LARGEST_PACKAGE = 500_000_000
#: how a file begins that Office encrypted with a password, or that an old Excel wrote
_COMPOUND = bytes.fromhex("D0CF11E0A1B11AE1")
#: files that are data: one of another name is refused, and anything else beside them is a note
_DATA = (".csv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".zip")
#: what opening or reading an archive that is damaged, or asks for a password, ends in
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, UnicodeDecodeError, RuntimeError, NotImplementedError, EOFError)
Package = dict[str, Table]


def read_package(path: Path) -> Package:
    """The tables of a package, in the order in which they are written; cells that cannot be read are kept with their table.

    Raises Refused when a file is not as expected, one line a problem, all of them at once; OSError when there is no such path.
    """
    problems = Problems()
    if path.is_dir():
        found = _read_csv_files(_folder(path, problems), problems)
    elif zipfile.is_zipfile(path):
        found = _read_zip(path, problems)
    else:
        raise _not_a_package(path)
    if problems.lines:
        problems.lines += [line for table in found.values() for line in table.problems.lines]
    problems.refuse()
    if not found:
        raise refusal(path.name, _("aucune feuille; attendu : %(names)s") % {"names": ", ".join(NOUNS)})
    return {noun: found[noun] for noun in NOUNS if noun in found}


def _not_a_package(path: Path) -> Refused:
    with path.open("rb") as file:
        if file.read(len(_COMPOUND)) == _COMPOUND:
            return refusal(path.name, _("classeur protégé par un mot de passe ou d’un ancien format; XLSX sans mot de passe attendu"))
    return refusal(path.name, _("ni dossier, ni ZIP, ni XLSX; l’un des trois attendu"))


# -- CSV -----------------------------------------------------------------------------------------------------------------


def _folder(path: Path, problems: Problems) -> Iterator[tuple[str, bytes]]:
    """The CSV files of a folder; a note beside them is nobody's affair, a workbook or a CSV of another name is."""
    for file in sorted(path.iterdir()):
        if _is_data(file.name) and _is_wanted(file.name, problems):
            yield file.name, file.read_bytes()


def _is_data(name: str) -> bool:
    """Whether a file is one to read; those whose name begins with a point are added by computers on their own."""
    return PurePosixPath(name).suffix.lower() in _DATA and not name.startswith(".")


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
    if (fault := _fault_of_bytes(content)) is not None:
        problems.add(name, *fault)
        return Table(noun, name, digest)
    # read as it is decoded: the text of a large file is never held whole
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""), strict=True)
    try:
        return read_table(noun, name, digest, ([cell.strip() for cell in cells] for cells in reader), problems)
    except csv.Error:  # a quotation mark that is never closed swallows the rest of the file
        problems.add(name, reader.line_num, "1", _("ligne illisible; CSV attendu"))
        return Table(noun, name, digest)


def _fault_of_bytes(content: bytes) -> tuple[int, str, str] | None:
    """Where bytes are no text in UTF-8 (line, column, what), or None."""
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (*_place(content, error.start), _("encodage illisible; UTF-8 attendu"))
    if (nul := content.find(b"\x00")) >= 0:
        return (*_place(content, nul), _("octet nul; CSV en UTF-8 attendu"))
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        return 1, "1", _("vide; CSV en UTF-8 attendu")
    return None


def _place(content: bytes, at: int) -> tuple[int, str]:
    before = content[:at].split(b"\n")
    return len(before), str(len(before[-1]) + 1)


# -- ZIP -----------------------------------------------------------------------------------------------------------------


def _read_zip(path: Path, problems: Problems) -> Package:
    """A ZIP of CSV files, or a workbook, which is a ZIP of its own kind."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
            if sum(member.file_size for member in members) > LARGEST_PACKAGE:
                said = _("trop grand une fois ouvert; au plus %(most)d Mo attendus")
                raise refusal(path.name, said % {"most": LARGEST_PACKAGE // 1_000_000})
            names = [member.filename for member in members]
            if "[Content_Types].xml" in names:
                return read_workbook(path, names, problems)
            if "mimetype" in names and "content.xml" in names:
                raise refusal(path.name, _("classeur OpenDocument; XLSX, ou ZIP de CSV, attendu"))
            return _read_csv_files(_members(archive, members, problems), problems)
    except OSError as error:
        if error.filename:  # the file itself cannot be read
            raise
        raise _not_an_archive(path) from error
    except _BROKEN as error:
        raise _not_an_archive(path) from error


def _not_an_archive(path: Path) -> Refused:
    return refusal(path.name, _("archive illisible; ZIP sans mot de passe attendu"))


def _members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], problems: Problems) -> Iterator[tuple[str, bytes]]:
    """The CSV files of an archive, whatever the folder they are in; a note beside them, or what a computer adds, is not read."""
    for member in members:
        path = PureWindowsPath(member.filename)  # some archivers of Windows write « \ » between folders; this reads both
        name = path.name
        if _is_data(name) and "__MACOSX" not in path.parts and _is_wanted(name, problems):
            yield name, archive.read(member)

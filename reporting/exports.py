"""Reports as files. The same rows and manifest give the same bytes, for ever: no clock and no name goes into a file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.templatetags.typography import EASTERN, iso_datetime
from reporting.columns import Column, Kind, Report
from reporting.services.compute import Content, manifest
from reporting.services.exports import MadeFile

Row = Mapping[str, str]
_RUNS = ("=", "+", "-", "@", "\t", "\r")
#: what every workbook says of its creation: not a clock, so that the same report has the same bytes
_CREATED = datetime(2024, 4, 1)  # noqa: DTZ001 — the format has no zone
_LARGEST_SHEET = 1_048_575


@dataclass(frozen=True, slots=True)
class Format:
    code: str
    label: Any
    extension: str
    content_type: str
    write: Callable[[IO[bytes], Source], None]


@dataclass
class Source:
    """A report to write: its rows once, and what identifies them once they have all been read."""

    report: Report
    rows: Iterable[Row]
    effective: date
    known: datetime
    filters: Mapping[str, str]
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.content = Content(self.report)

    def __iter__(self) -> Iterator[Row]:
        for row, _key, _line in self.content.take(self.rows):
            yield row

    @property
    def manifest(self) -> dict[str, Any]:
        return manifest(self.content, effective=self.effective, known=self.known, filters=self.filters)


def neutral(column: Column, text: str) -> str:
    """Text that a spreadsheet would run begins with an apostrophe; a number, even negative, stays one."""
    return f"'{text}" if column.kind is Kind.TEXT and text.startswith(_RUNS) else text


# -- CSV -----------------------------------------------------------------------------------------------------------------


def _csv(file: IO[bytes], source: Source) -> None:
    """The machine form: UTF-8, commas, stable codes, points, LF."""
    columns = source.report.columns
    _write_csv(file, [column.code for column in columns], columns, source, delimiter=",", encoding="utf-8", cell=neutral)


def _office_csv(file: IO[bytes], source: Source) -> None:
    """The office form of Québec: mark, semicolons, decimal comma, French headings."""
    columns = source.report.columns
    with translation.override("fr-ca"):
        headings = [str(column.label) for column in columns]
    _write_csv(file, headings, columns, source, delimiter=";", encoding="utf-8-sig", cell=_office_cell)


def _office_cell(column: Column, text: str) -> str:
    return text.replace(".", ",") if column.kind in (Kind.MONEY, Kind.RATIO) else neutral(column, text)


class _UnixLines:
    """Rows that end with LF alone, written by a writer that knows to quote a CR within a cell."""

    def __init__(self, text: IO[str]) -> None:
        self.text = text

    def write(self, line: str) -> None:
        self.text.write(line.removesuffix("\r\n") + "\n")


def _write_csv(
    file: IO[bytes], headings: Sequence[str], columns: Sequence[Column], source: Source, *, delimiter: str, encoding: str,
    cell: Callable[[Column, str], str],
) -> None:  # fmt: skip
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    writer = csv.writer(_UnixLines(text), delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([cell(column, row[column.code]) for column in columns] for row in source)
    text.flush()
    text.detach()


# -- JSON ----------------------------------------------------------------------------------------------------------------


def _json(file: IO[bytes], source: Source) -> None:
    """{"manifest": {…}, "rows": […]}: money and ratios are text, counts are numbers, what is unknown is null."""
    with tempfile.TemporaryFile() as rows:
        for position, row in enumerate(source):
            line = {column.code: _value(column, row[column.code]) for column in source.report.columns}
            rows.write((b",\n" if position else b"\n") + _compact(line))
        rows.seek(0)
        file.write(b'{"manifest":' + _compact(source.manifest) + b',\n"rows":[')
        shutil.copyfileobj(rows, file)
        file.write(b"\n]}\n")


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _value(column: Column, text: str) -> str | int | bool | None:
    if not text:
        return None
    if column.kind is Kind.WHOLE and text.lstrip("-").isdecimal():
        return int(text)
    return text == "yes" if column.kind is Kind.FLAG else text


# -- XLSX ----------------------------------------------------------------------------------------------------------------


def _xlsx(file: IO[bytes], source: Source) -> None:
    """A typed, named table under a frozen heading, and a sheet that says what it is. Rows leave memory as they are written."""
    with translation.override("fr-ca"), tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder, "default_date_format": "yyyy-mm-dd"})
        title = str(source.report.title)
        book.set_properties({"title": title, "author": _("Fonds pour l’innovation publique"), "created": _CREATED})
        sheet = book.add_worksheet(_("Données"))
        _write_table(book, sheet, source)
        _write_about(book, book.add_worksheet(_("À propos")), source)
        book.close()


def _write_table(book: Any, sheet: Any, source: Source) -> None:
    columns = source.report.columns
    formats = _formats(book)
    header = book.add_format({"bold": True, "bg_color": "#dae6f0", "bottom": 1, "text_wrap": True, "valign": "top"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, 14 if column.kind is not Kind.TEXT else 18)
        sheet.write_string(0, place, str(column.label), header)
    sheet.freeze_panes(1, 1)
    last = 0
    for last, row in enumerate(source, start=1):
        if last > _LARGEST_SHEET:
            raise ValueError("more rows than a sheet holds")
        for place, column in enumerate(columns):
            _write_cell(sheet, last, place, column, row[column.code], formats)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    area = f"='{sheet.get_name()}'!$A$1:${xlsxwriter.utility.xl_col_to_name(len(columns) - 1)}${last + 1}"
    book.define_name(source.report.code.replace("-", "_"), area)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _formats(book: Any) -> dict[Kind, Any]:
    money = {"num_format": "#,##0.00", "align": "right"}
    return {
        Kind.MONEY: book.add_format(money),
        Kind.RATIO: book.add_format({**money, "num_format": "0.0000"}),
        Kind.WHOLE: book.add_format({"num_format": "0", "align": "right"}),
        Kind.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
        Kind.INSTANT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }


def _write_cell(sheet: Any, row: int, place: int, column: Column, text: str, formats: Mapping[Kind, Any]) -> None:
    """A number is a number and a day a day; text is written as text, which no spreadsheet runs. Unknown stays empty."""
    if not text:
        return
    if column.kind in (Kind.MONEY, Kind.RATIO) or (column.kind is Kind.WHOLE and text.isdecimal()):
        sheet.write_number(row, place, Decimal(text), formats[column.kind])
    elif column.kind is Kind.DAY:
        sheet.write_datetime(row, place, date.fromisoformat(text), formats[column.kind])
    elif column.kind is Kind.INSTANT:
        local = datetime.fromisoformat(text).astimezone(EASTERN).replace(tzinfo=None, microsecond=0)
        sheet.write_datetime(row, place, local, formats[column.kind])
    elif column.kind is Kind.FLAG:
        sheet.write_string(row, place, _("oui") if text == "yes" else _("non"))
    else:
        sheet.write_string(row, place, neutral(column, text))


def _write_about(book: Any, sheet: Any, source: Source) -> None:
    facts = source.manifest
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    lines = [
        (_("Rapport"), f"{source.report.title} ({facts['number']}, {facts['code']})"),
        (_("Version"), str(facts["version"])),
        (_("Date d’effet"), facts["effective"]),
        (_("Date de connaissance"), _("%(at)s (heure de l’Est)") % {"at": iso_datetime(source.known)}),
        (_("Filtres"), ", ".join(f"{name} = {value}" for name, value in source.filters.items()) or _("aucun")),
        (_("Lignes"), str(facts["rows"])),
        (_("Empreinte SHA-256 des lignes"), facts["sha256"]),
        *((_("Note"), note) for note in source.notes),
        (_("Rappel"), _("Une cellule vide est une valeur inconnue ou non définie, jamais un zéro.")),
    ]
    for place, (name, value) in enumerate(lines):
        sheet.write_string(place, 0, name, bold)
        sheet.write_string(place, 1, value, wrap)


FORMATS = {
    form.code: form
    for form in (
        Format("csv", gettext_lazy("CSV pour une machine"), "csv", "text/csv; charset=utf-8", _csv),
        Format("csv-fr", gettext_lazy("CSV pour le bureau (français)"), "csv", "text/csv; charset=utf-8", _office_csv),
        Format("xlsx", gettext_lazy("Classeur XLSX"), "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
        Format("json", gettext_lazy("JSON"), "json", "application/json", _json),
    )
}


def file_name(source: Source, form: Format) -> str:
    """The report and its two dates: « roi-projects_2026-11-24_20261124T150000Z.csv »."""
    return f"{source.report.code}_{source.effective.isoformat()}_{source.known.astimezone(UTC):%Y%m%dT%H%M%SZ}.{form.extension}"


def write_file(source: Source, form: Format, file: IO[bytes]) -> MadeFile:
    """Write a report in an empty file on disk: memory does not grow with the rows. Leaves the file at its start."""
    form.write(file, source)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return MadeFile(file_name(source, form), form.code, source.content.rows, size, digest, source.filters)

"""Cells that could be read as something else than what was meant: each is read right, or refused where it stands."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from reporting.importing import tables
from reporting.importing.nouns import NOUNS
from reporting.importing.reading import Package, read_package
from reporting.importing.tables import Refused
from reporting.rules import end_of_day
from tests.reporting.packages import DEFAULTS, Rows, csv_of, folder, row, small, table, workbook, zipped

GAINS = ",".join(column.name for column in NOUNS["gains"])
GOOD = "P1,L1,verified,2025-04-01,2026-03-31,500.00,2026-05-01,rapport.pdf"


def said(path: Path) -> list[str]:
    """The problems of a package, of its files and of its cells."""
    try:
        package = read_package(path)
    except Refused as refused:
        return [str(problem) for problem in refused.problems]
    return [str(problem) for table in package.values() for problem in table.problems.lines]


def column(package: Package, noun: str, name: str) -> list[Any]:
    assert package[noun].problems.lines == []
    return package[noun].columns[name]


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The small workbook, after a change to it."""
    book = openpyxl.load_workbook(workbook(path, small()))
    change(book)
    book.save(path)
    return path


def edited(path: Path, member: str, change: Callable[[str], str]) -> Path:
    """The same workbook with the XML of one part changed, as no spreadsheet would write it."""
    content = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == member else text)
    return path


def shared(path: Path, rows: Rows) -> Path:
    """A workbook whose texts are kept apart and shared, as Excel writes them."""
    book = xlsxwriter.Workbook(path)
    for noun, each in rows.items():
        sheet = book.add_worksheet(noun)
        for number, line in enumerate(table(noun, each)):
            sheet.write_row(number, 0, line)
    book.close()
    return path


# ── Text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        ("1 250.50", "« 1 250.50 »; montant comme 1250000.50 attendu"),
        ("1\N{NO-BREAK SPACE}250", "« 1\N{NO-BREAK SPACE}250 »; montant comme 1250000.50 attendu"),
        ('"1,250.50"', "« 1,250.50 »; montant comme 1250000.50 attendu"),
        ('"1250,50"', "« 1250,50 »; montant comme 1250000.50 attendu"),
        ("1250.50 $", "« 1250.50 $ »; montant comme 1250000.50 attendu"),
        ("+5", "« +5 »; montant comme 1250000.50 attendu"),
        ("(5.00)", "« (5.00) »; montant comme 1250000.50 attendu"),
        ("\N{MINUS SIGN}5", "« \N{MINUS SIGN}5 »; montant comme 1250000.50 attendu"),
        (".5", "« .5 »; montant comme 1250000.50 attendu"),
        ("1E+05", "« 1E+05 »; montant comme 1250000.50 attendu"),
        ("\N{ARABIC-INDIC DIGIT FIVE}", "« \N{ARABIC-INDIC DIGIT FIVE} »; montant comme 1250000.50 attendu"),
        ("0.30000000000000004", "« 0.30000000000000004 » a plus de 2 décimales; au plus 2 attendues"),
        ("=5", "« =5 »; montant comme 1250000.50 attendu"),
        ("TRUE", "« TRUE »; montant comme 1250000.50 attendu"),
    ],
)
def test_amounts_are_never_guessed(tmp_path: Path, amount: str, problem: str) -> None:
    path = folder(tmp_path / "p", {}, gains=f"{GAINS}\n{GOOD.replace('500.00', amount)}\n")
    assert said(path) == [f"gains.csv:2:amount: {problem}"]


def test_nothing_below_zero_is_nothing(tmp_path: Path) -> None:
    path = folder(tmp_path / "p", {}, gains=f"{GAINS}\n{GOOD.replace('500.00', '-0.00')}\n")
    assert [str(amount) for amount in column(read_package(path), "gains", "amount")] == ["0.00"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("#N/A", "« #N/A » est l’erreur d’un tableur; texte attendu"),
        ("#NOM?", "« #NOM? » est l’erreur d’un tableur; texte attendu"),
        ("a\N{ZERO WIDTH SPACE}b", "caractère invisible ou de contrôle (U+200B); texte d’une ligne attendu"),
        ("a\N{ZERO WIDTH NO-BREAK SPACE}b", "caractère invisible ou de contrôle (U+FEFF); texte d’une ligne attendu"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b", "caractère invisible ou de contrôle (U+202E); texte d’une ligne attendu"),
        ('"a\nb"', "caractère invisible ou de contrôle (U+000A); texte d’une ligne attendu"),
        ("a\N{LINE SEPARATOR}b", "caractère invisible ou de contrôle (U+2028); texte d’une ligne attendu"),
        ("é" * 201, "201 caractères; au plus 200 attendus"),
    ],
)
def test_texts_that_nobody_can_see_whole_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = folder(tmp_path / "p", {}, gains=f"{GAINS}\n{GOOD.replace('rapport.pdf', text)}\n")
    assert said(path) == [f"gains.csv:2:evidence: {problem}"]


@pytest.mark.parametrize("code", ["TOTAL", ".", ".."])
def test_a_code_that_means_something_else_in_a_report_or_an_address_is_refused(tmp_path: Path, code: str) -> None:
    rows = {"organisations": [row("organisations", code=code)], "projects": [row("projects", reference=code)]}
    what = f"« {code} » a un autre sens dans le portail; autre code attendu"
    assert said(folder(tmp_path / "p", rows)) == [f"organisations.csv:2:code: {what}", f"projects.csv:2:reference: {what}"]


def test_the_same_word_is_the_same_code_however_its_accents_were_typed(tmp_path: Path) -> None:
    typed = [row("organisations", code="E\N{COMBINING ACUTE ACCENT}D-\N{LATIN SMALL LIGATURE OE}", name="Santé\N{NO-BREAK SPACE}Québec")]
    package = read_package(folder(tmp_path / "p", {"organisations": typed}))
    assert column(package, "organisations", "code") == ["ÉD-\N{LATIN SMALL LIGATURE OE}"]
    assert column(package, "organisations", "name") == ["Santé\N{NO-BREAK SPACE}Québec"]


def test_a_problem_is_one_line_whatever_the_cell_holds(tmp_path: Path) -> None:
    long = "x" * 5_000
    path = folder(tmp_path / "p", {}, gains="\n".join([GAINS, GOOD.replace("500.00", '"5\r\n00\x1b"')]))
    assert said(path) == ["gains.csv:2:amount: « 5\ufffd\ufffd00\ufffd »; montant comme 1250000.50 attendu"]
    [line] = said(folder(tmp_path / "q", {}, gains=f"{GAINS}\n{GOOD.replace('500.00', long)}\n"))
    assert (len(line), line.startswith("gains.csv:2:amount: « xxx"), line.endswith("x »; montant comme 1250000.50 attendu")) == (
        621,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"{GAINS}\n{GOOD}\nP1,L\x001\n".encode(), "3:5: octet nul; CSV en UTF-8 attendu"),
        (f"{GAINS}\n{GOOD}é\n".encode("latin-1"), "2:67: encodage illisible; UTF-8 attendu"),
        (f"{GAINS}\n{GOOD}\n".encode("utf-16"), "1:1: encodage illisible; UTF-8 attendu"),
        (b"\xef\xbb\xbf \n", "1:1: vide; CSV en UTF-8 attendu"),
        (f'{GAINS}\n"P1"x,L1\n'.encode(), "2:1: ligne illisible; CSV attendu"),
        (f"{GAINS}\n{'x' * 140_000},L1\n".encode(), "2:1: ligne illisible; CSV attendu"),
        (f"sep=,\n{GAINS}\n".encode(), None),
        (f"{GAINS},\n{GOOD},\n".encode(), None),
    ],
)
def test_bytes_that_are_no_csv_are_refused_where_they_go_wrong(tmp_path: Path, content: bytes, problem: str | None) -> None:
    path = folder(tmp_path / "p", {})
    (path / "gains.csv").write_bytes(content)
    found = said(path)
    assert found and all(line.startswith("gains.csv:1:") for line in found) if problem is None else found == [f"gains.csv:{problem}"]


def test_ends_of_lines_may_differ_in_one_file(tmp_path: Path) -> None:
    path = folder(tmp_path / "p", {})
    lines = [GAINS, GOOD, GOOD.replace("500", "501"), GOOD.replace('"', "").replace("rapport.pdf", '"un ""rapport"""')]
    (path / "gains.csv").write_bytes("".join(a + b for a, b in zip(lines, ("\r\n", "\n", "\r", ""), strict=True)).encode())
    package = read_package(path)
    assert column(package, "gains", "amount") == [Decimal(500), Decimal(501), Decimal(500)]
    assert column(package, "gains", "evidence")[-1] == 'un "rapport"'


def test_a_file_of_too_many_rows_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    path = folder(tmp_path / "p", {}, gains=f"{GAINS}\n{GOOD}\n{GOOD}\n" + "\n" * 50)
    assert said(path) == ["gains.csv:4:project: rangée de trop; au plus 3 attendues"]


@pytest.mark.parametrize("day", ["1999-12-31", "1990-01-01", "2099-12-31"])
def test_days_of_a_believable_year_are_days(tmp_path: Path, day: str) -> None:
    path = folder(tmp_path / "p", {}, gains=f"{GAINS}\n{GOOD.replace('2025-04-01', day)}\n")
    assert column(read_package(path), "gains", "period_start") == [date.fromisoformat(day)]


# ── Workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("epoch", [datetime(1899, 12, 30), datetime(1904, 1, 1)])  # noqa: DTZ001 — a workbook has no time zone
def test_days_are_read_in_both_date_systems(tmp_path: Path, epoch: datetime) -> None:
    def change(book: Any) -> None:
        book.epoch = epoch
        book["gains"]["D2"], book["gains"]["G2"] = date(2025, 4, 1), date(2026, 5, 1)

    package = read_package(changed(tmp_path / "p.xlsx", change))
    assert column(package, "gains", "period_start") == [date(2025, 4, 1)]
    assert column(package, "gains", "recorded_at") == [end_of_day(date(2026, 5, 1))]


@pytest.mark.parametrize(
    ("value", "number_format", "problem"),
    [
        (0.305, "0.00", "« 0.305 » a plus de 2 décimales; au plus 2 attendues"),
        (True, "General", "valeur logique; texte attendu"),
        (0.05, "0%", "0.05 est affiché au format « 0% »; nombre affiché tel quel, ou texte, attendu"),
        (5_000_000, "#,##0,", "5000000 est affiché au format « #,##0, »; nombre affiché tel quel, ou texte, attendu"),
        (5, "00000", "5 est affiché au format « 00000 »; nombre affiché tel quel, ou texte, attendu"),
        (45_000, "yyyy-mm-dd", "« 2023-03-15 »; montant comme 1250000.50 attendu"),
        (timedelta(hours=30), "[h]:mm", "durée; valeur attendue"),
        ("=0.5*2", "General", "formule; valeur attendue"),
        ("#DIV/0!", "General", "erreur #DIV/0!; valeur attendue"),
        (1e300, "General", f"« 1{'0' * 300} » est trop grand; au plus 10000000000.00 attendu"),
    ],
)
def test_numbers_of_a_workbook_that_are_not_what_they_show_are_refused(
    tmp_path: Path, value: Any, number_format: str, problem: str
) -> None:
    def change(book: Any) -> None:
        book["gains"]["F2"] = value
        book["gains"]["F2"].number_format = number_format

    assert said(changed(tmp_path / "p.xlsx", change)) == [f"gains:2:amount: {problem}"]


@pytest.mark.parametrize(
    ("value", "number_format", "amount"),
    [
        (1234.5, '#,##0.00\\ "$";[Red]-#,##0.00', Decimal("1234.50")),
        (-70_000, "_ * #,##0_) ;_ * (#,##0)", Decimal(-70_000)),
        (100.0, '0.00" %"', Decimal(100)),
        (1234.56, "0", Decimal("1234.56")),
        ("1234.50", "@", Decimal("1234.50")),
    ],
)
def test_numbers_of_a_workbook_are_read_as_they_are_kept(tmp_path: Path, value: Any, number_format: str, amount: Decimal) -> None:
    def change(book: Any) -> None:
        book["gains"]["F2"] = value
        book["gains"]["F2"].number_format = number_format

    assert column(read_package(changed(tmp_path / "p.xlsx", change)), "gains", "amount") == [amount]


@pytest.mark.parametrize(
    ("kept", "amount"),
    [("0.30000000000000004", "0.30"), ("1250000.0999999999", "1250000.10"), ("1.0000000000000001E-1", "0.10"), ("1.25E6", "1250000.00")],
)
def test_the_noise_of_binary_numbers_is_not_read(tmp_path: Path, kept: str, amount: str) -> None:
    path = changed(tmp_path / "p.xlsx", lambda book: book["gains"].__setitem__("F2", 777))
    edited(path, f"xl/worksheets/sheet{list(NOUNS).index('gains') + 1}.xml", lambda xml: xml.replace("<v>777</v>", f"<v>{kept}</v>"))
    assert [str(each) for each in column(read_package(path), "gains", "amount")] == [amount]


def test_codes_that_a_workbook_changed_are_refused(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book["payments"]["G2"] = date(2024, 3, 1)  # « mars-24 », typed as a reference
        book["commitments"]["F2"], book["commitments"]["F2"].number_format = 123, "00000"
        book["gains"]["A2"] = 12  # shown as it was typed: it is looked up as « 12 »

    path = changed(tmp_path / "p.xlsx", change)
    assert said(path) == [
        "commitments:2:reference: 123 est affiché au format « 00000 »; nombre affiché tel quel, ou texte, attendu",
        "payments:2:reference: « 2024-03-01 » est une date dans le classeur; code en texte attendu",
    ]
    assert column(read_package(path), "gains", "project") == ["12"]


def test_merged_cells_hidden_sheets_and_second_headers_are_refused(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book["gains"].append([DEFAULTS["gains"][each.name] for each in NOUNS["gains"]])
        book["gains"].merge_cells("G2:G3")  # the second date would be the moment of the import
        book["cofunding"].sheet_state = "hidden"
        book["payments"].sheet_state = "veryHidden"
        book["calls"].append([each.name for each in NOUNS["calls"]])

    assert said(changed(tmp_path / "p.xlsx", change)) == [
        "payments:1:1: feuille masquée; feuille visible attendue",
        "cofunding:1:1: feuille masquée; feuille visible attendue",
        "gains:2:G: cellules fusionnées (G2:G3); une valeur par cellule attendue",
        "calls:3:reference: second en-tête; une rangée de valeurs attendue",
    ]


def test_trailing_blank_rows_and_styled_cells_are_none(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        sheet = book["gains"]
        sheet["A900"].number_format = sheet["Z3"].number_format = "0.00"
        sheet["B901"] = "  "
        sheet["A2"] = " P1\N{NO-BREAK SPACE}"

    package = read_package(changed(tmp_path / "p.xlsx", change))
    assert column(package, "gains", "project") == ["P1"]


def test_what_the_library_of_workbooks_complains_of_is_said_by_cell_alone(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    def change(book: Any) -> None:
        book["gains"]["D2"].value, book["gains"]["D2"].number_format = 99_999_999, "yyyy-mm-dd"

    assert said(changed(tmp_path / "p.xlsx", change)) == ["gains:2:period_start: erreur #VALUE!; valeur attendue"]
    assert recwarn.list == []


def test_a_sheet_that_lies_about_its_rows_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 1_000)
    path = edited(workbook(tmp_path / "p.xlsx", {"gains": [row("gains")]}), "xl/worksheets/sheet1.xml", _far)
    assert said(path) == ["gains:1001:project: rangée de trop; au plus 1000 attendues"]


def _far(xml: str) -> str:
    return re.sub(r'<row r="2".*?</row>', '<row r="99999999"><c r="A99999999" t="inlineStr"><is><t>P1</t></is></c></row>', xml)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
    f'<!ENTITY {chr(99 + n)} "{f"&{chr(98 + n)};" * 10}">' for n in range(9)
)


def test_an_archive_whose_bytes_make_no_sense_is_refused_in_one_line(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", {"gains": [row("gains")]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("é.txt", "")
    content = path.read_bytes()
    refused = ["p.zip:1:1: archive illisible; ZIP sans mot de passe attendu"]
    path.write_bytes(content.replace("é".encode(), b"\xff\xff"))  # a name that is no UTF-8
    assert said(path) == refused
    begins = int.from_bytes(content[-6:-2], "little")
    path.write_bytes(content[:-6] + (begins + 100).to_bytes(4, "little") + content[-2:])  # files that begin before the first byte
    assert said(path) == refused


def test_a_cell_whose_format_is_not_in_the_workbook_is_refused_in_one_line(tmp_path: Path) -> None:
    book = workbook(tmp_path / "p.xlsx", {"gains": [row("gains")]}, gains={"F2": 500})
    path = edited(book, "xl/worksheets/sheet1.xml", lambda sheet: sheet.replace('<c r="F2"', '<c r="F2" s="99"'))
    assert said(path) == ["p.xlsx:1:1: classeur illisible; XLSX attendu"]


@pytest.mark.parametrize("member", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_workbook_that_would_grow_without_end_is_refused(tmp_path: Path, member: str) -> None:
    def grow(xml: str) -> str:
        declared = re.sub("<(worksheet|sst|workbook) ", rf"{BOMB}]><\1 ", xml, count=1)
        return declared.replace("<t>L1", "<t>&k;").replace('name="gains"', 'name="&k;"').replace("<v>0</v>", "<v>&k;</v>")

    path = shared(tmp_path / "p.xlsx", {"gains": [row("gains")]})
    assert said(path) == []
    assert said(edited(path, member, grow)) == ["p.xlsx:1:1: classeur illisible; XLSX attendu"]


def test_packages_that_are_something_else_are_said_to_be(tmp_path: Path) -> None:
    locked, macros, open_document = tmp_path / "p.xlsx", tmp_path / "p.xlsm", tmp_path / "p.ods"
    locked.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + b"\x00" * 600)
    assert said(locked) == ["p.xlsx:1:1: classeur protégé par un mot de passe ou d’un ancien format; XLSX sans mot de passe attendu"]
    workbook(macros, small())
    with zipfile.ZipFile(macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    assert said(macros) == ["p.xlsm:1:1: classeur avec macros; XLSX sans macros attendu"]
    with zipfile.ZipFile(open_document, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert said(open_document) == ["p.ods:1:1: classeur OpenDocument; XLSX, ou ZIP de CSV, attendu"]


def test_what_a_computer_adds_to_an_archive_is_not_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", {"calls": [row("calls")]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/portefeuille/._calls.csv", b"\x00\x05\x16\x07")
        archive.writestr("portefeuille/.DS_Store", b"\x00")
        archive.writestr("portefeuille/LISEZ-MOI.txt", "Une note.")
    assert column(read_package(path), "calls", "reference") == ["AP-1"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("export\\cofunding.csv", csv_of("cofunding", [row("cofunding")]))  # as old archivers of Windows write folders
    assert column(read_package(path), "cofunding", "reference") == ["F-1"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("dedans.zip", b"PK")
        archive.writestr("../../calls.csv", csv_of("calls", [row("calls")]))
    assert [line.partition(";")[0] for line in said(path)] == [
        "dedans.zip:1:1: fichier inconnu",
        "calls.csv:1:1: fichier en double",
    ]

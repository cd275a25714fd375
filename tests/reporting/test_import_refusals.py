"""What a package is refused for: every problem at once, by file, row and column, and nothing is written."""

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine

from funding.models import LedgerEntry
from projects.models import Call, JournalEntry, Project
from reporting.importing import reading
from reporting.importing.nouns import NOUNS
from reporting.models import Gain, Snapshot
from tests.factories import NOW
from tests.refusals import refusal
from tests.reporting.packages import Rows, csv_of, folder, row, run, small, workbook, zipped
from tests.reporting.portfolio import Portfolio

pytestmark = pytest.mark.django_db
GAINS = "project,line,stage,period_start,period_end,amount,recorded_at,evidence"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def refused(capsys: Any, path: Path, *more: str) -> list[str]:
    """The problems of a package; it left nothing in the database."""
    before = (Project.objects.count(), LedgerEntry.objects.count(), Gain.objects.count(), JournalEntry.objects.count())
    code, out, err = run(capsys, "import_portfolio", path, *more)
    assert (code, out) == (2, "")
    assert (Project.objects.count(), LedgerEntry.objects.count(), Gain.objects.count(), JournalEntry.objects.count()) == before
    return err.splitlines()


# ── Cells ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_cell_that_cannot_be_read_is_named_at_once(capsys: Any, tmp_path: Path) -> None:
    amounts = ["12,50", "1.005", "10000000000.01", "1e3", "", "0", "NaN"]
    rows = {
        "commitments": [row("commitments", reference=f"C-{n}", amount=amount) for n, amount in enumerate(amounts)],
        "payments": [row("payments", amount="-1.00"), row("payments", kind="versement"), row("payments", fiscal_year="2026-2027")],
        "gains": [
            row("gains", period_start="45413"),
            row("gains", period_start="2025-02-30", recorded_at="2026-05-01T10:00:00"),
            row("gains", period_start="01/04/2025", period_end="1066-10-14"),
        ],
        "organisations": [row("organisations", name="x" * 201, code="a\tb")],
    }
    assert refused(capsys, folder(tmp_path / "p", rows)) == [
        "organisations.csv:2:code: caractère invisible ou de contrôle (U+0009); texte d’une ligne attendu",
        "organisations.csv:2:name: 201 caractères; au plus 200 attendus",
        "commitments.csv:2:amount: « 12,50 »; montant comme 1250000.50 attendu",
        "commitments.csv:3:amount: « 1.005 » a plus de 2 décimales; au plus 2 attendues",
        "commitments.csv:4:amount: « 10000000000.01 » est trop grand; au plus 10000000000.00 attendu",
        "commitments.csv:5:amount: « 1e3 »; montant comme 1250000.50 attendu",
        "commitments.csv:6:amount: vide; valeur attendue",
        "commitments.csv:7:amount: « 0 »; montant différent de 0 attendu",
        "commitments.csv:8:amount: « NaN »; montant comme 1250000.50 attendu",
        "payments.csv:2:amount: « -1.00 »; montant plus grand que 0 attendu",
        "payments.csv:3:kind: « versement »; attendu : payment, recovery",
        "payments.csv:4:fiscal_year: « 2026-2027 »; exercice de 2000 à 2099 attendu",
        "gains.csv:2:period_start: « 45413 » est un numéro de série de tableur (peut-être 2024-05-01); jour comme 2026-10-31 attendu",
        "gains.csv:3:period_start: « 2025-02-30 »; jour comme 2026-10-31 attendu",
        "gains.csv:3:recorded_at: « 2026-05-01T10:00:00 » n’a pas de décalage; instant comme 2026-10-31T16:00:00-04:00 attendu",
        "gains.csv:4:period_start: « 01/04/2025 »; jour comme 2026-10-31 attendu",
        "gains.csv:4:period_end: « 1066-10-14 »; jour de 1990 à 2100 attendu",
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (GAINS.replace(",", ";") + "\n", ["1:1: colonnes séparées par « ; »; virgule attendue"]),
        (GAINS.replace(",stage", "") + "\n", ["1:stage: colonne absente; attendue"]),
        (f"{GAINS},note\n", [f"1:note: colonne inconnue; attendu : {GAINS.replace(',', ', ')}"]),
        (f"{GAINS},stage\n", ["1:stage: colonne en double; une seule attendue"]),
        (f"{GAINS}\n{GAINS}\n", ["2:project: second en-tête; une rangée de valeurs attendue"]),
        (f"{GAINS}\nP1,L1\n", ["2:project: 2 cellules; 8 attendues"]),
        (f"{GAINS}\n,,,,,,,\nP1,L1,verified,2025-04-01,2026-03-31,5,,x\n",
         [
            "2:project: rangée vide avant la fin; une rangée ou rien attendu",
            "3:project: « P1 » est inconnu; code de la base ou du paquet attendu"]),
        (f'{GAINS}\n"P1,L1\n', ["2:1: ligne illisible; CSV attendu"]),
        ("", ["1:1: vide; CSV en UTF-8 attendu"]),
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_expected_is_refused(capsys: Any, tmp_path: Path, text: str, problems: list[str]) -> None:
    assert refused(capsys, folder(tmp_path / "p", {}, gains=text)) == [f"gains.csv:{problem}" for problem in problems]


def test_mark_trailing_rows_and_order_of_columns_are_read_right(capsys: Any, tmp_path: Path) -> None:
    path = folder(tmp_path / "p", small())
    turned = "evidence,amount,period_end,period_start,stage,line,project,recorded_at\n"
    turned += "rapport.pdf,500.00,2026-03-31,2025-04-01,verified,L1,P1,2026-05-01\n,,,,,,,\n\n"
    (path / "gains.csv").write_bytes(b"\xef\xbb\xbf" + turned.replace("\n", "\r\n").encode())
    (path / "LISEZ-MOI.txt").write_text("Une note n’est pas une feuille.")
    assert run(capsys, "import_portfolio", path)[0] == 0
    assert Gain.objects.get().amount == Decimal("500.00")


def test_packages_that_cannot_be_opened_are_refused(capsys: Any, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("rien")
    assert refused(capsys, tmp_path / "note.txt") == ["note.txt:1:1: ni dossier, ni ZIP, ni XLSX; l’un des trois attendu"]
    assert refused(capsys, tmp_path / "absent")[0].endswith("absent:1:1: introuvable; chemin existant attendu")
    (tmp_path / "vide").mkdir()
    assert refused(capsys, tmp_path / "vide") == [f"vide:1:1: aucune feuille; attendu : {', '.join(NOUNS)}"]
    latin = folder(tmp_path / "latin", {})
    (latin / "calls.csv").write_bytes("reference,titre é".encode("latin-1"))
    assert refused(capsys, latin) == ["calls.csv:1:17: encodage illisible; UTF-8 attendu"]
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("a/calls.csv", csv_of("calls", [row("calls")]))
        archive.writestr("b/calls.csv", csv_of("calls", [row("calls")]))
        archive.writestr("appels.csv", "x")
    wanted = ", ".join(f"{noun}.csv" for noun in NOUNS)
    assert refused(capsys, tmp_path / "p.zip") == [
        "calls.csv:1:1: fichier en double; un seul attendu",
        f"appels.csv:1:1: fichier inconnu; attendu : {wanted}",
    ]


# ── Workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_typed_cells_of_a_workbook_are_read_right(capsys: Any, tmp_path: Path) -> None:
    cells = {
        "gains": {"D2": date(2025, 4, 1), "E2": datetime.fromisoformat("2026-03-31"), "F2": 1234.56},
        "commitments": {"B2": 2024, "C2": 1000},
    }
    path = workbook(tmp_path / "p.xlsx", small(), **cells)
    assert run(capsys, "import_portfolio", path)[0] == 0
    gain = Gain.objects.get()
    assert (gain.period_start, gain.period_end, gain.amount) == (date(2025, 4, 1), date(2026, 3, 31), Decimal("1234.56"))


def test_cells_of_a_workbook_that_leave_a_doubt_are_refused(capsys: Any, tmp_path: Path) -> None:
    cells = {
        "organisations": {"A2": 1023, "E2": 3},
        "projects": {"G2": 45413, "J2": True},
        "gains": {"F2": "=1+1", "H2": "#REF!", "G2": datetime.fromisoformat("2026-05-01T10:00:00")},
        "payments": {"C2": 0.305},
    }
    path = workbook(tmp_path / "p.xlsx", small(), **cells)
    book = openpyxl.load_workbook(path)
    book.create_sheet("notes")
    book.save(path)
    assert refused(capsys, path) == [
        f"notes:1:1: feuille inconnue; attendu : {', '.join(NOUNS)}",
        "organisations:2:code: « 1023 » est un nombre dans le classeur; code en texte attendu",
        "organisations:2:region: « 3 » est un nombre dans le classeur; code en texte attendu",
        "projects:2:decided_on: « 45413 » est un numéro de série de tableur (peut-être 2024-05-01); jour comme 2026-10-31 attendu",
        "projects:2:ends_on: valeur logique; texte attendu",
        "payments:2:amount: « 0.305 » a plus de 2 décimales; au plus 2 attendues",
        "gains:2:amount: formule; valeur attendue",
        "gains:2:recorded_at: « 2026-05-01T10:00:00 » n’a pas de décalage; instant comme 2026-10-31T16:00:00-04:00 attendu",
        "gains:2:evidence: erreur #REF!; valeur attendue",
    ]


# ── References, identities and rules ─────────────────────────────────────────────────────────────────────────────────
def test_unknown_references_and_repeated_identities_are_refused(capsys: Any, tmp_path: Path) -> None:
    rows = small(
        organisations=[{}, {}, {"code": "ORG-2", "region": "99"}],
        calls=[{}, {"reference": "AP-2", "closes_at": "2024-03-01"}],
        projects=[{}, {"reference": "P2", "call": "AP-9"}, {"reference": "P3", "ends_on": "2024-03-31"}],
        commitments=[{}, {}, {"project": "P9", "reference": "C-9"}, {"project": "P2", "reference": "C-2"}],
        gain_lines=[{}, {}, {"line": "L2", "nature": "COST"}, {"line": "L3", "organisation": "X"}, {"line": "L4", "nature": "AVOID"}],
        gains=[
            {},
            {},
            {"line": "L9"},
            {"line": "L3"},
            {"line": "L2", "amount": "0.01"},
            {"period_end": "2025-03-31"},
            {"evidence": "", "period_start": "2024-04-01", "period_end": "2025-03-31"},
            {"line": "L4", "stage": "captured"},
            {"stage": "captured", "amount": "500.01"},
            {"stage": "captured", "amount": "500.00", "recorded_at": "2026-06-01"},
        ],
        secretariat_costs=[{}, {}],
    )
    assert refused(capsys, folder(tmp_path / "p", rows), "--dry-run") == [
        "organisations.csv:3:code: « ORG » est déjà à la rangée 2; identité unique attendue",
        "organisations.csv:4:region: « 99 » est inconnu; code de la base ou du paquet attendu",
        "calls.csv:3:closes_at: avant l’ouverture ou au même instant; fermeture après l’ouverture attendue",
        "projects.csv:3:call: « AP-9 » est inconnu; code de la base ou du paquet attendu",
        "projects.csv:4:ends_on: avant le début; fin après le début attendue",
        "gain_lines.csv:3:line: « P1 / L1 » est déjà à la rangée 2; identité unique attendue",
        "gain_lines.csv:5:organisation: « X » est inconnu; code de la base ou du paquet attendu",
        "gains.csv:3:amount: « 500.00 » est déjà à la rangée 2; identité unique attendue",
        "gains.csv:4:line: « L9 » est inconnu; code de la base ou du paquet attendu",
        "gains.csv:6:amount: « 0.01 » d’une hausse de coût; 0 ou moins attendu",
        "gains.csv:7:period_end: avant le début de la période; fin au début ou après attendue",
        "gains.csv:8:evidence: vide d’un gain vérifié; preuve attendue",
        "gains.csv:9:stage: « captured » d’un coût évité ou d’une productivité; autre stade attendu",
        "gains.csv:10:amount: « 500.01 » capté; au plus le gain vérifié de la même période, 500.00, attendu",
        "secretariat_costs.csv:3:reference: « S-1 » est déjà à la rangée 2; identité unique attendue",
        "commitments.csv:3:reference: « C-1 » est déjà à la rangée 2; identité unique attendue",
        "commitments.csv:4:project: « P9 » est inconnu; code de la base ou du paquet attendu",
    ]


def test_what_contradicts_the_database_is_refused_with_what_it_holds(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    changed = small(
        organisations=[{"name": "Autre nom", "region": ""}],
        calls=[{"envelope": "SECRETARIAT"}],
        projects=[{"decided_on": "2024-05-02", "signed_on": ""}],
        gain_lines=[{"nature": "REV"}],
        commitments=[{"amount": "2000.00"}],
        payments=[{"kind": "recovery"}],
        cofunding=[{"in_kind": "yes"}],
        secretariat_costs=[{"effective_on": "2025-05-02"}],
    )
    assert refused(capsys, folder(tmp_path / "then", changed)) == [
        "organisations.csv:2:name: « Autre nom »; « Ministère des Essais », déjà inscrit, attendu",
        "calls.csv:2:envelope: « SECRETARIAT »; « PROJECTS », déjà inscrit, attendu",
        "projects.csv:2:decided_on: « 2024-05-02 »; « 2024-05-01 », déjà inscrit, attendu",
        "projects.csv:2:signed_on: «  »; « 2024-06-01 », déjà inscrit, attendu",
        "cofunding.csv:2:in_kind: « yes »; « no », déjà inscrit, attendu",
        "gain_lines.csv:2:nature: « REV »; « CASH », déjà inscrit, attendu",
        "secretariat_costs.csv:2:effective_on: « 2025-05-02 »; « 2025-05-01 », déjà inscrit, attendu",
        "commitments.csv:2:amount: « 2000.00 »; « 1000.00 », déjà inscrit, attendu",
        "payments.csv:2:kind: « recovery »; « payment », déjà inscrit, attendu",
    ]


def test_money_that_does_not_fit_is_refused_with_the_margin_and_what_was_asked(capsys: Any, tmp_path: Path) -> None:
    commitments = [
        {"amount": "53000000.00"},
        {"amount": "1000000.01", "effective_on": "2024-06-02", "reference": "C-2"},
        {"amount": "-53000000.01", "effective_on": "2024-08-01", "reference": "C-3"},
        {"amount": "1.00", "fiscal_year": 2030, "reference": "C-4"},
    ]
    payments = [
        {"amount": "53000000.01"},
        {"kind": "recovery", "reference": "V-2"},
        {"fiscal_year": 2023, "reference": "V-3"},
    ]
    allotments = [{"amount": "60000000.00"}, {"fiscal_year": 2030}]
    rows = small(commitments=commitments, payments=payments, allotments=allotments)
    assert refused(capsys, folder(tmp_path / "p", rows)) == [
        "allotments.csv:2:amount: le plafond de l’enveloppe PROJECTS laisse 0.00; 6000000.00 de plus demandés",
        "allotments.csv:3:fiscal_year: « 2030 »; exercice de 2024 à 2028 attendu",
        "commitments.csv:3:amount: l’enveloppe PROJECTS n’a plus que 1000000.00 en 2024-2025; 1000000.01 demandés",
        "commitments.csv:4:amount: 53000000.01 désengagés; au plus 53000000.00, qui restent engagés et non payés, attendus",
        "commitments.csv:5:fiscal_year: « 2030 »; exercice de 2024 à 2028 attendu",
        "payments.csv:2:amount: l’engagement du projet laisse 53000000.00 à payer; 53000000.01 demandés",
        "payments.csv:3:amount: 400.00 recouvrés; au plus les 0.00 payés attendus",
        "payments.csv:4:fiscal_year: « 2023 »; exercice de 2024 à 2028 attendu",
    ]


def test_an_allotment_below_what_is_committed_is_refused(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    rows: Rows = {"allotments": [row("allotments", fiscal_year=2024, amount="999.99")]}
    said = "allotments.csv:2:amount: il manquerait 0.01 à ce qui est réservé et engagé en 2024-2025; dotation plus grande attendue"
    assert refused(capsys, folder(tmp_path / "then", rows)) == [said]


def test_the_money_and_the_plan_of_a_project_of_the_portal_are_its_own(capsys: Any, tmp_path: Path) -> None:
    portfolio = Portfolio()
    portfolio.line(portfolio.project("PRJ-1"))
    rows: Rows = {
        "commitments": [row("commitments", project="PRJ-1")],
        "gain_lines": [row("gain_lines", project="PRJ-1", line="L9", organisation=Project.objects.get().organisation.code)],
        "gains": [row("gains", project="PRJ-1", line="L9"), row("gains", project="PRJ-1")],
    }
    assert refused(capsys, folder(tmp_path / "p", rows)) == [
        "gain_lines.csv:2:line: « L9 » n’est pas au plan de gains du projet; ligne du plan attendue",
        "commitments.csv:2:project: la convention de « PRJ-1 » est suivie dans le portail; projet importé attendu",
    ]
    assert run(capsys, "import_portfolio", folder(tmp_path / "then", {"gains": rows["gains"][1:]}))[0] == 0
    assert Gain.objects.get().line.code == "L1"


def test_nothing_becomes_known_before_a_report_that_is_kept(capsys: Any, tmp_path: Path) -> None:
    Snapshot.objects.create(
        report="roi-projects", kind="edition", effective=date(2026, 3, 31), known=datetime(2026, 5, 2, 4, tzinfo=UTC), row_count=0,
        sha256="0" * 64, manifest={}, computed_at=NOW,
    )  # fmt: skip
    said = "le rapport « roi-projects » au 2026-03-31, connu au 2026-05-02 00:00:00, est conservé; date de connaissance plus tard attendue"
    nouns = ("secretariat_costs", "cofunding", "gains", "commitments", "payments")
    found = refused(capsys, folder(tmp_path / "p", small()))
    assert sorted(found) == sorted(f"{noun}.csv:2:recorded_at: {said}" for noun in nouns)
    later = {noun: [{"recorded_at": "2026-05-02"}] for noun in nouns}
    assert run(capsys, "import_portfolio", folder(tmp_path / "then", small(**later)))[0] == 0


# ── The database ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_database_holds_what_an_import_is(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    assert refusal("UPDATE funding_agreement SET amount = 999") == "agreement_is_worth_its_rows"
    assert refusal("UPDATE funding_agreement SET imported_at = NULL") == "agreement_stays_imported"
    assert refusal("UPDATE projects_call SET state = 'open'") == "call_written_or_imported"
    assert refusal("UPDATE imported_cost SET amount = 1").startswith("permission denied")
    portfolio = Portfolio()
    portfolio.project("PRJ-1")
    native = "UPDATE funding_agreement SET imported_at = now(), drafted_by_id = NULL WHERE number = 'CONV-PRJ-1'"
    assert refusal(native) == "agreement_stays_imported"
    assert refusal("UPDATE projects_project SET imported_at = now() WHERE reference = 'PRJ-1'") == "project_imported_has_no_application"
    assert Call.objects.filter(imported_at__isnull=False).count() == 1


def test_archives_that_are_damaged_or_too_large_are_refused(capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "p.zip", {"gains": [row("gains", evidence="preuve " * 20)]})
    content = bytearray(path.read_bytes())
    content[60:90] = b"\x00" * 30
    (tmp_path / "damaged.zip").write_bytes(content)
    assert refused(capsys, tmp_path / "damaged.zip") == ["damaged.zip:1:1: archive illisible; ZIP sans mot de passe attendu"]
    monkeypatch.setattr(reading, "LARGEST_PACKAGE", 1_000_000)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("calls.csv", bytes(1_000_001))
    assert refused(capsys, path) == ["p.zip:1:1: trop grand une fois ouvert; au plus 1 Mo attendus"]
    with zipfile.ZipFile(tmp_path / "p.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    assert refused(capsys, tmp_path / "p.xlsx") == ["p.xlsx:1:1: classeur illisible; XLSX attendu"]


def test_durations_and_slashes_are_refused(capsys: Any, tmp_path: Path) -> None:
    cells = {"calls": {"A2": "AP/1"}, "gains": {"F2": timedelta(hours=3)}}
    assert refused(capsys, workbook(tmp_path / "p.xlsx", small(), **cells)) == [
        "calls:2:reference: « AP/1 » contient « / »; code sans barre oblique attendu",
        "gains:2:amount: durée; valeur attendue",
        "projects:2:call: « AP-1 » est inconnu; code de la base ou du paquet attendu",
    ]


def test_a_row_that_cannot_be_read_hides_no_other_problem_and_makes_none(capsys: Any, tmp_path: Path) -> None:
    rows = small(
        organisations=[{}, {"code": "ORG-2", "kind": "x"}],
        projects=[{}, {"reference": "P2", "decided_on": "hier"}, {"reference": "P3", "organisation": "ORG-2"}],
        commitments=[{}, {"project": "P2", "reference": "C-2"}, {"project": "P9", "reference": "C-3"}, {"amount": "x", "reference": "C-4"}],
        gain_lines=[{}, {"line": "L2", "recurrence": "x"}],
        gains=[{}, {"line": "L2"}, {"line": "L3"}, {"project": "P3"}],
    )
    assert refused(capsys, folder(tmp_path / "p", rows)) == [
        "organisations.csv:3:kind: « x »; attendu : ministry, agency, municipality",
        "projects.csv:3:decided_on: « hier »; jour comme 2026-10-31 attendu",
        "commitments.csv:4:project: « P9 » est inconnu; code de la base ou du paquet attendu",
        "commitments.csv:5:amount: « x »; montant comme 1250000.50 attendu",
        "gain_lines.csv:3:recurrence: « x »; attendu : one_off, recurrent",
        "gains.csv:4:line: « L3 » est inconnu; code de la base ou du paquet attendu",
    ]


def test_captured_is_held_to_what_was_verified_by_then(capsys: Any, tmp_path: Path) -> None:
    half = {"period_start": "2025-04-01", "period_end": "2025-09-30"}
    rest = {"period_start": "2025-10-01", "period_end": "2026-03-31"}
    year = {"stage": "captured", "amount": "1000.00", "recorded_at": "2026-06-01"}
    lowered = {**rest, "amount": "100.00", "recorded_at": "2026-09-01"}
    assert run(capsys, "import_portfolio", folder(tmp_path / "p", small(gains=[half, rest, year, lowered])))[0] == 0
    more = row("gains", **{**year, "amount": "1000.01"})
    later = row("gains", **{**year, "recorded_at": "2026-10-01"})
    said = "« {} » capté; au plus le gain vérifié de la même période, {}, attendu"
    assert refused(capsys, folder(tmp_path / "then", {"gains": [more, later]})) == [
        "gains.csv:2:amount: " + said.format("1000.01", "1000.00"),
        "gains.csv:3:amount: " + said.format("1000.00", "600.00"),
    ]


def test_of_a_loss_or_of_a_cost_nothing_or_a_part_is_captured(capsys: Any, tmp_path: Path) -> None:
    lines = [{}, {"line": "L2", "nature": "COST"}, {"line": "L3"}]
    verified = [{"amount": "-500.00"}, {"line": "L2", "amount": "-300.00"}, {"line": "L3", "amount": "-80.00"}]
    captured = [{**each, "stage": "captured", "recorded_at": "2026-06-01"} for each in verified]
    captured[0]["amount"], captured[1]["amount"], captured[2]["amount"] = "-400.00", "-240.00", "0.00"
    package = folder(tmp_path / "p", small(gain_lines=lines, gains=[*verified, *captured]))
    assert run(capsys, "import_portfolio", package)[0] == 0
    file = tmp_path / "rapport.json"
    dates = ["--effective", "2026-06-30", "--known", "2026-06-30"]
    assert run(capsys, "export_report", "roi-projects", *dates, "--format", "json", "--output", file)[0] == 0
    project = json.loads(file.read_text())["rows"][0]
    assert (project["net_gain_captured"], project["capture_rate"]) == ("-640.00", "0.6897")
    more = row("gains", **{**captured[0], "amount": "0.01"})
    assert refused(capsys, folder(tmp_path / "more", {"gains": [more]})) == [
        "gains.csv:2:amount: « 0.01 » capté; au plus le gain vérifié de la même période, 0.00, attendu"
    ]


def test_a_project_of_the_portal_is_left_as_it_is(capsys: Any, tmp_path: Path) -> None:
    project = Portfolio().project("PRJ-1")
    said = {
        "reference": "PRJ-1", "call": project.call.reference, "organisation": project.organisation.code, "title": project.title,
        "region": "05", "decided_on": "2026-04-15", "signed_on": "2026-12-31", "starts_on": "2026-04-01",
    }  # fmt: skip
    assert run(capsys, "import_portfolio", folder(tmp_path / "same", {"projects": [row("projects", **said)]}))[0] == 0
    ended = row("projects", **said, status="completed", ends_on="2027-03-31")
    assert refused(capsys, folder(tmp_path / "then", {"projects": [ended]})) == [
        "projects.csv:2:status: « completed »; « active », déjà inscrit, attendu",
        "projects.csv:2:ends_on: « 2027-03-31 »; «  », déjà inscrit, attendu",
    ]


def test_allotments_are_each_set_once_and_not_below_nothing(capsys: Any, tmp_path: Path) -> None:
    rows: Rows = {
        "allotments": [
            row("allotments"),
            row("allotments"),
            row("allotments", amount="-1.00"),
            row("allotments", recorded_at="2026-04-01T1"),
        ]
    }
    assert refused(capsys, folder(tmp_path / "p", rows)) == [
        "allotments.csv:3:effective_on: « PROJECTS / 2026 / 2026-04-01 » est déjà à la rangée 2; identité unique attendue",
        "allotments.csv:4:amount: « -1.00 »; montant de 0 ou plus attendu",
        "allotments.csv:5:recorded_at: « 2026-04-01T1 »; jour ou instant avec décalage attendu",
    ]

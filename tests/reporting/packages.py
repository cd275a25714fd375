"""Portfolio packages for tests: rows by noun, written as a folder of CSV files, a ZIP of them or a workbook."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
from django.core.management import call_command

from reporting.importing.nouns import NOUNS

Rows = dict[str, list[dict[str, Any]]]
#: what a row says unless a test says otherwise
DEFAULTS: dict[str, dict[str, Any]] = {
    "organisations": {"code": "ORG", "name": "Ministère des Essais", "kind": "ministry", "fiscal_calendar": "state", "region": "03"},
    "allotments": {"envelope": "PROJECTS", "fiscal_year": 2026, "amount": "54000000.00", "effective_on": "2026-04-01", "recorded_at": ""},
    "calls": {
        "reference": "AP-1", "title": "Premier appel", "envelope": "PROJECTS", "opens_at": "2024-04-01", "closes_at": "2024-04-30",
    },
    "projects": {
        "reference": "P1", "call": "AP-1", "organisation": "ORG", "title": "Guichet", "modality": "milestones", "region": "06",
        "decided_on": "2024-05-01", "signed_on": "2024-06-01", "starts_on": "2024-04-01", "ends_on": "", "status": "active",
    },
    "commitments": {
        "project": "P1", "fiscal_year": 2024, "amount": "1000.00", "effective_on": "2024-06-01", "recorded_at": "2024-06-01",
        "reference": "C-1",
    },
    "payments": {
        "project": "P1", "kind": "payment", "amount": "400.00", "fiscal_year": 2024, "effective_on": "2024-07-01",
        "recorded_at": "2024-07-01", "reference": "V-1",
    },
    "cofunding": {
        "project": "P1", "amount": "100.00", "in_kind": "no", "effective_on": "2024-07-01", "recorded_at": "2024-07-01",
        "reference": "F-1",
    },
    "gain_lines": {
        "project": "P1", "line": "L1", "nature": "CASH", "recurrence": "recurrent", "organisation": "ORG", "title": "Postes libérés",
    },
    "gains": {
        "project": "P1", "line": "L1", "stage": "verified", "period_start": "2025-04-01", "period_end": "2026-03-31", "amount": "500.00",
        "recorded_at": "2026-05-01", "evidence": "rapport.pdf",
    },
    "secretariat_costs": {"amount": "50.00", "effective_on": "2025-05-01", "recorded_at": "2025-05-01", "reference": "S-1"},
}  # fmt: skip


def row(noun: str, **given: Any) -> dict[str, Any]:
    return {**DEFAULTS[noun], **given}


def small(**changes: list[dict[str, Any]]) -> Rows:
    """One row of each noun; `changes` replaces those of a noun by rows told by what they change."""
    return {noun: [row(noun, **each) for each in changes.get(noun, [{}])] for noun in NOUNS}


def table(noun: str, rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    names = [column.name for column in NOUNS[noun]]
    return [names, *([each[name] for name in names] for each in rows)]


def csv_of(noun: str, rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table(noun, rows))
    return out.getvalue()


def folder(path: Path, rows: Rows, **texts: str) -> Path:
    """A folder of CSV files; `texts` gives the whole text of some."""
    path.mkdir(parents=True, exist_ok=True)
    for noun, each in rows.items():
        (path / f"{noun}.csv").write_text(csv_of(noun, each), encoding="utf-8")
    for noun, text in texts.items():
        (path / f"{noun}.csv").write_text(text, encoding="utf-8")
    return path


def zipped(path: Path, rows: Rows) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for noun, each in rows.items():
            archive.writestr(f"portefeuille/{noun}.csv", csv_of(noun, each))
    return path


def workbook(path: Path, rows: Rows, **cells: dict[str, Any]) -> Path:
    """A workbook of texts; `cells` writes values of other types: {"gains": {"F2": 12.5}}."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for noun, each in rows.items():
        sheet = book.create_sheet(noun)
        for line in table(noun, each):
            sheet.append([str(value) if value != "" else None for value in line])
        for place, value in cells.get(noun, {}).items():
            sheet[place] = value
    book.save(path)
    return path


def run(capsys: Any, *args: object) -> tuple[int, str, str]:
    code = 0
    try:
        call_command(*map(str, args))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out = capsys.readouterr()
    return code, out.out, out.err


# ── From the frames of the analysis ──────────────────────────────────────────────────────────────────────────────────
def of_frames(frames: dict[str, list[tuple[Any, ...]]], call: str) -> Rows:
    """The package that says what frames of `tests/reporting/rows.py` say, as projects of one call, named after it."""
    rows: Rows = {
        "calls": [row("calls", reference=call, title=call)],
        "projects": [],
        "commitments": [],
        "payments": [],
        "cofunding": [],
        "gain_lines": [],
        "gains": [],
    }
    for code, _call, organisation, region, status, decided, signed, starts, ends in frames["projects"]:
        said = {"decided_on": decided, "signed_on": signed, "starts_on": starts, "ends_on": ends or "", "status": status}
        rows["projects"].append(row("projects", reference=f"{call}-{code}", call=call, organisation=organisation, region=region, **said))
    for number, (code, kind, cents, on, known, year, _reference) in enumerate(frames.get("payments", [])):
        said = {"project": f"{call}-{code}", "amount": _dollars(cents), "effective_on": on, "recorded_at": _instant(known)}
        said |= {"fiscal_year": year, "reference": f"{call}-{number}"}
        rows["payments"].append(row("payments", kind=kind, **said))
        if kind == "payment":
            rows["commitments"].append(row("commitments", **said))
    for number, (code, cents, in_kind, on, known) in enumerate(frames.get("cofunding", [])):
        said = {"project": f"{call}-{code}", "amount": _dollars(cents), "effective_on": on, "recorded_at": _instant(known)}
        rows["cofunding"].append(row("cofunding", in_kind="yes" if in_kind else "no", reference=f"{call}-{number}", **said))
    for code, line, nature, recurrence, stage, start, end, cents, known, _row in frames["gains"]:
        said = {"project": f"{call}-{code}", "line": line}
        made = row("gain_lines", nature=nature, recurrence=recurrence, **said)
        if made not in rows["gain_lines"]:
            rows["gain_lines"].append(made)
        said |= {"stage": stage, "period_start": start, "period_end": end, "amount": _dollars(cents), "recorded_at": _instant(known)}
        rows["gains"].append(row("gains", **said))
    return rows


def together(*packages: Rows) -> Rows:
    return {noun: [each for package in packages for each in package.get(noun, [])] for noun in NOUNS}


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}" if cents >= 0 else f"-{-cents // 100}.{-cents % 100:02d}"


def _instant(known: datetime) -> str:
    return known.astimezone(UTC).isoformat()

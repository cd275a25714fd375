"""`manage.py import_portfolio`: what it writes, what it leaves, what it answers."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection

from funding.models import Agreement, AgreementBalance, Allotment, Cofunding, EnvelopeYear, LedgerEntry
from projects.models import Call, ForecastGain, GainLine, JournalEntry, Organisation, OrganisationChange, OutboxMessage, Project
from reporting.catalogue import REPORTS
from reporting.models import Gain, ImportedCost
from reporting.queries.invariants import check
from reporting.services import snapshots
from reporting.services.audit import verify_database
from tests.factories import NOW
from tests.reporting.packages import folder, row, run, small, workbook, zipped

pytestmark = pytest.mark.django_db
MODELS = (Organisation, OrganisationChange, Allotment, Call, Project, Agreement, GainLine, LedgerEntry, Cofunding)
MODELS += (ForecastGain, Gain, ImportedCost, JournalEntry, OutboxMessage)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(NOW, tick=False):
        yield


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in MODELS}


def test_package_becomes_rows_with_their_own_dates_marked_as_imported(capsys: Any, tmp_path: Path) -> None:
    before = counts()
    code, out, err = run(capsys, "import_portfolio", folder(tmp_path / "p", small()))
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "organisations.csv – rangées : 1 · nouvelles : 1 · modifiées : 0 · déjà là : 0"
    after = counts()
    # the allotment adds nothing to what is authorised already; each of the 10 files has a journal entry, and so has the act
    assert {name: after[name] - before[name] for name in after} == {
        "Organisation": 1, "OrganisationChange": 1, "Allotment": 1, "Call": 1, "Project": 1, "Agreement": 1, "GainLine": 1,
        "LedgerEntry": 2, "Cofunding": 1, "ForecastGain": 0, "Gain": 1, "ImportedCost": 1, "JournalEntry": 11, "OutboxMessage": 1,
    }  # fmt: skip
    project = Project.objects.get(reference="P1")
    assert (project.imported_at, project.call.imported_at, project.decided_on) == (NOW, NOW, date(2024, 5, 1))
    agreement = project.agreement
    assert (agreement.state, agreement.amount, agreement.imported_at) == ("in_force", Decimal("1000.00"), NOW)
    gain = Gain.objects.get(project=project)
    assert (gain.recorded_at, gain.report_id, gain.amount) == (datetime(2026, 5, 2, 3, 59, 59, 999999, tzinfo=UTC), None, Decimal(500))
    balance = AgreementBalance.objects.get(agreement=agreement)
    assert (balance.committed, balance.paid) == (Decimal(1000), Decimal(400))
    assert [finding.invariant.code for finding in check() if finding.broken] == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what speaks at COMMIT: the chain of the journal, the worth of an agreement
    assert verify_database().faults == []


def test_each_file_has_a_journal_row_with_its_sha256(capsys: Any, tmp_path: Path) -> None:
    path = folder(tmp_path / "p", small())
    _code, out, _err = run(capsys, "import_portfolio", path, "--json")
    told = {file["file"]: file for file in json.loads(out)["files"]}
    entries = [json.loads(text) for text in _contents("import_portfolio_file")]
    assert {entry["facts"]["file"]: entry["facts"]["sha256"] for entry in entries} == {n: f["sha256"] for n, f in told.items()}
    money = {entry["facts"]["file"]: entry["money"] for entry in entries}
    assert money["gains.csv"] == list(Gain.objects.values_list("sha256", flat=True))
    assert money["calls.csv"] == []
    assert len(_contents("import_portfolio")) == 1


def _contents(act: str) -> list[str]:
    return list(JournalEntry.objects.filter(act=act).order_by("pk").values_list("content", flat=True))


@pytest.mark.parametrize("write", [folder, zipped, workbook])
def test_same_package_twice_changes_nothing_in_each_form(capsys: Any, tmp_path: Path, write: Any) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    before = counts()
    code, out, err = run(capsys, "import_portfolio", write(tmp_path / "again", small()))
    assert (code, err, out.splitlines()[-1]) == (0, "", "Rien de nouveau.")
    assert counts() == before


def test_empty_knowledge_dates_are_the_moment_of_the_import_and_settle(capsys: Any, tmp_path: Path) -> None:
    undated = {"recorded_at": ""}
    gains = [{**undated, "amount": "500.00"}, {**undated, "amount": "450.00"}]  # of two recorded together, the later in the file
    rows = small(commitments=[undated], payments=[undated], cofunding=[undated], secretariat_costs=[undated], gains=gains)
    path = folder(tmp_path / "p", rows)
    run(capsys, "import_portfolio", path)
    assert list(Gain.objects.order_by("pk").values_list("amount", "recorded_at")) == [(Decimal(500), NOW), (Decimal(450), NOW)]
    before = counts()
    with time_machine.travel(NOW.replace(year=2027), tick=False):
        assert run(capsys, "import_portfolio", path)[1].splitlines()[-1] == "Rien de nouveau."
    assert counts() == before


def test_a_gain_known_later_is_added_and_both_stay(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    later = small(gains=[{}, {"recorded_at": "2026-11-10", "amount": "400.00"}])
    _code, out, _err = run(capsys, "import_portfolio", folder(tmp_path / "then", later), "--json")
    assert {file["file"]: file["created"] for file in json.loads(out)["files"] if file["created"]} == {"gains.csv": 1}
    assert list(Gain.objects.order_by("recorded_at").values_list("amount", flat=True)) == [Decimal(500), Decimal(400)]


def test_a_file_may_be_absent_when_what_it_names_is_there(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    payment = row("payments", reference="V-2", amount="600.00")
    assert run(capsys, "import_portfolio", folder(tmp_path / "then", {"payments": [payment]}))[0] == 0
    assert AgreementBalance.objects.get().paid == Decimal(1000)


def test_an_imported_project_ends_and_its_agreement_with_it(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "first", small()))
    ended = row("projects", status="terminated", ends_on="2026-09-30")
    release = row("commitments", amount="-600.00", effective_on="2026-09-30", recorded_at="2026-10-01", reference="C-2")
    _code, out, err = run(capsys, "import_portfolio", folder(tmp_path / "then", {"projects": [ended], "commitments": [release]}))
    assert (out.splitlines()[0], err) == ("projects.csv – rangées : 1 · nouvelles : 0 · modifiées : 1 · déjà là : 0", "")
    agreement = Agreement.objects.get()
    assert (agreement.state, agreement.amount, agreement.project.ends_on) == ("terminated", Decimal(400), date(2026, 9, 30))
    assert [finding.invariant.code for finding in check() if finding.broken] == []


def test_an_allotment_sets_the_amount_from_its_day(capsys: Any, tmp_path: Path) -> None:
    rows = [
        row("allotments", fiscal_year=2026, amount="50000000.00", recorded_at="2026-04-01"),
        row("allotments", fiscal_year=2026, amount="52000000.00", effective_on="2026-10-01", recorded_at="2026-09-15"),
    ]
    path = folder(tmp_path / "p", {"allotments": rows})
    assert run(capsys, "import_portfolio", path)[0] == 0
    ledger = LedgerEntry.objects.filter(envelope__code="PROJECTS", fiscal_year=2026).order_by("seq")
    found = [(str(on), int(amount)) for on, amount in ledger.values_list("effective_on", "amount")]
    assert found == [("2024-04-01", 54_000_000), ("2026-04-01", -4_000_000), ("2026-10-01", 2_000_000)]
    assert EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2026).authorised == Decimal(52_000_000)
    before = counts()
    assert run(capsys, "import_portfolio", path)[1].splitlines()[-1] == "Rien de nouveau."
    assert counts() == before


def test_dry_run_says_what_would_be_written_and_writes_nothing(capsys: Any, tmp_path: Path) -> None:
    before = counts()
    code, out, err = run(capsys, "import_portfolio", folder(tmp_path / "p", small()), "--dry-run")
    assert (code, err, out.splitlines()[-1]) == (0, "", "Essai : rien n’a été écrit.")
    assert out.splitlines()[-2] == "secretariat_costs.csv – rangées : 1 · nouvelles : 1 · modifiées : 0 · déjà là : 0"
    assert counts() == before


def test_every_report_is_computed_with_what_was_imported(capsys: Any, tmp_path: Path) -> None:
    run(capsys, "import_portfolio", folder(tmp_path / "p", small()))
    found = {}
    for code in sorted(REPORTS):
        out = tmp_path / f"{code}.json"
        answer = run(capsys, "export_report", code, "--effective", "2026-10-31", "--format", "json", "--output", out)
        assert (code, *answer[::2]) == (code, 0, "")
        found[code] = json.loads(out.read_text(encoding="utf-8"))["rows"]
    [committed] = [each for each in found["commitments"] if each["project"] == "P1"]
    assert (committed["committed"], committed["paid"]) == ("1000.00", "400.00")
    [paid] = [each for each in found["payments"] if each["reference"] == "V-1"]
    assert (paid["project"], paid["paid"], paid["order_number"]) == ("P1", "400.00", None)

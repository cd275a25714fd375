"""recompute_reports, export_report, check_invariants: what they print, write and answer."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from projects.models import KnowledgeFloor
from reporting.management.commands import recompute_reports
from reporting.models import Run
from reporting.queries.invariants import INVARIANTS, Invariant, check
from reporting.queries.snapshots import working_snapshots
from reporting.services import snapshots
from tests.factories import NOW
from tests.reporting.test_snapshots import small

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    monkeypatch.setattr(recompute_reports, "PATIENCE", timedelta(seconds=-1))
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


def run(capsys: Any, *args: str) -> tuple[int, str, str]:
    code = 0
    try:
        call_command(*args)
    except SystemExit as stop:
        code = int(stop.code or 0)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_recompute_reports_queues_and_with_wait_returns_when_it_is_done(capsys: Any) -> None:
    small()
    code, out, _err = run(capsys, "recompute_reports")
    assert (code, out) == (0, f"Calcul {Run.objects.get().pk}\xa0: En attente\n")
    code, out, _err = run(capsys, "recompute_reports", "--wait", "--json")
    found = json.loads(out)
    assert (code, found["state"]) == (0, "done")
    assert found["snapshots"] == {name: each.sha256 for name, each in working_snapshots().items()}


def test_recompute_reports_at_other_dates_leaves_the_working_snapshots(capsys: Any) -> None:
    small()
    code, out, _err = run(capsys, "recompute_reports", "--wait", "--effective", "2026-10-31", "--known", "2026-10-31")
    assert code == 0
    assert "roi-projects " in out
    assert working_snapshots() == {}
    assert Run.objects.get().snapshots.filter(report="gains").get().known.isoformat() == "2026-11-01T03:59:59.999999+00:00"


@pytest.mark.parametrize("known", ["2999-01-01", "2999-01-01T00:00:00-05:00"])
def test_a_future_knowledge_date_is_refused_in_one_line(capsys: Any, tmp_path: Path, known: str) -> None:
    code, out, err = run(capsys, "recompute_reports", "--known", known)
    assert (code, out, err.count("\n"), "est dans le futur" in err) == (2, "", 1, True)
    file = tmp_path / "rapport.csv"
    code, out, err = run(capsys, "export_report", "gains", "--known", known, "--format", "csv", "--output", str(file))
    assert (code, out, err.count("\n"), "est dans le futur" in err) == (2, "", 1, True)
    assert list(tmp_path.iterdir()) == []
    assert Run.objects.count() == 0


@pytest.mark.parametrize(
    "bad",
    [
        ["--effective", "31-10-2026"], ["--effective", "20261031"], ["--effective", "2026-W44-6"], ["--effective", "9999-12-31"],
        ["--known", "hier"], ["--known", "2026-10-01T10:00:00"], ["--known", "9999-12-31"],
        ["--known", "0001-01-01T00:00:00+14:00"],
    ],
)  # fmt: skip
def test_bad_dates_are_bad_usage(bad: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("recompute_reports", *bad)


def test_export_report_writes_the_same_bytes_each_time(capsys: Any, tmp_path: Path) -> None:
    small()
    arguments = ["--effective", "2026-10-31", "--known", "2026-10-31T23:00:00-04:00"]
    for form in ("csv", "xlsx", "json"):
        found = []
        for name in ("un", "deux"):
            file = tmp_path / f"{name}.{form}"
            code, out, err = run(capsys, "export_report", "roi-projects", *arguments, "--format", form, "--output", str(file))
            assert (code, err) == (0, "")
            assert "2 lignes, SHA-256 " in out
            found.append(file.read_bytes())
        same = tmp_path / f"ailleurs.{form}"
        elsewhere = ["--effective", "2026-10-31", "--known", "2026-11-01T03:00:00Z"]
        assert run(capsys, "export_report", "roi-projects", *elsewhere, "--format", form, "--output", str(same))[0] == 0
        assert [found[1], same.read_bytes()] == [found[0]] * 2
    assert KnowledgeFloor.objects.get().known.isoformat() == "2026-11-01T03:00:00+00:00"


def test_export_report_takes_filters_and_the_office_form(capsys: Any, tmp_path: Path) -> None:
    book = small()
    book.project("PRJ-2")
    file = tmp_path / "rapport.csv"
    arguments = ["--format", "csv", "--output", str(file), "--effective", "2026-10-31", "--filter", "project=PRJ-2", "--json"]
    code, out, _err = run(capsys, "export_report", "roi-projects", *arguments, "--locale", "fr-CA")
    assert (code, json.loads(out)["rows"]) == (0, 2)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("\ufeffProjet;Appel;Organisme;")
    assert [line.split(";")[0] for line in text.split("\n")[1:3]] == ["PRJ-2", "TOTAL"]


def test_export_report_names_each_bad_filter_on_its_line(capsys: Any, tmp_path: Path) -> None:
    file = tmp_path / "rapport.csv"
    code, out, err = run(
        capsys, "export_report", "envelopes", "--format", "csv", "--output", str(file), "--filter", "x=1", "--filter", "envelope"
    )
    assert (code, out, err.count("\n")) == (2, "", 2)
    assert "--filter x=1" in err
    assert list(tmp_path.iterdir()) == []


def test_export_report_names_each_filter_that_has_no_such_value(capsys: Any, tmp_path: Path) -> None:
    file = tmp_path / "rapport.csv"
    filters = ["--filter", "stage=rêvé", "--filter", "fiscal_year=x", "--filter", "nature=CASH"]
    code, out, err = run(capsys, "export_report", "gains", "--format", "csv", "--output", str(file), *filters)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "--filter stage=rêvé\xa0: Sélectionnez un choix valide. rêvé n’en fait pas partie.",
        "--filter fiscal_year=x\xa0: Sélectionnez un choix valide. x n’en fait pas partie.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_export_report_takes_the_rows_that_a_report_adds(capsys: Any, tmp_path: Path) -> None:
    small()
    file = tmp_path / "rapport.csv"
    arguments = ["--format", "csv", "--output", str(file), "--filter", "nature=NET"]
    code, _out, err = run(capsys, "export_report", "gains-by-year", *arguments)
    assert (code, err) == (0, "")
    assert {line.split(",")[1] for line in file.read_text().splitlines()[1:]} == {"NET"}


def test_export_report_where_nothing_can_be_written_says_so(capsys: Any, tmp_path: Path) -> None:
    code, _out, err = run(capsys, "export_report", "envelopes", "--format", "csv", "--output", str(tmp_path / "absent" / "rapport.csv"))
    assert (code, err.count("\n"), err.startswith("--output")) == (2, 1, True)
    code, _out, err = run(capsys, "export_report", "envelopes", "--format", "csv", "--output", str(tmp_path))
    assert (code, err.count("\n"), err.startswith("--output")) == (2, 1, True)


# -- invariants ----------------------------------------------------------------------------------------------------------


def test_check_invariants_prints_one_line_each_and_finds_nothing(capsys: Any) -> None:
    small()
    run(capsys, "recompute_reports", "--wait")
    code, out, _err = run(capsys, "check_invariants")
    assert code == 0
    assert [line.split(" ")[:2] for line in out.splitlines()] == [[each.code, "OK"] for each in INVARIANTS]
    code, out, _err = run(capsys, "check_invariants", "--json")
    assert json.loads(out) == {each.code: [] for each in INVARIANTS}
    assert len(json.loads(out)) == len(INVARIANTS), "two invariants of one code would hide each other"


def test_every_invariant_is_a_query_that_can_find_something() -> None:
    [finding] = list(check((Invariant("X", "essai", "SELECT 'a' UNION ALL SELECT NULL"),)))
    assert finding.broken == ["a", "?"]

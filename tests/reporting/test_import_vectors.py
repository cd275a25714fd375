"""The reference vectors that are figures of a report, through the whole product: import, recompute, export."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from reporting.management.commands import recompute_reports
from reporting.models import DiscountRate
from reporting.queries.snapshots import snapshot_of
from reporting.services import snapshots
from tests.reporting.packages import folder, of_frames, row, run, together
from tests.reporting.rows import gain_row, payment_row, project_row
from tests.reporting.test_vectors import VECTORS, dollars, t01, two_projects, year_of_gain

EFFECTIVE, FIRST, SECOND = "2035-01-01", "2036-01-01", "2036-06-01"


def one(*gains: Any, **frames: Any) -> dict[str, Any]:
    return {"projects": [project_row()], "gains": list(gains), **frames}


def t03() -> dict[str, Any]:
    early = datetime(2024, 5, 1, tzinfo=UTC)
    return one(
        *(year_of_gain(a, y, stage="forecast", recorded=early) for y, a in ((2025, 100_000), (2026, 450_000), (2027, 600_000))),
        *(year_of_gain(a, y, stage="reported") for y, a in ((2025, 80_000), (2026, 430_000))),
        *(year_of_gain(a, y) for y, a in ((2025, 80_000), (2026, 360_000))),
    )


def t10() -> dict[str, Any]:
    return {
        "projects": [project_row(status="terminated", ends=date(2025, 9, 30))],
        "payments": [payment_row(600_000, date(2024, 6, 1)), payment_row(150_000, date(2025, 12, 1), kind="recovery")],
        "gains": [year_of_gain(80_000, 2025)],
    }


def t11() -> dict[str, Any]:
    rows = two_projects(("P3", (0, 50_000)), ("P4", (400_000, -120_000)), ("P5", (100_000, 10)))
    rows["payments"].append(payment_row(100_000, date(2025, 6, 1), project="P5", kind="recovery"))
    rows["gains"].append(year_of_gain(300_000, 2024, project="P6"))
    rows["projects"].append(project_row("P6"))
    rows["payments"].append(payment_row(100_000, date(2024, 6, 1), project="P6"))
    return rows


def t12() -> dict[str, Any]:
    restated = ((120_000, datetime(2026, 5, 15, tzinfo=UTC)), (95_000, datetime(2026, 11, 10, tzinfo=UTC)))
    return one(*(year_of_gain(amount, 2025, recorded=known) for amount, known in restated))


PACKAGE = together(
    {"organisations": [row("organisations", code="ORG")]},
    of_frames(t01(), "T01"),
    of_frames(two_projects(), "T02"),
    of_frames(t03(), "T03"),
    of_frames(one(year_of_gain(90_000, 2030), year_of_gain(300_000, 2030, line="L2", nature="AVOID")), "T04"),
    of_frames(one(year_of_gain(-70_000, 2025, nature="COST")), "T04b"),
    of_frames(one(year_of_gain(260_000, 2025)), "T05"),
    of_frames(one(year_of_gain(180_000, 2025, nature="PROD")), "T06"),
    of_frames(
        {
            "projects": [project_row(starts=date(2023, 1, 1))],
            "gains": [gain_row(365_000, date(2025, 1, 1), date(2025, 12, 31), nature="AVOID")],
        },
        "T07",
    ),
    of_frames(t10(), "T10"),
    of_frames(t11(), "T11"),
    of_frames(t12(), "T12"),
    of_frames(one(year_of_gain("60000.01", 2025), year_of_gain(40_000, 2025, line="L2")), "T18"),
    of_frames(one(*(year_of_gain(400, 2025 + n) for n in range(3)), payments=[payment_row(1_000, date(2024, 6, 1))]), "T19"),
)


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    monkeypatch.setattr(recompute_reports, "PATIENCE", recompute_reports.timedelta(seconds=-1))
    with time_machine.travel(datetime(2036, 7, 1, tzinfo=UTC), tick=False):
        yield


def exported(capsys: Any, path: Path, code: str, known: str, effective: str = EFFECTIVE, *more: str) -> list[dict[str, str]]:
    out = path / "rapport.csv"
    pair = ("--effective", effective, "--known", known)
    assert run(capsys, "export_report", code, *pair, "--format", "csv", "--output", out, *more)[0] == 0
    return list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))


def projects(capsys: Any, path: Path, known: str = FIRST, effective: str = EFFECTIVE) -> dict[str, dict[str, str]]:
    return {found["project"]: found for found in exported(capsys, path, "roi-projects", known, effective)}


@pytest.mark.django_db
@pytest.mark.usefixtures("_clock")
def test_vectors_pass_from_the_package_to_the_export(capsys: Any, tmp_path: Path) -> None:
    code, _out, err = run(capsys, "import_portfolio", folder(tmp_path / "p", PACKAGE))
    assert (code, err) == (0, "")
    pair = ("--effective", EFFECTIVE, "--known", FIRST)
    assert run(capsys, "recompute_reports", *pair, "--wait")[0] == 0
    found = projects(capsys, tmp_path)
    calls = {each["call"]: each for each in exported(capsys, tmp_path, "roi-calls", FIRST)}

    vector, t01_row = VECTORS["T01_core_project"], found["T01-P1"]
    names = {
        "roi_public": "roi_public_budget", "multiple_public": "multiple_public_budget", "multiple_fund": "fund_leverage_budget",
        "npv": "npv_3_5", "bcr": "bcr_3_5", "payback_years": "payback_years", "rec3_fund": "recurring_ratio_fund",
        "rec3_public": "recurring_ratio_total",
    }  # fmt: skip
    assert {name: t01_row[name] for name in names} == {name: vector[key] for name, key in names.items()}
    assert t01_row["net_gain_verified"] == dollars(vector["net_budget_gain_total"])
    vector = VECTORS["T01b_two_readings_of_1_for_1"]
    assert (t01_row["cum3_fund"], t01_row["cum3_public"]) == (vector["cumulative_over_fund"], vector["cumulative_over_total"])
    assert calls["T02"]["roi_public"] == VECTORS["T02_ratio_of_sums"]["correct_ratio_of_sums"]
    assert [found[f"T02-{code}"]["roi_public"] for code in ("P1", "P2")] == VECTORS["T02_ratio_of_sums"]["roi_each"]
    vector, at_2027 = VECTORS["T03_realisation"], projects(capsys, tmp_path, effective="2027-03-31")["T03-P1"]
    assert (at_2027["realisation_reported"], at_2027["realisation_verified"]) == (
        vector["realisation_reported"],
        vector["realisation_verified"],
    )
    assert (at_2027["verification_yield"], at_2027["variance"]) == (vector["verification_yield"], vector["variance_pct"])
    vector = VECTORS["T04_activity_adjusted_baseline"]
    assert (found["T04-P1"]["net_gain_verified"], found["T04-P1"]["avoided_verified"]) == (
        dollars(vector["cashable_part"]),
        dollars(vector["cost_avoidance_part"]),
    )
    assert found["T04b-P1"]["net_gain_verified"] == dollars(VECTORS["T04b_volume_drop"]["efficiency_gain"])
    assert found["T05-P1"]["net_gain_verified"] == dollars(VECTORS["T05_attribution"]["net_attributable"])
    assert found["T06-P1"]["productivity_verified"] == dollars(VECTORS["T06_productivity"]["redeployed_value"])
    by_year = exported(capsys, tmp_path, "gains-by-year", FIRST)
    split = {each["fiscal_year"]: each["verified"] for each in by_year if each["nature"] == "AVOID"}
    assert split.items() >= {year: dollars(part) for year, part in VECTORS["T07_fiscal_split"]["cal2025"].items()}.items()
    vector = VECTORS["T10_terminated"]
    assert (found["T10-P1"]["fund_paid"], found["T10-P1"]["roi_fund"]) == (dollars(vector["net_disbursed"]), vector["roi"])
    vector = VECTORS["T11_edges"]
    assert [found[f"T11-{code}"]["roi_public"] for code in ("P3", "P4", "P5")] == ["", vector["negative_gain_roi"], ""]
    assert Decimal(found["T11-P6"]["payback_years"]) == Decimal(vector["payback_immediate"])
    vector = VECTORS["T12_restatement"]
    for day in ("2026-04-30", "2026-06-30", "2026-12-31"):
        amount = projects(capsys, tmp_path, known=day)["T12-P1"]["net_gain_verified"]
        assert amount == dollars(vector[f"as_of_{day.replace('-', '_')}"] or 0)
    assert found["T18-P1"]["net_gain_verified"] == VECTORS["T18_shared_gain"]["total"]

    for year, rate in ((2025, "0.03"), (2026, "0.04"), (2027, "0.05")):  # T19: rates that were known after the first report
        DiscountRate.objects.create(
            valid_from=date(year, 4, 1), rate=Decimal(rate), recorded_at=datetime(2036, 2, 1, tzinfo=UTC), source="Essai"
        )
    assert projects(capsys, tmp_path, known=SECOND)["T19-P1"]["npv"] == VECTORS["T19_variable_rates"]["npv"]
    assert projects(capsys, tmp_path) == found  # the first report is the same after what was known later
    snapshot = snapshot_of("roi-projects", date(2035, 1, 1), recompute_reports.knowledge_date(FIRST))
    assert snapshot is not None
    kept = [json.loads(each.data) if isinstance(each.data, str) else each.data for each in snapshot.rows.order_by("position")]
    assert [each["npv"] or "" for each in kept] == [each["npv"] for each in found.values()]

"""More reference vectors through import, recompute and export; those that need a rate, an objective or a call of their own."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from projects.enums import Role
from projects.models import Call, Objective, Project
from reporting.models import DiscountRate
from reporting.services.objectives import record_results
from tests.factories import person_with
from tests.reporting.packages import folder, of_frames, row, run, together
from tests.reporting.rows import gain_row, payment_row, project_row
from tests.reporting.test_import_vectors import EFFECTIVE, FIRST, _clock, exported, one, projects  # noqa: F401 — a fixture used by its name
from tests.reporting.test_objectives import T23
from tests.reporting.test_renewals import T15, project_of_t15
from tests.reporting.test_vectors import VECTORS, dollars, t01, two_projects

NAMES = list(T15)
AT_0, AT_7, MEASURED = "2036-06-06", "2036-06-16", "2036-07-02"


def early(gain: tuple[Any, ...]) -> dict[str, Any]:
    """A project that began before what it gained."""
    return {"projects": [project_row(starts=date(2023, 1, 1))], "gains": [gain]}


def t15() -> dict[str, Any]:
    codes = [f"P{place}" for place in range(len(NAMES))]
    return {
        "projects": [project_row(code) for code in codes],
        "payments": [payment_row(100_000, date(2024, 6, 1), project=code) for code in codes],
        "gains": [gain for name, code in zip(NAMES, codes, strict=True) for gain in project_of_t15(name, code)],
    }


PACKAGE = together(
    {"organisations": [row("organisations", code="ORG")]},
    of_frames(t01(), "T01"),
    of_frames(early(gain_row(100_000, date(2024, 1, 1), date(2024, 12, 31), nature="PROD")), "T07-2024"),
    of_frames(early(gain_row(100, date(2025, 3, 30), date(2025, 4, 1), nature="AVOID")), "T07-3"),
    of_frames(
        one(gain_row(91_000, date(2028, 4, 1), date(2028, 9, 29)), payments=[payment_row(100_000, date(2025, 6, 1))]),
        "T07b",
    ),
    of_frames(two_projects(("P3", (0, 50_000))), "T11"),
    of_frames(t15(), "T15"),
    of_frames(one(), "T23"),
)


def by_year(capsys: Any, path: Path, nature: str, years: Iterable[str]) -> dict[str, str]:
    rows = exported(capsys, path, "gains-by-year", FIRST, EFFECTIVE, "--filter", f"nature={nature}")
    return {each["fiscal_year"]: each["verified"] for each in rows if each["fiscal_year"] in years}


@pytest.mark.django_db
@pytest.mark.usefixtures("_clock")
def test_vectors_of_years_groups_and_rates_pass_from_the_package_to_the_export(capsys: Any, tmp_path: Path) -> None:
    assert run(capsys, "import_portfolio", folder(tmp_path / "p", PACKAGE))[0::2] == (0, "")
    assert run(capsys, "recompute_reports", "--effective", EFFECTIVE, "--known", FIRST, "--wait")[0] == 0
    found = projects(capsys, tmp_path)
    vector = VECTORS["T07_fiscal_split"]
    for nature, name in (("PROD", "cal2024"), ("AVOID", "three_day")):  # nothing else of the package is of that nature in these years
        assert by_year(capsys, tmp_path, nature, vector[name]) == {year: dollars(part) for year, part in vector[name].items()}
    # the run rate of the third year over 100 000 $: 91 000 $ in 182 of 365 days
    annualised = Decimal(found["T07b-P1"]["rec3_fund"]) * 100_000
    assert annualised == Decimal(VECTORS["T07b_annualised"]["annualised"])
    calls = {each["call"]: each for each in exported(capsys, tmp_path, "roi-calls", FIRST)}
    assert calls["T11"]["roi_public"] == VECTORS["T11_edges"]["portfolio_excl_zero_cost"]
    assert (calls["T11"]["projects"], calls["T11"]["projects_excluded"], calls["T11"]["net_gain_verified"]) == ("3", "1", "1350000.00")

    vector = VECTORS["T01_core_project"]
    for recorded, rate in ((datetime(2036, 6, 5, tzinfo=UTC), "0"), (datetime(2036, 6, 15, tzinfo=UTC), "0.07")):
        DiscountRate.objects.create(valid_from=date(2020, 4, 1), rate=Decimal(rate), recorded_at=recorded, source="Essai")
    at = [projects(capsys, tmp_path, known=known)["T01-P1"]["npv"] for known in (FIRST, AT_0, AT_7)]
    assert at == [vector["npv_3_5"], vector["npv_0"], vector["npv_7"]]
    assert projects(capsys, tmp_path) == found  # the first report is the same after what was known later


@pytest.mark.django_db
@pytest.mark.usefixtures("_clock")
def test_objectives_and_renewals_pass_from_the_package_to_the_export(capsys: Any, tmp_path: Path) -> None:
    assert run(capsys, "import_portfolio", folder(tmp_path / "p", PACKAGE))[0::2] == (0, "")
    for place, name in enumerate(NAMES):
        measure(f"T15-P{place}", [(0, 100, 100, Decimal(T15[name][1]) * 100)])
    measure("T23-P1", T23)
    with time_machine.travel(datetime(2036, 7, 4, tzinfo=UTC), tick=False):
        assert run(capsys, "recompute_reports", "--effective", EFFECTIVE, "--known", MEASURED, "--wait")[0] == 0
        found = {each["project"]: each for each in exported(capsys, tmp_path, "renewal", MEASURED)}
    expected = VECTORS["T15_renewal"]
    factors = {name: found[f"T15-P{place}"]["factor"] for place, name in enumerate(NAMES)}
    assert factors == {name: "" if expected[name] is None else f"{Decimal(expected[name]):.4f}" for name in NAMES}
    assert found["T23-P1"]["objective_attainment"] == VECTORS["T23_objectives"]["weighted"]


def measure(project: str, objectives: Any) -> None:
    """Objectives of the project's call, once, and what was measured of them."""
    row = Project.objects.get(reference=project)
    call = Call.objects.get(pk=row.call_id)
    values = {}
    for place, (baseline, target, weight, actual) in enumerate(objectives, 1):
        said = {"indicator": f"Objectif {place}", "unit": "jours", "baseline": baseline, "target": target, "weight": weight}
        values[Objective.objects.get_or_create(call=call, position=place, defaults=said)[0].pk] = Decimal(actual)
    now = datetime(2036, 7, 1, 12, tzinfo=UTC)
    officer = person_with(Role.OFFICER)
    record_results(project_id=row.pk, values=values, measured_on=date(2034, 12, 31), source="Essai", actor=officer, now=now)

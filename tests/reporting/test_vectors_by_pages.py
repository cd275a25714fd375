"""The reference vectors that no report shows, through the pages and files that show them; every figure as a reader sees it."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from projects.enums import Role
from reporting.models import DiscountRate, GainReport, PriceIndex
from reporting.services import snapshots
from tests.factories import NOW, DraftApplicationFactory, OrganisationFactory, person_with
from tests.projects.typed import GAINS
from tests.reporting.gains import Team
from tests.reporting.packages import folder, of_frames, row, together
from tests.reporting.rows import project_row
from tests.reporting.test_import_vectors import one
from tests.reporting.test_snapshots import recompute
from tests.reporting.test_vectors import t01, year_of_gain

pytestmark = pytest.mark.django_db

OFFICE = {"cost": 2_400_000, "volume": 80_000}
EARLIER = {"cost": 1_500_000, "volume": 1_000}
HOURS = {"hours": "6 250", "hourly_rate": "48", "redeployed": "60"}
#: nature, baseline, shares of the line, what is measured or expected, the amount that the button writes, the steps that the page says
CALCULATIONS = {
    "T04 cashable": ("CASH", OFFICE, {}, ("2 310 000", "90 000"), "90 000", ("2 700 000,00 $", "390 000,00 $", "300 000,00 $")),
    "T04 avoided": ("AVOID", OFFICE, {}, ("2 310 000", "90 000"), "300 000", ("2 700 000,00 $", "390 000,00 $", "90 000,00 $")),
    "T04b": ("COST", OFFICE, {}, ("2 050 000", "66 000"), "70 000", ("1 980 000,00 $", "−70 000,00 $")),
    "T05": (
        "CASH", EARLIER, {"deadweight": "20", "attribution": "75", "displacement": "40 000"}, ("1 000 000", "1 000"), "260 000",
        ("500 000,00 $", "400 000,00 $", "300 000,00 $", "40 000,00 $", "260 000,00 $"),
    ),
    "T06": ("PROD", OFFICE, {}, None, "180 000", ("300 000,00 $", "180 000,00 $")),
}  # fmt: skip


def plain(response):
    return response.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def shown(page, name, amount, steps):
    """What of the amount and of the steps a page does not say."""
    return [text for text in (f'name="{name}" value="{amount}"', *steps) if text not in page]


@pytest.mark.parametrize("case", CALCULATIONS)
def test_report_form_calculates_without_a_script(client, case):
    nature, baseline, shares, measured, amount, steps = CALCULATIONS[case]
    parts = {name: Decimal(text.replace(" ", "")) / (1 if name == "displacement" else 100) for name, text in shares.items()}
    team = Team(nature, baseline=baseline, **parts)
    client.force_login(team.writer)
    typed = dict(zip(("actual_cost", "actual_volume"), measured, strict=True)) if measured else HOURS
    typed |= {"period_start": "2025-10-01", "period_end": "2026-09-30", "calculate": "1"}
    with time_machine.travel(NOW, tick=False):
        page = plain(client.post(reverse("reporting:gain_create", args=[team.project.reference, team.line.code]), typed))
    assert shown(page, "amount", amount, steps) == []
    assert not GainReport.objects.exists()


@pytest.mark.parametrize("case", CALCULATIONS)
def test_application_form_calculates_without_a_script(client, case):
    nature, baseline, shares, expected, amount, steps = CALCULATIONS[case]
    town = OrganisationFactory()
    writer = person_with(Role.WRITER, organisation=town)
    draft = DraftApplicationFactory(organisation=town, created_by=writer)
    typed = dict(zip(("expected_cost", "expected_volume"), expected, strict=True)) if expected else HOURS
    line = {"nature": nature, "starts_on": "2027-04-01", **baseline, **shares, **typed}
    client.force_login(writer)
    with time_machine.travel(NOW, tick=False):
        address = reverse("projects:section_detail", args=[draft.pk, "gains"])
        posted = {**GAINS, **{f"gains-0-{name}": value for name, value in line.items()}, "version": "0", "calculate": "1"}
        page = plain(client.post(address, posted))
    assert shown(page, "gains-0-forecast_2027", amount, steps) == []


# ── Sensitivity, and what planning may count ─────────────────────────────────────────────────────────────────────────
LATER = datetime(2036, 7, 1, 12, tzinfo=UTC)
INDICES = {2024: "100", 2025: "102", 2026: "104.04", 2027: "106.1208", 2030: "100", 2031: "104.5"}


def weighted_package():
    """T09: one period a stage, and one of the two reports without evidence."""
    stages = (("verified", 360_000), ("reported", 150_000), ("reported", 90_000))
    gains = [year_of_gain(amount, 2025 + place, stage=stage) for place, (stage, amount) in enumerate(stages)]
    signed = year_of_gain(600_000, 2028, stage="forecast", recorded=datetime(2024, 5, 1, tzinfo=UTC))
    made = of_frames(one(*gains, signed), "T09")
    made["gains"][2]["evidence"] = ""
    return made


def late(code, gain):
    project = project_row(code, decided=date(2030, 5, 1), signed=date(2030, 6, 1), starts=date(2030, 4, 1))
    return {"projects": [project], "gains": [gain]}


PACKAGE = together(
    {"organisations": [row("organisations", code="ORG")]},
    of_frames(t01(), "T01"),
    of_frames(one(year_of_gain("106120.80", 2027)), "T08"),
    of_frames(late("P2", year_of_gain(110_000, 2031, project="P2")), "T08R"),
    weighted_package(),
)


@pytest.fixture
def _portfolio(monkeypatch, tmp_path):
    """What was known in 2036: the package, the index series, and no discount from 2031 on."""
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(LATER, tick=False):
        call_command("import_portfolio", str(folder(tmp_path / "paquet", PACKAGE)))
        known = datetime(2036, 6, 1, tzinfo=UTC)
        DiscountRate.objects.create(valid_from=date(2031, 4, 1), rate=Decimal(0), recorded_at=known, source="Essai")
        for year, index in INDICES.items():
            PriceIndex.objects.create(fiscal_year=year, value=Decimal(index), recorded_at=known, source="Essai")
        recompute(LATER)
        yield


def figures(client, project):
    """{basis: row} of the CSV of a project's sensitivity, which the JSON repeats."""
    files = [client.get(reverse("reporting:project_sensitivity_file", args=[project, form])).content.decode() for form in ("csv", "json")]
    rows = list(csv.DictReader(io.StringIO(files[0])))
    assert json.loads(files[1])["rows"] == [{name: text or None for name, text in each.items()} for each in rows]
    return {each["basis"]: each for each in rows}


@pytest.mark.usefixtures("_portfolio")
def test_sensitivity_and_weighted_gain_pass_from_the_package_to_pages_and_files(client):
    client.force_login(person_with(Role.OFFICER))
    t01_rows = figures(client, "T01-P1")
    assert [t01_rows[basis]["npv"] for basis in ("declared", "0", "7")] == ["755987.33", "980000.00", "567901.28"]
    assert [t01_rows["declared"][name] for name in ("npv_mid_year", "bcr", "bcr_mid_year")] == ["743095.00", "1.6173", "1.6173"]
    page = plain(client.get(reverse("reporting:project_sensitivity", args=["T01-P1"])))
    assert [text for text in ("755 987,33 $", "743 095,00 $", "980 000,00 $", "567 901,28 $") if text not in page] == []

    # T08: 106 120.80 in three years, at (1.035)(1.02) − 1 in current dollars or at 0.035 in those of the first year
    t08 = figures(client, "T08-P1")
    assert (t08["real"]["npv"], t08["nominal"]["npv"]) == ("90194.27", "90194.27")
    assert figures(client, "T08R-P2")["real"]["npv"] == "105263.16"  # 110 000 at an index of 104.5, not discounted

    page = plain(client.get(reverse("reporting:project_sensitivity", args=["T09-P1"])))
    weighted = page[page.index('id="weighted"') :]
    for text in ("360 000,00 $", "150 000,00 $", "90 000,00 $", "600 000,00 $", "1 200 000,00 $", "472 500,00 $"):
        assert text in weighted

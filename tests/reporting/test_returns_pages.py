"""The pages of returns: each figure is the report's, leads to the rows behind it, and is read by those who may."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from projects.enums import Role, Stage
from projects.models import Call, GainLine, Membership, Organisation, Project, User
from reporting.models import Snapshot
from reporting.queries.returns import Path as Way
from reporting.queries.returns import path_of
from reporting.services import snapshots
from reporting.services.variances import explain_variance
from tests.factories import ApplicationFactory, MembershipFactory, OrganisationFactory, UnitFactory, person_with, recuse
from tests.reporting.gains import Team
from tests.reporting.packages import Rows, folder, row
from tests.reporting.test_snapshots import recompute, small

pytestmark = pytest.mark.django_db
#: after the six years of the reference example have ended
LATER = datetime(2030, 6, 3, 15, tzinfo=UTC)
NBSP = "\xa0"


def text_of(response: Any) -> str:
    return str(response.text).replace(NBSP, " ")


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def auditor(client: Client) -> User:
    person = person_with(Role.AUDITOR)
    client.force_login(person)
    return person


def url(name: str, *args: Any, **query: Any) -> str:
    found = reverse(f"reporting:{name}", args=args)
    return f"{found}?{urlencode(query)}" if query else found


def gain(year: int, amount: str, **given: Any) -> dict[str, Any]:
    """A gain of a whole fiscal year, known two months after its end."""
    said = {"period_start": f"{year}-04-01", "period_end": f"{year + 1}-03-31", "amount": amount, "recorded_at": f"{year + 1}-06-01"}
    return row("gains", **{**said, **given})


def reference_project(code: str = "P1") -> Rows:
    """The reference example of the domain: 1 000 000 from the Fund, 250 000 from others, 2 230 000 of net gains over six years."""
    flows = {
        "L1": ("CASH", "recurrent", {2025: "100000", 2026: "450000", 2027: "600000", 2028: "600000", 2029: "600000"}),
        "L2": ("COST", "recurrent", dict.fromkeys((2026, 2027, 2028, 2029), "-50000")),
        "L3": ("REV", "one_off", {2027: "80000"}),
        "L4": ("PROD", "recurrent", dict.fromkeys((2026, 2027, 2028, 2029), "120000")),
    }
    money: Rows = {"commitments": [], "payments": [], "cofunding": []}
    for year, fund, other in ((2024, "400000", "100000"), (2025, "600000", "150000")):
        said = {"project": code, "amount": fund, "effective_on": f"{year}-07-01", "recorded_at": f"{year}-07-01", "fiscal_year": year}
        money["commitments"].append(row("commitments", reference=f"{code}-C{year}", **said))
        money["payments"].append(row("payments", reference=f"{code}-V{year}", **said))
        money["cofunding"].append(row("cofunding", reference=f"{code}-F{year}", **{**said, "amount": other}))
    lines = [row("gain_lines", project=code, line=line, nature=of[0], recurrence=of[1]) for line, of in flows.items()]
    gains = [
        gain(year, amount, project=code, line=line, stage=stage)
        for line, (_nature, _recurrence, amounts) in flows.items()
        for year, amount in amounts.items()
        for stage in ("reported", "verified")
    ]
    gains += [gain(2025, "125000", project=code, stage="forecast", recorded_at="2024-05-15")]
    gains += [gain(2026, "80000", project=code, stage="captured")]
    return {"projects": [row("projects", reference=code)], **money, "gain_lines": lines, "gains": gains}


def imported(tmp_path: Path, *packages: Rows) -> None:
    base: Rows = {"organisations": [row("organisations")], "calls": [row("calls")]}
    nouns = {noun for package in packages for noun in package}
    rows = {noun: [each for package in packages for each in package.get(noun, [])] for noun in nouns}
    call_command("import_portfolio", str(folder(tmp_path / "paquet", base | rows)))
    recompute(LATER)


# ── A project ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_project_page_says_what_the_report_says(client: Client, auditor: User, tmp_path: Path) -> None:
    imported(tmp_path, reference_project())
    page = client.get(url("project_returns", "P1"))
    data = Snapshot.objects.get(report="roi-projects").rows.get(key="P1").data
    assert {cell.label: cell.text.replace(NBSP, " ") for cell in page.context["amounts"]} == {
        "Versé": "1 000 000,00 $",
        "Cofinancement": "250 000,00 $",
        "Gain net prévu": "125 000,00 $",
        "Gain net prévu échu": "125 000,00 $",
        "Gain net déclaré": "2 230 000,00 $",
        "Gain net vérifié": "2 230 000,00 $",
        "Gain net capté": "80 000,00 $",
        "Valeur actuelle nette": "755 987,33 $",
        "Coût évité vérifié": "0,00 $",
        "Productivité vérifiée": "480 000,00 $",
        "Gain net contesté": "0,00 $",
    }
    ratios = {str(label): (fund and fund.text, public.text) for label, fund, public, *_rates in page.context["ratios"]}
    assert ratios == {
        "Rendement": ("123,00\xa0%", "78,40\xa0%"),
        "Multiple\xa0: gain pour 1\xa0$": ("2,2300", "1,7840"),
        "Cumulé sur 3 ans, pour 1\xa0$": ("1,1300", "0,9040"),
        "Récurrent après 3 ans, pour 1\xa0$": ("0,5500", "0,4400"),
        "Ratio avantages-coûts": (None, "1,6173"),
        "Réalisation déclarée": ("1\xa0784,00\xa0%", "1\xa0784,00\xa0%"),
        "Réalisation vérifiée": ("1\xa0784,00\xa0%", "1\xa0784,00\xa0%"),
        "Écart au prévu": ("1\xa0684,00\xa0%", "1\xa0684,00\xa0%"),
    }
    # captured ÷ verified, on CASH and REV alone: 80 000 ÷ (2 350 000 + 80 000)
    assert {(coverage.text, capture.text) for *_ratio, coverage, capture in page.context["ratios"]} == {("100,00\xa0%", "3,29\xa0%")}
    assert (data["payback_years"], page.context["cells"]["payback_years"].text) == ("4.2182", "4,2182")


def test_project_page_gives_each_year_beside_what_is_never_added(client: Client, auditor: User, tmp_path: Path) -> None:
    imported(tmp_path, reference_project())
    page = client.get(url("project_returns", "P1"))
    years = {year: [cell.text.replace(NBSP, " ") for _label, cell in cells] for year, cells in page.context["years"]}
    assert years == {
        "2025-2026": ["125 000,00 $", "100 000,00 $", "100 000,00 $", "0,00 $"],
        "2026-2027": ["0,00 $", "400 000,00 $", "400 000,00 $", "80 000,00 $"],
        "2027-2028": ["0,00 $", "630 000,00 $", "630 000,00 $", "0,00 $"],
        "2028-2029": ["0,00 $", "550 000,00 $", "550 000,00 $", "0,00 $"],
        "2029-2030": ["0,00 $", "550 000,00 $", "550 000,00 $", "0,00 $"],
    }
    chart = page.context["years_chart"].table.rows
    assert [[cell.replace(NBSP, " ") for cell in line] for line in chart] == [[year, *cells] for year, cells in years.items()]
    beside = [(nature, [year for year, _stages in lines]) for nature, lines in page.context["beside"]]
    assert beside == [("Productivité", ["2026-2027", "2027-2028", "2028-2029", "2029-2030"])]


def test_each_year_leads_to_the_rows_that_it_adds(client: Client, auditor: User, tmp_path: Path) -> None:
    imported(tmp_path, reference_project())
    page = client.get(url("project_returns", "P1"))
    for _year, cells in page.context["years"]:
        for _label, cell in cells:
            assert client.get(cell.url).context["total"] == Decimal(cell.text.replace(NBSP, "").replace(",", ".").rstrip("$"))
    behind = client.get(page.context["years"][2][1][2][1].url)
    assert "Exercice 2027-2028 seulement" in behind.text


def test_each_amount_and_ratio_leads_somewhere(client: Client, auditor: User, tmp_path: Path) -> None:
    imported(tmp_path, reference_project())
    for page in (("project_returns", "P1"), ("call_returns", "AP-1"), ("organisation_returns", "ORG"), ("fund_returns",)):
        context = client.get(url(*page)).context
        cells = [*context["amounts"], *(cell for _label, *found in context["ratios"] for cell in found if cell)]
        assert [cell.label for cell in cells if not cell.url] == []
        for cell in cells:
            found = client.get(cell.url).context
            assert found["value"] == cell.text
            if found["total"] is not None:
                assert found["total"] == Decimal(cell.text.replace(NBSP, "").replace(",", ".").rstrip("$"))


def test_way_back_is_the_one_of_the_reference_example(client: Client, auditor: User, tmp_path: Path) -> None:
    imported(tmp_path, reference_project())
    context = client.get(url("project_returns", "P1")).context
    way, figure = context["path"], context["path_chart"]
    # BG − K, year after year: −500 000, then 100 000 − 750 000, then 400 000, 630 000, 550 000, 550 000
    assert [str(one.cumulative) for one in way.years] == [
        "-500000.00", "-1150000.00", "-750000.00", "-120000.00", "430000.00", "980000.00",
    ]  # fmt: skip
    assert (way.crossing, way.falls_back) == (4, False)
    assert ">4,2\xa0ans<" in figure.drawings[0].wide
    assert figure.finding == "L’investissement public est récupéré en 4,2182 années, comptées de l’exercice de la décision."


def money(**years: int) -> dict[int, Decimal]:
    return {int(name[1:]): Decimal(amount) for name, amount in years.items()}


WAYS = {
    "never recovered": (money(y2025=40), money(y2024=100), [-100, -60], None, False),
    "never negative": (money(y2024=100, y2025=5), money(y2024=100), [0, 5], None, False),
    "falls back": (money(y2025=150), money(y2024=100, y2026=500), [-100, 50, -450], 1, True),
    "a year without anything": (money(y2027=100), money(y2024=100), [-100, -100, -100, 0], 3, False),
    "before the decision": (money(y2020=30, y2025=70), money(y2022=100), [-70, 0], 1, False),
}


@pytest.mark.parametrize("case", WAYS)
def test_way_back(case: str) -> None:
    gains, costs, expected, crossing, falls_back = WAYS[case]
    found: Way = path_of(gains, costs, 2024)
    assert [one.cumulative for one in found.years] == expected
    assert (found.crossing, found.falls_back, found.ever_negative) == (crossing, falls_back, min(expected) < 0)


def test_project_that_has_not_paid_back_says_what_is_missing(client: Client, auditor: User, tmp_path: Path) -> None:
    package = reference_project()
    package["gains"] = [each for each in package["gains"] if each["period_start"] < "2026"]
    imported(tmp_path, package)
    page = client.get(url("project_returns", "P1"))
    # 100 000 of gains against 1 250 000
    assert page.context["path_chart"].finding.replace(NBSP, " ") == (
        "Non récupéré : il manque 1,2 M$ pour couvrir ce que le secteur public a investi."
    )
    assert page.context["cells"]["payback_years"].text == "n.\xa0d."


def test_project_without_investment_has_no_way_back(client: Client, auditor: User, tmp_path: Path) -> None:
    package = {noun: rows for noun, rows in reference_project().items() if noun not in ("payments", "cofunding", "commitments")}
    imported(tmp_path, package)
    page = text_of(client.get(url("project_returns", "P1")))
    assert "Rien n’est investi à ces dates : il n’y a pas de délai de récupération." in page


def test_forecast_that_elapsed_without_report_is_flagged(client: Client, auditor: User, tmp_path: Path) -> None:
    package = reference_project()
    late = gain(2026, "60000", project="P1", stage="forecast", line="L5", recorded_at="2024-05-15")
    to_come = gain(2031, "70000", project="P1", stage="forecast", line="L5", recorded_at="2024-05-15")
    package["gain_lines"].append(row("gain_lines", project="P1", line="L5"))
    package["gains"] += [late, to_come]
    imported(tmp_path, package)
    page = client.get(url("project_returns", "P1"))
    assert [(one.line, one.start, one.end, one.amount) for one in page.context["missing"]] == [
        ("L5", date(2026, 4, 1), date(2027, 3, 31), Decimal("60000.00"))
    ]
    assert "Ligne L5, du 1er avril 2026 au 31 mars 2027 : 60 000,00 $ prévus" in text_of(page)


def test_gain_before_the_project_is_flagged_and_counts_nowhere(client: Client, auditor: User, tmp_path: Path) -> None:
    package = reference_project()
    package["gains"].append(gain(2022, "99999", project="P1", stage="verified"))
    imported(tmp_path, package)
    page = client.get(url("project_returns", "P1"))
    assert (page.context["windfall_lines"], page.context["cells"]["net_gain_verified"].text.replace(NBSP, " ")) == (
        ["L1"], "2 230 000,00 $",
    )  # fmt: skip
    assert "Des gains précèdent le début du projet" in page.text


def test_project_page_gives_the_variance_of_each_year_with_its_band_and_cause(client: Client, auditor: User, tmp_path: Path) -> None:
    package = reference_project()
    package["gains"] += [gain(2026, "420000", project="P1", stage="forecast", recorded_at="2024-05-15")]
    imported(tmp_path, package)
    project = Project.objects.get(reference="P1")
    writer = person_with(Role.WRITER, organisation=project.organisation)
    explain_variance(
        project_id=project.pk, fiscal_year=2025, cause="delay", explanation="Livraison tardive.", action="Rattrapage en 2026.",
        actor=writer, now=LATER - timedelta(hours=1),
    )  # fmt: skip
    recompute(LATER + timedelta(minutes=1))
    found = client.get(url("project_returns", "P1")).context["variances"]
    said = [(one["year"], one["figures"][3].text, one["colour"], one["cause"], one["unexplained"]) for one in found]
    assert said == [
        ("2025-2026", "−20,00\xa0%", "yellow", "Retard", False),  # 100 000 against 125 000
        ("2026-2027", "−4,76\xa0%", "green", "", False),  # 400 000 against 420 000
        *((f"{year}-{year + 1}", "n.\xa0d.", "", "", False) for year in (2027, 2028, 2029)),  # nothing was forecast
    ]
    assert [cell.url for cell in found[0]["figures"]] != [""] * 4


def test_gain_that_was_restated_is_marked_until_it_is_verified_again(client: Client, auditor: User) -> None:
    team = Team()
    report = team.restated(team.verified(), Decimal("25000.00"))
    recompute(LATER)
    page = client.get(url("project_returns", team.project.reference))
    assert [one.number for one in page.context["again"]] == [report.number]
    assert (page.context["cells"]["net_gain_verified"].text, "; version 2" in page.text) == ("40\xa0000,00\xa0$", True)
    team.verify(report, Decimal("25000.00"), now=LATER)
    recompute(LATER + timedelta(minutes=1))
    page = client.get(url("project_returns", team.project.reference))
    assert (page.context["again"], page.context["cells"]["net_gain_verified"].text) == ([], "25\xa0000,00\xa0$")


def test_project_that_no_computation_holds_yet_has_its_lines_and_no_figure(client: Client, auditor: User, tmp_path: Path) -> None:
    imported(tmp_path, reference_project())
    Snapshot.objects.all().delete()
    assert "Aucun calcul ne porte sur ces chiffres à ces dates." in client.get(url("project_returns", "P1")).text


# ── Groups and the Fund ──────────────────────────────────────────────────────────────────────────────────────────────
def three(tmp_path: Path) -> None:
    """The reference project; one without cost that gained 50 000; one that cost 70 000 and whose forecast has not elapsed."""
    free = {
        "projects": [row("projects", reference="P2", decided_on="2025-05-01")],
        "gain_lines": [row("gain_lines", project="P2")],
        "gains": [gain(2026, "50000", project="P2", stage="verified"), gain(2026, "50000", project="P2", stage="reported")],
    }
    said = {"project": "P3", "amount": "70000", "effective_on": "2027-07-01", "recorded_at": "2027-07-01", "fiscal_year": 2027}
    young = {
        "projects": [row("projects", reference="P3", decided_on="2027-05-01", signed_on="2027-06-01", starts_on="2027-06-01")],
        "commitments": [row("commitments", reference="P3-C", **said)],
        "payments": [row("payments", reference="P3-V", **said)],
        "gain_lines": [row("gain_lines", project="P3")],
        "gains": [gain(2031, "90000", project="P3", stage="forecast", recorded_at="2027-05-15")],
    }
    costs: Rows = {"secretariat_costs": [row("secretariat_costs", amount="200000", effective_on="2025-05-01", recorded_at="2025-05-01")]}
    imported(tmp_path, reference_project(), free, young, costs)


def test_fund_page_discloses_what_its_ratios_leave_out(client: Client, auditor: User, tmp_path: Path) -> None:
    three(tmp_path)
    context = client.get(url("fund_returns")).context
    assert (context["projects"], context["excluded"], context["excluded_gain"].text.replace(NBSP, " ")) == (3, 1, "50 000,00 $")
    # P2 has no forecast at all, P3 one that is still to come
    assert (context["immature"], context["immature_cost"].text.replace(NBSP, " ")) == (2, "70 000,00 $")
    # (2 230 000 − 1 070 000) ÷ 1 070 000 over the two projects that the Fund paid
    assert (context["before"].text, context["cost"]) == ("108,41\xa0%", Decimal("200000.00"))
    # (2 280 000 − 1 070 000 − 200 000) ÷ 1 270 000
    assert context["after"].text == "79,53\xa0%"
    assert (context["coverage"].text, context["capture"].text) == ("100,00\xa0%", "3,23\xa0%")  # 80 000 ÷ 2 480 000


def test_fund_page_falls_from_the_forecast_to_the_captured(client: Client, auditor: User, tmp_path: Path) -> None:
    three(tmp_path)
    steps = [[cell.replace(NBSP, " ") for cell in line] for line in client.get(url("fund_returns")).context["waterfall"].table.rows]
    assert steps == [
        ["Prévu échu", "125 000,00 $"],
        ["Excédent", "2 155 000,00 $"],
        ["Déclaré", "2 280 000,00 $"],
        ["Non examiné", "0,00 $"],
        ["Ajusté", "0,00 $"],
        ["Vérifié", "2 280 000,00 $"],
        ["Non capté", "−2 200 000,00 $"],
        ["Capté", "80 000,00 $"],
    ]


def test_fund_page_shows_cohorts_and_the_period_page_amounts_alone(client: Client, auditor: User, tmp_path: Path) -> None:
    three(tmp_path)
    cohorts = client.get(url("fund_returns")).context["cohorts"]
    assert [(name.text, cells[0].text, cells[3].text) for name, cells in cohorts] == [
        ("2024-2025", "1", "123,00\xa0%"), ("2025-2026", "1", "n.\xa0d."),
        ("2027-2028", "1", "−100,00\xa0%"), ("Total", "3", "108,41\xa0%"),
    ]  # fmt: skip
    period = client.get(url("period_returns"))
    assert [str(label) for label in period.context["columns"]] == ["Prévu", "Déclaré", "Vérifié", "Capté", "Contesté"]
    shown = {(year.text, nature.text): cells[2].text.replace(NBSP, " ") for year, nature, cells, _net in period.context["rows"]}
    assert (shown["2026-2027", "Gain budgétaire net"], shown["Total", "Gain budgétaire net"]) == ("450 000,00 $", "2 280 000,00 $")
    assert "endement, Fonds" not in period.text


def test_group_pages_add_their_projects_and_list_them(client: Client, auditor: User, tmp_path: Path) -> None:
    three(tmp_path)
    for page in (("call_returns", "AP-1"), ("organisation_returns", "ORG")):
        context = client.get(url(*page)).context
        assert context["cells"]["net_gain_verified"].text.replace(NBSP, " ") == "2 280 000,00 $"
        assert [each.record.key for each in context["table"].paginated_rows] == ["P1", "P2", "P3"]
        net = {year: cells[2][1].text.replace(NBSP, " ") for year, cells in context["years"]}
        assert net["2026-2027"] == "450 000,00 $"
        for _year, cells in context["years"]:
            for _label, cell in cells:
                assert client.get(cell.url).context["total"] == Decimal(cell.text.replace(NBSP, "").replace(",", ".").rstrip("$"))


def test_pages_read_the_pair_of_dates_that_is_asked_for(client: Client, auditor: User, tmp_path: Path) -> None:
    three(tmp_path)
    known = datetime(2028, 1, 1, tzinfo=UTC)
    recompute(LATER, effective=date(2027, 12, 31), known=known)
    dates = {"effet": "2027-12-31", "connaissance": known.isoformat()}
    for page in (("fund_returns",), ("call_returns", "AP-1"), ("project_returns", "P1")):
        found = client.get(url(*page, **dates)).context
        # by then 2025 and 2026 had ended: 100 000 + 400 000, and 50 000 of P2 but for its own page
        expected = "500 000,00 $" if page[0] == "project_returns" else "550 000,00 $"
        assert found["cells"]["net_gain_verified"].text.replace(NBSP, " ") == expected
        assert client.get(found["cells"]["net_gain_verified"].url).context["value"].replace(NBSP, " ") == expected
    asked = client.get(url("period_returns", effet="2027-01-01", connaissance="2027-01-02"))
    assert "Aucun calcul ne porte" in asked.text
    assert "Calculer à ces dates" in client.get(asked.context["ask_url"]).text
    assert client.get(url("fund_returns", effet="hier")).status_code == 404
    assert client.get(url("fund_returns", connaissance="2031-01-01")).status_code == 404


# ── Who reads them ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_organisation_reads_its_own_without_the_rows_of_the_reports(client: Client, tmp_path: Path) -> None:
    three(tmp_path)
    own = Organisation.objects.get(code="ORG")
    client.force_login(person_with(Role.WRITER, organisation=own))
    for page in (("project_returns", "P1"), ("organisation_returns", "ORG")):
        found = client.get(url(*page))
        assert found.context["cells"]["net_gain_verified"].text != ""
        assert "/rapports/" not in found.text
    assert [client.get(url(*page)).status_code for page in (("call_returns", "AP-1"), ("fund_returns",), ("period_returns",))] == [403] * 3
    client.force_login(person_with(Role.WRITER, organisation=OrganisationFactory()))
    assert client.get(url("project_returns", "P1")).status_code == 404
    assert client.get(url("organisation_returns", "ORG")).status_code == 403


def test_role_limited_to_a_call_reads_that_call_and_its_projects(client: Client, tmp_path: Path) -> None:
    three(tmp_path)
    call = Call.objects.get(reference="AP-1")
    limited = MembershipFactory(role=Role.OFFICER, organisation=UnitFactory(), call=call).person
    client.force_login(limited)
    assert client.get(url("call_returns", "AP-1")).status_code == 200
    assert client.get(url("project_returns", "P1")).status_code == 200
    assert [client.get(url(*page)).status_code for page in (("fund_returns",), ("organisation_returns", "ORG"))] == [403, 403]
    Membership.objects.filter(person=limited).update(call=None)
    assert client.get(url("fund_returns")).status_code == 200


def test_recusal_hides_the_project_and_the_groups_that_would_name_it(client: Client, auditor: User) -> None:
    book = small()
    hidden = Project.objects.get()
    shown = book.project("PRJ-2", application=ApplicationFactory(call=hidden.call, organisation=hidden.organisation))
    book.gain(book.line(shown), Stage.VERIFIED, "700.00")
    recompute(LATER)
    recuse(auditor, hidden.application)
    assert client.get(url("project_returns", "PRJ-1")).status_code == 404
    assert "Aucun calcul ne porte" in client.get(url("organisation_returns", hidden.organisation.code)).text
    page = client.get(url("call_returns", hidden.call.reference))
    assert [each.record.key for each in page.context["table"].paginated_rows] == ["PRJ-2"]
    assert [cells[2][1].text.replace(NBSP, " ") for _year, cells in page.context["years"]] == ["700,00 $", "0,00 $", "0,00 $"]


# ── How much they read ───────────────────────────────────────────────────────────────────────────────────────────────
QUERIES = {
    ("project_returns", "P1"): 17,
    ("call_returns", "AP-1"): 14,
    ("organisation_returns", "ORG"): 15,
    ("fund_returns",): 12,
    ("period_returns",): 9,
}


@pytest.mark.parametrize("page", QUERIES)
def test_pages_take_the_same_queries_whatever_the_number_of_projects(
    client: Client, auditor: User, tmp_path: Path, page: tuple[str, ...], django_assert_num_queries: Any
) -> None:
    imported(tmp_path / "1", reference_project())
    with django_assert_num_queries(QUERIES[page]):
        client.get(url(*page))
    imported(tmp_path / "3", reference_project("P2"), reference_project("P3"))
    with django_assert_num_queries(QUERIES[page]):
        client.get(url(*page))
    assert GainLine.objects.count() == 12

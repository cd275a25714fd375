"""The dashboard, the reports, the rows behind each figure, and who sees them."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fondsinnovation.kit.money import fiscal_year_of
from projects.enums import Role, Stage
from projects.models import JournalEntry, Project, User
from reporting.catalogue import REPORTS
from reporting.columns import Kind
from reporting.enums import RunState
from reporting.models import Run
from reporting.queries.reports import cell_rows
from reporting.queries.snapshots import working_snapshots
from reporting.services import snapshots
from reporting.services.compute import rows_of
from reporting.services.snapshots import one_moment, run_recompute
from reporting.tables.reports import cell_url, has_rows
from tests.factories import NOW, agreement_in_force, person_with, recuse
from tests.funding.credit import in_force, received
from tests.races.test_guards import pay
from tests.reporting.portfolio import Portfolio
from tests.reporting.test_snapshots import recompute, small

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_instant_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages read the clock themselves; no broker is needed for them."""
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def auditor(client: Client) -> User:
    person = person_with(Role.AUDITOR)
    client.force_login(person)
    return person


def url(name: str, *args: Any, **query: str) -> str:
    return f"{reverse(f'reporting:{name}', args=args)}?{urlencode(query)}"


PAGES = [
    ("dashboard", ()),
    ("report_list", ()),
    ("run_create", ()),
    *(("report_detail", (code,)) for code, report in REPORTS.items() if report.readers is None),
]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_pages_are_for_staff_and_auditors(client: Client, name: str, args: tuple[str, ...]) -> None:
    assert client.get(url(name, *args)).status_code == 302
    client.force_login(person_with(Role.SIGNATORY))
    assert client.get(url(name, *args)).status_code == 403
    for role in (Role.AUDITOR, Role.DIRECTOR, Role.HEAD, Role.CONTROLLER, Role.OFFICER):
        client.force_login(person_with(role))
        assert client.get(url(name, *args)).status_code == 200


def test_pages_before_the_first_computation_offer_it(client: Client, auditor: User) -> None:
    assert "Aucun calcul n’est encore fait." in client.get(url("dashboard")).text
    assert "Ce rapport n’a pas encore été calculé." in client.get(url("report_detail", "gains")).text


def test_dashboard_shows_the_figures_and_their_dates(client: Client, auditor: User) -> None:
    small()
    recompute()
    page = client.get(url("dashboard"))
    figures = {item["label"]: item["value"] for item in page.context["headline"]}
    assert figures == {
        "Engagé": "0,1\xa0M$", "Versé": "0,1\xa0M$", "Gains vérifiés": "25,0\xa0k$", "Gains captés": "10,0\xa0k$",
    }  # fmt: skip
    assert "Date de connaissance\xa0: 2026-11-24 10:00:00" in page.text
    assert [chart.id for chart in page.context["charts"]] == ["gains", "path"]
    assert "30\xa0000,00\xa0$" in page.text
    assert "ont été inscrits depuis" not in page.text


def test_dashboard_counts_what_waits_and_leads_to_it(client: Client, auditor: User) -> None:
    small()
    recompute()
    lists = {name: reverse(f"reporting:{name}") for name in ("gain_desk", "overlap_list", "follow_up_list", "renewal_list")}
    found = [
        ("Gains à vérifier", 0, lists["gain_desk"]), ("Chevauchements à trancher", 0, f"{lists['overlap_list']}?view=open"),
        ("Rapports de suivi en retard", 0, f"{lists['follow_up_list']}?view=late"),
        ("Reconductions à décider", 0, f"{lists['renewal_list']}?view=decide"),
    ]  # fmt: skip
    assert client.get(url("dashboard")).context["waiting"] == found
    client.force_login(person_with(Role.DIRECTOR))
    assert client.get(url("dashboard")).context["waiting"] == found[1:]


def test_dashboard_says_that_something_changed_since(client: Client, auditor: User) -> None:
    book = small()
    recompute()
    book.post("authorisation", "-1.00", at=timezone.now() + timedelta(days=400))  # type: ignore[arg-type]
    assert "ont été inscrits depuis la date de connaissance" in client.get(url("dashboard")).text


def test_dashboard_takes_the_same_few_queries_whatever_the_number_of_projects(
    client: Client, auditor: User, django_assert_num_queries: Any
) -> None:
    book = small()
    recompute()
    with django_assert_num_queries(16):
        client.get(url("dashboard"))
    for number in (2, 3):
        book.pay(book.project(f"PRJ-{number}"), "1000.00")
    recompute()
    with django_assert_num_queries(16):
        client.get(url("dashboard"))


@pytest.mark.parametrize(
    ("code", "count"),
    [("roi-projects", 16), ("gains", 14), ("envelopes", 11), ("gains-by-year", 10), ("commitments", 16), ("payments", 14)],
)
def test_report_takes_the_same_queries_for_one_and_three_projects(
    client: Client, auditor: User, django_assert_num_queries: Any, code: str, count: int
) -> None:
    book = small()
    recompute()
    with django_assert_num_queries(count):
        client.get(url("report_detail", code))
    for number in (2, 3):
        other = book.project(f"PRJ-{number}")
        book.gain(book.line(other), Stage.VERIFIED, "10.00")
    recompute()
    with django_assert_num_queries(count):
        client.get(url("report_detail", code))


def test_report_shows_total_last_and_drops_it_from_a_filtered_list(client: Client, auditor: User) -> None:
    book = small()
    book.project("PRJ-2")
    recompute()
    page = client.get(url("report_detail", "roi-projects"))
    assert [row.record.key for row in page.context["table"].rows] == ["PRJ-1", "PRJ-2", "TOTAL"]
    page = client.get(url("report_detail", "roi-projects", project="PRJ-2"))
    assert [row.record.key for row in page.context["table"].rows] == ["PRJ-2"]
    assert "Le total porte sur tous les projets" in page.text
    page = client.get(url("report_detail", "gains", stage="verified", nature="CASH"))
    assert [row.record.data["amount"] for row in page.context["table"].rows] == ["25000.00"]
    page = client.get(url("report_detail", "envelopes", fiscal_year="2026"))
    assert [row.record.key for row in page.context["table"].rows] == ["PROJECTS:2026", "SECRETARIAT:2026", "TOTAL:2026"]


@pytest.mark.parametrize(("code", "column"), [("roi-regions", "region"), ("roi-organisations", "organisation")])
def test_report_by_group_names_the_group_beside_its_code(client: Client, auditor: User, code: str, column: str) -> None:
    project = small().project("PRJ-2")
    recompute()
    named = {"region": project.organisation.region, "organisation": project.organisation}[column]
    page = client.get(url("report_detail", code))
    held = {row.record.data[column]: str(row.get_cell(column)) for row in page.context["table"].rows}
    key = str(named.code)
    assert (held[key], held["TOTAL"]) == (f'{named.name}<br><span class="small soft">{key}</span>', "Total")
    cell = client.get(url("report_cell", code, "net_gain_verified", **{column: key}))
    assert cell.context["name"] == [named.name]


def test_report_paginates_by_25(client: Client, auditor: User) -> None:
    book = Portfolio()
    for number in range(26):
        book.project(f"PRJ-{number:02d}", committed="10.00")
    recompute()
    page = client.get(url("report_detail", "roi-projects", page="2"))
    assert [row.record.key for row in page.context["table"].paginated_rows] == ["PRJ-25", "TOTAL"]


@pytest.mark.parametrize(
    "query", [{"effet": "2026-13-01"}, {"connaissance": "hier"}, {"connaissance": "2026-10-01T10:00:00"}, {"status": "x"}]
)
def test_report_with_a_bad_address_says_so(client: Client, auditor: User, query: dict[str, str]) -> None:
    page = client.get(url("report_detail", "roi-projects", **query))
    assert page.status_code == 422
    assert 'class="error-summary"' in page.text


def test_report_of_an_unknown_code_or_column_is_not_found(client: Client, auditor: User) -> None:
    small()
    recompute()
    assert client.get(url("report_detail", "autre")).status_code == 404
    assert client.get(url("report_cell", "envelopes", "autre", envelope="PROJECTS", fiscal_year="2026")).status_code == 404
    assert client.get(url("report_cell", "roi-projects", "fund_paid", project="PRJ-9")).status_code == 404


def test_other_dates_are_computed_by_a_run_that_the_page_follows(client: Client, auditor: User) -> None:
    small()
    recompute()
    dates = {"effet": "2026-10-31", "connaissance": "2026-10-31"}
    page = client.get(url("report_detail", "roi-projects", **dates))
    assert "n’est pas encore calculé pour la date d’effet 31\xa0octobre\xa02026" in page.text
    answer = client.post(url("run_create"), {**dates, "key": "une-fois"})
    assert client.post(url("run_create"), {**dates, "key": "une-fois"}).url == answer.url
    run = Run.objects.get(state=RunState.QUEUED)
    assert answer.url == reverse("reporting:run_detail", args=[run.pk])
    page = client.get(answer.url)
    assert "Calcul en attente" in page.text
    assert 'hx-trigger="every 2s"' in page.text
    run_recompute(run_id=run.pk, now=timezone.now())
    page = client.get(answer.url)
    assert "Calcul terminé" in page.text
    assert "hx-trigger" not in page.text
    page = client.get(url("report_detail", "roi-projects", **dates))
    assert [row.record.key for row in page.context["table"].rows] == ["PRJ-1", "TOTAL"]


def test_run_create_refuses_a_future_knowledge_date(client: Client, auditor: User) -> None:
    page = client.post(url("run_create"), {"effet": "2026-10-31", "connaissance": "2999-01-01"})
    assert page.status_code == 422
    assert "est dans le futur" in page.text
    assert Run.objects.count() == 0


def test_run_create_is_closed_to_applicants(client: Client) -> None:
    client.force_login(person_with(Role.SIGNATORY))
    assert client.post(url("run_create"), {"key": "k"}).status_code == 403
    assert Run.objects.count() == 0


def test_run_detail_says_that_a_run_failed(client: Client, auditor: User) -> None:
    run = Run.objects.create(scope="working", state=RunState.FAILED, error="panne", requested_at=timezone.now())
    assert "Le calcul a échoué." in client.get(url("run_detail", run.pk)).text


# -- the rows behind a figure --------------------------------------------------------------------------------------------


def test_every_amount_of_every_report_is_the_sum_of_its_rows(client: Client, auditor: User) -> None:
    book = small()
    second = book.project("PRJ-2")
    book.pay(second, "250.50")
    book.post("recovery", "-50.25", agreement=second.agreement)  # type: ignore[arg-type]
    book.gain(book.line(second), Stage.REPORTED, "1.01")
    received(Decimal("1000.00"), under=in_force(on=date(2026, 11, 1)))
    received(Decimal("30.00"))
    agreement = agreement_in_force()
    pay(agreement=agreement, reference="P-9", amount=Decimal("5.55"), actor=person_with(Role.CONTROLLER), now=NOW)
    recompute()
    checked, opened = 0, {}
    for code, snapshot in working_snapshots().items():
        report = REPORTS[code]
        for row in snapshot.rows.order_by("position"):
            for column in report.columns:
                if column.kind is not Kind.MONEY or not has_rows(code, column.code) or not row.data[column.code]:
                    continue
                found = cell_rows(snapshot, column.code, {name: row.data[name] for name in report.row_names}, auditor)
                assert found is not None
                assert f"{found.total:.2f}" == row.data[column.code], (code, row.key, column.code)
                assert sum(each.counted for each in found.rows) == found.total
                checked += 1
                opened[code] = cell_url(report, column.code, row.data, {})
    assert checked > 150
    assert {address: client.get(address).status_code for address in opened.values()} == dict.fromkeys(opened.values(), 200)
    assert set(opened) >= {"drawdowns", "commitments", "payments", "milestones", "envelopes", "roi-projects", "gains-by-year"}


def test_cell_page_shows_the_rows_and_their_sum(client: Client, auditor: User) -> None:
    small()
    recompute()
    page = client.get(url("report_cell", "roi-projects", "fund_paid", project="PRJ-1"))
    assert [row.record.reference for row in page.context["table"].rows] == ["REF-2"]
    assert page.text.count("60\xa0000,00\xa0$") == 3
    page = client.get(url("report_cell", "roi-projects", "roi_fund", project="PRJ-1"))
    assert [(str(label), value) for label, value, _url in page.context["parts"]] == [
        ("Gain net vérifié", "25\xa0000,00\xa0$"), ("Versé", "60\xa0000,00\xa0$"),
    ]  # fmt: skip
    assert "(gain net vérifié − versé) ÷ versé" in page.text
    page = client.get(url("report_cell", "roi-projects", "realisation_verified", project="PRJ-1"))
    assert [str(label) for label, *_shown in page.context["parts"]] == ["Gain net vérifié", "Gain net prévu échu"]
    page = client.get(url("report_cell", "roi-calls", "roi_after_admin", call="TOTAL"))
    assert [str(label) for label, *_shown in page.context["parts"]] == ["Gain net vérifié", "Versé", "Coût du Secrétariat"]
    for column, query in (("cofunding", {"project": "TOTAL"}), ("net_gain_verified", {"project": "PRJ-1"})):
        assert client.get(url("report_cell", "roi-projects", column, **query)).context["table"].paginator.count == 1
    page = client.get(url("report_cell", "envelopes", "ceiling", envelope="PROJECTS", fiscal_year="TOTAL"))
    assert "n’additionne aucune ligne" in page.text


def test_cell_page_takes_the_same_queries_for_one_and_three_rows(client: Client, auditor: User, django_assert_num_queries: Any) -> None:
    book = small()
    recompute()
    address = url("report_cell", "envelopes", "paid", envelope="PROJECTS", fiscal_year="2026")
    with django_assert_num_queries(12):
        assert client.get(address).context["table"].paginator.count == 1
    for number in (2, 3):
        book.pay(book.project(f"PRJ-{number}"), "5.00")
    recompute()
    with django_assert_num_queries(12):
        assert client.get(address).context["table"].paginator.count == 3


# -- recusal -------------------------------------------------------------------------------------------------------------


def test_a_recused_person_sees_neither_the_project_nor_a_total_that_tells_it(client: Client, auditor: User) -> None:
    book = small()
    hidden = book.project("PRJ-SECRET")
    book.pay(hidden, "777.77")
    book.gain(book.line(hidden), Stage.VERIFIED, "888.88")
    recompute()
    assert "PRJ-SECRET" in client.get(url("report_detail", "roi-projects")).text
    recuse(auditor, hidden.application)
    for code in REPORTS:
        page = client.get(url("report_detail", code))
        assert page.status_code == 200
        assert "PRJ-SECRET" not in page.text
    page = client.get(url("report_detail", "roi-projects"))
    assert [row.record.key for row in page.context["table"].rows] == ["PRJ-1"]
    assert "Une récusation vous cache des projets" in page.text
    assert client.get(url("report_cell", "roi-projects", "fund_paid", project="PRJ-SECRET")).status_code == 404
    page = client.get(url("report_cell", "envelopes", "paid", envelope="PROJECTS", fiscal_year="2026"))
    assert "PRJ-SECRET" not in page.text
    assert [row.record.agreement.project.reference for row in page.context["table"].rows] == ["PRJ-1"]


def test_organisation_of_a_hidden_project_is_in_no_return_by_organisation(client: Client, auditor: User) -> None:
    book = small()
    hidden = book.project("PRJ-SECRET")
    book.pay(hidden, "777.77")
    recompute()
    seen = Project.objects.get(reference="PRJ-1").organisation.code
    address = url("report_detail", "roi-organisations")
    assert {row.record.key for row in client.get(address).context["table"].rows} == {seen, hidden.organisation.code, "TOTAL"}
    recuse(auditor, hidden.application)
    assert {row.record.key for row in client.get(address).context["table"].rows} == {seen}
    assert client.get(url("report_cell", "roi-organisations", "fund_paid", organisation=hidden.organisation.code)).status_code == 404
    with one_moment():
        rows = list(rows_of(REPORTS["roi-organisations"], effective=NOW.date(), known=NOW, filters={}, person=auditor))
    assert [(row["organisation"], row["fund_paid"]) for row in rows] == [(seen, "60000.00"), ("TOTAL", "60000.00")]


@pytest.mark.parametrize(
    ("code", "group"), [("roi-calls", "call"), ("roi-organisations", "organisation"), ("roi-regions", "region"), ("roi-cohorts", "cohort")]
)
def test_return_by_group_adds_its_projects_up_and_is_read_line_by_line(client: Client, auditor: User, code: str, group: str) -> None:
    book = small()
    first = Project.objects.get(reference="PRJ-1")
    second = book.project("PRJ-2", decided_on=date(2025, 6, 1), starts_on=date(2025, 6, 1))
    Project.objects.filter(pk=second.pk).update(region_id="17")
    book.pay(second, "1000.00")
    recompute()
    of = {"call": lambda p: p.call.reference, "organisation": lambda p: p.organisation.code, "region": lambda p: p.region_id}
    of["cohort"] = lambda p: str(fiscal_year_of(p.decided_on))
    second.refresh_from_db()
    keys = [of[group](project) for project in (first, second)]
    table = client.get(url("report_detail", code)).context["table"]
    found = {row.record.key: row.record.data for row in table.rows}
    assert {key: (found[key]["projects"], found[key]["fund_paid"]) for key in (*keys, "TOTAL")} == {
        keys[0]: ("1", "60000.00"), keys[1]: ("1", "1000.00"), "TOTAL": ("2", "61000.00"),
    }  # fmt: skip
    assert {key: found[key]["roi_after_admin"] for key in (*keys, "TOTAL")} == {keys[0]: "", keys[1]: "", "TOTAL": "-0.5902"}
    one = client.get(url("report_detail", code, **{group: keys[1]})).context["table"]
    assert [row.record.key for row in one.rows] == [keys[1]]
    cell = client.get(url("report_cell", code, "fund_paid", **{group: keys[1]}))
    assert [row.record.agreement.project.reference for row in cell.context["table"].rows] == ["PRJ-2"]


def test_a_get_writes_nothing_in_the_journal(client: Client, auditor: User) -> None:
    small()
    recompute()
    before = JournalEntry.objects.count()
    for name, args in PAGES:
        client.get(url(name, *args))
    assert JournalEntry.objects.count() == before


def test_report_of_the_future_is_refused_beside_its_date(client: Client, auditor: User) -> None:
    page = client.get("/rapports/roi-projects/?connaissance=2999-01-01")
    assert page.status_code == 422
    assert page.context["form"].errors == {"connaissance": [str(snapshots.FUTURE)]}
    assert "Calculer à ces dates" not in page.text


@pytest.mark.parametrize(
    ("name", "errors"), [("effet", "Écrivez un jour de 1900 à 2100."), ("connaissance", "Écrivez un jour (2026-10-31)")]
)
def test_a_day_that_no_fiscal_year_holds_is_refused_beside_it(client: Client, auditor: User, name: str, errors: str) -> None:
    page = client.get(f"/rapports/roi-projects/?{name}=9999-12-31")
    assert (page.status_code, list(page.context["form"].errors)) == (422, [name])
    assert page.context["form"].errors[name][0].startswith(errors)

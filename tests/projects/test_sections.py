"""The rules of the sections, each at its limit."""

import re
from decimal import Decimal

import pytest
from django.conf import settings

from projects.enums import DocumentKind
from projects.models import Document, TermsProfile
from projects.sections import Facts, Progress, row_count, section_form, without_row
from projects.sections.answers import answers
from tests.projects.typed import BUDGET, DECLARATION, GAINS, NEED, ORGANISATION, PLAN

TERMS = TermsProfile(
    aid_rate=Decimal("0.800000"),
    stacking_limit=Decimal("0.900000"),
    minimum_amount=Decimal("10000.00"),
    maximum_amount=Decimal("500000.00"),
    follow_up_years=5,
)
FACTS = Facts(terms=TERMS, fund_years=(2026, 2027), years=(2026, 2027, 2028, 2029, 2030))


def form(kind, typed, facts=FACTS):
    return section_form(kind, typed, facts)


def codes(kind, typed, facts=FACTS):
    found = form(kind, typed, facts)
    found.is_valid()
    return found.error_codes()


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("organisation", ORGANISATION), ("need", NEED), ("plan", PLAN), ("budget", BUDGET), ("gains", GAINS), ("declaration", DECLARATION)],
)
def test_section_as_typed_is_complete_and_empty_it_is_only_missing(kind, typed):
    assert form(kind, typed).progress(started=True) == Progress.COMPLETE
    assert form(kind, {}).progress(started=True) == Progress.IN_PROGRESS
    assert form(kind, {}).progress(started=False) == Progress.NOT_STARTED


def budget(cost, asked, own, **others):
    return {"cost_2026_fees": cost, "funding_2026_fund": asked, "funding_2026_applicant": own, "justification": "Devis.", **others}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (budget("12500", "10000", "2500"), set()),
        (budget("12499.99", "9999.99", "2500"), {"minimum"}),
        (budget("625000", "500000", "125000"), set()),
        (budget("700000", "500000.01", "199999.99"), {"maximum"}),
        (budget("100000", "80000.01", "19999.99"), {"aid_rate"}),
        (budget("100000.01", "80000.01", "20000"), set()),  # 80 000,008 $ to the cent, half up
        (budget("100000.02", "80000.03", "19999.99"), {"aid_rate"}),
        (budget("100000", "80000", "10000", funding_2026_quebec="10000"), set()),
        (budget("100000", "80000", "9999.99", funding_2026_canada="10000.01"), {"stacking_limit"}),
        (budget("100000", "80000", "10000", funding_2026_private="10000"), set()),
        (budget("100000", "80000", "19999.99"), {"balance"}),
        (budget("100000", "80000", "20000.01"), {"balance"}),
        (budget("100000", "80000", "", funding_2027_applicant_in_kind="20000"), set()),
        (budget("", "80000", "20000"), {"required"}),
        (budget("100000", "", "100000"), {"required"}),
        (budget("100000", "80000", "1e9"), {"number"}),
    ],
)
def test_budget_is_held_to_the_terms_to_the_cent(typed, expected):
    assert codes("budget", typed) == expected


def test_budget_too_large_to_be_kept_is_refused():
    typed = {f"cost_{year}_fees": "9999999999.99" for year in FACTS.years}
    assert "large" in codes("budget", {**typed, "funding_2026_fund": "20000", "justification": "x"})


def test_fund_pays_only_in_the_years_in_which_the_call_holds_money():
    fields = form("budget", {}).fields
    assert [name for name in fields if name.endswith("_fund")] == ["funding_2026_fund", "funding_2027_fund"]


def test_budget_sums_what_is_typed_by_year_and_in_all():
    typed = {**BUDGET, "cost_2028_other": "0,05", "funding_2030_private": "-4"}
    costs, funding = form("budget", typed).tables
    assert [total["amount"] for total in costs["totals"]] == [Decimal("125000.00"), 0, Decimal("0.05"), 0, 0]
    assert (costs["total"], funding["total"]) == (Decimal("125000.05"), Decimal("125000.00"))
    assert funding["rows"][0]["cells"][2] == ("2028-2029", None)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-14", {"refused"}),
        ("2026-12-15", set()),
        ("2031-03-31", set()),
        ("2031-04-01", {"outside"}),
        ("2026-03-31", {"outside"}),
        ("31/12/2026", {"invalid"}),
        ("", {"required"}),
    ],
)
def test_milestones_are_in_order_within_the_years_of_the_project(day, expected):
    assert codes("plan", {**PLAN, "milestones-1-due_on": day}) == expected


def test_plan_has_one_to_twelve_milestones_and_empty_rows_do_not_count():
    first = {name: value for name, value in PLAN.items() if not name.startswith("milestones-1")}
    assert codes("plan", {**first, "milestones-1-title": "", "milestones-2-title": ""}) == set()
    none = {name: value for name, value in first.items() if not name.startswith("milestones")}
    assert codes("plan", none) == {"required"}
    many = {name.replace("-0-", f"-{n}-"): value for n in range(13) for name, value in first.items()}
    assert codes("plan", many) == {"too_many_forms"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"gains-0-period_end": "2024-12-31"}, {"refused"}),
        ({"gains-0-volume": "0"}, {"refused"}),
        ({"gains-0-volume": "-1"}, {"sign"}),
        ({"gains-0-cost": "0"}, set()),
        ({"gains-1-forecast_2027": ""}, {"required"}),
        ({"gains-0-nature": "autre"}, {"invalid_choice"}),
        ({"gains-0-forecast_2027": "1e9", "gains-0-forecast_2028": ""}, {"number"}),
    ],
)
def test_gain_line_has_a_nature_a_baseline_and_a_forecast(changes, expected):
    assert codes("gains", {**GAINS, **changes}) == expected


def test_cost_increase_is_typed_positive_and_kept_negative():
    typed = {**GAINS, "gains-0-nature": "PROD"}
    whole, mixed = form("gains", GAINS), form("gains", typed)
    assert (whole.is_valid(), mixed.is_valid()) == (True, True)
    assert whole.lines()[1].forecast() == {2027: Decimal("-8000.50")}
    assert whole.totals() == {2026: 0, 2027: Decimal("51999.50"), 2028: Decimal("60000.00"), 2029: 0, 2030: 0, 2031: 0}
    assert mixed.totals()[2027] == Decimal("-8000.50")


@pytest.mark.parametrize(
    ("kinds", "typed", "complete"),
    [
        ([], {"nothing_else": "on"}, False),
        (["resolution"], {}, False),
        (["resolution"], {"nothing_else": "on"}, True),
        (["resolution", "quote"], {}, True),
        (["quote"], {}, False),
    ],
)
def test_documents_need_a_resolution_and_a_word_about_the_others(kinds, typed, complete):
    documents = [Document(kind=DocumentKind(kind)) for kind in kinds]
    facts = Facts(terms=TERMS, fund_years=(2026,), years=(2026,), documents=documents)
    assert form("documents", typed, facts).is_valid() is complete


def test_what_is_typed_is_kept_whole_and_nothing_else_is():
    typed = {**PLAN, "approach": "x" * 9000 + "\x00", "csrfmiddlewaretoken": "secret", "version": "3"}
    kept = form("plan", typed).typed()
    assert kept == {**PLAN, "approach": "x" * 9000}


def test_quiet_section_shows_back_without_reproach():
    quiet = section_form("plan", {"milestones-0-title": "Un"}, FACTS, quiet=True)
    assert (quiet.errors, quiet.rows.forms[0].errors, quiet.rows.non_form_errors()) == ({}, {}, [])


def test_rows_are_counted_from_their_fields_and_one_is_taken_out():
    assert [row_count({}, "gains"), row_count({"gains-4-title": ""}, "gains"), row_count({"gains-x-title": ""}, "gains")] == [1, 5, 1]
    assert without_row({"a": "1", "r-0-t": "x", "r-1-t": "y", "r-2-t": "z"}, "r", 1) == {"a": "1", "r-0-t": "x", "r-1-t": "z"}


def test_answers_read_as_text():
    read = {answer.label: answer.text.replace("\xa0", " ") for answer in answers(form("gains", GAINS))}
    assert (read["Ligne de gain 1, nature"], read["Ligne de gain 1, volume annuel actuel"]) == ("Économie encaissable", "1 000")
    assert (read["Ligne de gain 2, gain prévu en 2027-2028"], read["Ligne de gain 1, début de la période mesurée"]) == (
        "8 000,50 $",
        "1er janvier 2025",
    )
    money = {answer.label: answer.text.replace("\xa0", " ") for answer in answers(form("budget", BUDGET))}
    assert money == {
        "Honoraires, 2026-2027": "100 000,00 $",
        "Salaires, 2026-2027": "25 000,00 $",
        "Fonds pour l’innovation publique, 2026-2027": "100 000,00 $",
        "Contribution de l’organisme, 2026-2027": "25 000,00 $",
        "Justification des coûts": "Trois soumissions obtenues.",
        "Coût total": "125 000,00 $",
        "Montant demandé au Fonds": "100 000,00 $",
    }
    assert [answer.text for answer in answers(form("declaration", DECLARATION))] == ["Oui", "Oui", "Oui"]


def examples():
    """The rows of the rules page's table of budgets."""
    page = (settings.BASE_DIR / "docs" / "rules" / "application.md").read_text()
    table = page.split("| coût |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


@pytest.mark.parametrize(("cost", "asked", "other", "own", "refused"), examples())
def test_rules_page_says_what_the_budget_does(cost, asked, other, own, refused):
    typed = budget(cost, asked, own, funding_2026_municipal=other)
    assert codes("budget", typed) == {code.strip() for code in refused.split(",") if code.strip()}


@pytest.mark.parametrize("kind", ["organisation", "need", "plan", "budget", "gains", "documents", "declaration"])
def test_rules_page_names_the_fields_of_each_section(kind):
    page = (settings.BASE_DIR / "docs" / "rules" / "application.md").read_text()
    [line] = [line for line in page.splitlines() if line.startswith(f"| `{kind}` |")]
    named = set(re.findall(r"`([\w-]+)`", line.split("|")[2]))
    found = form(kind, {})
    fields = {*found.fields, *(row.add_prefix(name) for row in found.row_forms for name in row.fields)}
    sample = ("cost_", "funding_", "gains-0-forecast_")
    assert {name for name in named if not name.startswith(sample)} == {name for name in fields if not name.startswith(sample)}
    assert {name for name in named if name.startswith(sample)} <= fields

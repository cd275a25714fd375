"""The report `variances`, and the explanations that an organisation gives."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed
from projects.enums import Role
from projects.models import JournalEntry, OutboxMessage
from reporting import analysis, catalogue
from reporting.models import VarianceExplanation
from reporting.queries.variances import explanations_at, explanations_of
from reporting.services.compute import matching
from reporting.services.variances import explain_variance
from tests.factories import NOW, person_with, recuse
from tests.reporting.gains import project_with_line
from tests.reporting.rows import LATE, frames_of, gain_row, payment_row, project_row
from tests.reporting.test_vectors import VECTORS, year_of_gain

EARLY = datetime(2024, 5, 1, tzinfo=UTC)
TOLD = ("delay", "Le fournisseur a livré en retard.", "Calendrier revu.", datetime(2027, 5, 1, tzinfo=UTC))
FIGURES = ("forecast", "verified", "difference", "variance", "band", "cause", "unexplained")


def forecast(dollars, year, **given):
    return year_of_gain(dollars, year, stage="forecast", recorded=EARLY, **given)


def t03():
    return [
        *(forecast(a, y) for y, a in ((2025, 100_000), (2026, 450_000), (2027, 600_000))),
        *(year_of_gain(a, y, stage="reported") for y, a in ((2025, 80_000), (2026, 430_000))),
        *(year_of_gain(a, y) for y, a in ((2025, 80_000), (2026, 360_000))),
    ]


def variances(gains, told=None, effective=date(2027, 3, 31), **rows):
    frames = frames_of({"projects": [project_row()], "gains": gains, **rows})
    table = analysis.variance_rows(frames, told or {}, effective=effective, known=LATE)
    return {row["fiscal_year"] or row["project"]: row for row in analysis.records(table)}


def figures(row):
    return tuple(row[name] for name in FIGURES)


def test_t03_variance_is_over_ended_years_and_its_total_is_that_of_the_project():
    found = variances(t03())
    assert list(found) == ["2025", "2026", "TOTAL"]
    assert figures(found["2025"]) == ("100000.00", "80000.00", "-20000.00", "-0.2000", "amber", "", "yes")
    assert figures(found["2026"]) == ("450000.00", "360000.00", "-90000.00", "-0.2000", "amber", "", "yes")
    total = found["TOTAL"]
    vector = VECTORS["T03_realisation"]
    assert (total["forecast"][:-3], total["verified"][:-3], total["variance"]) == (
        vector["forecast_to_date"],
        vector["verified"],
        vector["variance_pct"],
    )
    assert (total["band"], total["fiscal_year"], total["unexplained"]) == ("amber", "", "")


@pytest.mark.parametrize(
    ("verified", "variance", "band"),
    [
        ("90.00", "-0.1000", "green"), ("110.00", "0.1000", "green"), ("89.99", "-0.1001", "amber"), ("75.00", "-0.2500", "amber"),
        ("74.99", "-0.2501", "red"), ("125.01", "0.2501", "red"), ("-10.00", "-1.1000", "red"),
    ],
)  # fmt: skip
def test_bands_hold_their_bounds_either_way(verified, variance, band):
    row = variances([forecast(100, 2025), year_of_gain(verified, 2025)])["2025"]
    assert (row["variance"], row["band"], row["unexplained"]) == (variance, band, "no" if band == "green" else "yes")


def test_without_a_forecast_the_variance_is_undefined_and_asks_for_nothing():
    row = variances([year_of_gain(50, 2025)])["2025"]
    assert figures(row) == ("0.00", "50.00", "50.00", "", "", "", "no")


def test_explanation_of_a_year_stands_beside_it_and_answers_it():
    found = variances(t03(), {("P1", 2025): TOLD})
    assert figures(found["2025"])[-2:] == ("delay", "no")
    assert (found["2025"]["explanation"], found["2025"]["action"], found["2025"]["explained_at"]) == (*TOLD[1:3], "2027-05-01T00:00:00Z")
    assert figures(found["2026"])[-2:] == ("", "yes")


def test_only_cash_revenue_and_cost_of_what_counts_are_compared():
    rows = [
        forecast(100, 2025), year_of_gain(100, 2025), year_of_gain(70, 2025, line="L2", nature="AVOID"),
        forecast(-20, 2025, line="L3", nature="COST"), year_of_gain(-25, 2025, line="L3", nature="COST"),
        year_of_gain(900, 2025, line="L4"), gain_row(365, date(2026, 1, 1), date(2027, 12, 31), line="L5"),
    ]  # fmt: skip
    contested = ("P1", "L4", "overlap", 2025, True, datetime(2026, 5, 1, tzinfo=UTC))
    row = variances(rows, contests=[contested], payments=[payment_row(10, date(2024, 6, 1))])["2025"]
    assert figures(row)[:4] == ("80.00", "75.00", "-5.00", "-0.0625")


# ── The explanation ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def project(db):
    return project_with_line()[0]


def explain(project, actor, *, now=NOW, **given):
    values = {"fiscal_year": 2026, "cause": "delay", "explanation": "Livraison tardive", "action": "Calendrier revu", **given}
    return explain_variance(project_id=project.pk, actor=actor, now=now, **values)


def test_explanation_is_dated_replaced_by_a_later_one_and_moves_the_report(project):
    finance = person_with(Role.FINANCE_RESPONDENT, organisation=project.organisation)
    explain(project, finance)
    later = NOW + timedelta(days=1)
    explain(project, person_with(Role.WRITER, organisation=project.organisation), now=later, cause="cost")
    key = (project.reference, 2026)
    assert [explanations_at(at)[key][0] for at in (NOW, later)] == ["delay", "cost"]
    assert explanations_at(NOW - timedelta(seconds=1)) == {}
    assert [row.cause for row in explanations_of(project)] == ["cost", "delay"]
    entry = JournalEntry.objects.filter(act="explain_variance").order_by("pk")[0]
    assert (entry.actor, entry.application, entry.organisation) == (finance, project.application, project.organisation)
    assert OutboxMessage.objects.filter(topic="money").count() == 2


def test_explanation_is_of_the_beneficiary_alone(project):
    writer = person_with(Role.WRITER, organisation=project.organisation)
    for stranger in (person_with(Role.WRITER), person_with(Role.OFFICER), person_with(Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            explain(project, stranger)
    recuse(writer, project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        explain(project, writer)
    assert VarianceExplanation.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"cause": "weather"}, "cause"),
        ({"explanation": " "}, "explanation"),
        ({"action": ""}, "action"),
        ({"fiscal_year": 2027}, "fiscal_year"),
    ],
)
def test_explanation_that_says_nothing_is_refused_beside_its_field(project, given, field):
    with pytest.raises(Invalid) as refused:
        explain(project, person_with(Role.WRITER, organisation=project.organisation), **given)
    assert set(refused.value.errors) == {field}


def test_database_keeps_explanations_as_they_are(project):
    writer = person_with(Role.WRITER, organisation=project.organisation)
    explain(project, writer)
    insert = (
        "INSERT INTO reporting_varianceexplanation (project_id, fiscal_year, cause, explanation, action, recorded_at, recorded_by_id)"
        " VALUES (%s, %s, %s, %s, 'rien', %s, %s)"
    )
    wrong = (
        (2030, "delay", "x", "variance_explanation_not_ahead"),
        (2026, "weather", "x", "variance_explanation_says_something"),
        (2026, "delay", "", "variance_explanation_says_something"),
    )
    for year, cause, text, name in wrong:
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [project.pk, year, cause, text, NOW, writer.pk])
    for statement in ("UPDATE reporting_varianceexplanation SET cause = 'cost'", "DELETE FROM reporting_varianceexplanation"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert VarianceExplanation.objects.count() == 1


def test_rows_chosen_by_what_they_say_have_no_total_of_the_others():
    report = catalogue.VARIANCES
    rows = list(variances(t03()).values())
    assert [row["project"] for row in matching(rows, report, {"band": "amber"})] == ["P1", "P1"]
    assert [row["project"] for row in matching(rows, report, {"project": "P1"})] == ["P1", "P1", "TOTAL"]
    by_year = [{"fiscal_year": year, "nature": nature} for year in ("2025", "TOTAL") for nature in ("CASH", "REV")]
    assert list(matching(by_year, catalogue.GAINS_BY_YEAR, {"nature": "CASH"})) == by_year[::2]

"""What a report measured: the calculator, the results under each baseline, the quality guard."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, ProgrammingError
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid
from projects.enums import Nature
from projects.models import GainLine
from reporting.models import GainMeasure, GainReport, IndicatorMeasure, LineContest
from reporting.queries.measures import degraded, measure_of, results_of
from reporting.services import gains as acts
from reporting.services.measures import Measures
from tests.factories import NOW, ApplicationFactory, upload
from tests.projects.test_gain_rows import raw
from tests.reporting.gains import Team

pytestmark = pytest.mark.django_db

YEAR = {"period_start": date(2025, 10, 1), "period_end": date(2026, 9, 30)}
TYPED = {"period_start": "2025-10-01", "period_end": "2026-09-30", "actual_cost": "160 000", "actual_volume": "1 100"}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def measured(team, value=None, **given):
    indicators = {} if value is None else {team.line.indicators.get().pk: Decimal(value)}
    costs = {"cost": Decimal(160_000), "volume": Decimal(1_100)} if team.line.nature != Nature.PROD else {}
    return Measures(**{**costs, "indicators": indicators, **given})


def address(team):
    return reverse("reporting:gain_create", args=[team.project.reference, team.line.code])


def page_of(answer):
    return answer.content.decode().replace("\xa0", " ")


# ── What is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_measures_are_kept_with_each_version_of_a_report():
    team = Team()
    report = team.report(measures=measured(team, 13))
    acts.correct_gain(
        report_id=report.pk, **YEAR, amount=Decimal(1), method="Refait", evidence=None, measures=measured(team, cost=Decimal(1)),
        actor=team.writer, now=NOW,
    )  # fmt: skip
    assert list(GainMeasure.objects.order_by("pk").values_list("report", "cost", "volume", "recorded_by")) == [
        (report.pk, Decimal(160_000), Decimal(1_100), team.writer.pk),
        (report.pk, Decimal(1), Decimal(1_100), team.writer.pk),
    ]
    assert IndicatorMeasure.objects.values_list("value", flat=True).get() == 13
    assert measure_of(report).cost == 1


def test_report_that_measures_nothing_keeps_no_measure():
    team = Team()
    report = team.report(measures=Measures())
    assert (measure_of(report), results_of(report, None)) == (None, [])


def test_measured_year_gives_its_result_under_the_signed_baseline():
    team = Team()
    report = team.report(**YEAR, measures=measured(team))
    [result] = results_of(report, measure_of(report))
    assert (result.steps.adjusted, result.steps.gross, result.steps.cashable, result.steps.net) == (220_000, 60_000, 40_000, 40_000)


def test_indicator_of_another_line_is_refused():
    team = Team()
    other = GainLine.objects.get(plan__application=ApplicationFactory()).indicators.get()
    with pytest.raises(Invalid, match="n’est pas celui de la ligne"):
        team.report(measures=Measures(indicators={other.pk: Decimal(1)}))


@pytest.mark.parametrize(
    ("figures", "constraint"),
    [
        ("cost = 1", "gain_measure_cost_with_volume"),
        ("cost = -1, volume = 1", "gain_measure_cost_with_volume"),
        ("hours = 1, hourly_rate = 1", "gain_measure_hours_with_rate"),
        ("hours = 1, hourly_rate = 1, redeployed = 1.1", "gain_measure_hours_with_rate"),
    ],
)
def test_database_refuses_half_a_measure(figures, constraint):
    team = Team()
    report = team.report()
    names, values = zip(*(part.split(" = ") for part in figures.split(", ")), strict=True)
    statement = f"INSERT INTO gain_measure (report_id, recorded_by_id, recorded_at, {', '.join(names)}) VALUES (%s, %s, now(), "
    statement += f"{', '.join(values)})"
    with pytest.raises(IntegrityError, match=constraint):
        raw(statement, report.pk, team.writer.pk)


@pytest.mark.parametrize("table", ["gain_measure", "indicator_measure"])
def test_application_s_role_never_changes_a_measure(table):
    team = Team()
    team.report(measures=measured(team, 13))
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            raw(statement)


# ── The quality guard ────────────────────────────────────────────────────────────────────────────────────────────────
def periods(team, *values):
    """One submitted report a month, from April on, each with the value of its indicator; None measures nothing."""
    for month, value in enumerate(values, start=4):
        measures = None if value is None else measured(team, value)
        team.submitted(period_start=date(2026, month, 1), period_end=date(2026, month, 28), measures=measures)


def events():
    return list(LineContest.objects.order_by("pk").values_list("cause", "contested"))


def test_service_outside_its_tolerance_contests_the_line_and_a_later_one_inside_lifts_it():
    team = Team()
    periods(team, "14.00", "14.01", None, "15", "14")
    assert events() == [("quality", True), ("quality", False)]
    first, last = LineContest.objects.order_by("pk")
    assert first.reason.replace("\xa0", " ") == (
        "Le service s’est dégradé au-delà de sa tolérance. Délai moyen de délivrance : 14,01 jours mesurés, "
        "pour 12 au départ et un écart toléré de 2."
    )
    assert last.reason == "Tous les indicateurs mesurés sont revenus dans leur tolérance."


def test_earlier_period_inside_lifts_nothing():
    team = Team()
    team.submitted(period_start=date(2026, 9, 1), period_end=date(2026, 9, 30), measures=measured(team, 20))
    team.submitted(period_start=date(2026, 5, 1), period_end=date(2026, 5, 31), measures=measured(team, 12))
    assert events() == [("quality", True)]


def test_measure_of_a_draft_contests_nothing():
    team = Team()
    team.report(measures=measured(team, 20))
    assert (events(), degraded(team.line)) == ([], None)


def test_line_that_is_not_cashable_is_never_contested_for_quality():
    team = Team(nature=Nature.AVOID)
    periods(team, "20")
    assert events() == []


# ── The pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_calculate_fills_the_amount_and_keeps_nothing(client):
    team = Team()
    client.force_login(team.writer)
    answer = client.post(address(team), {**TYPED, "method": "Relevé", "calculate": "1"})
    said = page_of(answer)
    assert (answer.status_code, 'name="amount" value="40 000"' in said, "220 000,00 $" in said, "Relevé</textarea>" in said) == (
        200, True, True, True,
    )  # fmt: skip
    assert (GainReport.objects.count(), GainMeasure.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("nature", "typed", "amount"),
    [
        (Nature.AVOID, {}, "20 000"),
        (Nature.COST, {"actual_cost": "230 000"}, "10 000"),
        (Nature.REV, {"actual_cost": "250 000"}, "50 000"),
        (Nature.PROD, {"hours": "6 250", "hourly_rate": "48", "redeployed": "60"}, "180 000"),
    ],
)
def test_calculation_follows_the_nature_of_the_line(client, nature, typed, amount):
    team = Team(nature=nature)
    client.force_login(team.writer)
    answer = client.post(address(team), {**TYPED, **typed, "calculate": "1"})
    assert f'name="amount" value="{amount}"' in page_of(answer)


@pytest.mark.parametrize("changes", [{"actual_cost": ""}, {"period_end": ""}, {"period_end": "2025-09-30"}, {"actual_volume": "x"}])
def test_calculate_says_what_is_missing(client, changes):
    team = Team()
    client.force_login(team.writer)
    answer = client.post(address(team), {**TYPED, "amount": "7", **changes, "calculate": "1"})
    assert (answer.status_code, "Il manque la période" in page_of(answer), 'value="7"' in page_of(answer)) == (200, True, True)


def test_calculate_is_for_those_who_report(client):
    team = Team()
    client.force_login(team.verifier)
    assert client.post(address(team), {**TYPED, "calculate": "1"}).status_code == 403


def test_form_keeps_its_measures_and_the_page_shows_them(client):
    team = Team()
    client.force_login(team.writer)
    indicator = team.line.indicators.get()
    typed = {
        **TYPED,
        f"indicator_{indicator.pk}": "15",
        "amount": "40 000",
        "method": "Relevé",
        "evidence": upload(),
        "maturity": "interim",
    }
    answer = client.post(address(team), typed)
    report = GainReport.objects.get()
    assert (answer.status_code, measure_of(report).volume) == (302, 1_100)
    acts.cosign_gain(report_id=report.pk, actor=team.finance, now=NOW)
    said = page_of(client.get(reverse("reporting:gain_detail", args=[report.number])))
    for text in ("Hors tolérance", "Exclu des totaux", "Situation de départ signée", "220 000,00 $", "160 000,00 $"):
        assert text in said


def test_half_a_measure_comes_back_with_its_error(client):
    team = Team()
    client.force_login(team.writer)
    typed = {**TYPED, "actual_volume": "", "amount": "1", "method": "x", "evidence": upload()}
    answer = client.post(address(team), typed)
    assert (answer.status_code, "Complétez la mesure" in page_of(answer), GainReport.objects.count()) == (422, True, 0)


def test_correction_shows_what_was_measured(client):
    team = Team()
    report = team.report(measures=measured(team, 13))
    client.force_login(team.writer)
    said = page_of(client.get(reverse("reporting:gain_correct", args=[report.number])))
    assert ('value="160 000"' in said, 'value="1 100"' in said, 'value="13"' in said) == (True, True, True)

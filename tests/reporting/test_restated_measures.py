"""A restatement measures again what the gain was measured by: both versions stay, each from its knowledge date on."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid
from projects.enums import Nature, Stage
from reporting.enums import GainReportState
from reporting.models import Gain, GainMeasure, GainRestatement, LineContest
from reporting.queries.baseline_rows import baseline_rows
from reporting.queries.measures import degraded, measure_of, results_of
from reporting.queries.restatements import versions_of
from reporting.services.measures import Measures
from reporting.services.restatements import cosign_restatement
from tests.factories import NOW
from tests.projects.test_gain_rows import raw
from tests.reporting.gains import Team
from tests.reporting.test_measures import TYPED, YEAR, measured, page_of

pytestmark = pytest.mark.django_db
LATER, LAST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
#: 160 000 $ for 1 100 units give 40 000 $, and 170 000 $ for as many 30 000 $
FIRST, SECOND = Decimal(40_000), Decimal(30_000)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(LAST, tick=False):
        yield


@pytest.fixture
def team():
    return Team()


@pytest.fixture
def report(team):
    """A year that was measured, then verified."""
    return team.verify(team.submitted(**YEAR, measures=measured(team, 13)))


def dearer(team, value=13, **given):
    return measured(team, value, **{"cost": Decimal(170_000), **given})


def baselines(known):
    """The reported and the computed amount of each row of the report `baselines`."""
    rows = baseline_rows(effective=date(2026, 12, 31), known=known)
    return [(row["project"] == "TOTAL", row["actual_cost"], row["reported"], row["gain_current"]) for row in rows]


# ── Two versions ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_restated_measure_counts_from_its_cosignature_on_and_both_stay(team, report):
    restatement = team.restate(report, SECOND, measures=dearer(team), now=LATER)
    assert (measure_of(report).cost, degraded(team.line), versions_of(report)) == (160_000, [], [])
    cosign_restatement(restatement_id=restatement.pk, actor=team.finance, now=LAST)
    report.refresh_from_db()
    measure = measure_of(report)
    assert (report.state, report.amount, report.verified_amount) == (GainReportState.TO_REVERIFY, SECOND, FIRST)
    assert (measure.cost, measure.restatement, measure.recorded_at, measure.known_at) == (170_000, restatement, LATER, LAST)
    assert results_of(report, measure)[0].steps.net == report.amount
    assert [(version.number, version.measure.cost, version.at) for version in versions_of(report)] == [
        (2, 170_000, LAST),
        (1, 160_000, NOW),
    ]
    assert list(Gain.objects.filter(stage=Stage.REPORTED).order_by("pk").values_list("amount", "recorded_at")) == [
        (FIRST, NOW),
        (SECOND, LAST),
    ]


def test_report_of_baselines_keeps_each_version_at_its_date(team, report):
    before = [(False, "160000.00", "40000.00", "40000.00"), (True, "160000.00", "40000.00", "40000.00")]
    assert baselines(NOW) == before
    restatement = team.restate(report, SECOND, measures=dearer(team), now=LATER)
    assert (baselines(LATER), baselines(LAST)) == (before, before)
    cosign_restatement(restatement_id=restatement.pk, actor=team.finance, now=LAST)
    assert (baselines(NOW), baselines(LATER)) == (before, before)
    assert baselines(LAST) == [(False, "170000.00", "30000.00", "30000.00"), (True, "170000.00", "30000.00", "30000.00")]


def test_replaced_draft_never_measures_anything(team, report):
    team.restate(report, Decimal(1), measures=dearer(team, 20, cost=Decimal(199_999)), now=LATER)
    report = team.restated(report, SECOND, measures=dearer(team), now=LAST)
    assert (measure_of(report).cost, LineContest.objects.count()) == (170_000, 0)
    assert list(GainMeasure.objects.order_by("pk").values_list("cost", flat=True)) == [160_000, 199_999, 170_000]


def test_service_measured_outside_its_tolerance_contests_the_line_at_the_cosignature(team, report):
    restatement = team.restate(report, FIRST, maturity="interim", measures=measured(team, 15), now=LATER)
    assert LineContest.objects.count() == 0
    cosign_restatement(restatement_id=restatement.pk, actor=team.finance, now=LAST)
    contest = LineContest.objects.get()
    assert (contest.cause, contest.contested, contest.recorded_at) == ("quality", True, LAST)


def test_another_measure_is_a_change_and_the_same_one_is_not(team, report):
    with pytest.raises(Invalid) as refused:
        team.restate(report, FIRST, maturity="interim", measures=measured(team, 13))
    assert set(refused.value.errors) == {"amount"}
    assert team.restate(report, FIRST, maturity="interim", measures=dearer(team)).version == 2


@pytest.mark.parametrize(
    ("measures", "missing"),
    [
        (None, ["actual_cost", "actual_volume", "indicator"]),
        ({"cost": None, "volume": None}, ["actual_cost", "actual_volume"]),
        ({"indicators": {}}, ["indicator"]),
    ],
)
def test_what_was_measured_is_measured_again(team, report, measures, missing):
    given = None if measures is None else measured(team, 13, **measures)
    with pytest.raises(Invalid) as refused:
        team.restate(report, SECOND, measures=given)
    assert ([name.removesuffix(f"_{team.line.indicators.get().pk}") for name in refused.value.errors], GainRestatement.objects.count()) == (
        missing,
        0,
    )


def test_gain_typed_by_hand_is_restated_by_hand(team):
    report = team.restated(team.verified(), SECOND)
    assert (report.amount, measure_of(report)) == (SECOND, None)


def test_hours_are_measured_again():
    team = Team(Nature.PROD)
    hours = Measures(hours=Decimal(100), hourly_rate=Decimal(50), redeployed=Decimal("0.5"))
    report = team.verify(team.submitted(**YEAR, amount=Decimal(2_500), measures=hours), Decimal(2_500))
    with pytest.raises(Invalid) as refused:
        team.restate(report, Decimal(2_000))
    assert set(refused.value.errors) == {"hours", "hourly_rate", "redeployed"}
    fewer = Measures(hours=Decimal(80), hourly_rate=Decimal(50), redeployed=Decimal("0.5"))
    assert measure_of(team.restated(report, Decimal(2_000), measures=fewer)).hours == 80


# ── The pages ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_form_begins_with_what_was_measured_and_calculates_the_amount(client, team, report):
    indicator = f"indicator_{team.line.indicators.get().pk}"
    address = reverse("reporting:gain_restate", args=[report.number])
    client.force_login(team.writer)
    said = page_of(client.get(address))
    assert ('value="160 000"' in said, 'value="1 100"' in said, 'value="13"' in said) == (True, True, True)
    typed = {"actual_cost": "170 000", "actual_volume": "1 100", indicator: "13", "reason": "Facture oubliée", "method": "x"}
    answer = client.post(address, {**typed, "calculate": "1"})
    assert ('name="amount" value="30 000"' in page_of(answer), GainRestatement.objects.count()) == (True, 0)
    sent = {**typed, "amount": "30 000", "maturity": "final", "key": "1"}
    assert client.post(address, {**sent, "actual_cost": ""}).status_code == 422
    assert client.post(address, sent).status_code == 302
    client.force_login(team.finance)
    cosign = page_of(client.get(reverse("reporting:restatement_cosign", args=[report.number])))
    assert ("170 000,00 $" in cosign, "160 000,00 $" in cosign) == (True, False)
    cosign_restatement(restatement_id=GainRestatement.objects.get().pk, actor=team.finance, now=LAST)
    detail = page_of(client.get(reverse("reporting:gain_detail", args=[report.number])))
    assert ("170 000,00 $" in detail, "160 000,00 $" in detail, "Volume de 1 100" in detail) == (True, True, True)


def test_form_of_a_gain_that_was_not_measured_asks_for_no_measure(client, team):
    report = team.verified()
    client.force_login(team.writer)
    form = client.get(reverse("reporting:gain_restate", args=[report.number])).context["form"]
    assert {name for name in form.measured_names if form.fields[name].required} == set()
    assert set(TYPED) - {"period_start", "period_end"} <= set(form.measured_names)


# ── What the database holds, as the application's role ───────────────────────────────────────────────────────────────
MEASURE = "INSERT INTO gain_measure (report_id, restatement_id, recorded_by_id, recorded_at) VALUES (%s, %s, %s, %s)"
RESTATEMENT = """INSERT INTO reporting_gainrestatement (report_id, version, state, before, amount, maturity, method, evidence_id, reason,
    restated_by_id, restated_at, cosignature_waived, answer)
  SELECT id, version + 1, 'draft', amount, 1, 'final', 'x', evidence_id, 'x', %s, %s, false, '' FROM reporting_gainreport WHERE id = %s"""


def test_database_takes_no_measure_of_a_version_that_is_known(team, report):
    other = Team()
    foreign = other.restate(other.verified(), SECOND, now=LATER)
    known = GainRestatement.objects.get(report=team.restated(report, SECOND, measures=dearer(team), now=LATER))
    for restatement in (None, foreign.pk, known.pk):
        with pytest.raises(IntegrityError, match=r"one of this report that waits|restatement measures it again"):
            raw(MEASURE, report.pk, restatement, team.writer.pk, LAST)


def test_database_refuses_a_restatement_that_measures_less(team, report):
    with pytest.raises(IntegrityError, match="measures less than what it restates"):
        raw(f"{RESTATEMENT}; SET CONSTRAINTS ALL IMMEDIATE", team.writer.pk, LATER, report.pk)
    bare = Team()
    raw(f"{RESTATEMENT}; SET CONSTRAINTS ALL IMMEDIATE", bare.writer.pk, LATER, bare.verified().pk)
    assert GainRestatement.objects.count() == 1

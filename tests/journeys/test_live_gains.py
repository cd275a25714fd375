"""What a demonstration shows of the gains: something in each state, made through the acts of the pages."""

from collections import Counter

import pytest

from projects.models import BaselineVersion, JournalEntry
from reporting.enums import ImportState, ParameterState, RenewalState
from reporting.models import (
    DiscountRate,
    GainMeasure,
    GainReport,
    GainRestatement,
    GainSample,
    GainSampleCheck,
    GainVerification,
    IndicatorMeasure,
    LineContest,
    ObjectiveResult,
    Overlap,
    ParameterMove,
    PortfolioImport,
    PriceIndex,
    Renewal,
    SharedGainPart,
    VarianceExplanation,
)
from reporting.queries.invariants import check
from reporting.queries.measures import line_results
from reporting.seeding.claims import add_claims
from reporting.seeding.judgements import add_judgements
from reporting.seeding.packages import add_packages
from reporting.seeding.returns import add_returns
from reporting.services.audit import verify_database
from reporting.services.portfolio import seed_fund
from tests.factories import NOW


@pytest.fixture
def told(committed_db):
    seed_fund(stage="report", scale=1, now=NOW)
    add_claims(now=NOW)
    add_packages(now=NOW)
    projects = add_returns(now=NOW)
    add_judgements(projects, now=NOW)
    return projects


def test_gains_of_a_demonstration_are_in_each_state_and_break_no_rule(told):
    assert set(GainReport.objects.values_list("state", flat=True)) == {
        "draft", "submitted", "verified", "partly_verified", "rejected", "captured", "to_reverify",
    }  # fmt: skip
    assert sorted(GainRestatement.objects.values_list("state", flat=True)) == ["examined", "submitted"]
    assert set(GainVerification.objects.values_list("assurance", flat=True)) == {"substantial", "moderate", "unsatisfactory"}
    asked = BaselineVersion.objects.order_by("pk").values_list("number", "decision__accepted")
    assert list(asked) == [(2, True), (2, None)]
    measured = line_results(BaselineVersion.objects.order_by("pk")[0].line)
    assert [len(results) for _report, results in measured][-1] == 2  # under the signed baseline and the new one
    contests = Counter(LineContest.objects.values_list("cause", "contested"))
    assert contests == {("overlap", True): 4, ("overlap", False): 2, ("quality", True): 1}
    assert sorted(Overlap.objects.values_list("resolution__outcome", flat=True), key=str) == [None, "both_real"]
    assert SharedGainPart.objects.count() == 2
    assert verify_database().faults == []
    assert [(finding.invariant.code, finding.broken) for finding in check() if finding.broken] == []
    assert JournalEntry.objects.filter(at__gt=NOW).count() == 0
    assert_measures_give_what_is_reported()
    assert_decisions(told)


def assert_measures_give_what_is_reported():
    """Of a line measured by its cost and volume, the calculation gives the amount reported last, to what rounding a figure moves."""
    assert GainMeasure.objects.filter(restatement=None).count() == GainReport.objects.filter(shared_part=None).count()
    assert GainMeasure.objects.exclude(restatement=None).count() == GainRestatement.objects.count()
    assert IndicatorMeasure.objects.filter(value__gt=23).count() == 1
    lines = {report.line for report in GainReport.objects.filter(measures__cost__isnull=False).select_related("line__baseline")}
    found = [(report.amount, results[0].steps.net) for line in lines for report, results in line_results(line)]
    assert [(amount, net) for amount, net in found if abs(amount - net) > 1] == []


def assert_decisions(projects):
    assert DiscountRate.objects.count() == 2
    assert (PriceIndex.objects.count(), Counter(ParameterMove.objects.values_list("state", flat=True))) == (
        3, {ParameterState.APPROVED: 5, ParameterState.PROPOSED: 1},
    )  # fmt: skip
    assert list(Renewal.objects.order_by("pk").values_list("state", flat=True)) == [RenewalState.DECIDED, RenewalState.RECOMMENDED]
    decided = Renewal.objects.get(state=RenewalState.DECIDED)
    assert (decided.decided_amount, decided.decided_amount > 0) == (decided.recommended_amount, True)
    assert ObjectiveResult.objects.values("project").distinct().count() == 2
    assert [row.project for row in VarianceExplanation.objects.all()] == projects[:1]
    assert (GainSample.objects.count(), GainSampleCheck.objects.count()) == (1, 1)
    assert list(PortfolioImport.objects.order_by("pk").values_list("state", flat=True)) == [ImportState.REFUSED, ImportState.IMPORTED]

"""Renewal dossiers: the computation recommends and is frozen, a person with the delegated authority decides, with reasons."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.models import Adviser
from projects.enums import Role
from projects.models import JournalEntry, Message, Project
from projects.services.journal import canonical, sha256
from reporting import analysis, rules, scoring
from reporting.analysis.renewal import Dossier, Judged
from reporting.enums import RenewalState
from reporting.models import Gain, Renewal, RenewalStep, RenewalWeights
from reporting.policies.renewals import deciding_role
from reporting.queries.renewals import availability, renewals_for, story_of
from reporting.services import renewals as acts
from tests.factories import NOW, person_with, recuse
from tests.reporting.renewing import LATER, Dossiers
from tests.reporting.rows import LATE, frames_of, gain_row, payment_row, project_row
from tests.reporting.test_vectors import VECTORS

T15 = {
    "partial": ("0.80", "0.70", "0.75"), "bonified": ("1.30", "1.00", "0.90"), "capped": ("2.00", "1.20", "0.90"),
    "none_low": ("0.30", "0.45", "0.90"), "undetermined": ("0.80", "0.70", "0.40"),
}  # fmt: skip


# ── The arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", T15)
def test_t15_factor_of_a_renewal(name):
    realisation, attainment, coverage = map(Decimal, T15[name])
    found = scoring.judge(
        realisation=Fraction(realisation),
        coverage=Fraction(coverage),
        attainment=Fraction(attainment),
        base_cents=10_000_000,
        weights=scoring.Weights(),
    )
    expected = VECTORS["T15_renewal"][name]
    assert found.factor == (None if expected is None else Fraction(expected))
    assert found.amount == (None if expected is None else Decimal(expected) * 100_000)
    advices = {"partial": "partial", "bonified": "bonus", "capped": "bonus", "none_low": "none", "undetermined": "unverified"}
    assert found.advice == advices[name]


def test_unknown_measure_and_a_factor_of_one():
    assert scoring.renewal_advice(factor=1, coverage=Decimal("0.9")) == "full"
    assert scoring.renewal_score(realisation=None, attainment=1) is None
    assert scoring.renewal_advice(factor=None, coverage=Decimal("0.9")) == "unmeasured"
    assert scoring.renewal_advice(factor=None, coverage=None) == "unverified"
    assert scoring.renewal_factor(score=Decimal("0.40"), coverage=Decimal("0.60")) == Fraction("0.40")  # on both bounds


def project_of_t15(name, code):
    """Frames of a project whose realisation and coverage are those of the vector, on 100 000 $ paid."""
    realisation, _attainment, coverage = (int(Decimal(text) * 1000) for text in T15[name])
    early, year = datetime(2024, 5, 1, tzinfo=UTC), (date(2025, 4, 1), date(2026, 3, 31))
    return [
        gain_row(1000, *year, project=code, stage="forecast", recorded=early),
        gain_row(coverage, *year, project=code, stage="reported"),
        gain_row(realisation, *year, project=code),
        gain_row(1000 - coverage, date(2026, 4, 1), date(2027, 3, 31), project=code, stage="reported"),
    ]


def rows_of_t15(dossiers=None, weights=None):
    frames = frames_of(
        {
            "projects": [project_row(name) for name in T15],
            "payments": [payment_row(100_000, date(2024, 6, 1), project=name) for name in T15],
            "gains": [row for name in T15 for row in project_of_t15(name, name)],
        }
    )
    judged = Judged(weights or scoring.Weights(), {name: Fraction(oa) for name, (_, oa, _) in T15.items()}, dossiers or {})
    table = analysis.renewal_rows(frames, judged, effective=date(2035, 1, 1), known=LATE)
    return {row["project"]: row for row in analysis.records(table)}


def test_t15_report_gives_the_factor_from_gains_measures_and_coverage():
    found = rows_of_t15()
    for name, (realisation, attainment, coverage) in T15.items():
        row = found[name]
        inputs = (row["realisation_verified"], row["objective_attainment"], row["coverage"])
        assert inputs == tuple(f"{Decimal(each):.4f}" for each in (realisation, attainment, coverage))
        expected = VECTORS["T15_renewal"][name]
        assert row["factor"] == ("" if expected is None else f"{Decimal(expected):.4f}")
        assert row["recommended_amount"] == ("" if expected is None else f"{Decimal(expected) * 100_000:.2f}")
    total = found["TOTAL"]
    assert (total["eligible_base"], total["recommended_amount"], total["decided_amount"]) == ("500000.00", "319000.00", "0.00")
    assert [total[name] for name in ("score", "factor", "recommendation", "renewal_state")] == ["", "", "", ""]


def test_report_takes_the_base_and_the_decision_of_the_dossier_and_the_weights_in_force():
    dossier = Dossier("RCD-2026-0001", "decided", Decimal("50000.00"), "partial", Decimal("30000.00"), "Étapes à revoir")
    found = rows_of_t15({"partial": dossier}, scoring.Weights(least_coverage=Decimal("0.40")))
    row = found["partial"]
    assert (row["eligible_base"], row["recommended_amount"]) == ("50000.00", "38000.00")
    assert (row["renewal"], row["decision"], row["decided_amount"], row["reasons"]) == (
        "RCD-2026-0001",
        "partial",
        "30000.00",
        "Étapes à revoir",
    )
    assert found["undetermined"]["factor"] == "0.7600"


# ── The dossier ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def dossiers(db):
    return Dossiers()


def test_recommendation_is_computed_and_frozen_with_its_figures_and_parameters(dossiers):
    found = dossiers.recommended()
    assert (found.state, found.advice, found.recommended_amount) == (RenewalState.RECOMMENDED, "partial", Decimal("34200.00"))
    figures = [found.realisation, found.coverage, found.attainment, found.score, found.factor]
    assert [rules.text(each) for each in figures] == ["0.8000", "1.0000", "0.7000", "0.7600", "0.7600"]
    assert (found.realisation_weight, found.least_coverage, found.least_score, found.largest_factor) == (
        Decimal("0.6"),
        Decimal("0.60"),
        Decimal("0.40"),
        Decimal("1.25"),
    )
    assert (found.effective, found.known) == (NOW.date(), NOW)
    assert {message.person for message in Message.objects.filter(subject__contains="à décider")} == {dossiers.director}
    assert [step.state for step in RenewalStep.objects.order_by("pk")] == ["opened", "analysed", "recommended"]
    assert [str(event.title) for event in story_of(found)] == [
        "Dossier de reconduction ouvert",
        "Reconduction analysée",
        "Recommandation de reconduction arrêtée",
    ]


def test_decision_follows_or_departs_with_reasons_and_commits_nothing(dossiers):
    dossiers.recommended()
    available = availability()[-1].available
    for decision, amount, reason, field in (
        ("partial", "30000.00", "", "reason"), ("full", "34200.00", "Essai", "amount"), ("none", "1.00", "Essai", "amount"),
        ("bonus", "45000.00", "Essai", "amount"), ("later", "34200.00", "", "decision"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            dossiers.decide(decision, amount, reason)
        assert set(refused.value.errors) == {field}
    found = dossiers.decide("partial", "30000.00", "Portée réduite")
    assert (found.state, found.decided_amount, found.decided_as) == (RenewalState.DECIDED, Decimal("30000.00"), Role.DIRECTOR)
    assert availability()[-1].available == available
    step = RenewalStep.objects.get(state="decided")
    assert step.sha256 == sha256(canonical(acts.step_facts(step)))
    assert step.sha256 in JournalEntry.objects.get(act="decide_renewal").content
    acts.carry_out_renewal(renewal_id=found.pk, reference="AVE-2027-0001", actor=dossiers.officer, now=LATER)
    assert Renewal.objects.get().state == RenewalState.IMPLEMENTED
    with pytest.raises(WrongState):
        dossiers.decide()
    assert '"reason":"Portée réduite"' in JournalEntry.objects.get(act="decide_renewal").content


def test_decision_needs_the_level_of_the_larger_amount(dossiers):
    dossiers.recommended()
    with pytest.raises(NotAllowed):
        dossiers.decide("bonus", "60000.00", "Effet élargi")  # above what the director may approve
    delegate = person_with(Role.MINISTER_DELEGATE)
    assert deciding_role(Renewal.objects.get(), LATER, amount=Decimal(60_000)) == Role.MINISTER_DELEGATE
    assert dossiers.decide("bonus", "60000.00", "Effet élargi", actor=delegate).decided_as == Role.MINISTER_DELEGATE


def test_who_analysed_or_recommended_or_advises_does_not_decide(dossiers):
    dossiers.analyse(actor=dossiers.director)
    dossiers.recommend()
    with pytest.raises(NotAllowed, match="une autre personne"):
        dossiers.decide()
    adviser = person_with(Role.DIRECTOR)
    Adviser.objects.create(application=dossiers.project.application, person=adviser, assigned_by=dossiers.officer, assigned_at=NOW)
    with pytest.raises(NotAllowed, match="accompagné"):
        dossiers.decide(actor=adviser)
    for stranger in (person_with(Role.OFFICER), person_with(Role.HEAD), person_with(Role.AUDITOR), dossiers.team.finance):
        with pytest.raises(NotAllowed):
            dossiers.decide(actor=stranger)
    other = person_with(Role.DIRECTOR)
    recuse(other, dossiers.project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        dossiers.decide(actor=other)
    assert list(renewals_for(other, LATER)) == []
    assert list(renewals_for(dossiers.team.finance, LATER)) == []


def test_returned_recommendation_leaves_with_its_figures_and_is_computed_again(dossiers):
    dossiers.recommended()
    acts.return_renewal(renewal_id=dossiers.renewal.pk, reason="La base oublie un poste", actor=dossiers.director, now=LATER)
    found = Renewal.objects.get()
    assert (found.state, found.factor, found.advice, found.recommended_by) == (RenewalState.ANALYSED, None, "", None)
    assert dossiers.recommend().factor == Decimal("0.7600")


def test_recommendation_of_an_earlier_day_says_what_was_known_then(dossiers):
    dossiers.analyse()
    assert dossiers.recommend(known=NOW - timedelta(seconds=1)).advice == "unverified"
    assert Renewal.objects.get().factor is None
    with pytest.raises(Invalid) as refused:
        dossiers.decide("none", "0.00")
    assert set(refused.value.errors) == {"reason"}  # nothing was recommended: any decision has its reasons


def test_weights_in_force_on_the_day_are_those_of_the_recommendation(dossiers):
    RenewalWeights.objects.create(
        valid_from=date(2026, 4, 1), realisation_weight=1, least_coverage=0, least_score=0, largest_factor=Decimal("0.5"),
        source="Règle 2026", recorded_at=NOW,
    )  # fmt: skip
    found = dossiers.recommended()
    assert (found.score, found.factor, found.weights_source) == (Decimal("0.8000"), Decimal("0.5000"), "Règle 2026")


def test_one_dossier_at_a_time(dossiers):
    with pytest.raises(WrongState, match="déjà un dossier"):
        acts.open_renewal(project_id=dossiers.project.pk, actor=dossiers.officer, now=NOW)
    Project.objects.filter(pk=dossiers.project.pk).update(signed_on=None)
    with pytest.raises(WrongState, match="convention signée"):
        acts.open_renewal(project_id=dossiers.project.pk, actor=dossiers.officer, now=NOW)


def test_database_freezes_a_recommendation_and_a_decision(dossiers):
    dossiers.recommended()
    adviser = person_with(Role.DIRECTOR)
    Adviser.objects.create(application=dossiers.project.application, person=adviser, assigned_by=dossiers.officer, assigned_at=NOW)
    decided = "state = 'decided', decision = 'partial', decided_amount = 34200, decided_as = 'director', decided_at = now(), "
    wrong = (
        ("factor = 1", "renewal_is_frozen"),
        ("eligible_base = 1", "renewal_is_frozen"),
        (f"{decided} decided_by_id = {dossiers.officer.pk}", "renewal_two_people"),
        (f"{decided} decided_by_id = {adviser.pk}", "adviser_is_apart"),
        (f"{decided.replace('34200', '30000')} decided_by_id = {dossiers.director.pk}", "renewal_departure_has_a_reason"),
        (f"{decided.replace('partial', 'full')} decided_by_id = {dossiers.director.pk}", "renewal_decision_fits_its_amount"),
    )
    for change, name in wrong:
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE reporting_renewal SET {change}")
    dossiers.decide()
    for statement in ("UPDATE reporting_renewal SET decided_amount = 1", "DELETE FROM reporting_renewal"):
        with pytest.raises(IntegrityError, match="renewal_is_frozen"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    insert = "INSERT INTO funding_adviser (application_id, person_id, assigned_by_id, assigned_at) VALUES (%s, %s, %s, now())"
    with pytest.raises(IntegrityError, match="adviser_is_apart"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(insert, [dossiers.project.application_id, dossiers.director.pk, dossiers.officer.pk])
    for table in ("reporting_renewalstep",):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET state = 'opened'")
    assert Gain.objects.count() == 2

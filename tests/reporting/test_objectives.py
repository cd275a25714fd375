"""Objectives of a call: what was measured, by whom, known when, and how far it came."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import Role
from projects.models import JournalEntry, Objective, OutboxMessage, Project
from reporting import rules, scoring
from reporting.models import ObjectiveResult
from reporting.queries.objectives import history_of, measures_by_project, measures_of, measures_of_call, together
from reporting.services.objectives import record_results
from tests.factories import NOW, CallFactory, person_with, recuse
from tests.reporting.gains import project_with_line
from tests.reporting.test_vectors import VECTORS

TODAY = NOW.date()
LATER = NOW + timedelta(days=1)
#: the objectives of T23: baseline, target, weight, what was measured
T23 = ((40, 60, 50, 55), (30, 20, 30, 22), (0, 10, 20, -3))


@pytest.fixture
def project(db):
    found, _line = project_with_line()
    Objective.objects.filter(call=found.call).delete()
    for position, (baseline, target, weight, _actual) in enumerate(T23, 1):
        Objective.objects.create(
            call=found.call, position=position, indicator=f"Délai {position}", unit="jours", baseline=baseline, target=target, weight=weight
        )
    return found


@pytest.fixture
def writer(project):
    return person_with(Role.WRITER, organisation=project.organisation)


def objectives(project):
    return list(Objective.objects.filter(call=project.call).order_by("position"))


def record(project, actor, *values, day=TODAY, now=NOW, source="Registre"):
    given = {objective.pk: Decimal(value) for objective, value in zip(objectives(project), values, strict=False)}
    return record_results(project_id=project.pk, values=given, measured_on=day, source=source, actor=actor, now=now)


def reached(project, effective=TODAY, known=NOW):
    return [rules.text(each.shown) for each in measures_of(project, effective, known)]


def test_t23_attainment_of_a_project_and_of_its_call(project, writer):
    record(project, writer, *(actual for *_, actual in T23))
    vector = VECTORS["T23_objectives"]
    measures = measures_of(project, TODAY, NOW)
    assert [rules.text(each.shown) for each in measures] == vector["each"]
    assert rules.text(rules.ratio(together(measures))) == vector["weighted"]
    assert [each.result.recorded_by for each in measures] == [writer] * 3
    of_call = measures_of_call(project.call, Project.objects.all(), TODAY, NOW)
    assert ([rules.text(each.shown) for each in of_call], [each.measured for each in of_call]) == (vector["each"], [1, 1, 1])
    assert measures_by_project(Project.objects.all(), TODAY, NOW) == {project.reference: measures}


def test_value_goes_above_its_target_and_an_unmeasured_one_leaves_the_whole_unknown(project, writer):
    record(project, writer, 64, 18)
    measures = measures_of(project, TODAY, NOW)
    assert [rules.text(each.shown) for each in measures] == ["1.2000", "1.2000", ""]
    assert together(measures) is None
    Objective.objects.filter(call=project.call, position=3).update(target=0)  # no way to go: it weighs nothing
    assert together(measures_of(project, TODAY, NOW)) == Decimal("1.2")
    assert scoring.weighted_attainment([]) is None


def test_call_adds_distances_before_it_divides(project, writer):
    other, _line = project_with_line()
    Project.objects.filter(pk=other.pk).update(call=project.call)
    other.refresh_from_db()
    record(project, writer, 60)
    record(other, person_with(Role.OFFICER), 30)
    first = measures_of_call(project.call, Project.objects.all(), TODAY, NOW)[0]
    assert (first.measured, first.value, rules.text(first.shown)) == (2, Decimal("45.00"), "0.2500")  # not the mean of 1 and 0


def test_correction_is_a_row_known_later_and_an_earlier_date_still_says_the_former(project, writer):
    record(project, writer, 55)
    record(project, person_with(Role.OFFICER), 50, now=LATER)
    record(project, writer, 60, day=TODAY - timedelta(days=30), now=LATER + timedelta(days=1))
    after = LATER + timedelta(days=2)
    assert [reached(project, known=at)[0] for at in (NOW - timedelta(seconds=1), NOW, LATER, after)] == ["", "0.7500", "0.5000", "0.5000"]
    assert reached(project, effective=TODAY - timedelta(days=1), known=after)[0] == "1.0000"
    assert [row.actual for row in history_of(project)] == [Decimal(60), Decimal(50), Decimal(55)]


def test_recording_is_journalled_and_moves_the_figures(project, writer):
    record(project, writer, 55)
    entry = JournalEntry.objects.get(act="record_results")
    assert (entry.actor, entry.application, '"actual":"55"' in entry.content) == (writer, project.application, True)
    assert OutboxMessage.objects.filter(topic="money").count() == 1


def test_results_are_of_the_beneficiary_or_an_officer_whom_no_recusal_keeps_away(project, writer):
    for stranger in (person_with(Role.WRITER), person_with(Role.GAIN_VERIFIER), person_with(Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            record(project, stranger, 55)
    officer = person_with(Role.OFFICER)
    recuse(officer, project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        record(project, officer, 55)
    Project.objects.filter(pk=project.pk).update(signed_on=None)
    with pytest.raises(WrongState, match="convention signée"):
        record(project, writer, 55)
    assert ObjectiveResult.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"values": {}}, "values"),
        ({"measured_on": TODAY + timedelta(days=1)}, "measured_on"),
        ({"source": "  "}, "source"),
    ],
)
def test_result_that_says_nothing_is_refused_beside_its_field(project, writer, given, field):
    values = {"values": {objectives(project)[0].pk: Decimal(1)}, "measured_on": TODAY, "source": "Registre", **given}
    with pytest.raises(Invalid) as refused:
        record_results(project_id=project.pk, actor=writer, now=NOW, **values)
    assert set(refused.value.errors) == {field}


def test_objective_of_another_call_is_refused_by_the_act_and_by_the_database(project, writer):
    foreign = Objective.objects.filter(call=CallFactory())[0]
    with pytest.raises(Invalid) as refused:
        record_results(project_id=project.pk, values={foreign.pk: Decimal(1)}, measured_on=TODAY, source="Registre", actor=writer, now=NOW)
    assert set(refused.value.errors) == {"values"}
    insert = (
        "INSERT INTO reporting_objectiveresult (project_id, objective_id, actual, measured_on, source, recorded_at, recorded_by_id)"
        " VALUES (%s, %s, 1, %s, '', %s, %s)"
    )
    mine = objectives(project)[0].pk
    for objective, day, name in (
        (foreign.pk, TODAY, "objective_result_of_its_call"),
        (mine, date(2099, 1, 1), "objective_result_not_ahead"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [project.pk, objective, day, NOW, writer.pk])
    record(project, writer, 55)
    for statement in ("UPDATE reporting_objectiveresult SET actual = 60", "DELETE FROM reporting_objectiveresult"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

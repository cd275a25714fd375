"""What the database holds of organisations whatever the application does: plain SQL as the application's role."""

import pytest
from django.db import DatabaseError, connection, transaction

from fondsinnovation.kit.errors import WrongState, act, domain_error
from projects.models import Membership, Organisation, OrganisationChange
from tests.factories import NOW, CallFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db

CHANGE = (
    "INSERT INTO projects_organisationchange (organisation_id, kind, version, effective_on, name_before, name_after, differences, reason,"
    " successor_id, recorded_at) VALUES ({town}, '{kind}', {version}, '2026-01-01', '{before}', '{after}', '[]', '{reason}',"
    " {successor}, now())"
)


@pytest.fixture
def town():
    return OrganisationFactory(neq="8812345678")


def refused_by(statement, **values):
    """The name of what refuses a statement."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(**values))
    return refused.value


@pytest.mark.parametrize(
    ("assignment", "constraint"),
    [
        ("neq = '1212345678'", "organisation_neq_form"),
        ("neq = '881234567'", "organisation_neq_form"),
        ("neq = '881234567a'", "organisation_neq_form"),
        ("neq = ''", "organisation_neq_form"),
        ("neq = '8812345678'", "organisation_neq_unique"),
        ("code = (SELECT code FROM projects_organisation WHERE neq IS NOT NULL)", "projects_organisation_code_key"),
        ("code = ''", "organisation_code_not_blank"),
        ("parent_id = id", "organisation_not_its_own_parent"),
        ("successor_id = id, valid_to = '2026-01-01'", "organisation_not_its_own_successor"),
        ("successor_id = (SELECT id FROM projects_organisation WHERE neq IS NOT NULL)", "organisation_successor_when_ended"),
        ("valid_from = '2026-01-02', valid_to = '2026-01-01'", "organisation_dates_in_order"),
    ],
)
def test_organisation_is_held_by_its_constraints(town, assignment, constraint):
    other = OrganisationFactory()
    error = refused_by("UPDATE projects_organisation SET {assignment} WHERE id = {pk}", assignment=assignment, pk=other.pk)
    assert error.__cause__.diag.constraint_name == constraint


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"kind": "renamed"}, "organisation_change_renamed"),
        ({"kind": "renamed", "before": "A", "after": "A"}, "organisation_change_renamed"),
        ({"kind": "corrected", "before": "A", "after": "B"}, "organisation_change_renamed"),
        ({"kind": "corrected", "reason": ""}, "organisation_change_reason"),
        ({"kind": "abolished", "reason": ""}, "organisation_change_reason"),
        ({"kind": "merged"}, "organisation_change_successor"),
        ({"kind": "corrected", "successor": "other"}, "organisation_change_successor"),
        ({"kind": "merged", "successor": "itself"}, "organisation_change_not_to_itself"),
        ({"kind": "created", "version": 1}, "organisation_change_version"),
    ],
)
def test_history_is_held_by_its_constraints(town, values, constraint):
    OrganisationChange.objects.create(organisation=town, kind="created", version=1, effective_on=NOW.date(), recorded_at=NOW)
    named = {"other": OrganisationFactory().pk, "itself": town.pk}
    given = {"version": 2, "before": "", "after": "", "reason": "Source", "successor": "NULL", **values}
    given["successor"] = named.get(given["successor"], given["successor"])
    error = refused_by(CHANGE, town=town.pk, **given)
    assert error.__cause__.diag.constraint_name == constraint


@pytest.mark.parametrize("statement", ["UPDATE {} SET reason = 'autre'", "DELETE FROM {}", "TRUNCATE {}"])
def test_history_is_written_once(town, statement):
    OrganisationChange.objects.create(organisation=town, kind="created", version=1, effective_on=NOW.date(), recorded_at=NOW)
    assert "permission denied" in str(refused_by(statement.replace("{}", "projects_organisationchange")))


def test_ended_organisation_begins_no_file(town):
    Organisation.objects.filter(pk=town.pk).update(valid_to="2026-11-23")
    application = (
        "INSERT INTO projects_application"
        " (call_id, organisation_id, title, state, created_by_id, responsible_id, created_at, changed_at)"
        " VALUES ({call}, {town}, '', 'draft', {person}, {person}, '{at}', now())"
    )
    given = {"call": CallFactory().pk, "town": town.pk, "person": UserFactory().pk}
    error = refused_by(application, at="2026-11-24 00:00:00-05:00", **given)
    assert error.__cause__.diag.constraint_name == "organisation_in_force"
    assert domain_error(error).message == "Cet organisme n’est plus en vigueur."
    with connection.cursor() as cursor:  # the last minute of the last day, in Montréal
        cursor.execute(application.format(at="2026-11-23 23:59:00-05:00", **given))


def test_ended_organisation_takes_no_member(town):
    Organisation.objects.filter(pk=town.pk).update(valid_to="2026-11-23")
    membership = (
        "INSERT INTO projects_membership (person_id, role, organisation_id, starts_on, granted_at, version)"
        " VALUES ({person}, 'writer', {town}, '{day}', now(), 1)"
    )
    given = {"town": town.pk, "person": UserFactory().pk}
    assert refused_by(membership, day="2026-11-24", **given).__cause__.diag.constraint_name == "organisation_in_force"
    with connection.cursor() as cursor:
        cursor.execute(membership.format(day="2026-11-23", **given))
    error = refused_by("UPDATE projects_membership SET starts_on = '2026-11-24' WHERE organisation_id = {town}", town=town.pk)
    assert error.__cause__.diag.constraint_name == "organisation_in_force"
    assert Membership.objects.get().starts_on.isoformat() == "2026-11-23"


@act
def take_the_code(*, code, actor, now, key=None):
    Organisation(code=code, name="Double", kind="other", fiscal_calendar="state").save()


def test_code_taken_meanwhile_is_a_refusal_and_not_a_fault(town):
    with pytest.raises(WrongState, match="Un autre organisme a déjà ce code"):
        take_the_code(code=town.code, actor=None, now=NOW)


def test_field_history_follows_the_new_fields(town):
    Organisation.objects.filter(pk=town.pk).update(neq=None, version=2)
    assert list(town.events.order_by("pgh_id").values_list("neq", "version")) == [("8812345678", 1), (None, 2)]


def test_search_text_is_the_databases_own(town):
    with pytest.raises(DatabaseError, match="search_text"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE projects_organisation SET search_text = 'x'")

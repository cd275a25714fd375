"""Two people give the same role at the same instant; two browsers accept the same link."""

import pytest

from fondsinnovation.kit.errors import WrongState
from projects.enums import Role
from projects.models import Membership, User
from projects.services.invitations import accept_invitation, invite_member
from projects.services.people import grant_membership
from tests.databases import owner_connection
from tests.factories import NOW, OrganisationFactory, UserFactory, former_member, person_with
from tests.races.crowd import at_once

pytestmark = pytest.mark.race
CROWD = 6


@pytest.fixture
def open_guard(committed_db):
    """The same database without the constraint that holds the rule."""
    with owner_connection(committed_db) as owner:
        owner.execute("ALTER TABLE projects_membership DROP CONSTRAINT membership_no_overlap")


def granted_from_everywhere():
    """The same person is given the same role by many people: each locks the organisation, so the rows are written by hand here."""
    member, town = UserFactory(), OrganisationFactory()
    values = {"person": member, "role": Role.WRITER, "organisation": town, "starts_on": NOW.date()}
    return at_once([lambda: Membership.objects.create(**values) for _ in range(CROWD)])


def test_without_the_constraint_a_role_is_held_many_times(open_guard):
    granted_from_everywhere()
    assert Membership.objects.count() == CROWD


def test_role_is_held_once_whoever_gives_it_at_the_same_time(committed_db):
    granted_from_everywhere()
    assert Membership.objects.count() == 1


def test_many_grants_at_once_leave_one_role_and_say_why(committed_db):
    town = OrganisationFactory()
    member = former_member(town)
    signatories = [person_with(Role.SIGNATORY, organisation=town) for _ in range(CROWD)]
    asked = {"email": member.email, "role": Role.WRITER, "organisation_id": town.pk, "starts_on": NOW.date(), "ends_on": None, "now": NOW}
    answers = at_once([lambda actor=actor: grant_membership(actor=actor, **asked) for actor in signatories])
    refused = [answer for answer in answers if isinstance(answer, WrongState)]
    assert (len(refused), {"déjà ce rôle" in error.message for error in refused}) == (CROWD - 1, {True})
    assert member.memberships.filter(role=Role.WRITER).count() == 1


def test_link_opened_by_many_makes_one_person_with_one_role(committed_db):
    town = OrganisationFactory()
    invitation = invite_member(
        email="nouvelle@exemple.quebec",
        role=Role.WRITER,
        organisation_id=town.pk,
        starts_on=NOW.date(),
        ends_on=None,
        actor=person_with(Role.SIGNATORY, organisation=town),
        now=NOW,
    )
    answers = {"name": "Nadège Quirion", "password": "quatre-mots-bien-choisis"}
    found = at_once([lambda: accept_invitation(invitation_id=invitation.pk, actor=None, now=NOW, **answers) for _ in range(CROWD)])
    assert [type(answer) for answer in found].count(WrongState) == CROWD - 1
    assert (User.objects.filter(email="nouvelle@exemple.quebec").count(), Membership.objects.filter(organisation=town).count()) == (1, 2)

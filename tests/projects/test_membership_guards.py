"""What the database holds by itself, whatever writes to it: plain SQL as the application's role."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from fondsinnovation.kit.errors import WrongState, act
from projects.enums import APPLICANT_ROLES, Role
from projects.models import Delegation, Invitation, Membership
from projects.services.delegations import approve_delegation, propose_delegation
from projects.services.invitations import invite_member, revoke_invitation
from tests.factories import NOW, CallFactory, MembershipFactory, OrganisationFactory, UnitFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db
INSERT = """INSERT INTO projects_membership
  (person_id, role, organisation_id, starts_on, ends_on, call_id, delegated_from_id, granted_at, version)
  VALUES (%s, %s, %s, %s, %s, %s, %s, now(), 1)"""


def refusal(sql, *parameters):
    """The constraint that refuses a statement, None when it passes."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("fonds_app",)
            cursor.execute(sql, parameters)
    except DatabaseError as error:
        return error.__cause__.diag.constraint_name
    return None


def insert(member, **changes):
    names = ("person_id", "role", "organisation_id", "starts_on", "ends_on", "call_id", "delegated_from_id")
    return refusal(INSERT, *({**{name: getattr(member, name) for name in names}, **changes}[name] for name in names))


# ── Memberships ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", sorted(Role))
def test_role_is_held_in_an_organisation_of_its_kind(role):
    wrong = UnitFactory() if role in APPLICANT_ROLES else OrganisationFactory()
    assert insert(MembershipFactory(role=role), organisation_id=wrong.pk) == "membership_role_fits_organisation"


def test_kind_of_an_organisation_does_not_change_under_its_members():
    member = MembershipFactory()
    move = "UPDATE projects_organisation SET kind = %s WHERE id = %s"
    assert refusal(move, "unit", member.organisation_id) == "membership_role_fits_organisation"
    assert refusal(move, "mrc", member.organisation_id) is None
    assert refusal(move, "unit", OrganisationFactory().pk) is None


def test_same_role_at_the_same_time_is_held_once():
    day = NOW.date()
    member = MembershipFactory(starts_on=day, ends_on=day + timedelta(days=9))
    overlaps = [insert(member, starts_on=day + timedelta(days=shift), ends_on=None) for shift in (-5, 0, 9, 10)]
    assert overlaps == ["membership_no_overlap"] * 3 + [None]


def test_another_role_place_person_or_call_does_not_overlap():
    member, call = MembershipFactory(), CallFactory()
    others = ({"role": "signatory"}, {"organisation_id": OrganisationFactory().pk}, {"person_id": UserFactory().pk}, {"call_id": call.pk})
    assert [insert(member, **other) for other in others] == [None] * 4
    assert insert(member, call_id=call.pk) == "membership_no_overlap"


def test_revoked_row_leaves_its_dates_free_and_changes_no_more():
    member = MembershipFactory(revoked_at=NOW, revoked_by=UserFactory())
    assert insert(member) is None
    for sql in (
        "UPDATE projects_membership SET revoked_at = NULL, revoked_by_id = NULL WHERE id = %s",
        "DELETE FROM projects_membership WHERE id = %s",
    ):
        assert refusal(sql, member.pk) == "membership_revoked_for_good"


@pytest.mark.parametrize("change", ["revoked_at = now()", "revoked_by_id = person_id"])
def test_revocation_has_its_instant_and_its_author(change):
    assert refusal(f"UPDATE projects_membership SET {change} WHERE id = %s", MembershipFactory().pk) == "membership_revoked_by_someone"


def test_delegated_row_is_the_holder_s_own_for_somebody_else_until_a_day():
    source, day = MembershipFactory(role=Role.SIGNATORY), NOW.date()
    right = {"person_id": UserFactory().pk, "delegated_from_id": source.pk, "ends_on": day}
    assert insert(source, **{**right, "ends_on": None}) == "membership_delegated_until"
    wrong = (
        {"person_id": source.person_id},
        {"role": "writer"},
        {"organisation_id": OrganisationFactory().pk},
        {"call_id": CallFactory().pk},
    )
    assert [insert(source, **{**right, **change}) for change in wrong] == ["membership_delegates_the_same"] * 4
    assert insert(source, **right) is None
    chained = Membership.objects.get(delegated_from=source)
    assert insert(source, **{**right, "person_id": UserFactory().pk, "delegated_from_id": chained.pk}) == "membership_delegates_the_same"


# ── Delegations ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def delegation():
    town = OrganisationFactory()
    holder, delegate = person_with(Role.SIGNATORY, organisation=town), person_with(Role.WRITER, organisation=town)
    return propose_delegation(
        source_id=holder.memberships.get().pk, delegate_id=delegate.pk, starts_on=NOW.date(), ends_on=NOW.date(), reason="Congé",
        actor=holder, now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("delegate_id = holder_id", "delegation_to_another_person"),
        ("reason = ''", "delegation_has_a_reason"),
        ("ends_on = starts_on - 1", "delegation_dates_in_order"),
        ("state = 'approved'", "delegation_facts_of_its_state"),
        ("state = 'refused', decided_by_id = {third}, decided_at = now()", "delegation_facts_of_its_state"),
        ("state = 'withdrawn'", "delegation_facts_of_its_state"),
        ("ended_at = now()", "delegation_facts_of_its_state"),
    ],
)
def test_delegation_holds_together(delegation, change, constraint):
    change = change.format(third=UserFactory().pk)
    assert refusal(f"UPDATE projects_delegation SET {change} WHERE id = %s", delegation.pk) == constraint


@pytest.mark.parametrize("party", ["holder_id", "delegate_id", "proposed_by_id"])
def test_no_party_decides_on_a_delegation(delegation, party):
    """SD-11, on the person."""
    change = f"state = 'refused', decision_reason = 'Non', decided_at = now(), decided_by_id = {party}"
    assert refusal(f"UPDATE projects_delegation SET {change} WHERE id = %s", delegation.pk) == "delegation_decided_by_a_third_person"


def test_history_of_delegations_is_only_added_to(delegation):
    approve_delegation(delegation_id=delegation.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    assert list(delegation.events.order_by("pgh_id").values_list("state", flat=True)) == ["proposed", "approved"]
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_delegationevent")
    assert Delegation.objects.get().events.count() == 2


# ── Invitations ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def invitation():
    town = OrganisationFactory()
    signatory = person_with(Role.SIGNATORY, organisation=town)
    return invite_member(
        email="x@exemple.quebec", role=Role.WRITER, organisation_id=town.pk, starts_on=NOW.date(), ends_on=None, actor=signatory, now=NOW
    )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("email = 'y@exemple.quebec'", "invitation_frozen"),
        ("role = 'signatory'", "invitation_frozen"),
        ("expires_at = expires_at + interval '1 year'", "invitation_frozen"),
        ("invited_by_id = NULL", "invitation_frozen"),
        ("sha256 = 'en-clair'", "invitation_hash"),
        ("accepted_at = now()", "invitation_accepted_once"),
        ("revoked_at = now()", "invitation_revoked_by_someone"),
    ],
)
def test_invitation_holds_together(invitation, change, constraint):
    assert refusal(f"UPDATE projects_invitation SET {change} WHERE id = %s", invitation.pk) == constraint


def test_invitation_is_not_accepted_after_its_expiry(invitation):
    sql = "UPDATE projects_invitation SET accepted_at = expires_at, membership_id = %s WHERE id = %s"
    assert refusal(sql, MembershipFactory().pk, invitation.pk) == "invitation_accepted_once"


def test_settled_invitation_changes_no_more(invitation):
    revoke_invitation(invitation_id=invitation.pk, actor=invitation.invited_by, now=NOW)
    for sql in (
        "UPDATE projects_invitation SET revoked_at = NULL, revoked_by_id = NULL WHERE id = %s",
        "DELETE FROM projects_invitation WHERE id = %s",
    ):
        assert refusal(sql, invitation.pk) == "invitation_frozen"


def test_same_offer_waits_once(invitation):
    columns = "organisation_id, email, role, call_id, starts_on, ends_on, invited_by_id, invited_at, expires_at"
    copy = f"INSERT INTO projects_invitation ({columns}) SELECT {columns} FROM projects_invitation WHERE id = %s"
    assert refusal(copy, invitation.pk) == "invitation_pending_once"
    revoke_invitation(invitation_id=invitation.pk, actor=invitation.invited_by, now=NOW)
    assert (refusal(copy, invitation.pk), Invitation.objects.count()) == (None, 2)


# ── What a person reads when an act meets a guard ────────────────────────────────────────────────────────────────────
@act
def meet(*, write, actor, now):
    """An act that a policy let through, down to the database."""
    write()


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda: MembershipFactory(organisation=UnitFactory()), "dans un organisme de ce type"),
        (lambda: MembershipFactory(delegated_from=MembershipFactory(), ends_on=NOW.date()), "le même rôle, au même endroit"),
        (lambda: MembershipFactory(revoked_at=NOW, revoked_by=UserFactory()).delete(), "déjà terminé"),
        (lambda: MembershipFactory(revoked_at=NOW), "Une révocation a son instant et son auteur"),
    ],
)
def test_guard_speaks_to_a_person(write, said):
    with pytest.raises(WrongState, match=said):
        meet(write=write, actor=None, now=NOW)


def test_guard_of_an_invitation_speaks_to_a_person(invitation):
    with pytest.raises(WrongState, match="plus en attente"):
        meet(write=invitation.delete, actor=None, now=NOW)

"""Roles that one person never holds on the same day: refused when they are given, and counted by check_invariants."""

from datetime import date, timedelta

import pytest

from fondsinnovation.kit.errors import WrongState
from projects.enums import APPLICANT_ROLES, Role
from projects.models import Membership
from projects.policies.separation import SEPARATIONS, separation_of
from projects.services.people import change_membership, grant_membership
from reporting.queries.invariants import INVARIANTS, check
from tests.factories import NOW, MembershipFactory, OrganisationFactory, UnitFactory, UserFactory, person_with

SD = tuple(invariant for invariant in INVARIANTS if invariant.code == "SD")


def broken(one, other, *, same=False):
    rule = separation_of(one, other, same_organisation=same)
    return rule.code if rule else None


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER, "SD-6"),
        (Role.PAYMENT_REQUESTER, Role.CONTROLLER, "SD-6"),
        (Role.CONTROLLER, Role.PAYMENT_AUTHORISER, "SD-6"),
        (Role.CONTROLLER, Role.COMMITTEE_SECRETARY, "SD-5"),
        (Role.CONTROLLER, Role.DIRECTOR, "SD-5"),
        (Role.REVIEWER, Role.WRITER, "SD-3"),
        (Role.AUDITOR, Role.OFFICER, "SD-9"),
        (Role.AUDITOR, Role.PRIVACY_OFFICER, "SD-9"),
        (Role.AUDITOR, Role.STATISTICIAN, None),
        (Role.TECHNICAL_ADMIN, Role.AUDITOR, "SD-10"),
        (Role.TECHNICAL_ADMIN, Role.ARCHIVIST, "SD-10"),
        (Role.OFFICER, Role.REVIEWER, None),
        (Role.WRITER, Role.SIGNATORY, None),
        (Role.GAIN_VERIFIER, Role.SIGNATORY, None),
    ],
)
def test_pair_of_roles_breaks_its_rule_in_either_order(one, other, code):
    assert (broken(one, other), broken(other, one)) == (code, code)


def test_verifier_is_from_outside_the_organisation_only():
    assert {broken(Role.GAIN_VERIFIER, role, same=True) for role in APPLICANT_ROLES} == {"SD-7"}


def test_technical_administrator_holds_nothing_else():
    assert [role for role in Role if role != Role.TECHNICAL_ADMIN and broken(role, Role.TECHNICAL_ADMIN) != "SD-10"] == []
    assert broken(Role.TECHNICAL_ADMIN, Role.TECHNICAL_ADMIN) is None


def test_each_pair_is_in_one_rule_only():
    pairs = [frozenset(pair) for rule in SEPARATIONS for pair in rule.pairs()]
    assert len(pairs) == len(set(pairs))


def give(person, role, starts, ends=None, organisation=None):
    return grant_membership(
        email=person.email, role=role, organisation_id=(organisation or UnitFactory()).pk, starts_on=starts, ends_on=ends,
        actor=person_with(Role.DIRECTOR), now=NOW,
    )  # fmt: skip


@pytest.mark.django_db
def test_incompatible_role_is_refused_with_its_reason():
    person = person_with(Role.PAYMENT_REQUESTER)
    with pytest.raises(WrongState) as refused:
        give(person, Role.PAYMENT_AUTHORISER, NOW.date())
    assert refused.value.message == (
        "Les rôles «\u00a0Autorisation de paiement\u00a0» et «\u00a0Demande de paiement\u00a0» ne se cumulent pas aux mêmes dates\u00a0: "
        "un paiement demande trois personnes\u00a0: qui le demande, qui le certifie, qui l’autorise (SD-6)."
    )
    assert list(person.memberships.order_by("pk").values_list("role", flat=True)) == [Role.PAYMENT_REQUESTER]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts", "ends", "allowed"),
    [
        (date(2026, 7, 1), None, True),
        (date(2026, 6, 30), None, False),
        (date(2025, 1, 1), date(2025, 12, 31), True),
        (date(2025, 1, 1), date(2026, 1, 1), False),
        (date(2025, 1, 1), None, False),
    ],
)
def test_roles_that_never_meet_are_allowed(starts, ends, allowed):
    person = UserFactory()
    MembershipFactory(person=person, role=Role.CONTROLLER, starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 30))
    if allowed:
        give(person, Role.DIRECTOR, starts, ends)
        assert person.memberships.count() == 2
    else:
        with pytest.raises(WrongState, match="SD-5"):
            give(person, Role.DIRECTOR, starts, ends)
    assert [finding.broken for finding in check(SD)] == [[]]


@pytest.mark.django_db
def test_days_of_a_role_do_not_grow_over_an_incompatible_one():
    """What is refused when a role is given is refused when its days change: the other role may already be there, to come."""
    director, person, first, last = person_with(Role.DIRECTOR), UserFactory(), date(2026, 12, 1), date(2026, 12, 31)
    member = MembershipFactory(person=person, role=Role.PAYMENT_REQUESTER, ends_on=date(2026, 11, 30))
    MembershipFactory(person=person, role=Role.CONTROLLER, starts_on=first, ends_on=last)

    def change(ends):
        asked = {"membership_id": member.pk, "starts_on": member.starts_on, "ends_on": ends, "version": 1}
        return change_membership(**asked, actor=director, now=NOW)

    for ends in (first, None):
        with pytest.raises(WrongState, match="SD-6"):
            change(ends)
    assert [finding.broken for finding in check(SD)] == [[]]
    assert change(first - timedelta(days=2)).version == 2


@pytest.mark.django_db
def test_invariant_names_each_pair_that_meets():
    town = OrganisationFactory()
    person = person_with(Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER)
    elsewhere = person_with(Role.GAIN_VERIFIER)
    MembershipFactory(person=elsewhere, role=Role.SIGNATORY, organisation=town)
    apart = UserFactory()
    MembershipFactory(person=apart, role=Role.CONTROLLER, ends_on=date(2025, 3, 31))
    MembershipFactory(person=apart, role=Role.DIRECTOR, starts_on=date(2025, 4, 1))
    met = UserFactory()
    MembershipFactory(person=met, role=Role.CONTROLLER, ends_on=date(2025, 3, 31))
    MembershipFactory(person=met, role=Role.DIRECTOR, starts_on=date(2025, 3, 31))
    expected = [
        f"SD-5 : personne {met.pk}, controller et director",
        f"SD-6 : personne {person.pk}, payment_requester et payment_authoriser",
    ]
    assert [finding.broken for finding in check(SD)] == [expected]


@pytest.mark.django_db
def test_refusal_comes_back_in_the_form(client):
    unit, colleague = UnitFactory(), person_with(Role.OFFICER)
    client.force_login(person_with(Role.DIRECTOR, organisation=unit))
    typed = {"email": colleague.email, "role": "auditor", "starts_on": "2026-11-24", "key": "a"}
    answer = client.post(f"/organismes/{unit.code}/roles/", typed)
    assert answer.status_code == 409
    assert "l’audit n’a aucun rôle qui agit (SD-9)" in answer.text
    assert Membership.objects.filter(person=colleague).count() == 1

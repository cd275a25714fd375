"""How a rule is declared: the role is asked first, then the policy; what is not declared is refused."""

from datetime import timedelta

import pytest

from fondsinnovation.kit.errors import NotAllowed, WrongState
from fondsinnovation.kit.verdict import YES, Verdict, no, possible
from projects.enums import Role
from projects.policies import rules
from projects.policies.rules import LacksRole, Subject, Where, rule
from tests.factories import NOW, MembershipFactory, OrganisationFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """The rules of a test are nobody else's."""
    monkeypatch.setattr(rules, "RULES", {})


def declared(answer=YES, **given):
    """A rule of an officer anywhere and of a signatory inside, and the people that the policy itself was asked about."""
    asked = []

    @rule(
        Role.OFFICER,
        **{"inside": (Role.SIGNATORY,), "of": lambda organisation: organisation.pk, "says": "Essai", "subject": Subject.ACCESS, **given},
    )
    def try_it(actor, organisation, now):
        asked.append(actor)
        return answer

    return try_it, asked


def test_role_counts_where_it_is_declared():
    try_it, asked = declared()
    organisation = OrganisationFactory()
    officer, inside = person_with(Role.OFFICER), person_with(Role.SIGNATORY, organisation=organisation)
    outside, other = person_with(Role.SIGNATORY), person_with(Role.WRITER, organisation=organisation)
    assert [try_it(who, organisation, NOW).allowed for who in (officer, inside, outside, other)] == [True, True, False, False]
    assert asked == [officer, inside]
    refusal = "Cette action demande, dans cet organisme, le rôle\u00a0: Signataire."
    assert try_it(outside, organisation, NOW) == Verdict(False, refusal, LacksRole)


def test_arguments_may_be_named():
    try_it, _asked = declared()
    organisation = OrganisationFactory()
    assert try_it(person_with(Role.OFFICER), now=NOW, organisation=organisation) == YES


def test_role_that_ended_counts_no_more():
    try_it, _asked = declared()
    person = UserFactory()
    MembershipFactory(person=person, role=Role.OFFICER, ends_on=NOW.date() - timedelta(days=1))
    assert try_it(person, OrganisationFactory(), NOW).error is LacksRole


def test_missing_role_is_said_in_other_words():
    try_it, _asked = declared(refusal="Réservé aux agents.")
    assert try_it(person_with(Role.AUDITOR), OrganisationFactory(), NOW) == Verdict(False, "Réservé aux agents.", LacksRole)


def test_policy_keeps_its_own_error():
    try_it, _asked = declared(answer=possible(False, "Trop tard."))
    verdict = try_it(person_with(Role.OFFICER), OrganisationFactory(), NOW)
    assert verdict == Verdict(False, "Trop tard.", WrongState)


def test_reason_of_the_policy_may_come_first_and_stays_a_refusal_by_role():
    try_it, asked = declared(answer=no("Vous avez déjà signé."), role_last=True)
    person = person_with(Role.AUDITOR)
    assert try_it(person, OrganisationFactory(), NOW) == Verdict(False, "Vous avez déjà signé.", LacksRole)
    assert asked == [person]


def test_policy_that_says_yes_does_not_make_up_for_the_role():
    try_it, _asked = declared(role_last=True)
    verdict = try_it(person_with(Role.AUDITOR), OrganisationFactory(), NOW)
    assert (verdict.allowed, verdict.error) == (False, LacksRole)
    with pytest.raises(NotAllowed, match="le rôle\u00a0: Signataire"):
        verdict.require()


def test_rule_without_a_role_asks_the_policy_alone():
    @rule(says="À chacun le sien", subject=Subject.ACCESS)
    def revoke(actor, owner):
        return YES if actor == owner else no("Pas le vôtre.")

    mine, other = UserFactory(), UserFactory()
    assert (revoke(mine, mine), revoke(mine, other).reason) == (YES, "Pas le vôtre.")


def test_registry_says_what_was_declared():
    declared(acts=("try", "retry"), own=(Role.REVIEWER,))
    kept = rules.RULES["try_it"]
    assert (kept.acts, kept.app, kept.subject, kept.sentence) == (("try", "retry"), "tests", Subject.ACCESS, "Essai")
    assert kept.places == {Role.OFFICER: Where.ANYWHERE, Role.REVIEWER: Where.OWN, Role.SIGNATORY: Where.INSIDE}


def test_act_is_named_like_its_policy_unless_said_otherwise():
    declared()
    assert rules.RULES["try_it"].acts == ("try_it",)


def test_two_rules_never_share_a_name():
    declared()
    with pytest.raises(ValueError, match="two rules are named try_it"):
        declared()

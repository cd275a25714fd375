"""A colleague stands in for an absent person: agreed to by a third one, dated, revocable, and said in the journal."""

import json
from datetime import timedelta

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import DelegationState, Role
from projects.models import Delegation, JournalEntry, Membership, Message
from projects.policies.rights import rights_of
from projects.queries.delegations import colleagues_of, deciders_of, delegations_for, delegations_of
from projects.services.delegations import approve_delegation, end_delegation, propose_delegation, refuse_delegation
from projects.services.people import change_membership, end_membership, grant_membership
from tests.factories import NOW, CallFactory, MembershipFactory, OrganisationFactory, UnitFactory, former_member, person_with

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
IN_A_WEEK = TODAY + timedelta(days=7)


class Town:
    """An organisation with two signatories and a writer."""

    def __init__(self):
        self.organisation = OrganisationFactory()
        self.holder, self.other = (person_with(Role.SIGNATORY, organisation=self.organisation) for _ in range(2))
        self.delegate = person_with(Role.WRITER, organisation=self.organisation)
        self.source = self.holder.memberships.get()

    def propose(self, **changes):
        asked = {"starts_on": TODAY, "ends_on": IN_A_WEEK, "reason": "Vacances", "actor": self.holder, **changes}
        return propose_delegation(source_id=self.source.pk, delegate_id=asked.pop("to", self.delegate).pk, now=NOW, **asked)

    def approved(self, **changes):
        return approve_delegation(delegation_id=self.propose(**changes).pk, actor=self.other, now=NOW)

    def rights(self, now=NOW):
        return rights_of(type(self.delegate).objects.get(pk=self.delegate.pk), now)


@pytest.fixture
def town():
    return Town()


def test_delegation_takes_effect_once_approved(town):
    delegation = town.propose()
    assert (delegation.state, delegation.membership, town.rights().has(Role.SIGNATORY)) == (DelegationState.PROPOSED, None, False)
    delegation = approve_delegation(delegation_id=delegation.pk, actor=town.other, now=NOW)
    assert town.rights().has_in(town.organisation.pk, Role.SIGNATORY)
    member = delegation.membership
    assert (member.delegated_from, member.starts_on, member.ends_on, member.granted_by) == (town.source, TODAY, IN_A_WEEK, town.other)


def test_delegation_lasts_its_dates_only(town):
    town.approved(starts_on=TODAY + timedelta(days=2))
    held = [town.rights(NOW + timedelta(days=days)).has(Role.SIGNATORY) for days in (0, 1, 2, 7, 8)]
    assert held == [False, False, True, True, False]


def test_delegation_is_in_force_only_while_the_role_is(town):
    town.approved()
    end_membership(membership_id=town.source.pk, actor=town.other, now=NOW)
    assert town.rights().roles == {Role.WRITER}


def test_delegate_who_leaves_loses_the_delegation_too(town):
    town.approved()
    end_membership(membership_id=town.delegate.memberships.get(delegated_from=None).pk, actor=town.other, now=NOW)
    assert town.rights().roles == frozenset()


def test_delegate_whose_own_role_expires_loses_the_delegation_too(town):
    town.approved()
    town.delegate.memberships.filter(delegated_from=None).update(ends_on=TODAY + timedelta(days=1))
    assert [town.rights(NOW + timedelta(days=days)).has(Role.SIGNATORY) for days in (1, 2)] == [True, False]


def test_closed_account_delegates_nothing(town):
    town.approved()
    type(town.holder).objects.filter(pk=town.holder.pk).update(is_active=False)
    assert town.rights().roles == {Role.WRITER}


@pytest.mark.parametrize("party", ["holder", "delegate"])
def test_parties_do_not_approve_it(town, party):
    """SD-11: nobody approves their own delegation, whatever role they hold."""
    if party == "delegate":
        person_with_role = MembershipFactory(person=town.delegate, role=Role.DIRECTOR).person
        assert person_with_role == town.delegate
    delegation = town.propose()
    with pytest.raises(NotAllowed, match="une autre personne doit l’approuver"):
        approve_delegation(delegation_id=delegation.pk, actor=getattr(town, party), now=NOW)
    with pytest.raises(NotAllowed, match="une autre personne doit l’approuver"):
        refuse_delegation(delegation_id=delegation.pk, reason="Non", actor=getattr(town, party), now=NOW)
    assert Delegation.objects.get().state == DelegationState.PROPOSED


def test_manager_who_proposed_it_does_not_approve_it(town):
    delegation = town.propose(actor=town.other)
    with pytest.raises(NotAllowed, match="une autre personne doit l’approuver"):
        approve_delegation(delegation_id=delegation.pk, actor=town.other, now=NOW)
    assert approve_delegation(delegation_id=delegation.pk, actor=person_with(Role.DIRECTOR), now=NOW).state == DelegationState.APPROVED


def test_writer_approves_nothing_and_a_stranger_neither(town):
    delegation = town.propose()
    for actor in (person_with(Role.WRITER, organisation=town.organisation), person_with(Role.SIGNATORY), person_with(Role.OFFICER)):
        with pytest.raises(NotAllowed):
            approve_delegation(delegation_id=delegation.pk, actor=actor, now=NOW)


def test_those_who_may_agree_are_asked(town):
    town.propose()
    assert list(Message.objects.values_list("person", "subject")) == [(town.other.pk, "Délégation à approuver")]


def test_director_is_asked_when_the_organisation_has_nobody_else(town):
    director = person_with(Role.DIRECTOR)
    end_membership(membership_id=town.other.memberships.get().pk, actor=director, now=NOW)
    delegation = town.propose()
    assert list(deciders_of(delegation, NOW)) == [director]
    assert approve_delegation(delegation_id=delegation.pk, actor=director, now=NOW).decided_by == director


def test_head_decides_on_the_director_s_own_role():
    unit = UnitFactory()
    director, officer, head = (
        person_with(Role.DIRECTOR, organisation=unit),
        person_with(Role.OFFICER, organisation=unit),
        person_with(Role.HEAD),
    )
    delegation = propose_delegation(
        source_id=director.memberships.get().pk, delegate_id=officer.pk, starts_on=TODAY, ends_on=IN_A_WEEK, reason="Congé",
        actor=director, now=NOW,
    )  # fmt: skip
    assert list(deciders_of(delegation, NOW)) == [head]
    assert list(delegations_for(head, NOW)) == [delegation]
    approve_delegation(delegation_id=delegation.pk, actor=head, now=NOW)
    assert rights_of(officer, NOW + timedelta(days=1)).has(Role.DIRECTOR)


def test_auditor_delegates_nothing_and_the_director_does_it_for_them():
    unit = UnitFactory()
    auditor, other = person_with(Role.AUDITOR, organisation=unit), person_with(Role.STATISTICIAN, organisation=unit)
    asked = {"source_id": auditor.memberships.get().pk, "delegate_id": other.pk, "starts_on": TODAY, "ends_on": TODAY, "reason": "Congé"}
    with pytest.raises(NotAllowed):
        propose_delegation(actor=auditor, now=NOW, **asked)
    assert propose_delegation(actor=person_with(Role.DIRECTOR), now=NOW, **asked).state == DelegationState.PROPOSED


def test_delegation_of_another_role_is_not_the_head_s_affair(town):
    with pytest.raises(NotAllowed):
        approve_delegation(delegation_id=town.propose().pk, actor=person_with(Role.HEAD), now=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": "stranger"}, "delegate"),
        ({"to": "holder"}, "delegate"),
        ({"to": "other"}, "delegate"),
        ({"to": "closed"}, "delegate"),
        ({"starts_on": TODAY - timedelta(days=1)}, "starts_on"),
        ({"starts_on": IN_A_WEEK, "ends_on": TODAY}, "ends_on"),
        ({"ends_on": TODAY + timedelta(days=400)}, "ends_on"),
        ({"reason": "   "}, "reason"),
    ],
)
def test_bad_proposal_says_what_to_correct(town, changes, field):
    town.source.ends_on = TODAY + timedelta(days=365)
    town.source.save()
    town.stranger = person_with(Role.WRITER)
    town.closed = person_with(Role.WRITER, organisation=town.organisation, is_active=False)
    if "to" in changes:
        changes = {"to": getattr(town, changes["to"])}
    with pytest.raises(Invalid) as refused:
        town.propose(**changes)
    assert list(refused.value.errors) == [field]
    assert not Delegation.objects.exists()


def test_role_received_by_delegation_is_not_delegated_again(town):
    member = town.approved().membership
    third = person_with(Role.WRITER, organisation=town.organisation)
    with pytest.raises(NotAllowed, match="ne se délègue pas"):
        propose_delegation(
            source_id=member.pk, delegate_id=third.pk, starts_on=TODAY, ends_on=TODAY, reason="Encore", actor=town.delegate, now=NOW
        )


def test_colleagues_are_those_with_a_role_of_their_own(town):
    person_with(Role.WRITER, organisation=town.organisation, is_active=False)
    assert set(colleagues_of(town.source, NOW)) == {town.other, town.delegate}


def test_refusal_has_its_reason_and_is_final(town):
    delegation = town.propose()
    with pytest.raises(Invalid):
        refuse_delegation(delegation_id=delegation.pk, reason=" ", actor=town.other, now=NOW)
    refuse_delegation(delegation_id=delegation.pk, reason="Trop long", actor=town.other, now=NOW)
    for act, more in ((approve_delegation, {}), (refuse_delegation, {"reason": "Encore"}), (end_delegation, {})):
        with pytest.raises(WrongState):
            act(delegation_id=delegation.pk, actor=town.other, now=NOW, **more)
    assert Delegation.objects.get().decision_reason == "Trop long"


@pytest.mark.parametrize("by", ["holder", "delegate", "other"])
def test_delegation_is_revoked_at_once_by_either_or_by_who_manages(town, by):
    delegation = town.approved()
    ended = end_delegation(delegation_id=delegation.pk, actor=getattr(town, by), now=NOW)
    assert (ended.state, ended.ended_by, Membership.objects.get(delegated_from=town.source).revoked_at) == (
        DelegationState.REVOKED,
        getattr(town, by),
        NOW,
    )
    assert town.rights().roles == {Role.WRITER}


def test_delegation_is_not_ended_by_others(town):
    delegation = town.approved()
    with pytest.raises(NotAllowed):
        end_delegation(delegation_id=delegation.pk, actor=person_with(Role.WRITER, organisation=town.organisation), now=NOW)


def test_proposal_is_withdrawn(town):
    delegation = town.propose()
    assert end_delegation(delegation_id=delegation.pk, actor=town.holder, now=NOW).state == DelegationState.WITHDRAWN
    with pytest.raises(WrongState):
        approve_delegation(delegation_id=delegation.pk, actor=town.other, now=NOW)


def test_late_agreement_starts_today_or_not_at_all(town):
    delegation = town.propose()
    later = approve_delegation(delegation_id=delegation.pk, actor=town.other, now=NOW + timedelta(days=3))
    assert later.membership.starts_on == TODAY + timedelta(days=3)
    second = town.propose(to=person_with(Role.WRITER, organisation=town.organisation))
    with pytest.raises(WrongState, match="sont passées"):
        approve_delegation(delegation_id=second.pk, actor=town.other, now=NOW + timedelta(days=8))


def test_delegate_who_left_cannot_be_approved(town):
    delegation = town.propose()
    end_membership(membership_id=town.delegate.memberships.get().pk, actor=town.other, now=NOW)
    with pytest.raises(WrongState, match="Choisissez une autre personne"):
        approve_delegation(delegation_id=delegation.pk, actor=town.other, now=NOW)


# ── What is done through it ──────────────────────────────────────────────────────────────────────────────────────────
def entry(act):
    return json.loads(JournalEntry.objects.filter(act=act).latest("pk").content)


def grant(actor, town, role=Role.WRITER):
    return grant_membership(
        email=former_member(town.organisation).email, role=role, organisation_id=town.organisation.pk, starts_on=TODAY, ends_on=None,
        actor=actor, now=NOW,
    )  # fmt: skip


def test_act_through_a_delegation_says_on_whose_behalf(town):
    town.approved()
    grant(type(town.delegate).objects.get(pk=town.delegate.pk), town)
    assert (entry("grant_membership")["actor"], entry("grant_membership")["facts"]) == (
        town.delegate.pk,
        {"on_behalf_of": [town.holder.pk]},
    )


def test_act_with_one_s_own_role_says_nothing_of_the_kind(town):
    town.approved()
    grant(town.other, town)
    assert entry("grant_membership")["facts"] == {}


def test_act_that_one_s_own_role_allows_is_one_s_own(town):
    """The director may do it anyway: the delegation was not what allowed it."""
    MembershipFactory(person=town.delegate, role=Role.DIRECTOR)
    town.approved()
    grant(type(town.delegate).objects.get(pk=town.delegate.pk), town)
    assert entry("grant_membership")["facts"] == {}


def test_delegate_does_not_end_nor_change_the_role_that_they_stand_in_for(town):
    town.approved()
    delegate = type(town.delegate).objects.get(pk=town.delegate.pk)
    with pytest.raises(NotAllowed, match="Vous remplacez cette personne"):
        end_membership(membership_id=town.source.pk, actor=delegate, now=NOW)
    with pytest.raises(NotAllowed, match="Vous remplacez cette personne"):
        change_membership(membership_id=town.source.pk, starts_on=TODAY, ends_on=None, version=1, actor=delegate, now=NOW)


def test_delegated_role_is_ended_and_changed_through_the_delegation(town):
    member = town.approved().membership
    with pytest.raises(NotAllowed, match="retirez la délégation"):
        end_membership(membership_id=member.pk, actor=town.other, now=NOW)
    with pytest.raises(NotAllowed, match="délégation ne se modifient pas"):
        change_membership(membership_id=member.pk, starts_on=TODAY, ends_on=None, version=1, actor=town.other, now=NOW)


def test_delegation_keeps_the_limit_of_the_role(town):
    call, other = CallFactory(), CallFactory()
    source = MembershipFactory(person=town.holder, role=Role.FINANCE_RESPONDENT, organisation=town.organisation, call=call)
    delegation = propose_delegation(
        source_id=source.pk, delegate_id=town.delegate.pk, starts_on=TODAY, ends_on=TODAY, reason="Congé", actor=town.holder, now=NOW
    )
    approve_delegation(delegation_id=delegation.pk, actor=town.other, now=NOW)
    rights = town.rights()
    held = [rights.has_in(town.organisation.pk, Role.FINANCE_RESPONDENT, call=limit) for limit in (call.pk, other.pk, None)]
    assert held == [True, False, False]
    stands = [rights.stands_in_for(Role.FINANCE_RESPONDENT, call=limit) for limit in (call.pk, other.pk)]
    assert stands == [{town.holder.pk}, frozenset()]


def test_delegations_are_read_by_those_whom_they_concern(town):
    delegation, elsewhere = town.propose(), Town().propose()
    for person in (town.holder, town.delegate, town.other):
        assert list(delegations_for(person, NOW)) == [delegation]
    assert list(delegations_for(person_with(Role.WRITER, organisation=town.organisation), NOW)) == []
    assert set(delegations_for(person_with(Role.DIRECTOR), NOW)) == {delegation, elsewhere}
    assert list(delegations_of(town.organisation)) == [delegation]

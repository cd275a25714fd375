"""A draft is handed to a colleague: by who answers for it, or by the signatory; the colleague is told."""

import json

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import ApplicationState, Role
from projects.models import JournalEntry, Message
from projects.queries.applications import colleagues_of, drafts_of
from projects.services.applications import transfer_application
from projects.services.people import end_membership
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    person_with,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return OrganisationFactory()


@pytest.fixture
def draft(town):
    return DraftApplicationFactory(organisation=town, created_by=person_with(Role.WRITER, organisation=town), title="Guichet")


def transfer(draft, to, actor):
    return transfer_application(application_id=draft.pk, to_id=to.pk, actor=actor, now=NOW)


def test_responsible_person_hands_their_draft_to_a_colleague_who_is_told(town, draft):
    colleague = person_with(Role.FINANCE_RESPONDENT, organisation=town)
    before = draft.responsible
    assert transfer(draft, colleague, before).responsible == colleague
    message = Message.objects.get()
    assert (message.person, message.application, message.subject) == (colleague, draft, "Une demande vous est confiée")
    entry = json.loads(JournalEntry.objects.get(act="transfer_application").content)
    assert (entry["objects"][0]["from"], entry["objects"][0]["to"], entry["organisation"]) == (before.pk, colleague.pk, town.pk)
    with pytest.raises(NotAllowed):
        transfer(draft, before, before)  # handed over: no longer theirs to hand


def test_signatory_hands_the_draft_of_a_person_who_left(town, draft):
    signatory = person_with(Role.SIGNATORY, organisation=town)
    end_membership(membership_id=draft.responsible.memberships.get().pk, actor=signatory, now=NOW)
    assert list(drafts_of(draft.responsible, town)) == [draft]
    assert transfer(draft, signatory, signatory).responsible == signatory


def test_person_who_left_hands_nothing(town, draft):
    leaver, signatory = draft.responsible, person_with(Role.SIGNATORY, organisation=town)
    end_membership(membership_id=leaver.memberships.get().pk, actor=signatory, now=NOW)
    with pytest.raises(NotAllowed):
        transfer(draft, signatory, type(leaver).objects.get(pk=leaver.pk))


@pytest.mark.parametrize("other", ["colleague", "stranger", "officer", "limited"])
def test_draft_is_handed_by_nobody_else(town, draft, other):
    actors = {
        "colleague": person_with(Role.WRITER, organisation=town),
        "stranger": person_with(Role.SIGNATORY),
        "officer": person_with(Role.OFFICER),
        "limited": MembershipFactory(role=Role.SIGNATORY, organisation=town, call=CallFactory()).person,
    }
    with pytest.raises(NotAllowed):
        transfer(draft, person_with(Role.WRITER, organisation=town), actors[other])


def test_draft_is_handed_to_a_member_of_the_organisation_only(town, draft):
    limited = MembershipFactory(organisation=town, call=CallFactory()).person
    closed = person_with(Role.WRITER, organisation=town, is_active=False)
    for person in (person_with(Role.WRITER), person_with(Role.OFFICER), limited, closed, draft.responsible):
        with pytest.raises(Invalid) as refused:
            transfer(draft, person, draft.responsible)
        assert list(refused.value.errors) == ["person"]
    assert list(colleagues_of(draft, NOW)) == [draft.responsible]


def test_submitted_application_is_not_handed(town):
    responsible = person_with(Role.WRITER, organisation=town)
    submitted = ApplicationFactory(organisation=town, created_by=responsible, state=ApplicationState.SUBMITTED)
    with pytest.raises(WrongState, match="déjà été déposée"):
        transfer(submitted, person_with(Role.WRITER, organisation=town), responsible)


def test_drafts_to_hand_over_are_those_of_the_person_in_that_organisation(town, draft):
    person = draft.responsible
    ApplicationFactory(organisation=town, created_by=person)
    DraftApplicationFactory(created_by=person)
    DraftApplicationFactory(organisation=town)
    assert list(drafts_of(person, town)) == [draft]

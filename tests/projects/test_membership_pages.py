"""The pages of memberships, delegations and transfers."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from fondsinnovation.kit.errors import act
from fondsinnovation.kit.tables import PER_PAGE
from projects.enums import DelegationState, Role
from projects.models import Delegation, Invitation, JournalEntry, Membership
from projects.policies.rights import needs_role_in
from projects.queries.activity import story_of
from projects.services.delegations import approve_delegation, propose_delegation
from projects.services.invitations import invite_member
from projects.services.journal import note
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    UnitFactory,
    former_member,
    person_with,
)

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def town():
    return OrganisationFactory()


@pytest.fixture
def signatory(town, client):
    person = person_with(Role.SIGNATORY, organisation=town)
    client.force_login(person)
    return person


def page(client, name, *arguments):
    return client.get(reverse(f"projects:{name}", args=arguments))


def post(client, name, *arguments, **answers):
    return client.post(reverse(f"projects:{name}", args=arguments), answers)


def delegation_in(town, holder, delegate):
    return propose_delegation(
        source_id=holder.memberships.get().pk,
        delegate_id=delegate.pk,
        starts_on=TODAY,
        ends_on=TODAY,
        reason="Congé",
        actor=holder,
        now=NOW,
    )


# ── The organisation ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("rows", [1, 3])
def test_organisation_page_costs_the_same_for_one_and_three_of_each(client, django_assert_num_queries, rows, town):
    director = person_with(Role.DIRECTOR)
    holder = person_with(Role.SIGNATORY, organisation=town)
    for index in range(rows):
        delegate = MembershipFactory(organisation=town, call=CallFactory()).person
        delegation = delegation_in(town, holder, delegate)
        approve_delegation(delegation_id=delegation.pk, actor=director, now=NOW)
        offer = {"role": Role.WRITER, "starts_on": TODAY, "ends_on": None, "call_id": CallFactory().pk, "actor": holder, "now": NOW}
        invite_member(email=f"personne{index}@ailleurs.exemple.quebec", organisation_id=town.pk, **offer)
    client.force_login(director)
    with django_assert_num_queries(14):
        answer = page(client, "organisation_detail", town.code)
    assert len(answer.context["delegations"]) == len(answer.context["invitations"]) == rows


def test_members_fill_one_page_after_another(client, django_assert_num_queries, town, signatory):
    for index in range(PER_PAGE):
        MembershipFactory(organisation=town, person__name=f"Personne {index:02}", role=Role.WRITER)
    address = reverse("projects:organisation_detail", args=[town.code])
    with django_assert_num_queries(14):
        first = client.get(address)
    last, beyond = client.get(f"{address}?page=2"), client.get(f"{address}?page=99")
    shown = [[member.pk for member in answer.context["members"]] for answer in (first, last, beyond)]
    assert (len(shown[0]), shown[1], shown[2]) == (PER_PAGE, shown[2], shown[1])
    assert sorted(shown[0] + shown[1]) == sorted(town.memberships.values_list("pk", flat=True))
    assert 'aria-label="Page 2"' in first.text


def test_organisation_without_members_says_so(client, town):
    client.force_login(person_with(Role.DIRECTOR))
    answer = page(client, "organisation_detail", town.code)
    assert "Personne n’a de rôle dans cet organisme." in answer.text
    assert 'aria-labelledby="members"' not in answer.text


def test_invitations_are_shown_to_who_manages_the_members_only(client, town, signatory):
    post(client, "invitation_create", town.code, email="invitee@exemple.quebec", role="writer", starts_on=TODAY)
    assert "invitee@exemple.quebec" in page(client, "organisation_detail", town.code).content.decode()
    for person in (person_with(Role.WRITER, organisation=town), person_with(Role.OFFICER)):
        client.force_login(person)
        assert "invitee@exemple.quebec" not in page(client, "organisation_detail", town.code).content.decode()


def test_limit_of_a_role_and_who_is_replaced_are_shown(client, town, signatory):
    call = CallFactory(reference="AP-2026-77")
    delegate = MembershipFactory(organisation=town, call=call).person
    own = MembershipFactory(person=delegate, organisation=town, role=Role.FINANCE_RESPONDENT)
    delegation = delegation_in(town, signatory, delegate)
    approve_delegation(delegation_id=delegation.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    said = page(client, "organisation_detail", town.code).content.decode()
    assert ("Appel AP-2026-77 seulement" in said, f"Remplace {signatory.name}" in said, own.person.name in said) == (True, True, True)


# ── A role ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_dates_of_a_role_are_changed(client, town, signatory):
    member = MembershipFactory(organisation=town)
    assert page(client, "membership_edit", member.pk).context["form"].initial["version"] == 1
    answer = post(client, "membership_edit", member.pk, starts_on="2026-01-01", ends_on="2026-12-31", version=1)
    member.refresh_from_db()
    assert (answer.status_code, str(member.ends_on), member.version) == (302, "2026-12-31", 2)


def test_second_of_two_people_is_shown_what_changed_and_by_whom(client, town, signatory):
    member, director = MembershipFactory(organisation=town), person_with(Role.DIRECTOR, name="Ondine Lacasse")
    client.force_login(director)
    post(client, "membership_edit", member.pk, starts_on="2026-01-01", ends_on="2026-12-31", version=1)
    client.force_login(signatory)
    answer = post(client, "membership_edit", member.pk, starts_on="2026-01-01", ends_on="2027-06-30", version=1)
    said = answer.content.decode()
    assert (answer.status_code, "Ondine Lacasse l’a modifié" in said, "2026-12-31" in said, 'value="2027-06-30"' in said) == (
        409,
        True,
        True,
        True,
    )
    end = post(client, "membership_end", member.pk, version=1)
    assert (end.status_code, Membership.objects.get(pk=member.pk).revoked_at) == (409, None)


def test_bad_dates_come_back_as_typed(client, town, signatory):
    member = MembershipFactory(organisation=town)
    answer = post(client, "membership_edit", member.pk, starts_on="2026-01-01", ends_on="2026-02-01", version=1)
    assert (answer.status_code, answer.context["form"].errors["ends_on"]) == (422, ["Inscrivez une date à partir du 2026-11-24."])


@pytest.mark.parametrize("name", ["membership_edit", "membership_end", "delegation_create"])
def test_role_of_another_organisation_is_not_found_and_a_colleague_s_is_refused(client, town, name):
    member = MembershipFactory(organisation=town)
    for person, status in ((person_with(Role.SIGNATORY), 404), (person_with(Role.WRITER, organisation=town), 403)):
        client.force_login(person)
        assert (page(client, name, member.pk).status_code, post(client, name, member.pk).status_code) == (status, status)


def test_role_is_limited_to_a_call_from_its_page(client, town, signatory):
    call, colleague = CallFactory(), former_member(town)
    answers = {"email": colleague.email, "role": "writer", "starts_on": TODAY, "call": call.pk}
    assert post(client, "membership_create", town.code, **answers).status_code == 302
    assert Membership.objects.get(person=colleague, role=Role.WRITER).call == call
    hidden = CallFactory(state="draft", approved_at=None, approved_by=None, published_at=None, opened_at=None)
    again = post(client, "membership_create", town.code, **{**answers, "call": hidden.pk})
    assert (again.status_code, list(again.context["form"].errors)) == (422, ["call"])


def test_page_of_the_end_lists_the_drafts_to_hand_over(client, town, signatory):
    member = MembershipFactory(organisation=town)
    draft = DraftApplicationFactory(organisation=town, created_by=member.person, title="Guichet à confier")
    said = page(client, "membership_end", member.pk).content.decode()
    assert ("Guichet à confier" in said, reverse("projects:application_transfer", args=[draft.pk]) in said) == (True, True)
    client.force_login(person_with(Role.DIRECTOR))
    said = page(client, "membership_end", member.pk).content.decode()
    assert ("Guichet à confier" in said, "Un brouillon de l’organisme" in said) == (False, True)


# ── Delegations ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_delegation_goes_through_its_pages(client, town, signatory):
    delegate, other = person_with(Role.WRITER, organisation=town), person_with(Role.SIGNATORY, organisation=town)
    source = signatory.memberships.get()
    bad = post(client, "delegation_create", source.pk, delegate=delegate.pk, starts_on="2026-11-30", ends_on="2026-11-25", reason="Congé")
    assert (bad.status_code, list(bad.context["form"].errors)) == (422, ["ends_on"])
    post(client, "delegation_create", source.pk, delegate=delegate.pk, starts_on=TODAY, ends_on=TODAY, reason="Congé")
    delegation = Delegation.objects.get()
    assert page(client, "delegation_approve", delegation.pk).status_code == 403
    client.force_login(other)
    assert page(client, "delegation_approve", delegation.pk).status_code == 200
    assert post(client, "delegation_approve", delegation.pk).status_code == 302
    client.force_login(delegate)
    assert f"{signatory.name}" in page(client, "delegation_list").content.decode()
    assert page(client, "invitation_create", town.code).status_code == 200
    post(client, "delegation_end", delegation.pk)
    assert Delegation.objects.get().state == DelegationState.REVOKED
    assert page(client, "invitation_create", town.code).status_code == 403


def test_act_through_a_delegation_shows_on_whose_behalf(client, town, signatory):
    delegate = person_with(Role.WRITER, organisation=town, name="Rosalie Vaudreuil")
    delegation = delegation_in(town, signatory, delegate)
    approve_delegation(delegation_id=delegation.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    application = ApplicationFactory(organisation=town)
    for person, name in ((delegate, "invite_member"), (delegate, "submit_application"), (signatory, "submit_application")):
        act_as(person, name, application)
    assert [event.by for event in story_of(application)] == [f"Rosalie Vaudreuil, au nom de {signatory.name}", signatory.name]
    entry = JournalEntry.objects.get(act="invite_member")
    client.force_login(person_with(Role.AUDITOR))
    said = client.get(reverse("reporting:audit_detail", args=[entry.pk])).content.decode()
    assert ("Au nom de" in said, signatory.name in said) == (True, True)


def act_as(person, name, application):
    """An entry of that act, as the policy of a signatory leaves it."""

    def step(*, actor, now):
        needs_role_in(actor, application.organisation_id, now, Role.SIGNATORY).require()
        note(application)

    step.__name__ = name
    act(step)(actor=type(person).objects.get(pk=person.pk), now=NOW)


def test_delegation_is_refused_with_a_reason(client, town, signatory):
    delegation = delegation_in(town, person_with(Role.SIGNATORY, organisation=town), person_with(Role.WRITER, organisation=town))
    assert post(client, "delegation_refuse", delegation.pk, reason="").status_code == 422
    assert post(client, "delegation_refuse", delegation.pk, reason="Trop long").status_code == 302
    assert Delegation.objects.get().state == DelegationState.REFUSED
    assert post(client, "delegation_refuse", delegation.pk, reason="Encore").status_code == 409


def test_delegation_of_others_is_not_found(client, town, signatory):
    other = OrganisationFactory()
    delegation = delegation_in(other, person_with(Role.SIGNATORY, organisation=other), person_with(Role.WRITER, organisation=other))
    for name in ("delegation_approve", "delegation_refuse", "delegation_end"):
        assert (page(client, name, delegation.pk).status_code, post(client, name, delegation.pk).status_code) == (404, 404)
    assert Delegation.objects.get().state == DelegationState.PROPOSED


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_delegations_costs_the_same_for_one_and_three(client, django_assert_num_queries, rows):
    for _ in range(rows):
        unit = UnitFactory()
        delegation_in(unit, person_with(Role.OFFICER, organisation=unit), person_with(Role.ADVISER, organisation=unit))
    client.force_login(person_with(Role.DIRECTOR))
    with django_assert_num_queries(8):
        answer = page(client, "delegation_list")
    assert answer.content.decode().count("Approuver") == rows


def test_delegation_over_offers_nothing_more(client, town, signatory):
    delegation = delegation_in(town, signatory, person_with(Role.WRITER, organisation=town))
    approve_delegation(delegation_id=delegation.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        client.force_login(signatory)
        said = page(client, "delegation_list").content.decode()
    assert ("Terminée" in said, "Retirer" in said) == (True, False)


# ── Transfers ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_draft_is_handed_over_from_its_page(client, town):
    responsible, colleague = (person_with(Role.WRITER, organisation=town) for _ in range(2))
    draft = DraftApplicationFactory(organisation=town, created_by=responsible)
    client.force_login(responsible)
    assert reverse("projects:application_transfer", args=[draft.pk]) in page(client, "application_detail", draft.pk).content.decode()
    assert post(client, "application_transfer", draft.pk, person=person_with(Role.WRITER).pk).status_code == 422
    assert post(client, "application_transfer", draft.pk, person=colleague.pk).status_code == 302
    shown = page(client, "application_detail", draft.pk).content.decode()
    assert (colleague.name in shown, reverse("projects:application_transfer", args=[draft.pk]) in shown) == (True, False)
    assert page(client, "application_transfer", draft.pk).status_code == 403
    assert colleague.name in page(client, "application_list").content.decode()


def test_draft_of_another_organisation_is_not_found(client, town, signatory):
    draft = DraftApplicationFactory()
    assert (page(client, "application_transfer", draft.pk).status_code, post(client, "application_transfer", draft.pk).status_code) == (
        404,
        404,
    )


def test_invitation_is_not_seen_from_another_organisation(client, town, signatory):
    other = OrganisationFactory()
    asked = {"role": Role.WRITER, "starts_on": TODAY, "ends_on": None, "now": NOW}
    invitation = invite_member(
        email="x@exemple.quebec", organisation_id=other.pk, actor=person_with(Role.SIGNATORY, organisation=other), **asked
    )
    for name in ("invitation_resend", "invitation_revoke"):
        assert (page(client, name, invitation.pk).status_code, post(client, name, invitation.pk).status_code) == (404, 404)
    assert Invitation.objects.get().revoked_at is None

from datetime import date, timedelta

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed
from projects.enums import Role
from projects.models import Membership
from projects.policies.rights import rights_of
from projects.services.people import end_membership, grant_membership
from tests.factories import NOW, MembershipFactory, OrganisationFactory, UserFactory, former_member, person_with

pytestmark = pytest.mark.django_db


def grant(actor, organisation, email, role=Role.WRITER):
    return grant_membership(
        email=email, role=role, organisation_id=organisation.pk, starts_on=NOW.date(), ends_on=None, actor=actor, now=NOW
    )


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(0, None, True), (0, 0, True), (1, None, False), (-5, -1, False)],
)
def test_rights_follow_the_dates_of_a_membership(starts, ends, holds):
    day = NOW.date()
    member = MembershipFactory(starts_on=day + timedelta(days=starts), ends_on=None if ends is None else day + timedelta(days=ends))
    assert rights_of(member.person, NOW).has(Role.WRITER) is holds


def test_rights_end_at_midnight_in_montreal():
    member = MembershipFactory(ends_on=date(2026, 11, 1))  # clocks go back at 2:00 that night
    before, after = NOW.replace(day=2, hour=4, minute=59, month=11), NOW.replace(day=2, hour=5, minute=0, month=11)
    assert rights_of(member.person, before).has(Role.WRITER) is True
    assert rights_of(member.person, after).has(Role.WRITER) is False


def test_closed_account_holds_nothing():
    member = MembershipFactory(person__is_active=False)
    assert rights_of(member.person, NOW).held == frozenset()


def test_signatory_grants_applicant_roles_in_their_own_organisation_only():
    town, other = OrganisationFactory(), OrganisationFactory()
    signatory, colleague = person_with(Role.SIGNATORY, organisation=town), former_member(town)
    grant(signatory, town, colleague.email.upper())
    assert rights_of(colleague, NOW).has_in(town.pk, Role.WRITER)
    with pytest.raises(NotAllowed):
        grant(signatory, other, colleague.email)
    with pytest.raises(NotAllowed):
        grant(signatory, town, colleague.email, Role.AUDITOR)


def test_signatory_learns_nothing_of_who_has_an_account_elsewhere():
    """Not whether an address has one, nor, by the roles that do not go together, which roles its person holds."""
    town = OrganisationFactory()
    signatory, director = person_with(Role.SIGNATORY, organisation=town), person_with(Role.DIRECTOR)
    emails = (UserFactory().email, person_with(Role.REVIEWER).email, UserFactory(is_active=False).email, "inconnue@exemple.quebec")
    said = []
    for email in emails:
        with pytest.raises(Invalid) as refused:
            grant(signatory, town, email)
        said.append(refused.value.errors)
    assert said == [{"email": "Personne de cet organisme n’a ce courriel\u00a0: invitez plutôt cette personne."}] * 4
    with pytest.raises(Invalid) as refused:
        grant(director, town, emails[3])
    assert refused.value.errors == {"email": "Aucun compte actif n’a ce courriel."}
    assert grant(director, town, emails[0]).role == Role.WRITER


def test_ended_membership_gives_no_access_and_keeps_its_row():
    town = OrganisationFactory()
    signatory, member = person_with(Role.SIGNATORY, organisation=town), MembershipFactory(organisation=town)
    end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    assert rights_of(type(member.person).objects.get(pk=member.person_id), NOW).held == frozenset()
    assert Membership.objects.get(pk=member.pk).ends_on == NOW.date()
    with pytest.raises(NotAllowed, match="votre propre rôle"):
        end_membership(membership_id=signatory.memberships.get().pk, actor=signatory, now=NOW)


def test_organisation_page_is_for_everybody_who_signs_in_and_its_members_are_not(client):
    town = OrganisationFactory()
    member, stranger = person_with(Role.WRITER, organisation=town), person_with(Role.WRITER, organisation=OrganisationFactory())
    address = reverse("projects:organisation_detail", args=[town.code])
    assert client.get(address).status_code == 302
    for person, members in ((member, [member.memberships.get()]), (stranger, []), (person_with(Role.OFFICER), [member.memberships.get()])):
        client.force_login(person)
        assert list(client.get(address).context["members"]) == members


@pytest.mark.parametrize("members", [1, 3])
def test_organisation_page_costs_the_same_for_one_and_three_members(client, django_assert_num_queries, members):
    town = OrganisationFactory()
    director = person_with(Role.DIRECTOR)
    MembershipFactory.create_batch(members, organisation=town)
    client.force_login(director)
    with django_assert_num_queries(14):
        client.get(reverse("projects:organisation_detail", args=[town.code]))


def test_role_is_granted_and_ended_in_the_browser(client):
    town = OrganisationFactory()
    colleague = former_member(town)
    client.force_login(person_with(Role.SIGNATORY, organisation=town))
    address = reverse("projects:membership_create", args=[town.code])
    wrong = {"email": colleague.email, "role": "writer", "starts_on": "2026-11-24", "ends_on": "2026-11-01", "key": "a"}
    answer = client.post(address, wrong)
    assert (answer.status_code, answer.context["form"].errors["ends_on"][0][:27]) == (422, "La fin précède le début\u00a0: i")
    assert client.post(address, {**wrong, "ends_on": ""}).status_code == 302
    member = Membership.objects.get(person=colleague, role=Role.WRITER)
    client.post(reverse("projects:membership_end", args=[member.pk]), {"key": "b"})
    member.refresh_from_db()
    assert member.ends_on is not None


def test_role_is_not_granted_by_a_writer(client):
    town = OrganisationFactory()
    client.force_login(person_with(Role.WRITER, organisation=town))
    assert client.get(reverse("projects:membership_create", args=[town.code])).status_code == 403


@pytest.mark.parametrize("name", ["accessibility", "privacy", "contact"])
def test_pages_about_the_portal_are_public(client, name):
    assert client.get(reverse(f"projects:{name}")).status_code == 200


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.OFFICER, "projects:staff_application_list"),
        (Role.PAYMENT_REQUESTER, "funding:payment_list"),
        (Role.GAIN_VERIFIER, "reporting:gain_list"),
        (Role.CONTROLLER, "funding:award_list"),
        (Role.AUDITOR, "reporting:dashboard"),
        (Role.WRITER, "projects:application_list"),
        (Role.REVIEWER, "funding:review_list"),
    ],
)
def test_each_role_lands_where_its_work_waits(client, role, name):
    client.force_login(person_with(role))
    assert client.get(reverse("projects:workspace")).headers["Location"] == reverse(name)

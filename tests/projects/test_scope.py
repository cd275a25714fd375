"""A role limited to one call: its holder acts on the files of that call, and meets those of no other."""

from datetime import date

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import NotAllowed
from funding.models import Award
from funding.policies import awards as award_policies
from funding.policies.payments import list_payments, read_payments
from funding.queries.agreements import agreements_for
from funding.queries.awards import awards_for
from funding.queries.payments import instalments_for, milestones_for
from funding.queries.reviews import assignable, reviews_for
from projects.enums import APPLICANT_ROLES, ApplicationState, InterestAnswer, Role
from projects.models import Application, InterestDeclaration
from projects.policies import applications as application_policies
from projects.policies.rights import STAFF_ROLES, rights_of
from projects.policies.scope import call_of
from projects.policies.staff import read_files
from projects.queries.applications import applications_for, members_to_tell, own_applications_for, projects_for, signatories_of
from projects.queries.calls import calls_for, staff_calls_for
from projects.queries.staff import queue_for, staff_queue_for
from projects.services.applications import start_application
from reporting.policies.reports import read_reports
from reporting.queries.gains import holders_of
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewFactory,
    UnitFactory,
    UserFactory,
    agreement_in_force,
    award_certified,
    reserved_call,
)

pytestmark = pytest.mark.django_db


def limited_to(call, role, **fields):
    """A person who holds a role on the files of one call, and nothing else."""
    return MembershipFactory(role=role, call=call, **fields).person


@pytest.fixture
def two():
    """A submitted application in each of two calls, of the same organisation."""
    town = OrganisationFactory()
    return [ApplicationFactory(organisation=town) for _ in range(2)]


@pytest.mark.parametrize("role", sorted(Role))
def test_limited_role_counts_for_its_call_only(role):
    call, other = CallFactory(), CallFactory()
    rights = rights_of(limited_to(call, role), NOW)
    assert (rights.has(role), rights.has(role, call=call.pk), rights.has(role, call=other.pk)) == (False, True, False)
    assert (rights.held, rights.roles, rights.has_somewhere(role)) == (frozenset(), {role}, True)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES | {Role.AUDITOR}))
def test_limited_staff_reads_the_files_of_its_call_only(two, role):
    person = limited_to(two[0].call, role)
    assert list(applications_for(person, NOW)) == [two[0]]
    assert list(staff_queue_for(person, NOW)) == [two[0]]
    assert (bool(read_files(person, NOW)), bool(read_files(person, NOW, two[1].call_id)), bool(read_reports(person, NOW))) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("role", sorted(APPLICANT_ROLES))
def test_limited_applicant_reads_its_organisation_s_files_of_its_call_only(two, role):
    person = limited_to(two[0].call, role, organisation=two[0].organisation)
    assert list(applications_for(person, NOW)) == list(own_applications_for(person, NOW)) == [two[0]]
    assert bool(application_policies.edit_application(person, two[0], NOW)) is True
    assert bool(application_policies.edit_application(person, two[1], NOW)) is False


def test_limited_reviewer_reads_what_was_assigned_in_its_call_only():
    reviews = [ReviewFactory() for _ in range(2)]
    person = limited_to(reviews[0].application.call, Role.REVIEWER)
    for review in reviews:
        review.reviewer = person
        review.save()
        InterestDeclaration.objects.create(application=review.application, person=person, answer=InterestAnswer.NONE, declared_at=NOW)
    assert list(reviews_for(person, NOW)) == [reviews[0]]
    assert list(applications_for(person, NOW)) == [reviews[0].application]


def test_limited_reviewer_is_proposed_for_its_call_only(two):
    person = limited_to(two[0].call, Role.REVIEWER)
    assert [list(assignable(application, NOW)) for application in two] == [[person], []]


def test_projects_and_what_hangs_from_them_follow_the_call():
    agreements = [agreement_in_force() for _ in range(2)]
    person = limited_to(agreements[0].project.call, Role.PAYMENT_REQUESTER)
    assert list(projects_for(person, NOW)) == [agreements[0].project]
    assert list(agreements_for(person, NOW)) == [agreements[0]]
    assert set(milestones_for(person, NOW).order_by("pk").values_list("agreement", flat=True)) == {agreements[0].pk}
    assert set(instalments_for(person, NOW).order_by("pk").values_list("agreement", flat=True)) == {agreements[0].pk}
    assert set(awards_for(person, NOW).order_by("pk")) == {agreements[0].award}
    assert (bool(list_payments(person, NOW)), bool(list_payments(person, NOW, agreements[1].project.call_id))) == (True, False)
    assert bool(read_payments(person, NOW)) is False


def test_act_is_refused_on_a_file_of_another_call():
    awards = [award_certified(), award_certified(ApplicationFactory(state=ApplicationState.RECOMMENDED, score=80, call=reserved_call()))]
    person = limited_to(awards[0].application.call, Role.CONTROLLER)
    assert [bool(award_policies.certify_award(person, award, NOW)) for award in Award.objects.order_by("pk")] == [True, False]


def test_member_limited_elsewhere_sees_their_own_organisation_s_file_as_an_applicant_only(client, two):
    """The state of deliberation is for the Fund: a role on another call does not open it."""
    Application.objects.update(state=ApplicationState.RECOMMENDED)
    person = limited_to(two[0].call, Role.OFFICER)
    MembershipFactory(person=person, organisation=two[0].organisation)
    stages = dict(queue_for(person, NOW).values_list("pk", "stage"))
    assert stages == {two[0].pk: ApplicationState.RECOMMENDED, two[1].pk: ApplicationState.IN_REVIEW}
    client.force_login(person)
    statuses = [client.get(reverse("funding:application_detail", args=[application.number])).status_code for application in two]
    assert statuses == [200, 404]
    assert client.get(reverse("funding:award_ranking", args=[two[1].call.reference])).status_code == 403


def test_calls_of_the_staff_are_those_of_the_role():
    draft, other = CallFactory(state="draft", approved_at=None, approved_by=None, published_at=None, opened_at=None), CallFactory()
    person = limited_to(draft, Role.OFFICER)
    assert set(calls_for(person, NOW).order_by("pk")) == {draft, other}
    assert list(staff_calls_for(person, NOW)) == [draft]
    assert draft not in set(calls_for(UserFactory(), NOW).order_by("pk"))


def test_people_told_about_a_file_are_those_of_its_call(two):
    town = two[0].organisation
    signatory = limited_to(two[0].call, Role.SIGNATORY, organisation=town)
    verifier = limited_to(two[0].call, Role.GAIN_VERIFIER)
    assert [list(members_to_tell(application, NOW)) for application in two] == [[signatory], []]
    assert [list(signatories_of(application, NOW)) for application in two] == [[signatory], []]
    assert [list(holders_of(Role.GAIN_VERIFIER, application.call_id, NOW)) for application in two] == [[verifier], []]


def test_application_is_started_in_the_call_of_the_role_only():
    town, (call, other) = OrganisationFactory(), (CallFactory(), CallFactory())
    person = limited_to(call, Role.WRITER, organisation=town)
    assert start_application(call_id=call.pk, organisation_id=town.pk, actor=person, now=NOW).responsible == person
    with pytest.raises(NotAllowed):
        start_application(call_id=other.pk, organisation_id=town.pk, actor=person, now=NOW)


def test_limited_signatory_sees_and_submits_their_draft_only(two):
    person = limited_to(two[0].call, Role.SIGNATORY, organisation=two[0].organisation)
    drafts = [DraftApplicationFactory(organisation=two[0].organisation, call=application.call) for application in two]
    assert [bool(application_policies.submit_application(person, draft, NOW)) for draft in drafts] == [True, False]


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        (Role.OFFICER, "projects:staff_application_list", "reporting:report_list"),
        (Role.OFFICER, "funding:award_list", "reporting:dashboard"),
        (Role.PAYMENT_REQUESTER, "funding:payment_list", "funding:envelope_list"),
        (Role.AUDITOR, "reporting:project_list", "reporting:audit_list"),
    ],
)
def test_pages_of_the_whole_fund_are_closed_to_a_limited_role(client, role, shown, hidden):
    client.force_login(limited_to(CallFactory(), role))
    page = client.get(reverse(shown))
    assert (page.status_code, client.get(reverse(hidden)).status_code) == (200, 403)
    links = {entry.url for entry in page.context["menu"]}
    assert (reverse(shown) in links, reverse(hidden) in links) == (True, False)


def test_every_way_to_a_call_leads_to_it():
    agreement = agreement_in_force()
    call = agreement.project.call_id
    rows = [agreement, agreement.award, agreement.project, agreement.award.application, agreement.milestones.get(position=1)]
    assert {call_of(row) for row in rows} == {call}
    with pytest.raises(KeyError):
        call_of(UnitFactory())


@pytest.mark.parametrize("files", [1, 3])
def test_rights_cost_one_query_whatever_is_held(django_assert_num_queries, files):
    person = UserFactory()
    for _ in range(files):
        MembershipFactory(person=person, role=Role.OFFICER, call=CallFactory(), starts_on=date(2026, 1, 1))
    with django_assert_num_queries(1):
        assert (rights_of(person, NOW).has(Role.OFFICER), len(rights_of(person, NOW).calls(Role.OFFICER))) == (False, files)

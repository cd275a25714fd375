"""Roles given, changed and ended: at once, once, and by the person who saw the latest."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from projects.enums import Role
from projects.models import ApiToken, JournalEntry, Membership
from projects.policies.rights import rights_of
from projects.services.people import change_membership, end_membership, grant_membership
from tests.factories import NOW, CallFactory, MembershipFactory, OrganisationFactory, UnitFactory, UserFactory, former_member, person_with

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def town():
    return OrganisationFactory()


@pytest.fixture
def signatory(town):
    return person_with(Role.SIGNATORY, organisation=town)


def signed_in(person):
    """A session of this person, listed as sign-in lists it."""
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session.create()
    UserSession.objects.create(user=person, ip="192.0.2.1", session_key=session.session_key, user_agent="Navigateur")
    return session.session_key


def fresh(person):
    """The person as the next request reads them: rights are kept on the object."""
    return type(person).objects.get(pk=person.pk)


def grant(actor, organisation, person, **changes):
    given = {"role": Role.WRITER, "starts_on": TODAY, "ends_on": None, **changes}
    return grant_membership(email=person.email, organisation_id=organisation.pk, actor=actor, now=NOW, **given)


def change(member, actor, **changes):
    asked = {"starts_on": member.starts_on, "ends_on": member.ends_on, "version": member.version, **changes}
    return change_membership(membership_id=member.pk, actor=actor, now=NOW, **asked)


# ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("starts", [0, -1, -700, 5])
def test_role_ends_at_once_even_on_its_first_day(town, signatory, starts):
    member = MembershipFactory(organisation=town, starts_on=TODAY + timedelta(days=starts))
    ended = end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    assert rights_of(fresh(member.person), NOW).roles == frozenset()
    assert (ended.revoked_at, ended.revoked_by, ended.ends_on) == (NOW, signatory, max(TODAY, member.starts_on))


def test_end_is_never_later_than_it_was_to_be(town, signatory):
    member = MembershipFactory(organisation=town, ends_on=TODAY + timedelta(days=30))
    assert end_membership(membership_id=member.pk, actor=signatory, now=NOW).ends_on == TODAY


def test_last_role_takes_the_sessions_and_tokens_with_it(town, signatory):
    member, colleague = MembershipFactory(organisation=town), MembershipFactory(organisation=town)
    gone, other = [signed_in(member.person) for _ in range(2)], signed_in(colleague.person)
    token = ApiToken.objects.create(
        person=member.person, name="Entrepôt", prefix="fip_", sha256="a" * 64, scopes=["read:calls"], created_at=NOW, expires_on=TODAY
    )
    end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    assert list(Session.objects.filter(pk__in=[*gone, other]).values_list("pk", flat=True)) == [other]
    assert list(UserSession.objects.order_by("pk").values_list("session_key", flat=True)) == [other]
    token.refresh_from_db()
    assert token.revoked_at == NOW
    entry = json.loads(JournalEntry.objects.get(act="end_membership").content)
    assert (entry["objects"][0]["sessions"], entry["objects"][0]["tokens"]) == (2, 1)


def test_another_role_keeps_the_sessions(town, signatory):
    member = MembershipFactory(organisation=town)
    MembershipFactory(person=member.person, organisation=town, role=Role.FINANCE_RESPONDENT)
    session = signed_in(member.person)
    end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    assert Session.objects.filter(pk=session).exists()
    assert rights_of(fresh(member.person), NOW).roles == {Role.FINANCE_RESPONDENT}


def test_signed_in_person_is_out_at_the_next_request(client, town, signatory):
    """Even a session that nobody listed opens nothing: rights are read at each request."""
    member = MembershipFactory(organisation=town)
    client.force_login(member.person)
    address = f"/organismes/{town.code}/"
    assert member in client.get(address).context["members"]
    end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    answer = client.get(address)  # the facts of an organisation are public, its members are not
    assert (list(answer.context["members"]), list(answer.context["delegations"])) == ([], [])
    assert member.person.email not in answer.content.decode()


def test_past_acts_keep_the_name_of_who_left(town, signatory):
    leaver = person_with(Role.SIGNATORY, organisation=town, name="Zacharie Tremblant")
    grant(leaver, town, former_member(town))
    end_membership(membership_id=leaver.memberships.get().pk, actor=signatory, now=NOW)
    assert JournalEntry.objects.get(act="grant_membership").actor.name == "Zacharie Tremblant"


def test_role_ends_once(town, signatory):
    member = MembershipFactory(organisation=town)
    end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    with pytest.raises(WrongState, match="déjà terminé"):
        end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    past = MembershipFactory(organisation=town, ends_on=TODAY - timedelta(days=1))
    with pytest.raises(WrongState, match="déjà terminé"):
        end_membership(membership_id=past.pk, actor=signatory, now=NOW)


def test_who_left_is_given_the_role_again_the_same_day(town, signatory):
    member = MembershipFactory(organisation=town, starts_on=TODAY)
    end_membership(membership_id=member.pk, actor=signatory, now=NOW)
    again = grant(signatory, town, member.person)
    assert (again.pk != member.pk, rights_of(fresh(member.person), NOW).has_in(town.pk, Role.WRITER)) == (True, True)


# ── Dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def clocks():
    """The table of the rules page: last day of a role, an instant at which it still holds, the first at which it does not."""
    page = (Path(settings.BASE_DIR) / "docs" / "rules" / "memberships.md").read_text(encoding="utf-8")
    return [
        (date.fromisoformat(last), datetime.fromisoformat(f"{before}+00:00"), datetime.fromisoformat(f"{after}+00:00"))
        for last, before, after in re.findall(r"^\| (2026-\S+) \| (\S+) \| (\S+) \|$", page, re.MULTILINE)
    ]


CLOCKS = clocks()


def test_rules_page_shows_both_sides_of_both_changes_of_clock():
    assert [last.isoformat() for last, _before, _after in CLOCKS] == ["2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01"]


@pytest.mark.parametrize(("last", "before", "after"), CLOCKS)
def test_role_that_ends_today_ends_at_midnight_in_montreal(last, before, after):
    member = MembershipFactory(ends_on=last)
    held = [rights_of(fresh(member.person), at).has(Role.WRITER) for at in (before, after)]
    assert held == [True, False]


@pytest.mark.parametrize(("last", "before", "after"), CLOCKS)
def test_role_that_starts_the_next_day_starts_at_midnight_in_montreal(last, before, after):
    member = MembershipFactory(starts_on=last + timedelta(days=1))
    held = [rights_of(fresh(member.person), at).has(Role.WRITER) for at in (before, after)]
    assert held == [False, True]


def test_dates_are_changed_and_the_journal_says_from_what_to_what(town, signatory):
    member = MembershipFactory(organisation=town, starts_on=date(2026, 1, 1))
    changed = change(member, signatory, ends_on=date(2026, 12, 31))
    assert (changed.ends_on, changed.version) == (date(2026, 12, 31), 2)
    fact = json.loads(JournalEntry.objects.get(act="change_membership").content)["objects"][0]
    assert (fact["before"], fact["after"]) == (
        {"starts_on": "2026-01-01", "ends_on": None},
        {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
    )


def test_second_of_two_people_changes_nothing(town, signatory):
    member, director = MembershipFactory(organisation=town), person_with(Role.DIRECTOR)
    change(member, signatory, ends_on=date(2026, 12, 31))
    with pytest.raises(Stale, match="Rien n’a été écrasé"):
        change(member, director, ends_on=date(2027, 6, 30))
    with pytest.raises(Stale, match="Rien n’a été écrasé"):
        end_membership(membership_id=member.pk, actor=director, now=NOW, version=member.version)
    member.refresh_from_db()
    assert (member.ends_on, member.version, member.revoked_at) == (date(2026, 12, 31), 2, None)


@pytest.mark.parametrize(("starts", "ends"), [(0, -1), (-30, -1), (10, 9)])
def test_role_is_not_changed_to_end_in_the_past_nor_before_it_starts(town, signatory, starts, ends):
    member = MembershipFactory(organisation=town)
    with pytest.raises(Invalid) as refused:
        change(member, signatory, starts_on=TODAY + timedelta(days=starts), ends_on=TODAY + timedelta(days=ends))
    assert list(refused.value.errors) == ["ends_on"]


def test_nobody_changes_their_own_role_nor_one_that_is_over(town, signatory):
    with pytest.raises(NotAllowed, match="votre propre rôle"):
        change(signatory.memberships.get(), signatory, ends_on=None)
    past = MembershipFactory(organisation=town, ends_on=TODAY - timedelta(days=1))
    with pytest.raises(WrongState):
        change(past, signatory, ends_on=None)
    with pytest.raises(NotAllowed):
        change(MembershipFactory(organisation=town), person_with(Role.WRITER, organisation=town), ends_on=None)


# ── Once, and where it fits ──────────────────────────────────────────────────────────────────────────────────────────
def test_same_role_is_not_held_twice_at_once(town, signatory):
    person = former_member(town)
    grant(signatory, town, person, ends_on=TODAY + timedelta(days=9))
    with pytest.raises(WrongState, match="déjà ce rôle"):
        grant(signatory, town, person, starts_on=TODAY + timedelta(days=9))
    assert grant(signatory, town, person, starts_on=TODAY + timedelta(days=10)).starts_on == TODAY + timedelta(days=10)


def test_roles_limited_to_different_calls_stand_side_by_side(town, signatory):
    person, calls = former_member(town), [CallFactory(), CallFactory()]
    for call in calls:
        grant(signatory, town, person, call_id=call.pk)
    with pytest.raises(WrongState, match="déjà ce rôle"):
        grant(signatory, town, person, call_id=calls[0].pk)
    assert sorted(rights_of(person, NOW).calls(Role.WRITER)) == sorted(call.pk for call in calls)


@pytest.mark.parametrize(
    ("where", "role", "reason"),
    [(UnitFactory, Role.WRITER, "organisme demandeur"), (OrganisationFactory, Role.OFFICER, "unité du Secrétariat")],
)
def test_role_is_held_where_it_belongs(where, role, reason):
    with pytest.raises(NotAllowed, match=reason):
        grant(person_with(Role.DIRECTOR), where(), UserFactory(), role=role)
    assert not Membership.objects.filter(role=role).exists()


def test_double_click_gives_a_role_once(town, signatory):
    person = former_member(town)
    first, second = (grant(signatory, town, person, key="une-fois") for _ in range(2))
    assert (first, person.memberships.filter(role=Role.WRITER).count()) == (second, 1)


def test_signatory_limited_to_a_call_manages_nobody(town):
    limited = MembershipFactory(role=Role.SIGNATORY, organisation=town, call=CallFactory()).person
    with pytest.raises(NotAllowed):
        grant(limited, town, UserFactory())

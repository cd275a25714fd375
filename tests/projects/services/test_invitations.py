"""Invitations: a link that works once, within a delay, for the invited person alone; nothing keeps it but the e-mail."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from fondsinnovation.kit.errors import Invalid, NotAllowed, Throttled, WrongState
from fondsinnovation.templatetags.typography import long_datetime
from projects.enums import Role
from projects.models import Invitation, JournalEntry, Membership, Message, OutboxMessage, User
from projects.policies.rights import rights_of
from projects.queries.invitations import Opening, Problem, opening_of, pending_invitations, sent_lately
from projects.services.invitations import accept_invitation, invite_member, make_link, resend_invitation, revoke_invitation
from projects.services.journal import sha256
from projects.services.people import end_membership
from projects.tasks import send_invitation
from tests.factories import NOW, CallFactory, OrganisationFactory, UnitFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
ADDRESS = "nouvelle.personne@exemple.quebec"
SECRET = "quatre-mots-bien-choisis"


@pytest.fixture
def town():
    return OrganisationFactory()


@pytest.fixture
def signatory(town):
    return person_with(Role.SIGNATORY, organisation=town, name="Solange Vertefeuille")


def invite(actor, organisation, **changes):
    asked = {"email": ADDRESS, "role": Role.WRITER, "starts_on": TODAY, "ends_on": None, "now": NOW, **changes}
    return invite_member(organisation_id=organisation.pk, actor=actor, **asked)


def token_of(invitation, now=NOW):
    _invitation, link = make_link(invitation.pk, now)
    return link.rstrip("/").rsplit("/", 1)[1]


def accept(invitation, actor=None, now=NOW, **changes):
    answers = {"name": "Nadège Quirion", "password": SECRET, **changes} if actor is None else changes
    return accept_invitation(invitation_id=invitation.pk, actor=actor, now=now, **answers)


def problem_of(token, organisation, now=NOW):
    return opening_of(sha256(token), organisation.code, now).problem


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_link_leaves_by_email_and_no_table_keeps_it(town, signatory, mailoutbox):
    invitation = invite(signatory, town, email=f" {ADDRESS.upper()} ")
    send_invitation(OutboxMessage.objects.get(topic="invitation").payload, NOW)
    [mail] = mailoutbox
    token = re.search(rf"/invitations/{town.code}/([\w-]+)/", mail.body)[1]
    invitation.refresh_from_db()
    assert (mail.to, invitation.sha256, len(token)) == ([ADDRESS], sha256(token), 43)
    for name in ("Solange Vertefeuille", "Rédaction", town.name, long_datetime(invitation.expires_at)):
        assert name in mail.body
    kept = [
        *OutboxMessage.objects.order_by("pk").values_list("payload", flat=True),
        *JournalEntry.objects.order_by("pk").values_list("content", flat=True),
    ]
    assert [text for text in map(str, kept) if token in text or ADDRESS in text] == []
    assert not Message.objects.exists()


def test_invitation_that_waits_no_more_is_not_sent(town, signatory, mailoutbox):
    invitation = invite(signatory, town)
    revoke_invitation(invitation_id=invitation.pk, actor=signatory, now=NOW)
    send_invitation({"invitation": invitation.pk}, NOW)
    assert (mailoutbox, make_link(invitation.pk, NOW)) == ([], None)


def test_signatory_invites_to_the_roles_of_an_applicant_in_their_organisation(town, signatory):
    with pytest.raises(NotAllowed):
        invite(signatory, OrganisationFactory())
    with pytest.raises(NotAllowed):
        invite(signatory, town, role=Role.OFFICER)
    with pytest.raises(NotAllowed):
        invite(person_with(Role.WRITER, organisation=town), town)
    assert not Invitation.objects.exists()


def test_director_invites_to_any_role_where_it_belongs(town):
    director, unit = person_with(Role.DIRECTOR), UnitFactory()
    assert invite(director, unit, role=Role.AUDITOR).role == Role.AUDITOR
    assert invite(director, town).role == Role.WRITER
    with pytest.raises(NotAllowed, match="organisme demandeur"):
        invite(director, unit, role=Role.WRITER)


def test_answer_is_the_same_whether_the_address_has_an_account(town, signatory):
    UserFactory(email=ADDRESS)
    known, unknown = invite(signatory, town), invite(signatory, town, email="inconnue@exemple.quebec")
    assert (known.role, known.expires_at) == (unknown.role, unknown.expires_at)


def test_nobody_invites_themselves(town, signatory):
    with pytest.raises(Invalid) as refused:
        invite(signatory, town, email=signatory.email.upper())
    assert list(refused.value.errors) == ["email"]


def test_past_role_is_not_offered(town, signatory):
    with pytest.raises(Invalid) as refused:
        invite(signatory, town, starts_on=TODAY - timedelta(days=9), ends_on=TODAY - timedelta(days=1))
    assert list(refused.value.errors) == ["ends_on"]


def test_same_address_waits_once_for_a_role(town, signatory):
    invite(signatory, town)
    with pytest.raises(WrongState, match="déjà invitée"):
        invite(signatory, town)
    assert invite(signatory, town, role=Role.SIGNATORY).pk


def test_one_person_sends_so_many_a_day(town, signatory, settings):
    settings.INVITATIONS_PER_DAY = 2
    first = invite(signatory, town)
    invite(signatory, town, email="deux@exemple.quebec")
    for again in (
        lambda: invite(signatory, town, email="trois@exemple.quebec"),
        lambda: resend_invitation(invitation_id=first.pk, actor=signatory, now=NOW),
    ):
        with pytest.raises(Throttled):
            again()
    first.refresh_from_db()
    assert (first.revoked_at, sent_lately(signatory, NOW)) == (None, 2)
    assert invite(signatory, town, email="trois@exemple.quebec", now=NOW + timedelta(days=1, seconds=1)).pk


# ── What a link opens ────────────────────────────────────────────────────────────────────────────────────────────────
def test_link_opens_its_invitation_under_its_organisation_only(town, signatory):
    invitation = invite(signatory, town)
    token = token_of(invitation)
    assert opening_of(sha256(token), town.code, NOW) == Opening(invitation, None)
    assert problem_of(token, OrganisationFactory()) == Problem.UNKNOWN
    assert problem_of(f"{token}x", town) == Problem.UNKNOWN


def test_link_expires_at_the_very_instant(town, signatory):
    invitation = invite(signatory, town)
    token, end = token_of(invitation), NOW + timedelta(days=7)
    assert [problem_of(token, town, at) for at in (end - timedelta(microseconds=1), end)] == [None, Problem.EXPIRED]
    with pytest.raises(WrongState, match="plus valide"):
        accept(invitation, now=end)
    assert not User.objects.filter(email=ADDRESS).exists()


def test_link_works_once(town, signatory):
    invitation = invite(signatory, town)
    token = token_of(invitation)
    accept(invitation)
    assert problem_of(token, town) == Problem.USED
    with pytest.raises(WrongState):
        accept(invitation, User.objects.get(email=ADDRESS))
    assert Membership.objects.filter(person__email=ADDRESS).count() == 1


def test_withdrawn_link_opens_nothing(town, signatory):
    invitation = invite(signatory, town)
    token = token_of(invitation)
    revoke_invitation(invitation_id=invitation.pk, actor=signatory, now=NOW)
    assert problem_of(token, town) == Problem.WITHDRAWN
    with pytest.raises(WrongState):
        accept(invitation)
    with pytest.raises(WrongState, match="plus en attente"):
        revoke_invitation(invitation_id=invitation.pk, actor=signatory, now=NOW)


def test_link_sent_again_kills_the_first(town, signatory):
    invitation = invite(signatory, town)
    first = token_of(invitation)
    later = NOW + timedelta(days=3)
    again = resend_invitation(invitation_id=invitation.pk, actor=signatory, now=later)
    second = token_of(again, later)
    assert [problem_of(token, town, later) for token in (first, second)] == [Problem.WITHDRAWN, None]
    assert (again.replaces, again.email, again.expires_at) == (invitation, ADDRESS, later + timedelta(days=7))
    assert list(pending_invitations(town)) == [again]


def test_expired_invitation_is_sent_again(town, signatory):
    invitation = invite(signatory, town)
    later = NOW + timedelta(days=30)
    assert resend_invitation(invitation_id=invitation.pk, actor=signatory, now=later).is_live(later)


def test_email_tried_twice_leaves_one_link_that_works(town, signatory):
    invitation = invite(signatory, town)
    lost, received = token_of(invitation), token_of(invitation)
    assert [problem_of(token, town) for token in (lost, received)] == [Problem.UNKNOWN, None]


# ── Acceptance ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_new_person_chooses_a_name_and_a_password(town, signatory):
    membership = accept(invite(signatory, town))
    person = membership.person
    assert (person.email, person.name, person.check_password(SECRET)) == (ADDRESS, "Nadège Quirion", True)
    assert (membership.role, membership.organisation, membership.granted_by) == (Role.WRITER, town, signatory)
    assert rights_of(person, NOW).has_in(town.pk, Role.WRITER)
    entry = JournalEntry.objects.get(act="accept_invitation")
    assert (entry.actor, entry.organisation, SECRET in entry.content) == (person, town, False)
    assert authenticate(RequestFactory().post("/"), email=ADDRESS, password=SECRET) == person


def test_person_with_an_account_takes_the_role_signed_in(town, signatory):
    person, call = UserFactory(email=ADDRESS), CallFactory()
    last = TODAY + timedelta(days=90)
    membership = accept(invite(signatory, town, call_id=call.pk, ends_on=last), person)
    assert (membership.person, membership.call, membership.ends_on) == (person, call, last)


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({"name": "  "}, ["name"]),
        ({"password": "court"}, ["password"]),
        ({"password": "123456789012"}, ["password"]),
        ({"password": "password1234"}, ["password"]),
        ({"password": "nouvelle.personne@exemple"}, ["password"]),
        ({"name": "", "password": ""}, ["name", "password"]),
    ],
)
def test_weak_password_or_no_name_is_refused(town, signatory, answers, fields):
    with pytest.raises(Invalid) as refused:
        accept(invite(signatory, town), **answers)
    assert list(refused.value.errors) == fields
    assert not User.objects.filter(email=ADDRESS).exists()


def test_address_with_an_account_must_sign_in(town, signatory):
    person = UserFactory(email=ADDRESS)
    with pytest.raises(WrongState, match="Connectez-vous"):
        accept(invite(signatory, town))
    assert not person.memberships.exists()


def test_somebody_else_does_not_take_the_role(town, signatory):
    other = UserFactory()
    with pytest.raises(NotAllowed, match="autre adresse"):
        accept(invite(signatory, town), other)
    assert not other.memberships.exists()


def test_invitation_of_a_person_who_may_invite_no_more_is_dead(town, signatory):
    invitation = invite(signatory, town)
    end_membership(membership_id=signatory.memberships.get().pk, actor=person_with(Role.DIRECTOR), now=NOW)
    with pytest.raises(WrongState, match="demandez-en une autre"):
        accept(invitation)


def test_role_already_over_is_not_taken(town, signatory):
    invitation = invite(signatory, town, ends_on=TODAY + timedelta(days=1))
    with pytest.raises(WrongState, match="déjà terminé"):
        accept(invitation, now=NOW + timedelta(days=2))


def test_role_is_not_held_before_it_was_taken(town, signatory):
    invitation = invite(signatory, town, starts_on=TODAY - timedelta(days=100))
    assert accept(invitation, now=NOW + timedelta(days=2)).starts_on == TODAY + timedelta(days=2)


def test_role_held_already_is_refused_and_the_invitation_still_waits(town, signatory):
    person = person_with(Role.WRITER, organisation=town, email=ADDRESS)
    invitation = invite(signatory, town)
    with pytest.raises(WrongState, match="déjà ce rôle"):
        accept(invitation, person)
    invitation.refresh_from_db()
    assert invitation.is_live(NOW)


def test_journal_says_who_invited_to_what(town, signatory):
    invite(signatory, town)
    fact = json.loads(JournalEntry.objects.get(act="invite_member").content)
    assert (fact["actor"], fact["organisation"], fact["objects"][0]["role"]) == (signatory.pk, town.pk, "writer")

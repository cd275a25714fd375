"""What the link of an invitation opens, for whom, and what it answers when it opens nothing."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user
from django.urls import reverse

from fondsinnovation.logs import without_personal_data
from projects.enums import Role
from projects.models import Invitation, JournalEntry, Membership, User
from projects.services.invitations import accept_invitation, invite_member, make_link, revoke_invitation
from tests.factories import NOW, CallFactory, OrganisationFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db
ADDRESS = "nouvelle.personne@exemple.quebec"
SECRET = "quatre-mots-bien-choisis"
ANSWERS = {"name": "Nadège Quirion", "password": SECRET, "again": SECRET}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def town():
    return OrganisationFactory(name="Ville aux Trois Ponts")


@pytest.fixture
def signatory(town):
    return person_with(Role.SIGNATORY, organisation=town)


@pytest.fixture
def invitation(town, signatory):
    return invite_member(
        email=ADDRESS, role=Role.WRITER, organisation_id=town.pk, starts_on=NOW.date(), ends_on=None, actor=signatory, now=NOW
    )


@pytest.fixture
def address(invitation):
    _invitation, link = make_link(invitation.pk, NOW)
    return link.removeprefix("http://127.0.0.1:8000")


def refused():
    """The problem that each refused link left in the journal, in order."""
    entries = JournalEntry.objects.filter(act="refuse_invitation_link").order_by("pk")
    return [json.loads(entry.content)["facts"]["problem"] for entry in entries]


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_opening_a_link_changes_nothing(client, address):
    """Mail scanners open every link: only the button takes the role."""
    before = JournalEntry.objects.count()
    for _ in range(3):
        answer = client.get(address)
        assert (answer.status_code, "Ville aux Trois Ponts" in answer.content.decode()) == (200, True)
    assert client.head(address).status_code == 200
    assert (Membership.objects.filter(person__email=ADDRESS).count(), JournalEntry.objects.count()) == (0, before)
    assert "no-store" in answer.headers["Cache-Control"]


def test_new_person_takes_the_role_and_is_signed_in(client, town, address):
    assert client.post(address, {**ANSWERS, "again": "autre"}).status_code == 422
    assert client.post(address, {**ANSWERS, "password": "court", "again": "court"}).context["form"].errors["password"]
    answer = client.post(address, ANSWERS)
    person = User.objects.get(email=ADDRESS)
    assert (answer.status_code, get_user(client)) == (302, person)
    assert client.get(reverse("projects:organisation_detail", args=[town.code])).status_code == 200
    assert client.get(reverse("projects:application_list")).status_code == 200


def test_session_of_a_new_person_is_listed(client, address):
    client.post(address, ANSWERS)
    person = User.objects.get(email=ADDRESS)
    assert [session.session_key for session in person.usersession_set.order_by("pk")] == [client.session.session_key]


def test_person_with_an_account_is_asked_to_sign_in_and_comes_back(client, address):
    person = UserFactory(email=ADDRESS)
    said = client.get(address).content.decode()
    assert (f"{reverse('account_login')}?next={address}" in said, "Choisissez un nom" in said) == (True, False)
    answer = client.post(address, ANSWERS)
    assert (answer.status_code, person.memberships.count()) == (409, 0)
    client.force_login(person)
    assert "Choisissez un nom" not in client.get(address).content.decode()
    assert client.post(address, {"key": "a"}).status_code == 302
    assert person.memberships.get().role == Role.WRITER


def test_person_signed_in_as_somebody_else_is_told_so(client, address, invitation):
    other = person_with(Role.WRITER, name="Isaure Montplaisir")
    client.force_login(other)
    for answer in (client.get(address), client.post(address, {})):
        said = answer.content.decode()
        assert (answer.status_code, "Isaure Montplaisir" in said, ADDRESS in said) == (403, True, False)
    assert (refused(), other.memberships.count()) == (["other_account"] * 2, 1)
    entry = JournalEntry.objects.filter(act="refuse_invitation_link").latest("pk")
    assert (entry.actor, entry.object_id) == (other, invitation.pk)


# ── Links that open nothing ──────────────────────────────────────────────────────────────────────────────────────────
def use(invitation):
    accept_invitation(invitation_id=invitation.pk, actor=None, now=NOW, name="Nadège", password=SECRET)


def withdraw(invitation):
    revoke_invitation(invitation_id=invitation.pk, actor=invitation.invited_by, now=NOW)


def expire(invitation):
    """Time alone does it."""


@pytest.mark.parametrize(
    ("end", "later", "problem", "title"),
    [
        (use, 0, "used", "Ce lien a déjà servi"),
        (withdraw, 0, "withdrawn", "Cette invitation a été retirée ou remplacée"),
        (expire, 7, "expired", "Ce lien a expiré"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_link_that_is_over_is_gone_and_journalled(client, invitation, address, end, later, problem, title, method):
    end(invitation)
    members = Membership.objects.count()
    with time_machine.travel(NOW + timedelta(days=later), tick=False):
        answer = getattr(client, method)(address, ANSWERS)
    said = answer.content.decode()
    assert (answer.status_code, title in said, ADDRESS in said, "Ville aux Trois Ponts" in said) == (410, True, False, False)
    assert (refused(), Membership.objects.count(), "_auth_user_id" in client.session) == ([problem], members, False)


def test_link_sent_again_leaves_the_first_gone(client, town, signatory, invitation, address):
    client.force_login(signatory)
    assert client.get(reverse("projects:invitation_resend", args=[invitation.pk])).status_code == 200
    client.post(reverse("projects:invitation_resend", args=[invitation.pk]))
    client.logout()
    assert client.get(address).status_code == 410
    _again, link = make_link(Invitation.objects.latest("pk").pk, NOW)
    assert client.get(link).status_code == 200


def test_forged_link_and_that_of_another_organisation_say_nothing(client, address):
    other = OrganisationFactory(name="Autre Ville")
    token = address.rstrip("/").rsplit("/", 1)[1]
    UserFactory(email=ADDRESS)
    answers = [
        client.get(reverse("projects:invitation_accept", args=[code, secret]))
        for code, secret in ((other.code, token), (other.code, "faux"), ("99999", token), ("nulle-part", "faux"))
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.content.split(b"<main")[1].split(b"</main>")[0] for answer in answers}) == 1
    assert (refused(), Membership.objects.filter(organisation=other).count()) == (["unknown"] * 4, 0)


def test_links_are_opened_so_often_and_no_more(client, address):
    statuses = [client.get(f"{address[:-2]}x/").status_code for _ in range(31)]
    assert statuses == [404] * 30 + [429]
    assert (client.post(address, ANSWERS).status_code, len(refused())) == (429, 30)
    assert not User.objects.filter(email=ADDRESS).exists()


def test_logs_hold_no_token():
    event = {"event": "Gone: /invitations/10043/AbC-_9/", "request": "GET /invitations/10043/AbC-_9/?a=1", "code": 410}
    assert without_personal_data(None, "info", event) == {
        "event": "Gone: /invitations/10043/…/",
        "request": "GET /invitations/10043/…/",
        "code": 410,
    }


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_invitation_is_sent_and_withdrawn_from_the_organisation_s_page(client, town, signatory):
    client.force_login(signatory)
    call = CallFactory()
    answer = client.post(
        reverse("projects:invitation_create", args=[town.code]),
        {"email": ADDRESS, "role": "signatory", "starts_on": "2026-11-24", "ends_on": "2027-03-31", "call": call.pk, "key": "k"},
    )
    sent = Invitation.objects.get()
    assert (answer.status_code, sent.role, sent.call, str(sent.ends_on)) == (302, "signatory", call, "2027-03-31")
    assert client.get(reverse("projects:invitation_revoke", args=[sent.pk])).status_code == 200
    client.post(reverse("projects:invitation_revoke", args=[sent.pk]))
    sent.refresh_from_db()
    assert (sent.revoked_by, client.get(reverse("projects:invitation_revoke", args=[sent.pk])).status_code) == (signatory, 409)


@pytest.mark.parametrize(
    ("answers", "field"), [({"email": "sans-arobase"}, "email"), ({"role": "director"}, "role"), ({"starts_on": ""}, "starts_on")]
)
def test_bad_invitation_comes_back_as_typed(client, town, signatory, answers, field):
    client.force_login(signatory)
    asked = {"email": ADDRESS, "role": "writer", "starts_on": "2026-11-24", **answers}
    answer = client.post(reverse("projects:invitation_create", args=[town.code]), asked)
    assert (answer.status_code, list(answer.context["form"].errors), Invitation.objects.count()) == (422, [field], 0)


def test_too_many_invitations_are_refused(client, town, signatory, settings):
    settings.INVITATIONS_PER_DAY = 0
    client.force_login(signatory)
    answer = client.post(
        reverse("projects:invitation_create", args=[town.code]), {"email": ADDRESS, "role": "writer", "starts_on": "2026-11-24"}
    )
    assert (answer.status_code, Invitation.objects.count()) == (429, 0)

"""One's own data: taken out, corrected, a new e-mail confirmed by its link; and the accounts that nobody uses, told then closed."""

import json
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core import mail, signing
from django.db import DatabaseError, connection, transaction
from django.test import Client

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import InterestAnswer, Role
from projects.models import ApiToken, EmailChange, InactivityNotice, InterestDeclaration, JournalEntry, Message, OutboxMessage, SignIn, User
from projects.queries.accounts import inactive_accounts, own_data
from projects.services import accounts as acts
from projects.services.delegations import propose_delegation
from projects.services.exceptional import request_exceptional_access
from projects.services.invitations import invite_member
from projects.services.journal import canonical
from projects.services.tokens import create_token
from projects.tasks import close_inactive_accounts, send_email_link, tell_old_address
from tests.factories import (
    NOW,
    PASSWORD,
    ApplicationFactory,
    CallFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    person_with,
    recuse,
)
from tests.projects.services.test_exceptional import REASON, submitted, technician

pytestmark = pytest.mark.django_db
PAGE = "/compte/mes-renseignements/"
NEW = "nouvelle.adresse@exemple.quebec"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def member(**fields):
    person = person_with(Role.OFFICER, **fields)
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    return person


def ask(person, email=NEW, password=PASSWORD, **changes):
    return acts.request_email_change(
        **{"email": email, "password": password, "root": "http://portail", "actor": person, "now": NOW, **changes}
    )


# ── Taken out ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_own_data_hold_what_the_portal_keeps_and_no_secret(client):
    person = member(name="Ariane Lavertu")
    create_token(name="Entrepôt", scopes=["read:calls"], expires_on=NOW.date() + DAY, actor=person, now=NOW)
    client.force_login(person)
    answer = client.post(f"{PAGE}fichier/")
    kept = json.loads(answer.content)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mes-renseignements.json"'
    assert (kept["account"]["name"], kept["account"]["email"]) == ("Ariane Lavertu", person.email)
    assert [role["role"] for role in kept["roles"]] == ["officer"]
    assert (len(kept["sign_ins"]), [token["name"] for token in kept["tokens"]]) == (1, ["Entrepôt"])
    assert [entry["act"] for entry in kept["acts"]] == ["create_token"]
    secrets = (User.objects.get(pk=person.pk).password, ApiToken.objects.get().sha256)
    assert [secret for secret in secrets if secret in answer.text] == []
    assert JournalEntry.objects.filter(act="export_own_data", object_type="projects.user", object_id=person.pk).count() == 1


def test_own_data_hold_what_led_to_a_role_what_signs_in_and_from_where():
    """Each has a line of its own in the registry of personal information that the person reads."""
    town, call = OrganisationFactory(), CallFactory()
    person, signatory = member(name="Ariane Lavertu"), person_with(Role.SIGNATORY, organisation=town)
    User.objects.filter(pk=person.pk).update(name="Ariane Lavertu-Roy")
    MembershipFactory(person=person, role=Role.WRITER, organisation=town, call=call)
    invited = {"role": Role.WRITER, "organisation_id": town.pk, "starts_on": NOW.date(), "ends_on": None, "actor": signatory, "now": NOW}
    for email in (person.email, "autre.personne@exemple.quebec"):
        invite_member(email=email, **invited)
    source = signatory.memberships.get()
    days = {"starts_on": NOW.date(), "ends_on": NOW.date() + 7 * DAY}
    propose_delegation(source_id=source.pk, delegate_id=person.pk, reason="Vacances", actor=signatory, now=NOW, **days)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "un-secret-chiffré"})
    SocialAccount.objects.create(user=person, provider="https://identite.exemple.quebec", uid="sujet-1")
    UserSession.objects.create(user=person, ip="192.0.2.7", user_agent="Navigateur", session_key="clef-de-session")
    kept = own_data(User.objects.get(pk=person.pk))
    assert [row["name"] for row in kept["account_history"]][-1] == "Ariane Lavertu-Roy"
    assert {(row["role"], row["limited_to"]) for row in kept["roles"]} == {("officer", None), ("writer", call.reference)}
    assert [(row["email"], row["code"]) for row in kept["invitations"]] == [(person.email, town.code)]
    assert [(row["part"], row["role"], row["reason"]) for row in kept["delegations"]] == [("delegate", "signatory", "Vacances")]
    assert [row["type"] for row in kept["second_factors"]] == ["totp"]
    assert [(row["issuer"], row["subject"]) for row in kept["identities"]] == [("https://identite.exemple.quebec", "sujet-1")]
    assert [(row["ip"], row["user_agent"]) for row in kept["sessions"]] == [("192.0.2.7", "Navigateur")]
    said = canonical(kept)
    hidden = ("un-secret-chiffré", "clef-de-session", "autre.personne", signatory.email, signatory.name)
    assert [word for word in hidden if word in said] == []


def test_own_data_hold_one_s_exceptional_accesses_and_those_of_nobody_else():
    mine, other = technician(), technician()
    for person in (mine, other):
        request_exceptional_access(target=submitted().number, reason=f"{REASON} {person.pk}", minutes=30, actor=person, now=NOW)
    assert [row["reason"] for row in own_data(mine)["exceptional_accesses"]] == [f"{REASON} {mine.pk}"]


def test_own_data_name_no_file_hidden_by_a_recusal_nor_anybody_else():
    person, other, hidden, seen = member(), member(), ApplicationFactory(), ApplicationFactory()
    for application, to in ((hidden, person), (seen, person), (seen, other)):
        Message.objects.create(person=to, application=application, subject=f"{application.number} {to.pk}", body="", queued_at=NOW)
        InterestDeclaration.objects.create(application=application, person=to, answer=InterestAnswer.NONE, declared_at=NOW)
    recuse(person, hidden)
    kept = own_data(person)
    assert [message["subject"] for message in kept["messages"]] == [f"{seen.number} {person.pk}"]
    assert [line["number"] for line in kept["interests"]] == [seen.number]


def test_page_is_one_s_own_and_says_the_delay(client):
    assert client.get(PAGE).status_code == 302
    assert client.post(f"{PAGE}fichier/").status_code == 302
    person = member()
    client.force_login(person)
    page = client.get(PAGE).text
    assert "Un compte sans connexion depuis 730 jours est fermé; un message vous en avise 30 jours avant." in page
    assert person.email in page


@pytest.mark.parametrize("roles", [1, 3])
def test_page_costs_the_same_for_one_and_three_roles(client, django_assert_num_queries, roles):
    person = person_with(*list(Role)[:roles])
    client.force_login(person)
    with django_assert_num_queries(10):
        client.get(PAGE)


# ── Corrected ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_name_is_corrected_with_its_history_and_out_of_the_journal(client):
    person = member(name="Ariane Lavertue")
    client.force_login(person)
    assert client.post(f"{PAGE}nom/", {"name": " ", "key": "a"}).status_code == 422
    assert client.post(f"{PAGE}nom/", {"name": "  Ariane   Lavertu ", "key": "b"}).status_code == 302
    person.refresh_from_db()
    assert person.name == "Ariane Lavertu"
    history = apps.get_model("projects.UserEvent").objects.filter(pgh_obj=person).order_by("pgh_id")
    assert list(history.values_list("name", flat=True)) == ["Ariane Lavertue", "Ariane Lavertu"]
    assert [entry for entry in JournalEntry.objects.order_by("pk") if "Lavertu" in entry.content] == []


def test_new_email_waits_for_its_link_which_serves_once(client):
    person = member()
    old = person.email
    EmailAddress.objects.create(user=person, email=old, primary=True, verified=True)
    client.force_login(person)
    assert client.post(f"{PAGE}courriel/", {"email": NEW, "password": PASSWORD, "key": "a"}).status_code == 302
    person.refresh_from_db()
    assert person.email == old
    send_email_link(OutboxMessage.objects.get(topic="email_change").payload, NOW)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([NEW], "Confirmez votre nouveau courriel")
    link = sent.body.split("http://testserver")[1].strip()
    assert client.get(link).status_code == 200
    person.refresh_from_db()
    assert person.email == old  # a program that opens links changes nothing
    assert client.post(link, {"key": "b"}).status_code == 302
    person.refresh_from_db()
    assert (person.email, EmailAddress.objects.count()) == (NEW, 0)
    assert "a déjà servi" in client.get(link).text
    assert client.post(link, {"key": "c"}).status_code == 409
    tell_old_address(OutboxMessage.objects.get(topic="email_changed").payload, NOW)
    assert mail.outbox[1].to == [old]


def test_link_belongs_to_its_person_and_is_not_forged(client):
    change = ask(member())
    path = f"/compte/courriel/{acts.link_key(change.pk)}/"
    assert client.get(path).status_code == 302
    client.force_login(member())
    assert [client.get(path).status_code, client.post(path, {}).status_code] == [404, 404]
    client.force_login(change.person)
    for forged in (f"{acts.link_key(change.pk)}x", str(change.pk), signing.dumps(change.pk, salt="autre")):
        assert client.get(f"/compte/courriel/{forged}/").status_code == 404


def test_expired_or_replaced_link_changes_nothing():
    person = member()
    first = ask(person)
    second = ask(person, email="autre@exemple.quebec")
    with pytest.raises(WrongState):
        acts.confirm_email_change(change_id=first.pk, actor=person, now=NOW)
    with pytest.raises(WrongState):
        acts.confirm_email_change(change_id=second.pk, actor=person, now=NOW + timedelta(hours=24))
    with pytest.raises(NotAllowed):
        acts.confirm_email_change(change_id=second.pk, actor=member(), now=NOW)


def test_taken_email_gets_the_same_answer_and_no_link(client):
    taken, person = UserFactory(), member()
    ask(person, email=taken.email.upper())
    assert OutboxMessage.objects.filter(topic="email_change").count() == 0
    change = EmailChange.objects.get()
    with pytest.raises(WrongState):
        acts.confirm_email_change(change_id=change.pk, actor=person, now=NOW)


def test_five_links_leave_in_a_day_and_no_more():
    person = member()
    for number in range(5):
        ask(person, email=f"adresse{number}@exemple.quebec")
    with pytest.raises(WrongState, match="attendez demain"):
        ask(person)
    assert ask(person, now=NOW + DAY).email == NEW


@pytest.mark.parametrize(
    ("changes", "field"), [({"email": "pas un courriel"}, "email"), ({"password": "faux"}, "password"), ({"email": "SOI"}, "email")]
)
def test_bad_email_or_password_says_where(changes, field):
    person = member(email="soi@exemple.quebec")
    changes = {name: person.email.upper() if value == "SOI" else value for name, value in changes.items()}
    with pytest.raises(Invalid) as refused:
        ask(person, **changes)
    assert list(refused.value.errors) == [field]


def test_password_is_guessed_five_times_a_minute_and_no_more(client):
    """A session left open is not a place from which to try passwords: the right one is refused too, until the minute is over."""
    person = member()
    client.force_login(person)
    guesses = ["faux 1", "faux 2", "faux 3", "faux 4", "faux 5", PASSWORD]
    answers = [client.post(f"{PAGE}courriel/", {"email": NEW, "password": guess, "key": guess}) for guess in guesses]
    assert ([answer.status_code for answer in answers], EmailChange.objects.count()) == ([422] * 5 + [429], 0)
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert client.post(f"{PAGE}courriel/", {"email": NEW, "password": PASSWORD, "key": "a"}).status_code == 302


def test_person_without_a_password_confirms_who_they_are(client):
    person = member()
    person.set_unusable_password()
    person.save()
    client.force_login(person)
    assert client.get(f"{PAGE}courriel/").status_code == 200
    session = client.session
    session["account_authentication_methods"] = [{"method": "socialaccount", "at": (NOW - timedelta(minutes=16)).timestamp()}]
    session.save()
    answer = client.post(f"{PAGE}courriel/", {"email": NEW, "key": "a"})
    assert (answer.status_code, answer["Location"], EmailChange.objects.count()) == (302, f"/compte/confirmation/?next={PAGE}courriel/", 0)


def test_person_without_a_password_is_not_asked_for_one(client):
    person = person_with(Role.OFFICER)
    person.set_unusable_password()
    person.save()
    client.force_login(person)
    assert "password" not in client.get(f"{PAGE}courriel/").context["form"].fields
    assert ask(person, password="").email == NEW


# ── Accounts that nobody uses ────────────────────────────────────────────────────────────────────────────────────────
def unused(days, *roles):
    person = person_with(*(roles or (Role.OFFICER,)))
    User.objects.filter(pk=person.pk).update(last_login=NOW - days * DAY)
    return person


def found():
    return {inactive.person.pk: inactive.closes_on for inactive in inactive_accounts(NOW)}


def test_account_is_told_thirty_days_before_and_closed_on_its_day():
    person, used = unused(700), unused(699)
    User.objects.filter(pk=used.pk).update(last_login=NOW - 699 * DAY)
    close_inactive_accounts()
    assert found() == {person.pk: (NOW + 30 * DAY).date()}
    assert [message.person_id for message in Message.objects.order_by("pk")] == [person.pk]
    assert "Il sera fermé le 24\xa0décembre\xa02026" in Message.objects.get().body
    close_inactive_accounts()  # told once
    assert (Message.objects.count(), InactivityNotice.objects.count()) == (1, 1)
    with time_machine.travel(NOW + 29 * DAY, tick=False):
        close_inactive_accounts()
    assert User.objects.get(pk=person.pk).is_active
    with time_machine.travel(NOW + 30 * DAY, tick=False):
        close_inactive_accounts()
    assert (User.objects.get(pk=person.pk).is_active, User.objects.get(pk=used.pk).is_active) == (False, True)
    entry = JournalEntry.objects.get(act="close_inactive_account")
    assert (entry.object_id, entry.actor) == (person.pk, None)


def test_long_unused_account_is_still_told_thirty_days_before():
    person = unused(2000)
    close_inactive_accounts()
    assert InactivityNotice.objects.get(person=person).closes_on == (NOW + 30 * DAY).date()


def test_sign_in_after_the_notice_keeps_the_account():
    person = unused(720)
    close_inactive_accounts()
    Client().force_login(person)
    with time_machine.travel(NOW + 31 * DAY, tick=False):
        close_inactive_accounts()
    with pytest.raises(WrongState):
        acts.close_inactive_account(person_id=person.pk, actor=None, now=NOW + 31 * DAY)
    assert User.objects.get(pk=person.pk).is_active


def test_closed_account_loses_its_sessions_and_tokens_and_keeps_its_name():
    person, client = unused(10), Client()
    token = create_token(name="x", scopes=["read:calls"], expires_on=(NOW + 60 * DAY).date(), actor=person, now=NOW)
    client.force_login(person)
    User.objects.filter(pk=person.pk).update(last_login=NOW - 800 * DAY)
    InactivityNotice.objects.create(person=person, sent_at=NOW - 30 * DAY, closes_on=NOW.date())
    other = Client()
    other.force_login(member())
    acts.close_inactive_account(person_id=person.pk, actor=None, now=NOW)
    token.refresh_from_db()
    assert token.revoked_at == NOW
    assert [client.get(PAGE).status_code, other.get(PAGE).status_code] == [302, 200]
    assert User.objects.get(pk=person.pk).name == person.name
    with pytest.raises(WrongState):
        acts.close_inactive_account(person_id=person.pk, actor=None, now=NOW)


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.HEAD])
def test_last_director_and_head_are_never_closed(role):
    person = unused(800, role)
    InactivityNotice.objects.create(person=person, sent_at=NOW - 40 * DAY, closes_on=NOW.date())
    with pytest.raises(NotAllowed):
        acts.close_inactive_account(person_id=person.pk, actor=None, now=NOW)
    close_inactive_accounts()
    assert User.objects.get(pk=person.pk).is_active
    person_with(role)
    close_inactive_accounts()
    assert not User.objects.get(pk=person.pk).is_active


def test_delay_is_a_dated_row_that_nobody_changes():
    person = unused(400)
    assert found() == {}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO projects_inactivityrule (valid_from, days, notice_days, source) VALUES (%s, 420, 30, 'Décision')", [NOW.date()]
        )
    assert list(found()) == [person.pk]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE projects_inactivityrule SET days = 1")


def test_each_sign_in_is_kept_by_the_database():
    person = member()
    Client().force_login(person)
    with time_machine.travel(NOW + DAY, tick=False):
        Client().force_login(person)
    assert list(SignIn.objects.filter(person=person).order_by("at").values_list("at", flat=True)) == [NOW, NOW + DAY]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO projects_signin (person_id, at) VALUES (%s, now())", [person.pk])


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("expires_at = requested_at", "email_change_dates_in_order"),
        ("confirmed_at = requested_at, cancelled_at = requested_at", "email_change_ends_once"),
        ("confirmed_at = expires_at", "email_change_confirmed_in_time"),
    ],
)
def test_database_holds_the_rules_of_a_change(change, constraint):
    pk = ask(member()).pk
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE projects_emailchange SET {change} WHERE id = %s", [pk])
    assert error.value.__cause__.diag.constraint_name == constraint

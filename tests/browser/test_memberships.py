"""Inviting, accepting and acting; standing in for a colleague: in a real browser."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from projects.enums import Role
from projects.models import JournalEntry, Membership, User
from projects.tasks import sweep_outbox
from tests.factories import CallFactory, OrganisationFactory, person_with

pytestmark = pytest.mark.browser
SECRET = "quatre-mots-bien-choisis"


@pytest.fixture
def town(live):
    return OrganisationFactory(name="Ville aux Trois Ponts")


@pytest.fixture
def open_call(live):
    now = timezone.now()
    return CallFactory(opens_at=now - timezone.timedelta(days=1), closes_at=now + timezone.timedelta(days=30))


def link_in(sent):
    return re.search(r"http\S+(/invitations/\S+)", sent.body)[1]


def invite(page, town, email, role):
    page.goto(f"/organismes/{town.code}/")
    page.get_by_role("link", name="Inviter une personne").click()
    page.get_by_label("Courriel de la personne").fill(email)
    page.get_by_label("Rôle").select_option(label=role)
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_role("status")).to_contain_text(email)


def test_invite_accept_act_and_leave(page, live, sign_in, look, town, open_call):
    signatory = sign_in(person_with(Role.SIGNATORY, organisation=town))
    invite(page, town, "nouvelle@exemple.quebec", "Rédaction")
    look(f"/organismes/{town.code}/", "organisation")
    sweep_outbox()
    address = link_in(mail.outbox[-1])

    page.context.clear_cookies()
    look(address, "invitation")
    assert not User.objects.filter(email="nouvelle@exemple.quebec").exists()  # opened three times, and nothing has changed
    page.get_by_label("Votre nom").fill("Nadège Quirion")
    page.get_by_label("Mot de passe", exact=False).first.fill(SECRET)
    page.get_by_label("Mot de passe, une seconde fois").fill(SECRET)
    page.get_by_role("button", name="Accepter l’invitation").click()
    expect(page.get_by_role("status").first).to_contain_text("Vous avez maintenant le rôle « Rédaction »")

    page.goto(f"/demandes/nouvelle/{open_call.reference}/")
    page.get_by_role("button").last.click()
    expect(page.get_by_text("Responsable de la demande")).to_be_visible()
    newcomer = User.objects.get(email="nouvelle@exemple.quebec")
    assert JournalEntry.objects.get(act="start_application").actor == newcomer
    look(address, "invitation-utilisee", status=410)
    mine = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]

    page.context.clear_cookies()
    sign_in(signatory)
    member = Membership.objects.get(person=newcomer)
    look(f"/roles/{member.pk}/fin/", "fin")
    page.get_by_role("button", name="Mettre fin au rôle").click()
    expect(page.get_by_role("status")).to_contain_text("Le rôle a pris fin")
    assert not Session.objects.filter(pk=mine[0]["value"]).exists()
    page.context.add_cookies(mine)
    page.goto("/demandes/")
    expect(page).to_have_url(re.compile("/compte/connexion/"))


def test_second_of_two_people_is_told_what_changed(page, live, sign_in, look, town):
    sign_in(person_with(Role.SIGNATORY, organisation=town))
    member = person_with(Role.WRITER, organisation=town).memberships.get()
    page.goto(f"/roles/{member.pk}/dates/")
    Membership.objects.filter(pk=member.pk).update(version=2, ends_on="2031-03-31")
    page.get_by_label("Au", exact=False).first.fill("2032-03-31")
    page.get_by_role("button", name="Enregistrer les dates").click()
    expect(page.get_by_role("main")).to_contain_text("Quelqu’un a modifié ce rôle")
    assert str(Membership.objects.get(pk=member.pk).ends_on) == "2031-03-31"


def test_colleague_stands_in(page, live, sign_in, look, town):
    holder = sign_in(person_with(Role.SIGNATORY, organisation=town))
    delegate, director = person_with(Role.WRITER, organisation=town), person_with(Role.DIRECTOR)
    today = timezone.localdate()
    page.goto(f"/organismes/{town.code}/")
    page.get_by_role("link", name="Déléguer votre rôle : Signataire").click()
    look(page.url, "delegation")
    page.get_by_label("Personne qui remplace").select_option(label=f"{delegate.name} ({delegate.email})")
    page.get_by_label("Du", exact=False).first.fill(today.isoformat())
    page.get_by_label("Au", exact=False).first.fill(today.isoformat())
    page.get_by_label("Motif").fill("Vacances")
    page.get_by_role("button", name="Proposer la délégation").click()
    expect(page.get_by_role("status")).to_contain_text("La délégation est proposée")

    sign_in(director)
    look("/delegations/", "delegations")
    page.get_by_role("link", name="Approuver").click()
    look(page.url, "delegation-approuver")
    page.get_by_role("button", name="Approuver la délégation").click()

    sign_in(delegate)
    invite(page, town, "autre@exemple.quebec", "Rédaction")
    entry = JournalEntry.objects.get(act="invite_member")
    assert (entry.actor, f'"on_behalf_of":[{holder.pk}]' in entry.content) == (delegate, True)

"""The second factor: set up, asked for, taken away, and due for those whose roles need one."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from fondsinnovation.kit.errors import NotAllowed
from projects.adapters import SecondFactorAdapter
from projects.enums import APPLICANT_ROLES, Role
from projects.models import JournalEntry
from projects.policies.sign_in import SECOND_FACTOR_ROLES, last_day_without
from projects.queries.sign_in import first_day_of_need, has_second_factor
from projects.services.sign_in import remove_second_factor
from tests.factories import NOW, MembershipFactory, OrganisationFactory, UserFactory, person_with
from tests.projects.signing import PASSWORD, code_of, signed_in

pytestmark = pytest.mark.django_db


def at(**more):
    return time_machine.travel(NOW + timedelta(**more), tick=False)


def with_app(person):
    """A person who added an authenticator application: (their client, its secret)."""
    client = signed_in(person)
    page = client.get("/compte/second-facteur/application/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
    answer = client.post("/compte/second-facteur/application/", {"code": code_of(secret)})
    assert answer["Location"] == "/compte/second-facteur/codes/", answer.content.decode()
    return client, secret


def acts():
    return list(JournalEntry.objects.order_by("pk").values_list("act", flat=True))


# ── An application and its codes ─────────────────────────────────────────────────────────────────────────────────────
def test_application_is_added_with_the_code_that_it_shows(django_capture_on_commit_callbacks):
    person = UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        client, secret = with_app(person)
    kept = Authenticator.objects.get(user=person, type="totp")
    assert secret not in str(kept.data)
    assert SecondFactorAdapter().decrypt(kept.data["secret"]) == secret
    assert len(re.findall(r"<li><code>\d{8}</code></li>", client.get("/compte/second-facteur/codes/").content.decode())) == 10
    assert acts() == ["sign_in", "add_second_factor", "add_second_factor"]
    assert "Retirer l’application" in client.get("/compte/second-facteur/").content.decode()
    assert client.get("/compte/second-facteur/application/")["Location"] == "/compte/second-facteur/application/active/"


def test_wrong_code_adds_nothing():
    client = signed_in(UserFactory())
    client.get("/compte/second-facteur/application/")
    assert client.post("/compte/second-facteur/application/", {"code": "000000"}).status_code == 200
    assert Authenticator.objects.count() == 0


def test_picture_of_the_secret_is_kept_nowhere():
    client = signed_in(UserFactory())
    address = reverse("mfa_totp_picture")
    assert client.get(address).status_code == 404
    client.get("/compte/second-facteur/application/")
    picture = client.get(address)
    assert (picture["Content-Type"], "no-store" in picture["Cache-Control"]) == ("image/svg+xml", True)
    assert picture.content.startswith(b"<?xml")
    assert Client().get(address).status_code == 302


def test_sign_in_with_an_application_asks_for_its_code_once():
    person = UserFactory()
    _client, secret = with_app(person)
    client = Client()
    answer = client.post("/compte/connexion/", {"login": person.email, "password": PASSWORD})
    assert answer["Location"] == "/compte/connexion/code/"
    assert client.get("/demandes/").status_code == 302
    code = code_of(secret)
    assert client.post("/compte/connexion/code/", {"code": "000000"}).status_code == 200
    assert client.post("/compte/connexion/code/", {"code": code})["Location"] == "/espace/"
    again = Client()
    again.post("/compte/connexion/", {"login": person.email, "password": PASSWORD})
    assert again.post("/compte/connexion/code/", {"code": code}).status_code == 200  # a code serves once
    refusals = JournalEntry.objects.filter(act="refuse_sign_in").order_by("pk")
    assert [(entry.object_id, '"why":"code"' in entry.content) for entry in refusals] == [(person.pk, True), (person.pk, True)]


def test_recovery_code_stands_in_for_the_application_once():
    person = UserFactory()
    client, _secret = with_app(person)
    code = re.search(r"<code>(\d{8})</code>", client.get("/compte/second-facteur/codes/").content.decode())[1]
    signed_in(person, code=code)
    again = Client()
    again.post("/compte/connexion/", {"login": person.email, "password": PASSWORD})
    assert again.post("/compte/connexion/code/", {"code": code}).status_code == 200
    assert "Il reste 9 codes." in client.get("/compte/second-facteur/").content.decode()


def test_new_recovery_codes_replace_the_old_ones(django_capture_on_commit_callbacks):
    client, _secret = with_app(UserFactory())
    before = client.get("/compte/second-facteur/codes/codes.txt").content.split()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/compte/second-facteur/codes/nouveaux/")["Location"] == "/compte/second-facteur/codes/"
    after = client.get("/compte/second-facteur/codes/codes.txt").content.split()
    assert (len(before), len(after), set(before) & set(after)) == (10, 10, set())
    assert acts()[-1] == "renew_recovery_codes"


def test_secrets_are_read_after_the_key_of_the_portal_has_changed(settings):
    kept = SecondFactorAdapter().encrypt("SECRET")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "une autre clef, plus récente" * 3
    assert SecondFactorAdapter().decrypt(kept) == "SECRET"


# ── Taken away ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_application_is_removed_with_its_recovery_codes():
    person = person_with(Role.WRITER, organisation=OrganisationFactory())
    client, _secret = with_app(person)
    factor = Authenticator.objects.get(type="totp")
    assert client.get(reverse("mfa_remove", args=[factor.pk])).status_code == 200
    assert client.post(reverse("mfa_remove", args=[factor.pk]), {})["Location"] == "/compte/second-facteur/"
    assert (Authenticator.objects.count(), acts()[-1]) == (0, "remove_second_factor")


def test_last_factor_stays_while_a_role_needs_it():
    auditor = person_with(Role.AUDITOR)
    client, _secret = with_app(auditor)
    factor = Authenticator.objects.get(type="totp")
    answer = client.post(reverse("mfa_remove", args=[factor.pk]), {})
    assert (answer.status_code, "ajoutez-en un autre avant" in answer.content.decode()) == (403, True)
    other = Authenticator.objects.create(user=auditor, type="webauthn", data={"name": "Clé"})
    remove_second_factor(factor_id=factor.pk, actor=auditor, now=NOW)
    with pytest.raises(NotAllowed):
        remove_second_factor(factor_id=other.pk, actor=auditor, now=NOW)
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"webauthn", "recovery_codes"}


def test_factor_of_another_person_is_not_found():
    _client, _secret = with_app(UserFactory())
    stranger = signed_in(UserFactory())
    for name in ("mfa_remove", "mfa_edit_webauthn"):
        assert stranger.post(reverse(name, args=[Authenticator.objects.get(type="totp").pk]), {}).status_code == 404


# ── Due ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_roles_that_need_a_second_factor_are_all_but_those_of_an_applicant_that_sign_nothing():
    assert set(Role) - SECOND_FACTOR_ROLES == APPLICANT_ROLES - {Role.SIGNATORY} == {Role.WRITER, Role.FINANCE_RESPONDENT}


@pytest.mark.parametrize(("days", "last"), [(14, "2026-12-07"), (1, "2026-11-24"), (0, "2026-11-23")])
def test_last_day_without_a_second_factor_counts_the_first_day_of_the_role(settings, days, last):
    settings.SECOND_FACTOR_GRACE_DAYS = days
    assert last_day_without(NOW.date()).isoformat() == last


def test_grace_runs_from_the_first_role_that_needs_it_and_never_before_it_was_given():
    person, day = UserFactory(), NOW.date()
    with at():
        assert first_day_of_need(person, day) is None
        MembershipFactory(person=person, role=Role.WRITER, starts_on=day - timedelta(days=90))
        MembershipFactory(person=person, role=Role.OFFICER, starts_on=day - timedelta(days=60), ends_on=day - timedelta(days=50))
        assert first_day_of_need(person, day) is None
        MembershipFactory(person=person, role=Role.SIGNATORY, starts_on=day - timedelta(days=40))
    with at(days=5):
        MembershipFactory(person=person, role=Role.AUDITOR, starts_on=day)
    assert first_day_of_need(person, day + timedelta(days=6)) == day


@pytest.fixture
def grace(settings):
    settings.SECOND_FACTOR_GRACE_DAYS = 14


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SIGNATORY, Role.AUDITOR])
def test_person_is_told_until_when_then_reaches_only_the_pages_that_set_it_up(grace, role):
    with at():
        person = person_with(role)
    with at(days=13):
        page = signed_in(person).get("/accessibilite/").content.decode()
        assert "ajoutez-le au plus tard le 7\u00a0décembre\u00a02026" in page
    with at(days=14):
        client = signed_in(person)
        assert client.get("/accessibilite/")["Location"] == "/compte/second-facteur/"
        assert client.post("/demandes/", {}).status_code == 403
        page = client.get("/compte/second-facteur/").content.decode()
        assert "Ajoutez un second facteur pour continuer" in page
        assert client.get("/compte/").status_code == 200
        with_app(person)
        assert client.get("/accessibilite/").status_code == 200  # set up in another session


def test_person_whose_roles_need_none_is_told_nothing(grace):
    with at():
        person = person_with(Role.WRITER, organisation=OrganisationFactory())
    with at(days=100):
        page = signed_in(person).get("/accessibilite/")
        assert (page.status_code, "second facteur" in page.content.decode()) == (200, False)


def test_role_given_during_a_session_is_seen_at_once(grace, settings):
    settings.SECOND_FACTOR_GRACE_DAYS = 0
    person = person_with(Role.WRITER, organisation=OrganisationFactory())
    client = signed_in(person)
    assert client.get("/accessibilite/").status_code == 200
    MembershipFactory(person=person, role=Role.AUDITOR)
    assert client.get("/accessibilite/")["Location"] == "/compte/second-facteur/"
    assert has_second_factor(person) is False


def test_factor_added_in_this_session_opens_the_other_pages(grace, settings):
    settings.SECOND_FACTOR_GRACE_DAYS = 0
    client, _secret = with_app(person_with(Role.AUDITOR))
    assert client.get("/accessibilite/").status_code == 200

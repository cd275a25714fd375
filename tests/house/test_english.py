"""In English, no text of the public pages is a French message of the catalogue; what is sent, signed or filed stays in French."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from funding.services import agreement_texts, agreements
from funding.services.awards import approve_award, issue_letter
from projects.enums import ApplicationState, CallState, Role
from projects.models import Message, TermsProfile
from projects.services.submissions import submit_application
from tests.factories import NOW, ApplicationFactory, CallFactory, award_certified, person_with, reserved_call
from tests.house.english import french_in
from tests.projects.typed import filled_draft

pytestmark = pytest.mark.django_db
LONG_AGO = {"uidb36": "zz", "key": "deja-servi"}
PAGES = [
    ("projects:home", {}),
    ("projects:call_list", {}),
    ("projects:call_list", {"query": "q=introuvable"}),
    ("projects:call_detail", {"reference": "AP-2026-01"}),
    ("projects:call_detail", {"reference": "AP-2026-02"}),
    ("projects:accessibility", {}),
    ("projects:privacy", {}),
    ("projects:contact", {}),
    ("api:documentation", {}),
    ("account_login", {}),
    ("account_signup", {}),
    ("account_inactive", {}),
    ("account_reset_password", {}),
    ("account_reset_password_done", {}),
    ("account_reset_password_from_key", LONG_AGO),
    ("account_reset_password_from_key_done", {}),
]


@pytest.fixture
def calls() -> None:
    """An open call and one that closed, whose own words the catalogue does not know."""
    TermsProfile.objects.update(name="Milestones")
    for reference, state in (("AP-2026-01", CallState.OPEN), ("AP-2026-02", CallState.CLOSED)):
        call = CallFactory(reference=reference, state=state, title=f"Trees {reference}", purpose="To plant trees.")
        call.criteria.update(title="Reach")


def read(client: Client, language: str, name: str, arguments: dict[str, str]) -> str:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    query = arguments.get("query", "")
    address = reverse(name, kwargs={key: value for key, value in arguments.items() if key != "query"})
    return client.get(f"{address}?{query}").content.decode()


@pytest.mark.parametrize(("name", "arguments"), PAGES)
def test_public_page_is_english_throughout(client: Client, calls: None, name: str, arguments: dict[str, str]) -> None:
    english = read(client, "en-ca", name, arguments)
    assert '<html lang="en-CA">' in english
    assert french_in(english) == []


@pytest.mark.parametrize(("name", "arguments"), PAGES)
def test_same_page_is_seen_to_be_french_in_french(client: Client, calls: None, name: str, arguments: dict[str, str]) -> None:
    assert len(french_in(read(client, "fr-ca", name, arguments))) >= 10


@pytest.mark.parametrize("name", ["account_login", "account_reset_password"])
def test_refused_form_is_english_throughout(client: Client, name: str) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-ca"
    page = client.post(reverse(name), {}).content.decode()
    assert re.findall(r"Correct (?:this error|\d+ errors) to continue", page) != []
    assert french_in(page) == []


def test_unknown_address_is_english_too(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-ca"
    page = client.get("/nulle-part/")
    assert (page.status_code, french_in(page.content.decode())) == (404, [])


def test_french_message_is_found_with_its_values_and_inside_a_text() -> None:
    spoken = '<input aria-label="Filtrer la liste"><a lang="fr-CA">Français <b>Demandes</b></a><h1>Demandes</h1>'
    texts = "<p>12 demandes</p><p>12 applications</p><p>Voir : votre demande. Votre demande est recevable, enfin.</p>"
    assert french_in(spoken + texts) == [
        "Filtrer la liste", "Demandes", "12 demandes", "Voir : votre demande. Votre demande est recevable, enfin.",
    ]  # fmt: skip


def test_message_is_in_french_whatever_the_language_of_the_sender() -> None:
    application, signatory = filled_draft()
    with translation.override("en-ca"):
        submitted = submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW)
        assert translation.get_language() == "en-ca"
    sent = Message.objects.filter(application=application).values_list("subject", "body").order_by("pk")
    assert {subject for subject, _body in sent} == {f"Demande {submitted.number} déposée"}
    assert [body for _subject, body in sent if not body.startswith(f"La demande {submitted.number}, « ")] == []


def test_copy_of_an_application_is_the_same_file_in_both_languages(client: Client) -> None:
    application, signatory = filled_draft()
    submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW)
    client.force_login(signatory)
    address = reverse("projects:application_pdf", args=[application.pk])
    copies = []
    for language in ("fr-ca", "en-ca"):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        copies.append(client.get(address).content)
    assert copies[0] == copies[1]


def test_agreement_is_written_in_french_whatever_the_language_of_the_officer(monkeypatch: pytest.MonkeyPatch) -> None:
    amount = Decimal("50000.00")
    application = ApplicationFactory(
        state=ApplicationState.RECOMMENDED, score=Decimal("80.00"), call=reserved_call(), amount_requested=amount
    )
    award = award_certified(application, amount=amount)
    written: list[Any] = []
    render = agreement_texts.pdf.render
    monkeypatch.setattr(
        agreement_texts.pdf, "render", lambda template, data, **given: written.append(data) or render(template, data, **given)
    )
    officer = person_with(Role.OFFICER)
    with translation.override("en-ca"):
        approve_award(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW)
        issue_letter(award_id=award.pk, actor=officer, now=NOW)
        agreements.draft_agreement(award_id=award.pk, actor=officer, now=NOW)
    assert written[-1]["kind"] == "Convention d’aide financière"
    assert [one["kind"] for one in written[-1]["instalments"]] == ["Avance", "Jalon", "Jalon", "Retenue (rapport final)"]

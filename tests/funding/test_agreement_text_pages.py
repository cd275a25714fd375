"""Pages of what an agreement says and who signed it, of copies signed outside, and of clauses."""

import html
import re

import pytest
import time_machine
from django.urls import reverse

from funding.enums import AgreementState
from funding.models import Agreement, ClauseTemplate, SignedCopy
from funding.queries.agreement_texts import text_of
from projects.enums import Role
from tests.factories import NOW, agreement_in_force, person_with, recuse, upload
from tests.funding.amending import amended, proposed
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of, signed_by_both
from tests.funding.services.test_clauses import publish
from tests.funding.services.test_seals import certificate, with_certificate  # noqa: F401 — fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def said_by(response):
    """The words of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def page(name, agreement):
    return reverse(f"funding:{name}", args=[agreement.number])


def test_text_is_read_by_both_parties_with_its_contents_and_digest(client, settings):
    agreement = draft(approved())
    for person in (signatory_of(agreement), person_with(Role.AUDITOR)):
        client.force_login(person)
        shown = said_by(client.get(page("agreement_text", agreement)))
        assert [
            words
            for words in ("1. Objet ", "2. Durée ", "Sommaire", "Annexe B – Jalons et versements", text_of(agreement).sha256, "50 000,00 $")
            if words not in shown
        ] == []
        assert "Sous réserve de la modification législative" in shown
    client.force_login(person_with(Role.SIGNATORY))
    assert client.get(page("agreement_text", agreement)).status_code == 404
    english = person_with(Role.AUDITOR)
    client.force_login(english)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-ca"
    assert "The assistance is subject to" in said_by(client.get(page("agreement_text", agreement)))


def test_recused_person_reads_neither_text_nor_certificate(client):
    agreement = draft(approved())
    person = person_with(Role.OFFICER)
    recuse(person, agreement.award.application)
    client.force_login(person)
    assert [client.get(page(name, agreement)).status_code for name in ("agreement_text", "agreement_certificate")] == [404, 404]


def test_agreement_of_before_says_that_it_has_no_text(client):
    agreement = agreement_in_force()
    client.force_login(person_with(Role.OFFICER))
    assert "date d’avant les textes figés" in said_by(client.get(page("agreement_text", agreement)))


def test_certificate_says_who_signed_what_and_that_nothing_is_sealed(client):
    agreement = signed_by_both(approved())
    client.force_login(person_with(Role.AUDITOR))
    shown = said_by(client.get(page("agreement_certificate", agreement)))
    expected = [
        "Signatures vérifiées", "À titre de Signataire", "Second facteur Code d’une application", "Inscription au journal",
        "Aucun certificat de sceau n’est configuré : le PDF n’est pas scellé.", text_of(agreement).sha256,
    ]  # fmt: skip
    assert [words for words in expected if words not in shown] == []


def test_certificate_shows_the_seal(client, with_certificate):  # noqa: F811 — the fixture
    from projects.tasks import sweep_outbox

    agreement = signed_by_both(approved())
    sweep_outbox()
    client.force_login(person_with(Role.AUDITOR))
    shown = said_by(client.get(page("agreement_certificate", agreement)))
    assert ("Sceau d’essai du portail" in shown, "Convention scellée (PDF)" in shown) == (True, True)


def test_signing_asks_for_a_second_factor_and_a_recent_sign_in(client):
    agreement = reviewed(draft(approved()))
    client.force_login(signatory_of(agreement))
    address = page("agreement_sign", agreement)
    right = {"document_sha256": agreement.document.sha256, "confirmation": agreement.number, "intent": "on"}
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": NOW.timestamp()}]
    session.save()
    shown = said_by(client.get(address))
    assert ("Un second facteur est nécessaire" in shown, "Signer la convention" in shown) == (True, False)
    assert client.post(address, right).status_code == 403
    session["account_authentication_methods"] = [{"method": "mfa", "type": "webauthn", "at": NOW.timestamp() - 3600}]
    session.save()
    assert client.post(address, right).headers["Location"].startswith("/compte/")
    session["account_authentication_methods"] += [{"method": "password", "at": NOW.timestamp()}]
    session.save()
    assert client.post(address, right).status_code == 302
    agreement.refresh_from_db()
    assert (agreement.state, agreement.signatures.get().factor) == (AgreementState.SIGNED_BENEFICIARY, "webauthn")


def test_copy_goes_from_its_recording_to_the_agreement_in_force(client):
    agreement = reviewed(draft(approved()))
    officer, director = person_with(Role.OFFICER), person_with(Role.DIRECTOR)
    client.force_login(officer)
    record, decide = page("signed_copy_record", agreement), page("signed_copy_decide", agreement)
    assert record in client.get(page("agreement_detail", agreement)).text
    given = {"beneficiary_name": "Aude Bel", "beneficiary_on": "2026-11-24", "minister_name": "Cy Dun", "minister_on": "2026-11-24"}
    wrong = client.post(record, {**given, "file": upload("image.png", b"\x89PNG\r\n\x1a\n")})
    assert (wrong.status_code, "L’exemplaire signé est un PDF." in said_by(wrong)) == (422, True)
    assert client.post(record, {**given, "file": upload()}).status_code == 302
    assert client.get(record).status_code == 409
    assert client.get(decide).status_code == 403
    client.force_login(director)
    assert "à vérifier par une autre personne" in said_by(client.get(page("agreement_detail", agreement)))
    assert "Aude Bel" in said_by(client.get(decide))
    assert client.post(decide, {"decision": "accept", "printed": "0" * 16}).status_code == 422
    assert client.post(decide, {"decision": "refuse"}).status_code == 422
    accepted = client.post(decide, {"decision": "accept", "printed": text_of(agreement).sha256[:16]})
    assert (accepted.status_code, Agreement.objects.get().state) == (302, AgreementState.IN_FORCE)
    assert "sur un exemplaire, hors du portail" in said_by(client.get(page("agreement_certificate", agreement)))
    assert SignedCopy.objects.get().decided_by == director


# ── Clauses ──────────────────────────────────────────────────────────────────────────────────────────────────────────
POSTED = {
    "kind": "grant", "code": "objet", "position": "10", "valid_from": "2026-11-24", "title": "Objet", "body": "L’aide est de [[ aide ]].",
    "title_en": "Purpose", "body_en": "[[ aide ]]", "reason": "Nouvel instrument", "after": "1",
}  # fmt: skip


def test_clause_is_previewed_then_published_and_compared(client):
    client.force_login(person_with(Role.HEAD))
    address = reverse("funding:clause_publish") + "?kind=grant&code=objet"
    assert client.get(address).context["form"].initial["after"] == 1
    unknown = client.post(address, {**POSTED, "body": "Le [[ total ]]"})
    assert (unknown.status_code, "(ligne 1, colonne 4)" in said_by(unknown)) == (422, True)
    preview = client.post(address, {**POSTED, "preview": "1"})
    assert ("L’aide est de 250 000,00 $." in said_by(preview), ClauseTemplate.objects.filter(version=2).count()) == (True, 0)
    done = client.post(address, POSTED)
    detail = reverse("funding:clause_detail", args=["grant", "objet"])
    assert done.headers["Location"] == detail
    shown = said_by(client.get(detail))
    expected = ("Ce qui change de la version 1 à la version 2", "ajouté :", "Nouvel instrument")
    assert [words for words in expected if words not in shown] == []
    assert "Le ministre accorde" in said_by(client.get(f"{detail}?a=1"))
    assert client.get(reverse("funding:clause_detail", args=["grant", "inconnue"])).status_code == 404
    assert client.post(address, POSTED).status_code == 409


def test_list_of_clauses_costs_the_same_however_many_there_are(client, django_assert_num_queries):
    client.force_login(person_with(Role.AUDITOR))
    address = reverse("funding:clause_list")
    client.get(address)
    with django_assert_num_queries(8):
        client.get(address)
    for code in ("une", "deux", "trois"):
        publish(after=0, code=code, position=200)
    with django_assert_num_queries(8):
        shown = client.get(address)
    assert shown.text.count("/conventions/clauses/grant/") == 16
    assert reverse("funding:clause_publish") not in shown.text


def test_text_and_certificate_stay_as_signed_and_name_the_amendments(client):
    agreement = signed_by_both(approved())
    digest = text_of(agreement).sha256
    proposed(agreement, scope="Une autre proposition")
    amended(agreement, amount=agreement.amount + 10000)
    agreement.refresh_from_db()
    for person in (signatory_of(agreement), person_with(Role.AUDITOR)):
        client.force_login(person)
        for name in ("agreement_text", "agreement_certificate"):
            shown = said_by(client.get(page(name, agreement)))
            assert (digest in shown, "Avenant 2 – en vigueur le" in shown, "Avenant 1" in shown) == (True, True, False)
    assert "Signatures vérifiées" in shown

"""From the text to the agreement in force: read with its contents, signed with a sentence, certified."""

import pytest

from funding.models import Agreement
from funding.queries.agreement_texts import text_of
from funding.services.signed_copies import Signatories, record_signed_copy
from projects.enums import Role
from tests.factories import person_with, upload
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of
from tests.funding.services.test_clauses import publish

pytestmark = pytest.mark.browser


def test_both_parties_read_sign_and_are_certified(page, live, sign_in, look):
    agreement = reviewed(draft(approved()))
    root = f"{live.url}/conventions/{agreement.number}"
    sign_in(signatory_of(agreement))
    look(f"{root}/texte/", "agreement-texte")
    page.goto(f"{root}/texte/")
    page.get_by_role("link", name="Versements", exact=True).click()
    assert page.url.endswith("#versements")
    look(f"{root}/signature/", "agreement-signature")
    for address in (f"{root}/signature/", f"{root}/signature-ministre/"):
        page.goto(address)
        page.get_by_label("Numéro de la convention").fill(agreement.number)
        page.get_by_role("button", name="Signer la convention").click()
        assert "Cochez cette phrase pour signer." in page.locator("main").inner_text()
        page.get_by_label("J’ai lu la convention").check()
        page.get_by_role("button", name="Signer la convention").click()
        page.wait_for_url(f"{root}/")
        sign_in(person_with(Role.DIRECTOR))
    assert Agreement.objects.get().state == "in_force"
    look(f"{root}/certificat/", "agreement-certificat")
    assert text_of(agreement).sha256 in page.locator("main").inner_text()
    look(f"{root}/", "agreement-convention")


def test_copies_and_clauses_are_accessible(page, live, sign_in, look):
    agreement = reviewed(draft(approved()))
    root, day = f"{live.url}/conventions", text_of(agreement).frozen_at.date()
    publish(body="L’aide est de [[ aide ]], sous réserve des crédits.\n\nElle sert au projet [[ titre ]].")
    officer = sign_in(person_with(Role.OFFICER))
    look(f"{root}/{agreement.number}/exemplaire/", "agreement-exemplaire")
    record_signed_copy(
        agreement_id=agreement.pk, file=upload("signee.pdf"), signatories=Signatories("Aude Bel", day, "Cy Dun", day), actor=officer,
        now=text_of(agreement).frozen_at,
    )  # fmt: skip
    sign_in(person_with(Role.DIRECTOR))
    look(f"{root}/{agreement.number}/exemplaire/verification/", "agreement-verification")
    assert "Aude Bel" in page.locator("main").inner_text()
    look(f"{root}/clauses/", "agreement-clauses")
    look(f"{root}/clauses/grant/objet/", "agreement-clause")
    assert "Elle sert au projet" in page.locator("main").inner_text()
    look(f"{root}/clauses/version/?kind=grant&code=objet", "agreement-version")

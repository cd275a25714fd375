"""From the signature to the confirmed payment, in a real browser, by five people who each do their part and no other."""

import csv
import io
import re

import pytest
from django.utils import timezone

from funding.enums import AgreementState, PaymentState
from funding.models import Agreement, LedgerEntry, Payment
from projects.enums import Role
from tests.factories import bank_details_of, person_with
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of

pytestmark = pytest.mark.browser


def test_five_people_lead_an_agreement_from_its_signature_to_its_confirmed_payment(page, sign_in, live, tmp_path):
    agreement = reviewed(draft(approved()))
    organisation = agreement.project.organisation
    bank_details_of(organisation)

    def by(person, address):
        sign_in(person)
        page.goto(address)
        return page

    def press(name):
        page.get_by_role("button", name=name, exact=True).click()

    def follow(name):
        page.get_by_role("link", name=name, exact=True).click()

    # the two signatures
    sheet = f"/conventions/{agreement.number}/"
    for person, link in ((signatory_of(agreement), "Signer pour le bénéficiaire"), (person_with(Role.DIRECTOR), "Signer pour le ministre")):
        by(person, sheet)
        follow(link)
        page.get_by_label("Numéro de la convention").fill(agreement.number)
        page.get_by_label("J’ai lu la convention").check()
        press("Signer la convention")
        page.wait_for_url(f"**{sheet}")
    assert Agreement.objects.get(pk=agreement.pk).state == AgreementState.IN_FORCE

    # the request, its certification, its authorisation: each person finds what to do, and not what another does
    requester, controller, authoriser = map(person_with, (Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER))
    by(requester, sheet)
    page.get_by_role("link", name="Demander").first.click()
    for attestation in page.get_by_role("checkbox").all():
        attestation.check()
    press("Demander un paiement")
    page.wait_for_url("**/paiements/*/")
    payment = Payment.objects.get()
    assert (payment.state, page.get_by_role("link", name="Certifier").count()) == (PaymentState.REQUESTED, 0)
    order = f"/paiements/{payment.number}/"
    for person, act in ((controller, "Certifier"), (authoriser, "Autoriser")):
        by(person, order)
        follow(act)
        page.locator("form button[type=submit], form button:not([type])").last.click()
        page.wait_for_url(f"**{order}")
    assert Payment.objects.get().state == PaymentState.AUTHORISED

    # the batch leaves, its file is read, and the accounting system's answer confirms the order
    by(requester, "/lots/")
    follow("Préparer un lot")
    page.get_by_role("checkbox").first.check()
    press("Préparer un lot")
    with page.expect_download() as taken:
        press("Prendre le fichier (CSV)")
    rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text(encoding="utf-8-sig")), delimiter=";"))
    assert [row["ordre"] for row in rows] == [payment.order_number]
    follow("Inscrire la remise")
    press("Inscrire la remise du lot")
    answer = tmp_path / "retour.csv"
    today = timezone.localdate()
    answer.write_text(f"ordre;statut;reference;date;motif\n{payment.order_number};confirme;S-2026-1;{today:%Y-%m-%d};\n")
    page.goto("/retours/")
    page.locator("input[type=file]").set_input_files(answer)
    press("Examiner le fichier")
    page.get_by_text(re.compile("1 paiement confirmé")).wait_for()
    press("Importer ce fichier")
    page.get_by_text("Le fichier de retour est importé.").wait_for()
    payment.refresh_from_db()
    entry = LedgerEntry.objects.get(kind="payment")
    assert (payment.state, payment.reference) == (PaymentState.CONFIRMED, "S-2026-1")
    assert (entry.amount, entry.agreement_id) == (payment.amount, agreement.pk)
    page.goto(order)
    assert page.get_by_text("S-2026-1").first.is_visible()
    five = {payment.requested_by_id, payment.certified_by_id, payment.authorised_by_id}
    five |= set(Agreement.objects.get(pk=agreement.pk).signatures.values_list("person", flat=True))
    assert len(five) == 5

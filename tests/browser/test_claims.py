"""A claim of costs goes from the organisation to the officer in a real browser; its pages are accessible at both widths."""

from decimal import Decimal

import pytest
from django.urls import reverse

from funding.enums import ClaimState
from funding.models import Claim
from projects.enums import Role
from tests.factories import agreement_in_force, person_with

pytestmark = pytest.mark.browser
PROOF = {"name": "factures.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 factures"}


def test_claim_goes_from_the_organisation_to_the_officer(page, sign_in, accessibility_violations):
    agreement = agreement_in_force()
    found = {}

    def look(name):
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            sideways = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            found[name, width] = (accessibility_violations(page), max(sideways, 0))

    sign_in(person_with(Role.FINANCE_RESPONDENT, organisation=agreement.project.organisation))
    page.goto(reverse("funding:agreement_detail", args=[agreement.number]))
    look("agreement")
    page.get_by_role("link", name="Réclamer des coûts").click()
    page.get_by_label("Début de la période").fill("2026-12-01")
    page.get_by_label("Fin de la période").fill("2027-01-31")
    page.get_by_label("Autres aides publiques").fill("0")
    page.get_by_label("Montant réclamé\u00a0: Honoraires").fill("30 000,50")
    page.get_by_label("Montant réclamé\u00a0: Salaires").fill("10 000")
    assert page.locator("output[data-total=claimed]").inner_text().replace("\u202f", "\u00a0") == "40\u00a0000,50\u00a0$"
    look("form")
    page.get_by_label("Pièce justificative\u00a0: Honoraires").set_input_files(PROOF)
    page.get_by_label("Pièce justificative\u00a0: Salaires").set_input_files({**PROOF, "name": "paie.pdf"})
    page.get_by_role("button", name="Enregistrer").click()
    look("detail")
    page.get_by_role("link", name="Soumettre").click()
    look("submit")
    page.get_by_role("button", name="Soumettre la réclamation").click()
    assert page.get_by_text("La réclamation est soumise").is_visible()

    sign_in(person_with(Role.OFFICER))
    page.goto(reverse("funding:claim_list"))
    look("list")
    claim = Claim.objects.get()
    page.get_by_role("link", name=claim.number).click()
    page.get_by_role("link", name="Commencer la vérification").click()
    page.get_by_role("button", name="Commencer la vérification").click()
    page.get_by_role("link", name="Décider").click()
    page.get_by_label("Montant admis\u00a0: Salaires").fill("8 000")
    page.get_by_role("button", name="Décider la réclamation").click()
    assert page.get_by_role("alert").is_visible()  # what is not admitted has no reason yet
    look("decide")
    page.get_by_label("Motif de ce qui n’est pas admis\u00a0: Salaires").fill("Heures hors projet")
    page.get_by_role("button", name="Décider la réclamation").click()
    assert page.get_by_text("Heures hors projet").is_visible()
    look("decided")
    claim.refresh_from_db()
    assert (claim.state, claim.admitted_cost, claim.aid) == (ClaimState.PARTLY_ADMITTED, Decimal("38000.50"), Decimal("30400.40"))
    assert {key: value for key, value in found.items() if value != ([], 0)} == {}

"""A gain goes from the organisation's writer to the Secretariat's controller in a real browser."""

from decimal import Decimal

import pytest
from django.urls import reverse

from reporting.enums import GainReportState
from reporting.models import GainReport
from tests.reporting.gains import Team

pytestmark = pytest.mark.browser
PROOF = {"name": "preuve.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 preuve"}


def address(name, *args):
    return reverse(f"reporting:{name}", args=args)


def test_gain_goes_from_the_writer_to_the_controller(page, sign_in):
    team = Team()
    sign_in(team.writer)
    page.goto(address("project_detail", team.project.reference))
    page.get_by_role("link", name="Déclarer un gain").click()
    page.get_by_label("Début de la période").fill("2026-04-01")
    page.get_by_label("Fin de la période").fill("2026-09-30")
    page.get_by_label("Gain de la période").fill("40 000,50")
    page.get_by_label("Finale").check()
    page.get_by_label("Méthode de calcul").fill("Factures comparées")
    page.get_by_role("button", name="Déclarer un gain").click()
    assert page.get_by_role("alert").is_visible()  # the evidence is missing
    assert page.get_by_label("Gain de la période").input_value() == "40 000,50"
    page.get_by_label("Pièce justificative").set_input_files(PROOF)
    page.get_by_role("button", name="Déclarer un gain").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Gain déclaré de 40\u00a0000,50\u00a0$"

    report = GainReport.objects.get()
    sign_in(team.finance)
    page.goto(address("gain_list") + "?view=cosign")
    page.get_by_role("link", name=report.number).click()
    page.get_by_role("link", name="Cosigner").click()
    page.get_by_role("button", name="Cosigner et soumettre").click()

    sign_in(team.verifier)
    page.goto(address("gain_detail", report.number))
    page.get_by_role("link", name="Vérifier").click()
    page.get_by_label("Accepter tout ou partie du gain").check()
    page.get_by_label("Gain accepté").fill("30 000")
    page.get_by_label("Ambre").check()
    page.get_by_label("Assurance modérée").check()
    for shown in page.get_by_label("Démontré", exact=True).all():
        shown.check()
    for name in ("causalité", "réalisation", "valorisation", "attribution", "validation"):
        page.get_by_label(f"Commentaire\u00a0: {name}").fill("Vu dans les factures")
    page.get_by_label("Motif").fill("Un mois manque")
    page.get_by_role("button", name="Inscrire la décision").click()
    assert page.get_by_text("La vérification est inscrite.").is_visible()

    sign_in(team.controller)
    page.goto(address("gain_capture", report.number))
    page.get_by_label("Document budgétaire").set_input_files({**PROOF, "name": "budget.pdf"})
    page.get_by_role("button", name="Inscrire la captation").click()
    assert page.get_by_text("La captation est inscrite").is_visible()
    report.refresh_from_db()
    amounts = (report.state, report.amount, report.verified_amount, report.captured_amount)
    assert amounts == (GainReportState.CAPTURED, Decimal("40000.50"), Decimal("30000.00"), Decimal("30000.00"))

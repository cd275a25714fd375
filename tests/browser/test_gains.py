"""A gain goes from the organisation's writer to the Secretariat's controller in a real browser."""

import time
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from projects.enums import Role
from projects.services.outbox import queue
from reporting.enums import GainReportState
from reporting.models import GainReport
from tests.factories import person_with
from tests.reporting.gains import Team
from tests.reporting.overlaps import KEY, rival

pytestmark = pytest.mark.browser
PROOF = {"name": "preuve.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 preuve"}


def address(name, *args):
    return reverse(f"reporting:{name}", args=args)


def accept_a_part(page, amount="30 000"):
    """The decision of a verifier, typed on its page."""
    page.get_by_label("Accepter tout ou partie du gain").check()
    page.get_by_label("Gain accepté").fill(amount)
    page.get_by_label("Ambre").check()
    page.get_by_label("Assurance modérée").check()
    for shown in page.get_by_label("Démontré", exact=True).all():
        shown.check()
    for name in ("causalité", "réalisation", "valorisation", "attribution", "validation"):
        page.get_by_label(f"Commentaire\u00a0: {name}").fill("Vu dans les factures")
    page.get_by_label("Motif").fill("Un mois manque")
    page.get_by_role("button", name="Inscrire la décision").click()
    assert page.get_by_text("La vérification est inscrite.").is_visible()


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
    accept_a_part(page)

    sign_in(team.controller)
    page.goto(address("gain_capture", report.number))
    page.get_by_label("Document budgétaire").set_input_files({**PROOF, "name": "budget.pdf"})
    page.get_by_role("button", name="Inscrire la captation").click()
    assert page.get_by_text("La captation est inscrite").is_visible()
    report.refresh_from_db()
    amounts = (report.state, report.amount, report.verified_amount, report.captured_amount)
    assert amounts == (GainReportState.CAPTURED, Decimal("40000.50"), Decimal("30000.00"), Decimal("30000.00"))


def figure(page, label):
    """The figure that stands under a label among those that a page begins with."""
    return page.locator("dl.figures div", has=page.get_by_text(label, exact=True)).locator("dd").first.inner_text()


def wait_for(page, where, found, what):
    """Open a page again until the worker has computed the reports."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page.goto(where)
        if found():
            return
        page.wait_for_timeout(300)
    pytest.fail(f"{what} never came")


def wait_for_figure(page, where, label, expected):
    shown = page.get_by_text(label, exact=True)
    wait_for(page, where, lambda: shown.count() and figure(page, label) == expected, f"{label}: {expected}")


def test_verified_gain_moves_the_dashboard_and_the_page_of_the_fund(page, sign_in, look, celery_worker_process):
    """Four people take a gain to its capture; the worker computes the reports again; the figures move where the Fund is read. Then the
    gain is restated, and another project claims the same budget."""
    team = Team(**KEY)
    other = rival(team)
    director = person_with(Role.DIRECTOR)
    recompute_reports()
    sign_in(director)
    wait_for_figure(page, address("dashboard"), "Gains vérifiés", "0\u00a0$")

    sign_in(team.writer)
    page.goto(address("gain_create", team.project.reference, team.line.code))
    page.get_by_label("Début de la période").fill("2026-04-01")
    page.get_by_label("Fin de la période").fill("2026-09-30")
    page.get_by_label("Gain de la période").fill("40 000,50")
    page.get_by_label("Finale").check()
    page.get_by_label("Méthode de calcul").fill("Factures comparées")
    page.get_by_label("Pièce justificative").set_input_files(PROOF)
    page.get_by_role("button", name="Déclarer un gain").click()
    report = GainReport.objects.get()

    sign_in(team.finance)
    page.goto(address("gain_cosign", report.number))
    page.get_by_role("button", name="Cosigner et soumettre").click()
    sign_in(director)
    wait_for_figure(page, address("project_returns", team.project.reference), "Gain net vérifié", "0,00\u00a0$")

    sign_in(team.verifier)
    page.goto(address("gain_verify", report.number))
    accept_a_part(page)
    sign_in(director)
    wait_for_figure(page, address("dashboard"), "Gains vérifiés", "30,0\u00a0k$")
    page.get_by_role("link", name="Rendement du Fonds").click()
    assert figure(page, "Gain net vérifié") == "30\u00a0000,00\u00a0$"

    sign_in(team.controller)
    page.goto(address("gain_capture", report.number))
    page.get_by_label("Document budgétaire").set_input_files({**PROOF, "name": "budget.pdf"})
    page.get_by_role("button", name="Inscrire la captation").click()
    sign_in(director)
    wait_for_figure(page, address("dashboard"), "Gains captés", "30,0\u00a0k$")
    look(address("fund_returns"), "fund-after-capture")
    page.get_by_text("Voir les données du graphique").first.click()
    assert page.locator("figure table").first.inner_text().endswith("Capté\t30\u00a0000,00\u00a0$")
    page.get_by_role("link", name="30\u00a0000,00\u00a0$").first.click()
    assert page.get_by_role("rowheader", name=team.project.reference).is_visible()

    restated_gain_counts_as_before_until_it_is_verified_again(page, sign_in, team, director)
    overlap_takes_the_gain_out_until_it_is_settled(page, sign_in, team, other, director)


def restated_gain_counts_as_before_until_it_is_verified_again(page, sign_in, team, director):
    number = GainReport.objects.get().number
    sign_in(team.writer)
    page.goto(address("gain_detail", number))
    page.get_by_role("link", name="Redresser le gain").click()
    page.get_by_label("Gain redressé").fill("35 000")
    page.get_by_label("Motif du redressement").fill("Un mois était compté deux fois")
    page.get_by_role("button", name="Redresser le gain").click()
    sign_in(team.finance)
    page.goto(address("gain_detail", number))
    page.get_by_role("link", name="Cosigner le redressement").click()
    page.get_by_role("button", name="Cosigner").click()
    assert page.get_by_text("Gain redressé, à revérifier").is_visible()
    sign_in(director)
    project = address("project_returns", team.project.reference)
    again = page.locator(".notice", has_text="À revérifier").get_by_role("link", name=number)
    wait_for(page, project, again.count, "À revérifier")
    assert figure(page, "Gain net vérifié") == "30\u00a0000,00\u00a0$"

    sign_in(team.verifier)
    page.goto(address("gain_detail", number))
    page.get_by_role("link", name="Vérifier").click()
    accept_a_part(page, "33 000")
    sign_in(director)
    wait_for_figure(page, address("dashboard"), "Gains vérifiés", "33,0\u00a0k$")
    assert figure(page, "Gains captés") == "30,0\u00a0k$"
    page.goto(project)
    assert (again.count(), figure(page, "Gain net vérifié")) == (0, "33\u00a0000,00\u00a0$")


def overlap_takes_the_gain_out_until_it_is_settled(page, sign_in, team, other, director):
    number, now = GainReport.objects.get().number, timezone.now()
    other.submitted(now=now, cosigned=now)
    wait_for_figure(page, address("dashboard"), "Gains vérifiés", "0\u00a0$")
    assert figure(page, "Gains captés") == "0\u00a0$"
    page.goto(address("project_returns", team.project.reference))
    assert page.get_by_text("33\u00a0000,00\u00a0$ de gains vérifiés n’entrent dans aucun total").is_visible()
    page.goto(address("gain_detail", number))
    page.get_by_role("link", name="Voir le chevauchement").click()
    for project in (team.project, other.project):
        assert page.get_by_text(project.reference).first.is_visible()
    assert page.get_by_role("link", name="Trancher").count() == 0  # a director reads it, and does not settle it

    sign_in(team.controller)
    page.reload()
    page.get_by_role("link", name="Trancher").click()
    page.get_by_label("Deux dépenses différentes").check()
    page.get_by_label("Motif").fill("Deux contrats, deux fournisseurs.")
    page.get_by_role("button", name="Inscrire la décision").click()
    assert page.get_by_text("Le chevauchement est tranché").is_visible()
    sign_in(director)
    wait_for_figure(page, address("dashboard"), "Gains vérifiés", "33,0\u00a0k$")
    assert figure(page, "Gains captés") == "30,0\u00a0k$"


def recompute_reports():
    """What an act on money leaves: a word in the outbox, that the worker follows."""
    with transaction.atomic():
        queue("money", now=timezone.now())

"""A restatement of a gain that was measured: new figures, the amount computed from them, co-signed, both versions on the page."""

from decimal import Decimal

import pytest
from django.urls import reverse

from reporting.models import GainReport, GainRestatement
from tests.reporting.gains import Team
from tests.reporting.test_measures import YEAR, measured

pytestmark = pytest.mark.browser


def test_measured_gain_is_restated_from_new_figures(page, live, sign_in, look):
    team = Team()
    report = team.verify(team.submitted(**YEAR, measures=measured(team, 13)))
    sign_in(team.writer)
    address = live.url + reverse("reporting:gain_restate", args=[report.number])
    look(address, "gain-restate")
    page.goto(address)
    cost = page.get_by_label("Coût réel de la période")
    assert cost.input_value().replace("\xa0", " ") == "160 000"
    cost.fill("170 000")
    page.get_by_role("button", name="Calculer").click()
    page.get_by_text("Le montant est rempli").wait_for()
    assert page.get_by_label("Gain redressé").input_value().replace("\xa0", " ") == "30 000"
    page.get_by_label("Finale").check()
    page.get_by_label("Motif du redressement").fill("Une facture de l’exercice est arrivée après la déclaration.")
    page.get_by_role("button", name="Redresser le gain").click()
    page.get_by_text("Le redressement attend sa cosignature").wait_for()
    assert GainRestatement.objects.get().measure.cost == Decimal(170_000)
    sign_in(team.finance)
    look(live.url + reverse("reporting:restatement_cosign", args=[report.number]), "restatement-cosign")
    page.goto(live.url + reverse("reporting:restatement_cosign", args=[report.number]))
    page.get_by_role("button", name="Cosigner et soumettre").click()
    page.get_by_text("Le redressement est cosigné").wait_for()
    assert GainReport.objects.get().amount == Decimal(30_000)
    look(live.url + reverse("reporting:gain_detail", args=[report.number]), "gain-restated")

"""An overlap of gains, from the register to the decision, without a mouse on anything but links and buttons."""

import pytest
from django.urls import reverse

from projects.enums import Role
from reporting.enums import OverlapOutcome
from reporting.models import GainReport, GainSharing, Overlap, OverlapResolution
from tests.factories import person_with
from tests.reporting.gains import Team
from tests.reporting.overlaps import overlapping, settle
from tests.reporting.sharing import measure

pytestmark = pytest.mark.browser


def test_shared_gain_is_recorded_then_read(page, live, sign_in, look):
    one, other = Team(), Team()
    sign_in(person_with(Role.OFFICER))
    create = live.url + reverse("reporting:sharing_create")
    look(create, "sharing-create")
    page.goto(create)
    page.get_by_label("Gain partagé").fill("Guichet commun")
    page.get_by_label("Motif des clés").fill("Entente du 1er avril")
    keys = page.locator("textarea[name=shares]")
    for last, found in (("30", 0), ("40", 1)):  # keys that do not make 100 % are refused, and stay as typed
        typed = f"{one.project.reference} {one.line.code} 60\n{other.project.reference} {other.line.code} {last}"
        keys.fill(typed)
        page.get_by_role("button", name="Inscrire un partage").click()
        page.wait_for_load_state()
        assert GainSharing.objects.count() == found
        assert found or (keys.input_value(), page.get_by_role("alert").count()) == (typed, 1)
    sharing = GainSharing.objects.get()
    shared = measure(sharing, one.writer)
    look(live.url + reverse("reporting:sharing_list"), "sharing-list")
    page.goto(live.url + reverse("reporting:sharing_list"))
    assert page.get_by_text("60\u00a0000,01\u00a0$").first.is_visible()
    assert page.get_by_text("40\u00a0000,00\u00a0$").first.is_visible()
    sign_in(one.writer)
    look(live.url + reverse("reporting:sharing_report", args=[sharing.pk]), "sharing-report")
    correct = live.url + reverse("reporting:shared_gain_correct", args=[shared.pk])
    look(correct, "shared-gain-correct")
    page.goto(live.url + reverse("reporting:sharing_list"))
    page.get_by_role("link", name="Corriger la mesure").click()
    page.get_by_label("Gain corrigé, en entier").fill("90 000,03")
    page.get_by_label("Motif de la correction").fill("Une facture du comptoir est arrivée après la déclaration.")
    page.get_by_role("button", name="Corriger la mesure").click()
    page.get_by_text("La mesure est corrigée").wait_for()
    assert [str(row.amount) for row in GainReport.objects.order_by("pk")] == ["54000.02", "36000.01"]
    look(live.url + reverse("reporting:sharing_list"), "sharing-corrected")


def test_controller_settles_an_overlap(page, live, sign_in, look):
    one, other, overlap = overlapping()
    _third, _fourth, settled = overlapping()
    settle(settled, outcome=OverlapOutcome.WITHDRAWN, withdrawn_id=settled.first_id, reason="La facture est celle de l’autre projet.")
    sign_in(person_with(Role.CONTROLLER))
    register = live.url + reverse("reporting:overlap_list")
    look(f"{register}?view=all", "overlap-list")
    look(live.url + reverse("reporting:overlap_detail", args=[settled.pk]), "overlap-settled")
    look(live.url + reverse("reporting:gain_detail", args=[one.line.reports.get().number]), "overlap-gain")
    look(live.url + reverse("reporting:overlap_resolve", args=[overlap.pk]), "overlap-resolve")
    page.goto(register)
    page.get_by_role("link", name=overlap.number).click()
    page.get_by_role("link", name="Trancher").click()
    page.get_by_role("button", name="Inscrire la décision").click()
    page.get_by_label("Deux dépenses différentes").check()
    page.get_by_label("Motif").fill("Deux contrats, deux fournisseurs.")
    page.get_by_role("button", name="Inscrire la décision").click()
    page.get_by_text("Le chevauchement est tranché").wait_for()
    assert OverlapResolution.objects.get(overlap=overlap).outcome == OverlapOutcome.BOTH_REAL
    assert Overlap.objects.filter(resolution=None).count() == 0
    assert other.line.contests.latest("pk").contested is False

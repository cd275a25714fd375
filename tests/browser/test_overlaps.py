"""An overlap of gains, from the register to the decision, without a mouse on anything but links and buttons."""

import pytest
from django.urls import reverse

from projects.enums import Role
from reporting.enums import OverlapOutcome
from reporting.models import Overlap, OverlapResolution
from tests.factories import person_with
from tests.reporting.gains import Team
from tests.reporting.overlaps import overlapping, settle
from tests.reporting.sharing import measure, share

pytestmark = pytest.mark.browser


def test_shared_gain_is_recorded_then_read(live, sign_in, look):
    one, other = Team(), Team()
    sharing = share(one, other)
    measure(sharing, one.writer)
    sign_in(person_with(Role.OFFICER))
    look(live.url + reverse("reporting:sharing_list"), "sharing-list")
    look(live.url + reverse("reporting:sharing_create"), "sharing-create")
    sign_in(one.writer)
    look(live.url + reverse("reporting:sharing_report", args=[sharing.pk]), "sharing-report")


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

"""The pages of calls in a real browser: accessible, without sideways scroll, and a call written from its form."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.enums import CallState, Role
from projects.models import Call
from tests.factories import call_content, person_with

pytestmark = pytest.mark.browser


def sign_in(page, live, person):
    client = Client()
    client.force_login(person)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])


def coming(**fields):
    now = timezone.now()
    return call_content(opens_at=now + timedelta(days=10), closes_at=now + timedelta(days=70), **fields)


@pytest.mark.parametrize("script", [True, False])
def test_officer_writes_a_call_and_director_approves_it(page, live, chromium, script):
    context = chromium.new_context(base_url=live.url, locale="fr-CA", java_script_enabled=script)
    page = context.new_page()
    page.set_default_timeout(10_000)
    sign_in(page, live, person_with(Role.OFFICER))
    page.goto("/secretariat/appels/nouveau/")
    page.get_by_label("Titre").fill("Services municipaux")
    page.get_by_label("Objet").fill("Partager des services entre municipalités.")
    page.get_by_label("Modalités").select_option(label="Subvention par jalons")
    opens = timezone.localtime() + timedelta(days=10)
    page.get_by_label("Ouverture").fill(opens.strftime("%Y-%m-%dT09:00"))
    page.get_by_label("Fermeture").fill((opens + timedelta(days=60)).strftime("%Y-%m-%dT16:00"))
    page.get_by_label("2026-2027").fill("1 250 000,50 $")
    page.get_by_role("button", name="Ajouter un objectif").click()
    for number, weight in ((1, 60), (2, 40)):
        row = page.get_by_role("group", name="objectif").nth(number - 1)
        for label, value in (("Indicateur", f"Délai {number}"), ("Unité", "jours"), ("Situation de départ", "60"), ("Cible", "12,5")):
            row.get_by_label(label).fill(value)
        row.get_by_label("Poids").fill(str(weight))
    row = page.get_by_role("group", name="Critère")
    row.get_by_label("Critère", exact=False).first.fill("Retombées")
    row.get_by_label("Poids").fill("100")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.get_by_role("link", name="Soumettre à l’approbation").click()
    page.get_by_role("button", name="Soumettre l’appel").click()
    page.get_by_text("L’appel est soumis à l’approbation").wait_for()
    sign_in(page, live, person_with(Role.DIRECTOR))
    page.reload()
    page.get_by_role("link", name="Approuver l’appel").click()
    page.get_by_role("button", name="Approuver et réserver les sommes").click()
    page.get_by_text("L’appel est approuvé et ses sommes sont réservées.").wait_for()
    context.close()
    assert Call.objects.get().state == CallState.APPROVED

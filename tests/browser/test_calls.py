"""The pages of calls in a real browser: accessible, without sideways scroll, and a call written from its form."""

import os
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from funding.services.calls import submit_call
from projects.enums import CallState, Role
from projects.models import Call
from projects.services.calls import create_call
from tests.factories import CallFactory, call_content, person_with

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)


def sign_in(page, live, person):
    client = Client()
    client.force_login(person)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])


def coming(**fields):
    now = timezone.now()
    return call_content(opens_at=now + timedelta(days=10), closes_at=now + timedelta(days=70), **fields)


def check_page(page, path, accessibility_violations):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path)
        assert accessibility_violations(page) == [], f"{path} at {width} px"
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/{path.strip('/').replace('/', '-') or 'home'}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320, f"{path} scrolls sideways"


def test_public_pages_of_calls_are_accessible(page, accessibility_violations):
    now = timezone.now()
    call = CallFactory(opens_at=now - timedelta(days=3), closes_at=now + timedelta(days=30), title="Transformation des services")
    CallFactory(state=CallState.PUBLISHED, opens_at=now + timedelta(days=3), closes_at=now + timedelta(days=30))
    for path in ("/", "/appels/", f"/appels/{call.reference}/"):
        check_page(page, path, accessibility_violations)


def test_staff_pages_of_calls_are_accessible(page, live, accessibility_violations):
    officer, director, now = person_with(Role.OFFICER), person_with(Role.DIRECTOR), timezone.now()
    draft = create_call(content=coming(criteria=()), actor=officer, now=now)
    submitted = create_call(content=coming(), actor=officer, now=now)
    submit_call(call_id=submitted.pk, actor=officer, now=now)
    sign_in(page, live, officer)
    at = f"/secretariat/appels/{draft.reference}/"
    for path in ("/secretariat/appels/", "/secretariat/appels/nouveau/", at, f"{at}modification/", f"{at}soumission/"):
        check_page(page, path, accessibility_violations)
    sign_in(page, live, director)
    at = f"/secretariat/appels/{submitted.reference}/"
    for path in (f"{at}approbation/", f"{at}retour/"):
        check_page(page, path, accessibility_violations)


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

"""The register in a real browser, with and without scripts: a near-duplicate told apart, a name that changes, a merger."""

import os

import pytest
from django.test import Client

from projects.enums import Role
from projects.models import Organisation
from tests.factories import OrganisationFactory, person_with

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")


def sign_in(page, live, person):
    client = Client()
    client.force_login(person)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])


def look(page, accessibility_violations, name):
    """No axe violation at two widths on a page as it is answered to a form."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        assert accessibility_violations(page) == [], (name, width)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("script", [True, False])
def test_officer_tells_a_homonym_apart_and_director_merges_it(live, chromium, script):
    context = chromium.new_context(base_url=live.url, locale="fr-CA", java_script_enabled=script)
    page = context.new_page()
    page.set_default_timeout(10_000)
    OrganisationFactory(code="05050", name="Saint-Elzéar")
    sign_in(page, live, person_with(Role.OFFICER))
    page.goto("/organismes/")
    page.get_by_role("link", name="Inscrire un organisme").click()
    page.get_by_label("Nom", exact=False).first.fill("St-Elzear")
    page.get_by_label("Code").fill("26010")
    page.get_by_label("Type").select_option(label="Municipalité")
    page.get_by_role("button", name="Inscrire l’organisme").click()
    page.get_by_role("heading", name="Est-ce l’un de ces organismes?").wait_for()
    page.get_by_label("C’est un autre organisme").check()
    page.get_by_label("En quoi il diffère").fill("Celle de la MRC La Nouvelle-Beauce")
    page.get_by_role("button", name="Inscrire l’organisme").click()
    page.get_by_text("L’organisme est inscrit au registre.").wait_for()
    page.get_by_role("link", name="Changer le nom").click()
    page.get_by_label("Nom", exact=False).first.fill("Ville-sur-Beauce")
    page.get_by_label("Date d’effet").fill("2026-01-01")
    page.get_by_label("Motif").fill("Décret 12-2026")
    page.get_by_role("button", name="Inscrire le nouveau nom").click()
    page.get_by_text("« St-Elzear » devient « Ville-sur-Beauce »").wait_for()
    sign_in(page, live, person_with(Role.DIRECTOR))
    page.reload()
    page.get_by_role("link", name="Fusionner dans un autre organisme").click()
    page.get_by_label("Organisme qui succède").fill("05050")
    page.get_by_label("Date d’effet").fill("2026-06-01")
    page.get_by_label("Motif").fill("Décret 34-2026")
    page.get_by_role("button", name="Inscrire la fusion").click()
    page.get_by_role("heading", name="Cet organisme n’est plus en vigueur").wait_for()
    page.get_by_label("Fil d’Ariane").get_by_role("link", name="Organismes").click()
    page.get_by_label("Rechercher").fill("st elzear")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_text("2 organismes").wait_for()
    page.get_by_text("anciennement St-Elzear").wait_for()
    context.close()
    gone = Organisation.objects.get(code="26010")
    assert (gone.name, gone.successor.code, gone.version) == ("Ville-sur-Beauce", "05050", 3)


def test_refusals_are_accessible(page, live, accessibility_violations):
    town = OrganisationFactory(name="Saint-Elzéar")
    sign_in(page, live, person_with(Role.OFFICER))
    page.goto(f"/organismes/{town.code}/nom/")
    other = page.context.new_page()
    for tab, name in ((other, "Première"), (page, "Seconde")):
        if tab is other:
            tab.goto(f"/organismes/{town.code}/nom/")
        tab.get_by_label("Nom", exact=False).first.fill(name)
        tab.get_by_label("Date d’effet").fill("2026-01-01")
        tab.get_by_label("Motif").fill("Avis")
        tab.get_by_role("button", name="Inscrire le nouveau nom").click()
    page.get_by_text("« Saint-Elzéar » devient « Première »").wait_for()
    look(page, accessibility_violations, "organisation-stale")
    page.goto("/organismes/nouveau/")
    page.get_by_label("Nom", exact=False).first.fill("premiere")
    page.get_by_label("Code").fill("AUTRE")
    page.get_by_label("Type").select_option(label="Autre")
    page.get_by_role("button", name="Inscrire l’organisme").click()
    page.get_by_role("heading", name="Est-ce l’un de ces organismes?").wait_for()
    look(page, accessibility_violations, "organisation-lookalikes")

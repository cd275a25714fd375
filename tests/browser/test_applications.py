"""An organisation prepares and submits an application in a real browser, with and without a script."""

import os
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.enums import ApplicationState, Role
from projects.models import Application, ApplicationSection
from projects.sections import SECTIONS
from tests.factories import CallFactory, DraftApplicationFactory, OrganisationFactory, person_with
from tests.projects.typed import PDF, filled_draft, typed_sections

pytestmark = pytest.mark.browser
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))"""
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def sign_in(page, live):
    def as_(person):
        client = Client()
        client.force_login(person)
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])
        return person

    return as_


@pytest.fixture
def look(page, accessibility_violations):
    """Open an address at each width: no violation, no sideways scroll."""

    def at(address, name=""):
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            assert page.evaluate(TOO_WIDE) == [], (address, width)
            if width != 320:
                assert accessibility_violations(page) == [], (address, width)
                if SHOTS and name:
                    page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    return at


def open_call():
    now = timezone.now()
    return CallFactory(title="Services municipaux", opens_at=now - timedelta(days=9), closes_at=now + timedelta(days=9))


def fill(page, typed):
    """Type each value in the field of that name."""
    for name, value in typed.items():
        control = page.locator(f"[name='{name}']")
        if value == "on":
            control.check()
        elif control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def test_pages_of_an_application_are_accessible_at_each_width(page, live, sign_in, look):
    application, signatory = filled_draft(
        now=timezone.now(), need={"title": "Permis de construction en ligne"}, budget={"cost_2026_fees": "1e9"}
    )
    sign_in(signatory)
    look("/demandes/", "application-list")
    look(f"/demandes/nouvelle/{application.call.reference}/", "application-start")
    look(f"/demandes/{application.pk}/", "application-tasks")
    for section in SECTIONS:
        look(f"/demandes/{application.pk}/sections/{section.slug}/?erreurs=1", f"section-{section.slug}")
    look(f"/demandes/{application.pk}/verification/", "application-check")
    look(f"/demandes/{application.pk}/documents/{application.documents.get().pk}/retrait/", "document-remove")


def test_signatory_prepares_and_submits(page, sign_in, look):
    town = OrganisationFactory(name="Ville de Rivière-Claire")
    signatory = sign_in(person_with(Role.SIGNATORY, organisation=town, name="Quitterie Langevain"))
    page.goto(f"/demandes/nouvelle/{open_call().reference}/")
    page.get_by_role("button", name="Commencer la demande").click()
    page.get_by_role("link", name="Présenter l’organisme").click()
    whole = typed_sections()
    for kind in ("organisation", "need"):
        fill(page, whole[kind])
        page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_role("button", name="Ajouter un jalon").click()
    fill(page, whole["plan"])
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/sections/budget/")
    fill(page, whole["budget"])
    assert page.locator("output[data-total='cost']").inner_text().replace("\xa0", " ") == "125 000 $"
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/sections/gains/")
    page.get_by_role("button", name="Ajouter une ligne de gain").click()
    fill(page, whole["gains"])
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/sections/documents/")
    page.get_by_label("Fichier").set_input_files({"name": "resolution.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_role("button", name="Joindre le document").click()
    page.get_by_text("Le document « resolution.pdf » est joint.").wait_for()
    fill(page, whole["documents"])
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/sections/declaration/")
    fill(page, whole["declaration"])
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/verification/")
    application = Application.objects.get()
    look(f"/demandes/{application.pk}/verification/", "application-check-ready")
    page.get_by_role("button", name="Déposer la demande").click()
    page.get_by_text("Empreinte SHA-256").wait_for()
    application.refresh_from_db()
    assert (application.state, application.submitted_by, application.number[:4]) == (ApplicationState.SUBMITTED, signatory, "DEM-")
    assert page.get_by_text(application.versions.get().sha256).is_visible()
    look(f"/demandes/{application.pk}/", "application-receipt")


def test_section_saves_itself_and_says_that_a_colleague_changed_it(page, sign_in):
    draft = DraftApplicationFactory(call=open_call(), title="")
    writer = sign_in(person_with(Role.WRITER, organisation=draft.organisation, name="Anh Nguyen"))
    page.goto(f"/demandes/{draft.pk}/sections/besoin/")
    page.get_by_label("Titre du projet").fill("Permis en ligne")
    page.get_by_text("Brouillon enregistré à").wait_for()
    page.get_by_label("Titre du projet").fill("Permis de construction en ligne")
    page.locator("#version[value='2']").wait_for(state="attached")
    section = ApplicationSection.objects.get()
    assert (section.data["title"], section.saved_by) == ("Permis de construction en ligne", writer)
    colleague = person_with(Role.WRITER, organisation=draft.organisation, name="Océane Pelchat")
    ApplicationSection.objects.update(version=3, saved_by=colleague)
    page.get_by_label("Titre du projet").fill("Mon titre")
    page.get_by_text("Océane Pelchat a modifié cette section").wait_for()
    assert page.get_by_label("Titre du projet").input_value() == "Mon titre"
    assert ApplicationSection.objects.get().data["title"] == "Permis de construction en ligne"


def test_section_works_without_a_script(chromium, live):
    draft = DraftApplicationFactory(call=open_call(), title="")
    client = Client()
    client.force_login(person_with(Role.WRITER, organisation=draft.organisation))
    context = chromium.new_context(base_url=live.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])
    page = context.new_page()
    page.goto(f"/demandes/{draft.pk}/sections/realisation/")
    page.get_by_role("button", name="Ajouter un jalon").click()
    whole = typed_sections()["plan"]
    for name, value in whole.items():
        page.locator(f"[name='{name}']").fill(value)
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/sections/budget/")
    assert ApplicationSection.objects.get().data == whole
    context.close()

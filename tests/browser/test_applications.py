"""An organisation prepares and submits an application in a real browser, with and without a script."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from projects.enums import ApplicationState, Role
from projects.models import Application, ApplicationSection
from tests.factories import CallFactory, DraftApplicationFactory, OrganisationFactory, person_with
from tests.projects.typed import PDF, typed_sections

pytestmark = pytest.mark.browser


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


def prepare(page, call):
    """Every section of an application, from the call's page to the answers to check, by clicking."""
    whole = typed_sections()
    page.goto(f"/demandes/nouvelle/{call.reference}/")
    page.get_by_role("button", name="Commencer la demande").click()
    page.get_by_role("link", name="Présenter l’organisme").click()
    additions = {"plan": "Ajouter un jalon", "gains": "Ajouter une ligne de gain"}
    for kind in ("organisation", "need", "plan", "budget", "gains"):
        if kind in additions:
            page.get_by_role("button", name=additions[kind]).click()
        fill(page, whole[kind])
        here = page.url
        page.get_by_role("button", name="Enregistrer et continuer").click()
        page.wait_for_url(lambda address, here=here: address.split("?")[0] != here.split("?")[0])
    page.get_by_label("Fichier").set_input_files({"name": "resolution.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.get_by_role("button", name="Joindre le document").click()
    page.get_by_text("Le document « resolution.pdf » est joint.").wait_for()
    for kind, after in (("documents", "**/sections/declaration/"), ("declaration", "**/verification/")):
        fill(page, whole[kind])
        page.get_by_role("button", name="Enregistrer et continuer").click()
        page.wait_for_url(after)


def submit(page):
    page.get_by_role("button", name="Déposer la demande").click()
    page.get_by_text("Empreinte SHA-256").wait_for()
    application = Application.objects.get()
    assert page.get_by_text(application.versions.get().sha256).is_visible()
    return application


def signatory():
    return person_with(Role.SIGNATORY, organisation=OrganisationFactory(name="Ville de Rivière-Claire"), name="Quitterie Langevain")


def test_signatory_prepares_and_submits(page, sign_in, look):
    person = sign_in(signatory())
    prepare(page, open_call())
    look(f"/demandes/{Application.objects.get().pk}/verification/", "application-check-ready")
    application = submit(page)
    assert (application.state, application.submitted_by, application.number[:4]) == (ApplicationState.SUBMITTED, person, "DEM-")
    look(f"/demandes/{application.pk}/", "application-receipt")


def test_signatory_prepares_and_submits_without_a_script(chromium, live):
    client = Client()
    client.force_login(signatory())
    context = chromium.new_context(base_url=live.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    prepare(page, open_call())
    assert submit(page).state == ApplicationState.SUBMITTED
    context.close()


def test_budget_adds_up_as_it_is_typed(page, sign_in):
    draft = DraftApplicationFactory(call=open_call())
    sign_in(person_with(Role.WRITER, organisation=draft.organisation))
    page.goto(f"/demandes/{draft.pk}/sections/budget/")
    fill(page, typed_sections()["budget"])
    assert page.locator("output[data-total='cost']").inner_text().replace("\xa0", " ") == "125 000 $"


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

"""An auditor reads the journal and takes it; a person makes a token; anybody reads the API's page. In a real browser."""

import zipfile

import pytest
from django.utils import timezone

from projects.enums import Role
from projects.models import JournalEntry
from projects.services.tokens import create_token
from reporting.services.audit import verify_bundle
from tests.factories import person_with

pytestmark = pytest.mark.browser


def some_acts():
    now = timezone.now()
    for scopes in (["read:calls"], ["read:reports", "read:gains"]):
        create_token(
            name="Entrepôt de données", scopes=scopes, expires_on=timezone.localdate(now), actor=person_with(Role.OFFICER), now=now
        )
    return JournalEntry.objects.order_by("pk")


def test_auditor_reads_verifies_and_exports_the_journal(page, sign_in, look, tmp_path):
    entry = some_acts()[0]
    sign_in(person_with(Role.AUDITOR, name="Normand Desrosins"))
    look("/journal/", "journal")
    look(f"/journal/{entry.pk}/", "ecriture")
    page.goto("/journal/")
    page.get_by_label("Acte", exact=True).select_option(label="Jeton d’accès créé")
    page.wait_for_url("**/journal/?*act=create_token*")
    page.get_by_role("link", name="Jeton d’accès créé").first.click()
    assert page.get_by_text("Maillon vérifié").is_visible()
    page.goto("/journal/")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Exporter le dossier vérifiable (ZIP)").click()
    path = tmp_path / "journal.zip"
    waiting.value.save_as(path)
    audit = verify_bundle(path)
    assert (audit.faults, audit.checked["entries"]) == ([], 2)
    page.reload()
    assert page.get_by_role("link", name="Journal exporté").count() == 1
    assert "LISEZMOI.txt" in zipfile.ZipFile(path).namelist()


def test_person_makes_a_token_and_revokes_it(page, sign_in, look):
    sign_in(person_with(Role.OFFICER, name="Ariane Lavertu"))
    look("/compte/jetons/nouveau/", "jeton")
    page.get_by_label("À quoi sert ce jeton").fill("Entrepôt de données")
    page.get_by_label("Rapports").check()
    page.get_by_role("button", name="Créer le jeton").click()
    secret = page.get_by_label("Jeton", exact=True).input_value()
    assert secret.startswith("fip_")
    look("/compte/jetons/", "jetons")
    page.get_by_role("link", name="Révoquer Entrepôt de données").click()
    page.get_by_role("button", name="Révoquer le jeton").click()
    page.get_by_text("Le jeton est révoqué.").wait_for()


def test_page_of_the_api_is_read_by_anybody(page, look):
    look("/api/", "api")
    page.get_by_text("Champs de la réponse : Lire un paiement").click()
    assert page.get_by_role("rowheader", name="paid_on").is_visible()

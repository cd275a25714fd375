"""The dashboard and the reports in a real browser: an auditor reads, looks behind a figure, and takes a file."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from projects.enums import Role
from reporting.services import snapshots as acts
from tests.factories import person_with
from tests.reporting.test_snapshots import small

pytestmark = pytest.mark.browser
PAGES = (
    "/tableau-de-bord/", "/rapports/", "/rapports/roi-projects/", "/rapports/gains/", "/rapports/envelopes/", "/rapports/gains-by-year/",
    "/rapports/roi-projects/?vue=rendement", "/rapports/roi-projects/fund_paid/?project=PRJ-1", "/rapports/calculs/",
    "/rapports/roi-projects/?effet=2026-01-31&connaissance=2026-01-31",
)  # fmt: skip


@pytest.fixture
def auditor(page: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The browser of an auditor, with a small portfolio computed."""
    monkeypatch.setattr(acts, "_nudge", lambda run_id: None)
    small()
    now = timezone.now()
    acts.run_recompute(run_id=acts.request_recompute(now=now).pk, now=now)
    sign_in(person_with(Role.AUDITOR))
    return page


def test_pages_are_accessible_and_fit_every_width(auditor: Any, look: Any) -> None:
    for number, path in enumerate(PAGES):
        look(path, f"report-{number}")


def test_an_auditor_takes_a_report(auditor: Any) -> None:
    auditor.goto("/rapports/roi-projects/")
    auditor.get_by_role("button", name="Exporter : CSV pour une machine").click()
    with auditor.expect_download() as download:
        auditor.get_by_role("link", name="Télécharger le fichier").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith("project,call,organisation,region,status,fund_paid,")


def test_filters_change_the_list_without_leaving_the_page(auditor: Any) -> None:
    auditor.goto("/rapports/gains/")
    auditor.get_by_label("Stade").select_option("captured")
    auditor.wait_for_url("**stage=captured**")
    assert auditor.locator("#results tbody tr").count() == 1

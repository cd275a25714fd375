"""The reports in a real browser: an auditor chooses the rows and takes a file. How the pages look is asked by `test_every_page`."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from projects.enums import Role
from reporting.services import snapshots as acts
from tests.factories import person_with
from tests.reporting.test_snapshots import small

pytestmark = pytest.mark.browser


@pytest.fixture
def auditor(page: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The browser of an auditor, with a small portfolio computed."""
    monkeypatch.setattr(acts, "_nudge", lambda run_id: None)
    small()
    now = timezone.now()
    acts.run_recompute(run_id=acts.request_recompute(now=now).pk, now=now)
    sign_in(person_with(Role.AUDITOR))
    return page


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

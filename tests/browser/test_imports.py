"""A controller brings a package in a real browser: problems by cell, a corrected workbook, what would be written, then the journal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from projects.enums import Role
from reporting.models import Gain, PortfolioImport
from reporting.services import portfolio_imports as acts
from reporting.services import snapshots
from reporting.services.portfolio_work import work_on_portfolio
from tests.factories import person_with
from tests.reporting.packages import row, small, workbook

pytestmark = pytest.mark.browser


def address(name: str, *args: Any) -> str:
    return reverse(f"reporting:{name}", args=args)


def worked() -> PortfolioImport:
    """What a worker does when it is called."""
    portfolio = PortfolioImport.objects.latest("pk")
    work_on_portfolio(portfolio_id=portfolio.pk, now=timezone.now())
    return portfolio


def test_package_goes_from_the_upload_to_the_journal(
    page: Any, sign_in: Any, look: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "_nudge", lambda portfolio_id: None)
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    sign_in(person_with(Role.CONTROLLER))
    look(address("import_create"), "import-create")
    page.get_by_label("Fichiers du paquet").set_input_files(
        _file(tmp_path / "fonds.xlsx", gains=[{"amount": f"{n},50"} for n in range(25)])
    )
    page.get_by_role("button", name="Examiner le paquet").click()
    assert page.get_by_text("À examiner").is_visible()
    portfolio = worked()
    page.get_by_role("heading", name="25 cellules à corriger").wait_for()  # the page asks by itself
    look(address("import_detail", portfolio.pk), "import-refused")
    page.get_by_role("link", name="Téléverser un paquet corrigé").click()
    page.get_by_label("Fichiers du paquet").set_input_files(_file(tmp_path / "corrige.xlsx"))
    page.get_by_role("button", name="Examiner le paquet").click()
    portfolio = worked()
    page.get_by_role("heading", name="Ce paquet peut être importé").wait_for()
    look(address("import_detail", portfolio.pk), "import-ready")
    look(address("import_confirm", portfolio.pk), "import-confirm")
    page.get_by_role("button", name="Confirmer").click()
    page.get_by_text("En importation").first.wait_for()
    worked()
    page.get_by_role("heading", name="Ce paquet est importé").wait_for()
    look(address("import_detail", portfolio.pk), "import-done")
    look(address("import_list"), "import-list")
    assert Gain.objects.count() == 1


def _file(path: Path, **changes: list[dict[str, Any]]) -> str:
    rows = small(**changes)
    rows["organisations"][0] = row("organisations", name="Ministère de l’Économie, de l’Innovation et de l’Énergie")
    return str(workbook(path, rows))

"""A package over a project that is followed in the portal: what its acts hold, no package changes."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from reporting.models import Gain
from tests.factories import NOW
from tests.reporting.gains import Team
from tests.reporting.packages import folder, row, run
from tests.reporting.test_import_refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_what_the_portal_follows_changes_in_the_portal(capsys: Any, tmp_path: Path) -> None:
    team = Team()
    report = team.verified()
    mine = {"project": team.project.reference, "line": team.line.code, "recorded_at": ""}
    asked = {**mine, "period_start": report.period_start, "period_end": report.period_end}
    rows = [
        row("gains", **asked, amount="1.00"),
        row("gains", **{**asked, "period_start": report.period_end}, stage="reported"),
        row("gains", **asked, stage="captured", amount="1.00"),
        row("gains", **mine, stage="forecast"),
    ]
    said = f"period_start: des jours de la période sont déclarés dans le portail ({report.number}); autre période attendue"
    assert refused(capsys, folder(tmp_path / "p", {"gains": rows})) == [
        *(f"gains.csv:{number}:{said}" for number in (2, 3, 4)),
        "gains.csv:5:stage: « forecast » d’un plan de gains suivi dans le portail; autre stade attendu",
    ]
    held = row("gains", **asked, amount=report.amount)
    free = row("gains", **mine)  # before anything that is reported
    assert run(capsys, "import_portfolio", folder(tmp_path / "then", {"gains": [free, held]}))[0] == 0
    assert list(Gain.objects.filter(report=None).values_list("amount", flat=True)) == [Decimal("500.00")]

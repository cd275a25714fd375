"""The same package imported from several places at the same instant, and two packages that fit alone but not together."""

from pathlib import Path

import pytest

from fondsinnovation.kit.errors import Invalid
from funding.models import EnvelopeYear, LedgerEntry
from projects.models import JournalEntry
from reporting.importing.plan import Plan
from reporting.importing.reading import read_package
from reporting.models import Gain
from reporting.queries.invariants import check
from reporting.services.audit import verify_database
from reporting.services.imports import bring_portfolio
from tests.factories import NOW
from tests.races.crowd import at_once
from tests.reporting.packages import folder, small

pytestmark = pytest.mark.race
CROWD = 4


def imports(paths: list[Path]) -> list[object]:
    """Each package is read first: an import that waits for another one sees what that one wrote."""
    packages = [read_package(path) for path in paths]
    return at_once([lambda package=package: bring_portfolio(package=package, actor=None, now=NOW) for package in packages])


def test_one_package_from_many_places_is_written_once(committed_db: str, tmp_path: Path) -> None:
    answers = imports([folder(tmp_path / "p", small())] * CROWD)
    assert sorted(bool(answer.changes) for answer in answers if isinstance(answer, Plan)) == [False] * (CROWD - 1) + [True]
    assert (Gain.objects.count(), JournalEntry.objects.filter(act="import_portfolio").count()) == (1, 1)
    assert [finding.invariant.code for finding in check() if finding.broken] == []
    assert verify_database().faults == []


def test_packages_that_fit_alone_and_not_together_leave_one(committed_db: str, tmp_path: Path) -> None:
    def package(name: str) -> Path:
        rows = small(
            calls=[{"reference": f"AP-{name}"}],
            projects=[{"reference": name, "call": f"AP-{name}"}],
            commitments=[{"project": name, "reference": name, "amount": "30000000.00"}],
        )
        return folder(tmp_path / name, {noun: rows[noun] for noun in ("organisations", "calls", "projects", "commitments")})

    answers = imports([package(name) for name in ("A", "B")])
    assert [isinstance(answer, Plan) for answer in answers].count(True) == 1
    [refusal] = [str(answer) for answer in answers if isinstance(answer, Invalid)]
    said = "commitments.csv:2:amount: l’enveloppe PROJECTS n’a plus que 24000000.00 en 2024-2025; 30000000.00 demandés"
    assert refusal == said
    assert EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2024).committed == 30_000_000
    assert LedgerEntry.objects.filter(kind="commitment").count() == 1

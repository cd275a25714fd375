"""Packages that a demonstration brings: one that is refused, with its problems, and a small portfolio that is written."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, timedelta

from django.core.files.base import ContentFile

from projects.enums import Role
from reporting.importing.nouns import NOUNS
from reporting.models import PortfolioImport
from reporting.seeding.returns import Returns
from reporting.services.portfolio_imports import confirm_portfolio, upload_portfolio
from reporting.services.portfolio_work import work_on_portfolio

#: an envelope of pilot projects that ended before the portal: rows in the order of the columns of each noun
HISTORY: dict[str, list[tuple[str, ...]]] = {
    "calls": [("AP-2023-PILOTE", "Projets pilotes de 2023", "PROJECTS", "2023-05-01", "2023-06-30")],
    "projects": [
        ("PIL-01", "AP-2023-PILOTE", "RBQ", "Prise de photos assistée en inspection", "milestones", "03", "2024-04-15", "2024-05-06",
         "2024-05-06", "2025-03-31", "completed"),
        ("PIL-02", "AP-2023-PILOTE", "10043", "Relève à distance des compteurs d’eau", "milestones", "01", "2024-04-15", "2024-05-13",
         "2024-05-13", "2025-03-31", "completed"),
    ],
    "commitments": [
        ("PIL-01", "2024", "48000.00", "2024-05-06", "2024-05-06T14:00:00-04:00", "PIL-01-C1"),
        ("PIL-02", "2024", "61000.00", "2024-05-13", "2024-05-13T14:00:00-04:00", "PIL-02-C1"),
    ],
    "payments": [
        ("PIL-01", "payment", "48000.00", "2024", "2024-11-12", "2024-11-12T14:00:00-05:00", "PIL-01-V1"),
        ("PIL-02", "payment", "61000.00", "2024", "2024-12-03", "2024-12-03T14:00:00-05:00", "PIL-02-V1"),
    ],
    "gain_lines": [
        ("PIL-01", "L1", "CASH", "recurrent", "RBQ", "Moins de déplacements d’inspection"),
        ("PIL-02", "L1", "CASH", "recurrent", "10043", "Moins de relèves sur place"),
    ],
    "gains": [
        ("PIL-01", "L1", "verified", "2025-04-01", "2026-03-31", "19400.00", "2026-05-20T10:00:00-04:00", "Rapport de vérification"),
        ("PIL-02", "L1", "verified", "2025-04-01", "2026-03-31", "27850.00", "2026-05-22T10:00:00-04:00", "Rapport de vérification"),
    ],
}  # fmt: skip
#: what is wrong in the package that comes first: a day that does not exist, a decimal comma, an organisation that nobody knows
MISTAKES = {"2024-05-13": "2024-13-05", "27850.00": "27850,00", "10043": "INCONNU"}


def add_packages(*, now: datetime) -> list[PortfolioImport]:
    """A package examined with problems, then the same one corrected, confirmed and written."""
    packages = Packages(now)
    refused = packages.bring("pilotes-2023.zip", {noun: [_spoilt(row) for row in rows] for noun, rows in HISTORY.items()})
    written = packages.bring("pilotes-2023-corrige.zip", HISTORY)
    by = packages.by(Role.CONTROLLER)
    confirm_portfolio(portfolio_id=written.pk, seen=written.plan_sha256, **by)
    work_on_portfolio(portfolio_id=written.pk, now=by["now"])
    written.refresh_from_db()
    return [refused, written]


def _spoilt(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(MISTAKES.get(cell, cell) for cell in row)


class Packages(Returns):
    def bring(self, name: str, rows: dict[str, list[tuple[str, ...]]]) -> PortfolioImport:
        """Sent by the controller, and examined."""
        by = self.by(Role.CONTROLLER)
        portfolio = upload_portfolio(files=[ContentFile(zipped(rows), name=name)], **by)
        work_on_portfolio(portfolio_id=portfolio.pk, now=by["now"] + timedelta(minutes=1))
        portfolio.refresh_from_db()
        return portfolio


def zipped(rows: dict[str, list[tuple[str, ...]]]) -> bytes:
    """The CSV files of a package in one ZIP; the same rows give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for noun, cells in rows.items():
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([[column.name for column in NOUNS[noun]], *cells])
            file.writestr(zipfile.ZipInfo(f"{noun}.csv", date_time=(2024, 4, 1, 0, 0, 0)), text.getvalue())
    return archive.getvalue()

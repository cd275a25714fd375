"""A portfolio package for a measure: the projects of one call, each with its money; what they gained is told by who measures."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

Rows = Iterable[tuple[object, ...]]


def codes_of(prefix: str, projects: int) -> list[str]:
    return [f"{prefix}-{number:05d}" for number in range(projects)]


def body_of(prefix: str) -> str:
    return f"ORG-{prefix}"


def projects_of(prefix: str, projects: int, *, starts: str, committed: str, paid: str) -> dict[str, Rows]:
    """A commitment, a payment and a co-funding for each project, over the days of ten months."""
    call, body = f"AP-{prefix}", body_of(prefix)
    dated = [(code, date(2024, 6, 1) + timedelta(days=number % 300)) for number, code in enumerate(codes_of(prefix, projects))]
    return {
        "organisations": [(body, "Ministère des Mesures", "ministry", "state", "03")],
        "calls": [(call, "Appel mesuré", "PROJECTS", "2024-04-01", "2024-04-30")],
        "projects": (
            (code, call, body, f"Projet {code}", "milestones", "06", "2024-05-01", "2024-06-01", starts, "", "active")
            for code, _day in dated
        ),
        "commitments": ((code, 2024, committed, day, day, f"C-{code}") for code, day in dated),
        "payments": ((code, "payment", paid, 2024, day, day, f"V-{code}") for code, day in dated),
        "cofunding": ((code, "1000.00", "no", day, day, f"F-{code}") for code, day in dated),
    }


def write(folder: Path, told: Mapping[str, Rows]) -> Path:
    """A folder of CSV files, as `import_portfolio` takes it."""
    from reporting.importing.nouns import NOUNS

    folder.mkdir(exist_ok=True)
    for noun, rows in told.items():
        with (folder / f"{noun}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow([column.name for column in NOUNS[noun]])
            out.writerows(rows)
    return folder

#!/usr/bin/env python3
"""A full recompute of 5 000 projects and 1 000 000 gain rows, and one new gain after it: `python3 benchmarks/recompute.py`.

An embedded server of its own (durable). The rows come in through `import_portfolio`, then what a worker does is timed in a process of
its own, beside the bare minimum in the same run: one SQL GROUP BY over the same gain rows, read into pandas.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
KIND = "demo"  # the embedded server that is durable
LINES, PERIODS, PACKAGE = 5, 10, 1_000
STAGES = ("forecast", "reported", "verified", "captured")
NATURES = ("CASH", "REV", "CASH", "REV", "CASH")
RATIO, MEGABYTES, SECONDS = 2.5, 2_000, 2.0
Rows = Iterator[tuple[object, ...]]


def main() -> int:
    from fondsinnovation import bootstrap

    bootstrap.enter([__file__, "demo", *sys.argv[1:]])
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--projects", type=int, default=5_000)
    options.add_argument("--small", action="store_true", help="200 projects, 40 000 gain rows: a quick try")
    options.add_argument("--state", type=Path, help="keep the database here, and use it again when it is already filled")
    asked = options.parse_args([word for word in sys.argv[1:] if word != "demo"])
    projects = 200 if asked.small else asked.projects
    with tempfile.TemporaryDirectory(prefix="portail-bench-", ignore_cleanup_errors=True) as folder:
        home = asked.state or Path(folder)
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
        os.environ |= {"PORTAL_STATE_DIR": str(home), "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", "DEMO": "1"}
        from fondsinnovation.embedded import services

        with services(KIND):
            if not (home / "filled").exists():
                fill(Path(folder), projects)
                (home / "filled").touch()
            return measure(projects)


def fill(folder: Path, projects: int) -> None:
    command("migrate", "--verbosity=0")
    for number, start in enumerate(range(0, projects, PACKAGE)):
        command("import_portfolio", write_package(folder / "package", chr(65 + number), min(PACKAGE, projects - start)))


def command(*words: object) -> None:
    subprocess.run([sys.executable, BASE_DIR / "manage.py", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


# ── The package ──────────────────────────────────────────────────────────────────────────────────────────────────────
def write_package(folder: Path, prefix: str, projects: int) -> Path:
    """Projects of one call, each with five lines of ten half-years at four stages; one line in five follows the calendar year."""
    from reporting.importing.nouns import NOUNS

    folder.mkdir(exist_ok=True)
    for noun, rows in told(prefix, projects).items():
        with (folder / f"{noun}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow([column.name for column in NOUNS[noun]])
            out.writerows(rows)
    return folder


def told(prefix: str, projects: int) -> dict[str, Rows]:
    codes = [f"{prefix}-{number:05d}" for number in range(projects)]
    call, body = f"AP-{prefix}", f"ORG-{prefix}"
    known = [date(2024, 6, 1) + timedelta(days=number % 300) for number in range(projects)]
    return {
        "organisations": iter([(body, "Ministère des Mesures", "ministry", "state", "03")]),
        "calls": iter([(call, "Appel mesuré", "PROJECTS", "2024-04-01", "2024-04-30")]),
        "projects": (
            (code, call, body, f"Projet {code}", "milestones", "06", "2024-05-01", "2024-06-01", "2021-04-01", "", "active")
            for code in codes
        ),
        "commitments": ((code, 2024, "5000.00", day, day, f"C-{code}") for code, day in zip(codes, known, strict=True)),
        "payments": ((code, "payment", "4000.00", 2024, day, day, f"V-{code}") for code, day in zip(codes, known, strict=True)),
        "cofunding": ((code, "1000.00", "no", day, day, f"F-{code}") for code, day in zip(codes, known, strict=True)),
        "gain_lines": (
            (code, f"L{n}", nature, "recurrent", body, f"Effet {n}") for code in codes for n, nature in enumerate(NATURES, start=1)
        ),
        "gains": gains_of(codes),
    }


def gains_of(codes: list[str]) -> Rows:
    periods = [list(half_years(4)) for _line in range(LINES - 1)] + [list(half_years(1))]
    for number, code in enumerate(codes):
        for line, halves in enumerate(periods, start=1):
            for place, (start, end) in enumerate(halves):
                amount = f"{1000 + number % 700}.{line}{place}"
                for stage, name in enumerate(STAGES):
                    recorded = end + timedelta(days=5 + 15 * stage + number % 10) if stage else date(2024, 5, 15)
                    yield code, f"L{line}", name, start, end, amount, recorded, "rapport.pdf"


def half_years(month: int) -> Iterator[tuple[date, date]]:
    """Ten periods of six months, the first beginning with that month of 2021."""
    starts = [date(2021 + (month - 1 + 6 * n) // 12, (month - 1 + 6 * n) % 12 + 1, 1) for n in range(PERIODS + 1)]
    return ((start, after - timedelta(days=1)) for start, after in zip(starts, starts[1:], strict=False))


# ── What is measured ─────────────────────────────────────────────────────────────────────────────────────────────────
def measure(projects: int) -> int:
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""A portfolio package of 200 000 gain rows: `python3 benchmarks/import.py`.

An embedded server of its own (durable). `import_portfolio` runs as a person runs it, in a process of its own: a folder of CSV files,
the same again (nothing is new), then as many rows as a ZIP and as a workbook: days and amounts typed, texts shared, as Excel does.
The targets: under 60 s and 1 GB for each form.
"""

import argparse
import csv
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
KIND = "demo"  # the embedded server that is durable
SECONDS, MEGABYTES = 60, 1_000
LINES, PERIODS = 2, 5
STAGES = ("forecast", "reported", "verified", "captured")
Rows = Iterator[tuple[object, ...]]


def main() -> int:
    from fondsinnovation import bootstrap

    bootstrap.enter([__file__, "demo", *sys.argv[1:]])
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--gains", type=int, default=200_000)
    asked = options.parse_args([word for word in sys.argv[1:] if word != "demo"])
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="portail-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"PORTAL_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", "DEMO": "1"}
        from fondsinnovation.embedded import services

        with services(KIND):
            return measure(Path(folder), asked.gains, load)


def measure(folder: Path, gains: int, load: float) -> int:
    command("migrate", "--verbosity=0")
    projects = gains // (LINES * PERIODS * len(STAGES))
    package = write_package(folder / "package", "A", projects)
    archive = write_zip(folder / "package.zip", write_package(folder / "zipped", "B", projects))
    book = write_workbook(folder / "package.xlsx", write_package(folder / "typed", "C", projects))
    said = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} before the run."
    print(said, f"\n{projects} projects, {gains} gain rows.")
    print("| command | seconds | processor | peak memory |\n|---|---|---|---|")
    first = timed("import_portfolio, a folder of CSV files", "import_portfolio", package)
    timed("the same, again", "import_portfolio", package)
    timed("the same, `--dry-run`", "import_portfolio", package, "--dry-run")
    forms = [first, timed("a ZIP of as many", "import_portfolio", archive), timed("a workbook of as many", "import_portfolio", book)]
    kept = all(seconds <= SECONDS and megabytes <= MEGABYTES for seconds, megabytes in forms)
    print("within the targets" if kept else f"ABOVE the targets: {SECONDS} s, {MEGABYTES} MB")
    return 0 if kept else 1


def timed(name: str, *words: object) -> tuple[float, float]:
    began = time.monotonic()
    usage = command(*words)
    found = time.monotonic() - began, usage.ru_maxrss / 1_000
    print(f"| {name} | {found[0]:.1f} | {usage.ru_utime + usage.ru_stime:.1f} s | {found[1]:.0f} MB |", flush=True)
    return found


def command(*words: object) -> resource.struct_rusage:
    """Run a command of the portal to its end; gives what its process used, the database apart."""
    process = subprocess.Popen([sys.executable, BASE_DIR / "manage.py", *map(str, words)], stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words[0]} ended with {process.returncode}")
    return usage


# ── The package ──────────────────────────────────────────────────────────────────────────────────────────────────────
def write_package(folder: Path, prefix: str, projects: int) -> Path:
    """Projects of one call, each with two lines of five yearly periods at four stages, a commitment, a payment and co-funding."""
    from benchmarks.packages import body_of, codes_of, projects_of, write

    codes = codes_of(prefix, projects)
    money = projects_of(prefix, projects, starts="2024-04-01", committed="3000.00", paid="2000.00")
    gained = {
        "gain_lines": ((code, f"L{n}", "CASH", "recurrent", body_of(prefix), f"Effet {n}") for code in codes for n in range(LINES)),
        "gains": gains_of(codes),
    }
    return write(folder, money | gained)


def gains_of(codes: list[str]) -> Rows:
    for number, code in enumerate(codes):
        for line in range(LINES):
            for year in range(2020, 2020 + PERIODS):
                amount = f"{1000 + number % 700}.{line}{year % 10}"
                for place, stage in enumerate(STAGES):
                    recorded = datetime(year + 1, 4 + place, 1 + number % 28, 12, tzinfo=UTC).isoformat()
                    yield code, f"L{line}", stage, f"{year}-04-01", f"{year + 1}-03-31", amount, recorded, "rapport.pdf"


def write_zip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def write_workbook(path: Path, folder: Path) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for file in sorted(folder.iterdir()):
        sheet = book.add_worksheet(file.stem)
        with file.open(encoding="utf-8", newline="") as rows:
            for number, row in enumerate(csv.reader(rows)):
                for place, cell in enumerate(row):
                    if number and re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
                        sheet.write_datetime(number, place, date.fromisoformat(cell), day)
                    elif number and re.fullmatch(r"-?\d+\.\d\d", cell):
                        sheet.write_number(number, place, float(cell))
                    else:
                        sheet.write_string(number, place, cell)
    book.close()
    return path


if __name__ == "__main__":
    sys.exit(main())

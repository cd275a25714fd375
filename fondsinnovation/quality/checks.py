"""Each static check of the house: a function that returns its findings, one line each."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation

from fondsinnovation.quality import catalogues, compose

BASE_DIR = Path(settings.BASE_DIR)
APPS = ("projects", "funding", "reporting")
TYPED = ("services", "queries", "policies", "rules")
FLOAT = re.compile(r"(?<![\w.])float\(")
FLOATS_ALLOWED = {"charts.py", "checks.py"}  # coordinates of a drawing; the line above
HIDDEN_MESSAGE = re.compile(r"""\bf["'].*\{[^}]*\b(?:_|\w*gettext(?:_\w+)?)\(""")
CLOCK = re.compile(r"\b(?:timezone|datetime)\.(?:now|today|utcnow)\(|\bdate\.today\(")
BELOW_INTERFACES = ("services", "queries", "policies", "models", "rules", "analysis", "enums")
TOOLS = Path(sys.executable).parent


def run(*command: str | Path) -> list[str]:
    """The output of a tool that fails; nothing when it passes."""
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(BASE_DIR)}
    done = subprocess.run([*map(str, command)], cwd=BASE_DIR, env=environment, capture_output=True, text=True)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).strip().splitlines() or [f"exit {done.returncode}"]


def style() -> list[str]:
    return run(TOOLS / "ruff", "check", "--output-format=concise", ".")


def layout() -> list[str]:
    return run(TOOLS / "ruff", "format", "--check", "--output-format=concise", ".")


def templates() -> list[str]:
    return run(TOOLS / "djlint", "templates", "--lint", "--quiet")


def imports() -> list[str]:
    return run(TOOLS / "lint-imports", "--no-cache")


def types() -> list[str]:
    paths = [p for app in APPS for name in TYPED for p in (BASE_DIR / app / name, BASE_DIR / app / f"{name}.py") if p.exists()]
    return run(sys.executable, "-m", "mypy", *paths)


def floats() -> list[str]:
    """Money is never a binary float."""
    sources = (path for app in (*APPS, "fondsinnovation") for path in (BASE_DIR / app).rglob("*.py"))
    return _lines(FLOAT, (path for path in sources if path.name not in FLOATS_ALLOWED), "float( outside a chart")


def clock() -> list[str]:
    """Only the interfaces read the clock: everything below is given the instant as `now`."""
    below = (path for app in APPS for name in BELOW_INTERFACES for path in (BASE_DIR / app).glob(f"{name}*"))
    sources = (source for path in below for source in ([path] if path.is_file() else path.rglob("*.py")))
    return _lines(CLOCK, sources, "reads the clock below the interfaces")


def _lines(pattern: re.Pattern[str], sources: Iterable[Path], finding: str) -> list[str]:
    return [
        f"{path.relative_to(BASE_DIR)}:{number}: {finding}"
        for path in sorted(sources)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def migrations() -> list[str]:
    with translation.override(None):  # a translated label is not a change of the model
        loader = MigrationLoader(None)
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        changes = detector.changes(graph=loader.graph)
    return [
        f"{app}: a migration is missing: {operation.describe()}"
        for app, missing in sorted(changes.items())
        for migration in missing
        for operation in migration.operations
    ]


def compose_file() -> list[str]:
    path = BASE_DIR / "docker-compose.yml"
    schema = run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)
    return schema or compose.problems(path, (BASE_DIR / "deploy" / "example.env").read_text())


def messages() -> list[str]:
    sources = (path for app in (*APPS, "fondsinnovation") for path in (BASE_DIR / app).rglob("*.py"))
    hidden = _lines(HIDDEN_MESSAGE, sources, "a message inside an f-string is not read into the catalogues")
    return hidden + [problem for language in catalogues.LANGUAGES for problem in catalogues.problems(language)]


CHECKS: dict[str, Callable[[], list[str]]] = {
    "ruff check": style,
    "ruff format": layout,
    "djlint": templates,
    "import-linter": imports,
    "mypy": types,
    "float": floats,
    "clock": clock,
    "migrations": migrations,
    "compose": compose_file,
    "messages": messages,
}

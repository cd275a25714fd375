"""What the repository may not hold."""

import re
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^[a-z0-9-]+(\[[a-z,]+\])?==\S+( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


@pytest.mark.parametrize("name", ["base", "embedded", "dev"])
def test_requirements_are_pinned_by_hash_and_name_no_address(name):
    lines = (BASE_DIR / "requirements" / f"{name}.txt").read_text().splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []


def test_requirements_of_development_hold_those_of_the_demonstration():
    def packages(name: str) -> set[str]:
        lines = (BASE_DIR / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line for line in lines if PINNED.match(line)}

    assert packages("base") <= packages("embedded") <= packages("dev")


def test_continuous_integration_runs_both_commands():
    lines = (BASE_DIR / ".ci" / "run").read_text().splitlines()
    assert [line.partition("python3 ")[2] for line in lines if "python3 " in line] == [
        "manage.py quality </dev/null",
        "manage.py test </dev/null",
    ]


def test_readme_leads_to_every_page_of_rules_once():
    named = re.findall(
        r"\]\(docs/rules/([\w-]+\.md)\)", (BASE_DIR / "README.md").read_text(encoding="utf-8").partition("\nSigned agreements")[0]
    )
    assert sorted(named) == sorted(page.name for page in (BASE_DIR / "docs" / "rules").glob("*.md"))

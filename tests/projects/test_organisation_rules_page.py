"""The page of rules says what the code does: each name of its table is folded."""

from pathlib import Path

import pytest
from django.conf import settings

from projects.models.organisations import sort_key

LINES = (Path(settings.BASE_DIR) / "docs" / "rules" / "organisations.md").read_text().splitlines()
START = LINES.index("| nom | clef |") + 2
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES[START : LINES.index("", START)]]


@pytest.mark.parametrize(("name", "key"), ROWS)
def test_name_of_the_rules_page_has_its_key(name, key):
    assert sort_key(name) == key


def test_rules_page_has_its_examples():
    assert len(ROWS) == 7

"""Read the worked examples of a rules page: the tables under a heading that is one code span."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs" / "rules"


def examples(page: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """(calculation, arguments as written, result as written): headers in code are arguments, the next column is the result."""
    name, header = "", []
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            found = re.fullmatch(r"### `(\w+)`", line)
            name, header = (found[1] if found else ""), []
        elif name and line.startswith("|") and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not header:
                header = cells
                continue
            assert len(cells) == len(header), line
            named = [title.strip("`") for title in header if title.startswith("`")]
            yield name, dict(zip(named, cells, strict=False)), cells[len(named)]


def value(written: str) -> Decimal | date | None:
    if not written:
        return None
    return date.fromisoformat(written) if re.fullmatch(r"\d{4}-\d\d-\d\d", written) else Decimal(written)


def pairs(written: str) -> dict[str, Decimal]:
    """`2024: 12.00, 2025: 13.00`"""
    return {key: Decimal(number) for key, number in (part.split(": ") for part in written.split(", ") if part)}


def cents(amount: Decimal) -> int:
    assert amount * 100 == int(amount * 100)
    return int(amount * 100)

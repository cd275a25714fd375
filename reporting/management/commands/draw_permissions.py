"""`manage.py draw_permissions`: draw the matrix of docs/rules/access.md from the rules. A test fails when the page and they differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from fondsinnovation.commands import PortalCommand
from projects.policies.rules import Where
from reporting.queries.permissions import MARKS, WITHOUT_RULE, Row, matrix

PAGE = Path(settings.BASE_DIR) / "docs" / "rules" / "access.md"
BEGIN, END = "<!-- draw_permissions -->", "<!-- /draw_permissions -->"


def draw(text: str) -> str:
    """The page with the matrix between its two marks drawn again; what people wrote around it stays."""
    before, _begin, rest = text.partition(BEGIN)
    _matrix, _end, after = rest.partition(END)
    with translation.override("fr-ca"):
        return f"{before}{BEGIN}\n{''.join(_sections())}{END}{after}"


def _sections() -> Iterator[str]:
    yield "\n" + " · ".join(f"{MARKS[where]} {where.label}" for where in Where) + "\n"
    for subject, rows in matrix():
        yield f"\n### {subject.label}\n\n| règle | actes | rôles |\n|---|---|---|\n"
        yield from (f"| {row.rule.sentence} | {_acts(row)} | {_roles(row)} |\n" for row in rows)
    yield "\n### Actes sans règle\n\n| acte | pourquoi |\n|---|---|\n"
    yield from (f"| `{act}` | {reason} |\n" for act, reason in sorted(WITHOUT_RULE.items()))
    yield "\n"


def _acts(row: Row) -> str:
    return ", ".join(f"`{act}`" for act in row.rule.acts) or "lecture"


def _roles(row: Row) -> str:
    if row.is_everybody_s:
        return "toute personne connectée, pour ce qui est à elle"
    return ", ".join(f"{cell.mark} {cell.role.label}" for cell in row.cells if cell.where)


class Command(PortalCommand):
    help = "Dessine la table des règles de docs/rules/access.md."

    def run(self, **options: Any) -> int:
        PAGE.write_text(draw(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        self.stdout.write(str(PAGE.relative_to(settings.BASE_DIR)))
        return 0

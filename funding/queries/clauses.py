"""Reads of clauses: those in force on a day, the versions of one, and what changed between two of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from funding.clauses import FIELDS, merged
from funding.enums import AgreementKind
from funding.models import ClauseTemplate

#: a merge field is one word, with what touches it
_WORD = re.compile(r"\S*\[\[[^\]]*\]\]\S*|\S+")
#: what a preview puts in each field
_SAMPLE = {
    "numero": "CNV-2026-00042",
    "projet": "PRJ-2026-00042",
    "demande": "DEM-2026-00042",
    "appel": "AP-2026-01",
    "avance": "25 %",
    "retenue": "20 %",
    "mois_declaration": "6",
    "annees_suivi": "3",
}


def clauses_on(kind: str, day: date) -> list[ClauseTemplate]:
    """The clauses of an agreement of this kind on a day, in their order: of each, the latest version begun, unless it withdraws it."""
    rows = ClauseTemplate.objects.filter(kind=kind, valid_from__lte=day).order_by("code", "version")
    latest = {row.code: row for row in rows}
    return sorted((row for row in latest.values() if not row.is_withdrawn), key=lambda row: (row.position, row.code))


def current_clauses(day: date) -> list[ClauseTemplate]:
    """The clauses of every kind on a day, by kind and order."""
    return [row for kind in AgreementKind for row in clauses_on(kind, day)]


def versions_of(kind: str, code: str) -> QuerySet[ClauseTemplate]:
    """Every version of a clause, the newest first."""
    return ClauseTemplate.objects.filter(kind=kind, code=code).select_related("published_by").order_by("-version")


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of text of a comparison: kept, removed or added."""

    text: str
    change: str


def compared(before: str, after: str) -> list[list[Word]]:
    """What became of a text, paragraph by paragraph, word by word."""
    old, new = (_WORD.findall(text.replace("\n\n", " ¶ ")) for text in (before, after))
    return list(_by_paragraph(_stretches(old, new)))


def _stretches(old: list[str], new: list[str]) -> Iterator[tuple[list[str], str]]:
    for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield old[start:end], "same"
            continue
        if start < end:
            yield old[start:end], "removed"
        if first < last:
            yield new[first:last], "added"


def _by_paragraph(stretches: Iterator[tuple[list[str], str]]) -> Iterator[list[Word]]:
    line: list[Word] = []
    for words, change in stretches:
        for place, part in enumerate(" ".join(words).split("¶")):
            if place:
                yield line
                line = []
            if part.strip():
                line.append(Word(part.strip(), change))
    yield line


def sample_values() -> dict[str, str]:
    """A value for each merge field, to preview a clause."""
    words = {
        "titre": _("Accueil citoyen en une étape"),
        "beneficiaire": _("Ville d’exemple"),
        "aide": _("250 000,00 $"),
        "debut": _("1er décembre 2026"),
        "fin": _("31 mars 2028"),
        "conditions": _("aucune condition particulière."),
    }
    return {name: {**_SAMPLE, **words}[name] for name in FIELDS}


def previewed(body: str) -> str:
    """A clause with sample values."""
    return merged(body, sample_values())

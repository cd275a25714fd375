"""The return file of the accounting system, read as text: its lines, and what is wrong in which cell. No database here.

One line an order: `ordre;statut;reference;date;motif`. The format and worked examples are in docs/rules/payments.md.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from funding.enums import ReturnStatus

HEADER = ("ordre", "statut", "reference", "date", "motif")
#: bytes of a file, and lines of one import
LARGEST, MOST = 2 * 1024 * 1024, 500
_STATUSES = {
    "confirme": ReturnStatus.CONFIRMED,
    "confirmé": ReturnStatus.CONFIRMED,
    "rejete": ReturnStatus.REJECTED,
    "rejeté": ReturnStatus.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Line:
    """What the accounting system says of one order; `row` is its line in the file, the heading being the first."""

    row: int
    order: str
    status: ReturnStatus
    reference: str
    dated_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that cannot be taken, and why."""

    row: int
    column: str
    message: str


def decode(content: bytes) -> str:
    """The text of a file, its mark and the ends of its lines made plain. Raises ValueError."""
    text = content.decode("utf-8-sig")
    if "\x00" in text:
        raise ValueError("not a text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str) -> tuple[list[Line], list[Problem]]:
    """The lines of a return file, and the problems of its cells; a line with a problem is not among the lines."""
    first = text.partition("\n")[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ","))
    if not rows or tuple(cell.strip().lower().replace("é", "e") for cell in rows[0]) != HEADER:
        return [], [Problem(1, HEADER[0], _("la première ligne doit être : %(header)s") % {"header": ";".join(HEADER)})]
    numbered = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not numbered:
        return [], [Problem(1, HEADER[0], _("ce fichier n’a aucune ligne"))]
    if len(numbered) > MOST:
        return [], [Problem(MOST + 2, HEADER[0], _("au plus %(most)s lignes par fichier") % {"most": MOST})]
    lines, problems, seen = [], [], {}
    for number, row in numbered:
        found = list(_problems_of(number, row, seen))
        problems += found
        if not found:
            lines.append(_line(number, row))
    return lines, problems


def _problems_of(number: int, row: Sequence[str], seen: dict[tuple[str, str], int]) -> Iterator[Problem]:
    if len(row) != len(HEADER):
        yield Problem(number, HEADER[-1], _("cinq cellules attendues, %(count)s trouvées") % {"count": len(row)})
        return
    order, status, reference, day, reason = (cell.strip() for cell in row)
    if not order:
        yield Problem(number, "ordre", _("inscrivez le numéro de l’ordre"))
    if status.lower() not in _STATUSES:
        yield Problem(number, "statut", _("« %(value)s » n’est ni « confirme » ni « rejete »") % {"value": status})
    if not reference:
        yield Problem(number, "reference", _("inscrivez la référence du système comptable"))
    elif len(reference) > 60:
        yield Problem(number, "reference", _("60 caractères au maximum"))
    if _day(day) is None:
        yield Problem(number, "date", _("« %(value)s » n’est pas une date (AAAA-MM-JJ)") % {"value": day})
    if _STATUSES.get(status.lower()) == ReturnStatus.REJECTED and not reason:
        yield Problem(number, "motif", _("un rejet dit pourquoi"))
    for column, value in (("ordre", order), ("reference", reference)):
        if value and (before := seen.setdefault((column, value), number)) != number:
            yield Problem(number, column, _("déjà à la ligne %(row)s") % {"row": before})


def _line(number: int, row: Sequence[str]) -> Line:
    order, status, reference, day, reason = (cell.strip() for cell in row)
    return Line(number, order, _STATUSES[status.lower()], reference, _day(day) or date.min, reason[:500])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-24") else None
    except ValueError:
        return None

"""How the text of a cell becomes a value: read right, or refused with what was expected, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from fondsinnovation.kit.money import LARGEST, BadAmount, plain_amount
from reporting.rules import TOTAL, end_of_day

ZONE = ZoneInfo("America/Toronto")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SERIAL = re.compile(r"[0-9]{4,5}(\.[0-9]+)?")
#: day 0 of a workbook, from 1900-03-01 on
_EPOCH = date(1899, 12, 30)
_PLAUSIBLE = (date(1990, 1, 1), date(2100, 12, 31))
Read = Callable[[str], Any]


class Unreadable(ValueError):
    """A cell that cannot be read: what it holds, and what was expected."""


class Number(str):
    """The digits of a cell that a workbook holds as a number: it may have lost its leading zeros."""

    __slots__ = ()


class Day(str):
    """The day or instant that a workbook holds in a cell, as text: it may have taken « mars-24 » for a date."""

    __slots__ = ()


class Fault(str):
    """What is wrong with a cell of a workbook before anything is read of it."""

    __slots__ = ()


#: what spreadsheets write in place of a value that they could not find, in both languages
_ERRORS = frozenset(
    {
        *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#GETTING_DATA"),
        *("#VALEUR!", "#NOM?", "#NUL!", "#NOMBRE!", "#PROPAGATION!", "#CALCUL!", "#CHAMP!"),
    }
)
#: what an address or a report would take for something else
_TAKEN = frozenset({".", "..", TOTAL})
#: kinds of characters that nobody sees: two codes that differ by one look the same
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def text(longest: int) -> Read:
    """A text of one line. Accents are kept in one form, so that the same word is the same code wherever it was typed."""

    def read(cell: str) -> str:
        if cell in _ERRORS:
            raise Unreadable(_("« %(value)s » est l’erreur d’un tableur; texte attendu") % {"value": cell})
        composed = cell if cell.isascii() else unicodedata.normalize("NFC", cell)
        if len(composed) > longest:
            raise Unreadable(_("%(length)d caractères; au plus %(limit)d attendus") % {"length": len(composed), "limit": longest})
        if not composed.isprintable() and (unseen := [one for one in composed if unicodedata.category(one) in _UNSEEN]):
            said = _("caractère invisible ou de contrôle (U+%(code)04X); texte d’une ligne attendu")
            raise Unreadable(said % {"code": ord(unseen[0])})
        return composed

    return read


def name(longest: int) -> Read:
    """A text that identifies a row, or refers to one: what a workbook took for a date is not what was typed."""
    whole = text(longest)

    def read(cell: str) -> str:
        if isinstance(cell, Day):
            raise Unreadable(_("« %(value)s » est une date dans le classeur; code en texte attendu") % {"value": cell})
        return str(whole(cell))

    return read


def identifier(longest: int) -> Read:
    """A text that names a page of the portal: a slash would cut its address, a point leave it; and a row of the reports, as TOTAL does."""
    whole = name(longest)

    def read(cell: str) -> str:
        if "/" in cell:
            raise Unreadable(_("« %(value)s » contient « / »; code sans barre oblique attendu") % {"value": cell})
        if cell in _TAKEN:
            raise Unreadable(_("« %(value)s » a un autre sens dans le portail; autre code attendu") % {"value": cell})
        return str(whole(cell))

    return read


def code(longest: int) -> Read:
    """A text that a workbook must not hold as a number: « 01023 » would have become 1023."""
    whole = identifier(longest)

    def read(cell: str) -> str:
        if isinstance(cell, Number):
            raise Unreadable(_("« %(value)s » est un nombre dans le classeur; code en texte attendu") % {"value": cell})
        return str(whole(cell))

    return read


def choice(*values: str) -> Read:
    def read(cell: str) -> str:
        if cell not in values:
            raise Unreadable(_("« %(value)s »; attendu : %(choices)s") % {"value": cell, "choices": ", ".join(values)})
        return cell

    return read


def yes_no(cell: str) -> bool:
    return bool(choice("yes", "no")(cell) == "yes")


def money(cell: str) -> Decimal:
    """Dollars: digits, a point, at most two decimals, a sign when it is below zero."""
    try:
        amount = plain_amount(cell, signed=True)
    except BadAmount as error:
        raise Unreadable(_amount_problem(error.code, cell)) from error
    if abs(amount) > LARGEST:
        raise Unreadable(_amount_problem("large", cell))
    return amount or Decimal("0.00")  # below zero, nothing is nothing


def _amount_problem(problem: str, cell: str) -> str:
    match problem:
        case "decimals":
            said = _("« %(value)s » a plus de 2 décimales; au plus 2 attendues")
        case "large":
            said = _("« %(value)s » est trop grand; au plus 10000000000.00 attendu")
        case _other:
            said = _("« %(value)s »; montant comme 1250000.50 attendu")
    return said % {"value": cell}


def positive(cell: str) -> Decimal:
    amount = money(cell)
    if amount <= 0:
        raise Unreadable(_("« %(value)s »; montant plus grand que 0 attendu") % {"value": cell})
    return amount


def not_negative(cell: str) -> Decimal:
    amount = money(cell)
    if amount < 0:
        raise Unreadable(_("« %(value)s »; montant de 0 ou plus attendu") % {"value": cell})
    return amount


def not_zero(cell: str) -> Decimal:
    amount = money(cell)
    if not amount:
        raise Unreadable(_("« %(value)s »; montant différent de 0 attendu") % {"value": cell})
    return amount


def day(cell: str) -> date:
    """An ISO day of a believable year."""
    if _SERIAL.fullmatch(cell):
        raise Unreadable(_serial_problem(cell))
    try:
        found = date.fromisoformat(cell) if _DAY.fullmatch(cell) else None
    except ValueError:
        found = None
    if found is None:
        raise Unreadable(_("« %(value)s »; jour comme 2026-10-31 attendu") % {"value": cell})
    if not _PLAUSIBLE[0] <= found <= _PLAUSIBLE[1]:
        raise Unreadable(_("« %(value)s »; jour de 1990 à 2100 attendu") % {"value": cell})
    return found


def _serial_problem(cell: str) -> str:
    meant = _EPOCH + timedelta(days=int(Decimal(cell)))
    said = _("« %(value)s » est un numéro de série de tableur (peut-être %(day)s); jour comme 2026-10-31 attendu")
    return said % {"value": cell, "day": meant.isoformat()}


def _instant(of_day: Callable[[date], datetime]) -> Read:
    """An instant with its offset, or a day, which means the instant that `of_day` gives."""

    def read(cell: str) -> datetime:
        if len(cell) <= 10 or _SERIAL.fullmatch(cell):
            return of_day(day(cell))
        try:
            found = datetime.fromisoformat(cell)
        except ValueError as error:
            raise Unreadable(_("« %(value)s »; jour ou instant avec décalage attendu") % {"value": cell}) from error
        if found.tzinfo is None:
            raise Unreadable(_("« %(value)s » n’a pas de décalage; instant comme 2026-10-31T16:00:00-04:00 attendu") % {"value": cell})
        day(found.date().isoformat())
        return found

    return read


def midnight(start: date) -> datetime:
    return datetime.combine(start, time(), tzinfo=ZONE)


def next_midnight(last: date) -> datetime:
    return midnight(last + timedelta(days=1))


known_at = _instant(end_of_day)
opening = _instant(midnight)
closing = _instant(next_midnight)


def fiscal_year(years: range) -> Read:
    """A fiscal year by its first calendar year."""

    def read(cell: str) -> int:
        if not re.fullmatch(r"[0-9]{4}", cell) or int(cell) not in years:
            said = _("« %(value)s »; exercice de %(first)d à %(last)d attendu")
            raise Unreadable(said % {"value": cell, "first": years[0], "last": years[-1]})
        return int(cell)

    return read

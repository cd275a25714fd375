"""Numbers, money, dates and hours as the reader's language writes them: French of Québec (OQLF), or English.

Each filter is a pure function that Python code calls as well. Only None is unknown; rounding is half up, done once, here.
A space that must not break is U+00A0. In a table or a chart a date is ISO and millions are « M$ »; in a sentence they are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone, translation

register = template.Library()

NBSP = "\u00a0"
MINUS = "\u2212"
EASTERN = ZoneInfo("America/Toronto")
MONTHS_FR = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
MONTHS_EN = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
DAYS_FR = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
DAYS_EN = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

Amount = Decimal | int | str | float | None


def _english() -> bool:
    return (translation.get_language() or "fr").startswith("en")


def unknown() -> str:
    """What stands for a value that nobody knows: never 0."""
    return "n/a" if _english() else f"n.{NBSP}d."


def _number(value: Decimal | int | str | float, digits: int) -> str:
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = MINUS if rounded < 0 else ""
    text = f"{abs(rounded):,f}"
    return sign + (text if _english() else text.replace(",", NBSP).replace(".", ","))


def _with_unit(text: str, unit: str) -> str:
    """A figure and its sign: « 12,5 M$ » after in French, “$12.5M” around in English."""
    if not _english():
        return f"{text}{NBSP}{unit}"
    if unit == "%":
        return f"{text}%"
    bare = text.removeprefix(MINUS)
    return f"{MINUS if bare != text else ''}${bare}{unit.removesuffix('$')}"


def _is_whole(value: Decimal | int | str | float) -> bool:
    return Decimal(str(value)) % 1 == 0


@register.filter
def number(value: Amount, digits: int = 0) -> str:
    """1234.5 → « 1 235 », with one digit « 1 234,5 »."""
    return unknown() if value is None else _number(value, digits)


@register.filter
def quantity(value: Amount) -> str:
    """A quantity as it is measured: « 1 200 » when whole, else « 1 200,50 »."""
    return unknown() if value is None else _number(value, 0 if _is_whole(value) else 2)


@register.filter
def money(value: Amount) -> str:
    """Dollars: « 1 250 000 $ » when whole, else to the cent « 1 250 000,50 $ »."""
    return unknown() if value is None else _with_unit(_number(value, 0 if _is_whole(value) else 2), "$")


@register.filter
def money_cents(value: Amount) -> str:
    """Dollars, always to the cent: « 1 250 000,00 $ », where figures are added up or signed for."""
    return unknown() if value is None else _with_unit(_number(value, 2), "$")


@register.filter
def typed_money(value: Amount) -> str:
    """An amount as a field shows it: no sign, cents only when there are some, empty when unknown.

    Thousands stand apart by a space in English too: a comma would be read back as a decimal mark.
    """
    return "" if value is None else _number(value, 0 if _is_whole(value) else 2).replace(",", NBSP if _english() else ",")


#: the units of a tight place, in dollars
UNITS = {"M$": Decimal(1_000_000), "k$": Decimal(1_000), "$": Decimal(1)}


def in_unit(value: Amount, unit: str, digits: int = 1) -> str:
    """Dollars in one of UNITS: « 108,7 M$ »."""
    return unknown() if value is None else _with_unit(_number(Decimal(str(value)) / UNITS[unit], digits), unit)


@register.filter
def millions(value: Amount, digits: int = 1) -> str:
    """Dollars in millions, for tables, charts and tight places: « 108,7 M$ »."""
    return in_unit(value, "M$", digits)


@register.filter
def millions_text(value: Amount, digits: int = 1) -> str:
    """Dollars in millions, in a sentence: « 2,5 millions de dollars »."""
    if value is None:
        return unknown()
    scaled = Decimal(str(value)) / 1_000_000
    text = _number(scaled, digits)
    if _english():
        return f"{_with_unit(text, '$')}{NBSP}million"
    plural = abs(scaled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)) >= 2
    return f"{text}{NBSP}{'millions' if plural else 'million'} de dollars"


@register.filter
def percent(value: Amount, digits: int | None = None) -> str:
    """A ratio as a percentage: 0.185 → « 18,5 % »; without `digits`, one decimal when it says something."""
    if value is None:
        return unknown()
    scaled = Decimal(str(value)) * 100
    shown = scaled.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return _with_unit(_number(scaled, (0 if _is_whole(shown) else 1) if digits is None else digits), "%")


@register.filter
def ratio(value: Amount, digits: int = 2) -> str:
    """A benefit-cost ratio or a return: 1.375 → « 1,38 »."""
    return number(value, digits)


@register.filter
def long_date(value: date | datetime | None) -> str:
    """A day in a sentence: « 1er mars 2026 ». An instant is read in Eastern time."""
    if value is None:
        return unknown()
    day = _eastern(value)
    if _english():
        return f"{MONTHS_EN[day.month - 1]}{NBSP}{day.day}, {day.year}"
    return f"{'1er' if day.day == 1 else day.day}{NBSP}{MONTHS_FR[day.month - 1]}{NBSP}{day.year}"


@register.filter
def weekday_date(value: date | datetime | None) -> str:
    """A day to keep free: « vendredi 27 novembre 2026 »."""
    if value is None:
        return unknown()
    if _english():
        return f"{DAYS_EN[_eastern(value).weekday()]}, {long_date(value)}"
    return f"{DAYS_FR[_eastern(value).weekday()]} {long_date(value)}"


@register.filter
def clock(value: datetime | None) -> str:
    """The hour on a Québec clock: « 16 h », « 9 h 5 »."""
    if value is None:
        return unknown()
    at = value.astimezone(EASTERN)
    if _english():
        return f"{at.hour % 12 or 12}:{at.minute:02}{NBSP}{'a.m.' if at.hour < 12 else 'p.m.'}"
    return f"{at.hour}{NBSP}h" + (f"{NBSP}{at.minute}" if at.minute else "")


@register.filter
def long_datetime(value: datetime | None) -> str:
    """An instant in a sentence: « 27 novembre 2026, 16 h » (Eastern time)."""
    return unknown() if value is None else f"{long_date(value)}, {clock(value)}"


@register.filter
def iso_date(value: date | datetime | None) -> str:
    """A day in a table: « 2026-11-27 »."""
    return unknown() if value is None else _eastern(value).strftime("%Y-%m-%d")


@register.filter
def iso_datetime(value: datetime | None) -> str:
    """An instant in a table, to the second, Eastern time: « 2026-11-27 16:00:00 »."""
    return unknown() if value is None else value.astimezone(EASTERN).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def fiscal_year(year: int | None) -> str:
    """A fiscal year by its first calendar year: 2026 → « 2026-2027 »."""
    return unknown() if year is None else f"{year}-{int(year) + 1}"


def year_spans(years: Iterable[int]) -> str:
    """Fiscal years in order, three or more in a row by the first and the last: « 2024-2025, 2026-2027 à 2029-2030 »."""
    spans: list[list[int]] = []
    for year in years:
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    to = " to " if _english() else " à "
    said = (f"{fiscal_year(span[0])}{to}{fiscal_year(span[-1])}" if len(span) > 2 else ", ".join(map(fiscal_year, span)) for span in spans)
    return ", ".join(said)


@register.filter
def file_size(octets: int | None) -> str:
    """Bytes: « 1,8 Mo » (decimal units, as the limits are said)."""
    if octets is None:
        return unknown()
    units = ("B", "KB", "MB", "GB") if _english() else ("octets", "ko", "Mo", "Go")
    size, step = Decimal(octets), 0
    while size >= 1000 and step < len(units) - 1:
        size, step = size / 1000, step + 1
    return f"{_number(size, 1 if step > 1 else 0)}{NBSP}{units[step]}"


def _eastern(value: date | datetime) -> date:
    """The calendar day that a person in Québec reads; a naive datetime is a mistake."""
    if not isinstance(value, datetime):
        return value
    if timezone.is_naive(value):
        raise ValueError("an instant needs its time zone")
    return value.astimezone(EASTERN).date()

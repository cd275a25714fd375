"""Charts as SVG drawn by the server: no dependency, no script, no inline style. Amounts come in as dollars.

Each function returns a Drawing for a wide and for a narrow screen; a Figure adds the finding in one sentence, the legend and the
same figures as a table. What is planned is hatched, what happened is solid, so that no meaning rests on colour alone. Fills are
presentation attributes, which a PDF renders too; the stylesheet only sets the fonts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from math import floor, log10

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from fondsinnovation.templatetags.typography import NBSP, UNITS, in_unit, number

BLUE, SKY, DARK, GREY, RULE, RED, GREEN, WHITE = "#095797", "#4a98d9", "#223654", "#6b778a", "#c5cad2", "#b52e16", "#4f813d", "#fff"
FONT = "Open Sans, Segoe UI, sans-serif"
WIDE_BAR, WIDE, NARROW = 1130, 560, 326
Amounts = Sequence[Decimal | None]


class Fill(Enum):
    SOLID = "solid"
    LIGHT = "light"
    HATCHED = "hatched"
    EMPTY = "empty"
    UP = "up"
    DOWN = "down"


COLOURS = {Fill.SOLID: BLUE, Fill.LIGHT: SKY, Fill.EMPTY: WHITE, Fill.UP: GREEN, Fill.DOWN: RED}


@dataclass(frozen=True, slots=True)
class Drawing:
    wide: SafeString
    narrow: SafeString
    heading: str = ""


@dataclass(frozen=True, slots=True)
class LegendItem:
    label: str
    fill: Fill

    @property
    def swatch(self) -> SafeString:
        stroke = "none" if self.fill in (Fill.UP, Fill.DOWN) else BLUE
        hatch = f'<path d="M0 8 8 0M0 16 16 0M8 16l8-8" stroke="{BLUE}" stroke-width="2.5"/>' if self.fill is Fill.HATCHED else ""
        colour = COLOURS.get(self.fill, WHITE)
        square = f'<rect x=".5" y=".5" width="15" height="15" fill="{colour}" stroke="{stroke}"/>'
        return mark_safe(f'<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">{square}{hatch}</svg>')  # noqa: S308


@dataclass(frozen=True, slots=True)
class DataTable:
    """The figures of a chart, already written in the reader's language; the first cell of a row names it."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """What `{% figure %}` shows: `id` is unique in the page, `finding` says in one sentence what there is to see."""

    id: str
    title: str
    finding: str
    drawings: Sequence[Drawing]
    table: DataTable
    legend: Sequence[LegendItem] = field(default=())


@dataclass(frozen=True, slots=True)
class Segment:
    label: str
    amount: Decimal
    fill: Fill


@dataclass(frozen=True, slots=True)
class Series:
    label: str
    amounts: Amounts
    fill: Fill


@dataclass(frozen=True, slots=True)
class Step:
    """A bar of a waterfall: a total starts from zero, a change from where the last bar ended."""

    label: str
    amount: Decimal
    is_total: bool = False


# ── The three charts ─────────────────────────────────────────────────────────────────────────────────────────────────
def envelope_bar(*, id: str, title: str, total: Decimal, segments: Sequence[Segment], heading: str = "") -> Drawing:
    """One bar of `total` dollars, cut into segments in order."""
    unit = unit_for([total])
    description = _sentence([(segment.label, in_unit(segment.amount, unit)) for segment in segments])

    def draw(width: int, identity: str) -> SafeString:
        body, x = [_hatching(identity)], 0.0
        for segment in segments:
            length = width * float(segment.amount / total) if total else 0.0
            body.append(_rect(x, 22, length, 30, _paint(segment.fill, identity), BLUE))
            label = number(segment.amount / UNITS[unit], 1)
            if length > 9 * len(label):
                body.append(_text(x + length / 2, 15, label, "strong", "middle"))
            x += length
        body += [_text(0, 72, "0", "axis"), _text(width, 72, in_unit(total, unit, 0), "axis", "end")]
        return _svg(width, 74, identity, title, description, body, css="bar")

    return Drawing(draw(WIDE_BAR, id), draw(NARROW, f"{id}-narrow"), heading)


def grouped_bars(*, id: str, title: str, categories: Sequence[str], series: Sequence[Series], heading: str = "") -> Drawing:
    """Bars side by side for each category; None is not yet known and draws nothing."""
    known = [amount for each in series for amount in each.amounts if amount is not None]
    unit = unit_for(known)
    description = _sentence(
        (category, ", ".join(f"{each.label} {_said(each.amounts[i], unit)}" for each in series)) for i, category in enumerate(categories)
    )

    def draw(width: int, height: int, identity: str, narrow: bool) -> SafeString:
        axis = _Axis(known, unit, width=width, height=height, bottom=28)
        body, slot = [_hatching(identity), *axis.lines()], (width - axis.left - 4) / max(len(categories), 1)
        bar = min(34.0, slot * 0.8 / max(len(series), 1))
        placed: list[tuple[float, float]] = []
        for i, category in enumerate(categories):
            x = axis.left + i * slot + (slot - len(series) * bar - (len(series) - 1) * 3) / 2
            tops = [(x + n * (bar + 3) + bar / 2, each.amounts[i], each.fill) for n, each in enumerate(series)]
            shown = [(middle, amount, fill) for middle, amount, fill in tops if amount is not None]
            for middle, amount, fill in shown:
                body += axis.bar(middle - bar / 2, bar, Decimal(0), amount, _paint(fill, identity), BLUE)
            for middle, amount, _fill in shown:
                label, place = _short(amount, unit) if narrow else _one_digit(amount, unit), (middle, axis.beyond(amount))
                width_of = 7 * len(label)
                behind = any(_further(other, amount) and 0 < abs(at - middle) < (width_of + bar) / 2 for at, other, _x in shown)
                if amount and not behind and not any(_touch(place, other, width_of) for other in placed):
                    body.append(_text(*place, label, "axis", "middle"))
                    placed.append(place)
            body += _category(i, category, axis, slot)
        return _svg(width, height, identity, title, description, body)

    return Drawing(draw(WIDE, 300, id, False), draw(NARROW, 260, f"{id}-narrow", True), heading)


def _category(i: int, category: str, axis: _Axis, slot: float) -> list[str]:
    """The name of a category under its slot: a fiscal year is shortened where there is no room, then every second one is named."""
    short = re.sub(r"\b20(\d\d)-20(\d\d)\b", r"\1-\2", category) if slot < 80 or axis.width == NARROW else category
    every = 1 if slot >= 40 or short == category else 2
    return [] if i % every else [_text(axis.left + (i + 0.5) * slot, axis.height - 8, short, "axis", "middle")]


def _further(one: Decimal, other: Decimal) -> bool:
    """Whether a bar goes further from zero than another, on the same side: it would stand behind that one's label."""
    return one > other if other >= 0 else one < other


def _touch(one: tuple[float, float], other: tuple[float, float], width: int) -> bool:
    """Whether a label of `width` pixels would run into one already placed; the table of the chart has every figure."""
    return abs(one[0] - other[0]) < width and abs(one[1] - other[1]) < 14


def waterfall(*, id: str, title: str, steps: Sequence[Step], heading: str = "") -> Drawing:
    """From one total to another through what changed. A label's words stand on lines of their own."""
    spans, level = [], Decimal(0)
    for step in steps:
        start, level = (Decimal(0), step.amount) if step.is_total else (level, level + step.amount)
        spans.append((step, start, level))
    levels = [level for _step, start, end in spans for level in (start, end)]
    unit = unit_for(levels)
    digits = 1 if max(map(abs, levels), default=Decimal(0)) >= 10 * UNITS[unit] else 2  # or a small step would be « 0,0 »
    description = _sentence((step.label, in_unit(step.amount, unit, digits)) for step in steps)

    def draw(width: int, height: int, identity: str) -> SafeString:
        if width == NARROW and len(spans) > 5:
            body, height = _waterfall_rows(spans, unit, width, digits)
            return _svg(width, height, identity, title, description, body)
        axis = _Axis(levels, unit, width=width, height=height, bottom=44)
        body, slot = axis.lines(), (width - axis.left - 4) / max(len(spans), 1)
        for i, (step, start, end) in enumerate(spans):
            x, bar = axis.left + (i + 0.14) * slot, slot * 0.72
            colour = BLUE if step.is_total else (GREEN if step.amount > 0 else RED)
            body += axis.bar(x, bar, start, end, colour)
            if i + 1 < len(spans):
                body.append(_line(x + bar, axis.y(end), x + slot, axis.y(end), GREY))
            sign = "+" if not step.is_total and step.amount > 0 else ""
            body.append(axis.label(x + bar / 2, max(start, end), sign + number(step.amount / UNITS[unit], digits), "strong"))
            for j, word in enumerate(step.label.split()[:2]):
                body.append(_text(x + bar / 2, height - 26 + 16 * j, word, "axis", "middle"))
        return _svg(width, height, identity, title, description, body)

    return Drawing(draw(WIDE, 300, id), draw(NARROW, 280, f"{id}-narrow"), heading)


def _waterfall_rows(spans: Sequence[tuple[Step, Decimal, Decimal]], unit: str, width: int, digits: int) -> tuple[list[str], int]:
    """A waterfall of many steps where the screen is narrow: one row a step, its words above its bar."""
    ends = [Decimal(0), *(level for _step, start, end in spans for level in (start, end))]
    lowest, highest = min(ends), max(ends)
    scale = width / float(highest - lowest) if highest > lowest else 0.0
    body: list[str] = []
    for i, (step, start, end) in enumerate(spans):
        y, left = 44 * i, min(start, end)
        sign = "+" if not step.is_total and step.amount > 0 else ""
        body.append(_text(0, y + 14, step.label, "axis"))
        body.append(_text(width, y + 14, sign + in_unit(step.amount, unit, digits), "strong", "end"))
        colour = BLUE if step.is_total else (GREEN if step.amount > 0 else RED)
        if start != end:
            body.append(_rect(float(left - lowest) * scale, y + 20, max(float(abs(end - start)) * scale, 1.0), 14, colour))
    zero = float(-lowest) * scale
    return [*body, _line(zero, 18, zero, 44 * len(spans), DARK)], 44 * len(spans)


def cumulative(*, id: str, title: str, categories: Sequence[str], levels: Sequence[Decimal], crossing: int | None, mark: str) -> Drawing:
    """A running sum at the end of each category: red below zero, green from zero on, and `mark` where it comes back to zero.

    `crossing` is the position of the category that brings the sum back, None when none does.
    """
    unit = unit_for(levels)
    description = _sentence((category, in_unit(level, unit)) for category, level in zip(categories, levels, strict=True))

    def draw(width: int, height: int, identity: str, narrow: bool) -> SafeString:
        axis = _Axis(levels, unit, width=width, height=height, bottom=28)
        body, slot = axis.lines(), (width - axis.left - 4) / max(len(categories), 1)
        bar, written = min(46.0, slot * 0.7), -100.0
        for i, (category, level) in enumerate(zip(categories, levels, strict=True)):
            middle = axis.left + (i + 0.5) * slot
            body += axis.bar(middle - bar / 2, bar, Decimal(0), level, GREEN if level >= 0 else RED)
            text = _short(level, unit) if narrow else _one_digit(level, unit)
            if middle - written >= 7 * len(text):
                body.append(_text(middle, axis.beyond(level), text, "axis", "middle"))
                written = middle
            body += _category(i, category, axis, slot)
        if crossing is not None:
            before, after = float(levels[crossing - 1]), float(levels[crossing])
            x = axis.left + (crossing - 0.5 + before / (before - after)) * slot
            body.append(f'<path d="M{x:.1f} {axis.y(Decimal(0)) - 7:.1f}l7 7-7 7-7-7z" fill="{DARK}"/>')
            body.append(_text(min(max(x, 40), width - 40), 14, mark, "strong", "middle"))
            body.append(_line(x, 18, x, axis.y(Decimal(0)) - 7, DARK))
        return _svg(width, height, identity, title, description + (f"; {mark}" if mark else ""), body)

    return Drawing(draw(WIDE, 300, id, False), draw(NARROW, 260, f"{id}-narrow", True))


def unit_for(amounts: Sequence[Decimal]) -> str:
    """The unit that keeps the largest of these dollars readable: M$ from one million, k$ from one thousand."""
    largest = max((abs(amount) for amount in amounts), default=Decimal(0))
    return next((unit for unit, size in UNITS.items() if largest >= size), "$" if largest else "M$")


# ── The axis ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class _Axis:
    """The vertical scale: it always holds zero, and its steps are 1, 2, 2.5 or 5 times a power of ten."""

    def __init__(self, amounts: Sequence[Decimal], unit: str, *, width: int, height: int, bottom: int) -> None:
        scaled = [float(amount / UNITS[unit]) for amount in amounts]
        highest, lowest = max([0.0, *scaled]), min([0.0, *scaled])
        self.step = _step((highest - lowest) or 4.0)
        self.top, self.floor = -(-highest // self.step) * self.step, (lowest // self.step) * self.step
        self.top = self.top if self.top > self.floor else self.floor + self.step
        room = 16 if lowest < 0 else 0  # for the label under the lowest bar
        self.unit, self.width, self.height, self.bottom, self.left = unit, width, height, bottom + room, 34

    def y(self, amount: Decimal) -> float:
        share = (float(amount / UNITS[self.unit]) - self.floor) / (self.top - self.floor)
        return 22 + (self.height - 22 - self.bottom) * (1 - share)

    def lines(self) -> list[str]:
        drawn, digits = [], max(0, -floor(log10(self.step))) + (1 if self.step in (2.5, 0.25) else 0)
        for i in range(round((self.top - self.floor) / self.step) + 1):
            level = self.floor + i * self.step
            y = self.y(Decimal(str(level)) * UNITS[self.unit])
            drawn.append(_line(self.left, y, self.width - 4, y, DARK if abs(level) < self.step / 2 else RULE))
            drawn.append(_text(self.left - 6, y + 5, number(level, digits), "axis", "end"))
        return drawn

    def bar(self, x: float, width: float, start: Decimal, end: Decimal, fill: str, stroke: str = "") -> list[str]:
        top, bottom = sorted((self.y(start), self.y(end)))
        return [_rect(x, top, width, bottom - top, fill, stroke)]

    def beyond(self, amount: Decimal) -> float:
        """Where the label of a bar from zero stands: over it, or under it when it goes down."""
        return self.y(amount) + (-5 if amount >= 0 else 14)

    def label(self, x: float, amount: Decimal, text: str, css: str) -> str:
        return _text(x, self.y(max(amount, Decimal(0))) - 5, text, css, "middle")


def _step(span: float) -> float:
    about = span / 4
    power = 10.0 ** floor(log10(about))
    return next(k * power for k in (1, 2, 2.5, 5, 10) if k * power >= about)


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _one_digit(amount: Decimal, unit: str) -> str:
    return number(amount / UNITS[unit], 1)


def _short(amount: Decimal, unit: str) -> str:
    """Where there is no room: one decimal under ten only."""
    return number(amount / UNITS[unit], 1 if abs(amount / UNITS[unit]) < 10 else 0)


def _said(amount: Decimal | None, unit: str) -> str:
    return _("à venir") if amount is None else in_unit(amount, unit)


def _sentence(parts: object) -> str:
    return "; ".join(f"{label}{NBSP}: {said}" for label, said in parts)  # type: ignore[attr-defined]


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _paint(fill: Fill, identity: str) -> str:
    return f"url(#{identity}-hatch)" if fill is Fill.HATCHED else COLOURS[fill]


def _rect(x: float, y: float, width: float, height: float, fill: str, stroke: str = "") -> str:
    edge = f' stroke="{stroke}"' if stroke else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" fill="{fill}"{edge}/>'


def _text(x: float, y: float, text: str, css: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _hatching(identity: str) -> str:
    stripe = f'<rect width="7" height="7" fill="{WHITE}"/><rect width="2.5" height="7" fill="{BLUE}"/>'
    size = 'width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    return f'<defs><pattern id="{identity}-hatch" {size}>{stripe}</pattern></defs>'


def _svg(width: int, height: int, identity: str, title: str, description: str, body: list[str], *, css: str = "plot") -> SafeString:
    named = f'<title id="{identity}-t">{escape(title)}</title><desc id="{identity}-d">{escape(description)}</desc>'
    attributes = f'class="{css}" viewBox="0 0 {width} {height}" font-family="{FONT}" font-size="13"'
    attributes += f' role="img" aria-labelledby="{identity}-t {identity}-d"'
    return mark_safe(f"<svg {attributes}>{named}{''.join(body)}</svg>")  # noqa: S308 — every text in it is escaped above

"""The calendar of the follow-up reports of an agreement (docs/rules/follow-up.md). Pure: dates in, dates out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from projects.enums import FiscalCalendar
from reporting.enums import FollowUpKind

#: a first or last period shorter than this, in days, joins its neighbour
SHORTEST = 30
YEAR = 12
#: the month in which a fiscal year begins
FIRST_MONTH = {FiscalCalendar.STATE: 4, FiscalCalendar.CALENDAR: 1}
_DAY = timedelta(days=1)

Period = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Expected:
    """One report: its period, both days included, and the day by which it is due."""

    kind: FollowUpKind
    start: date
    end: date
    due_on: date


def expected_reports(*, starts_on: date, ends_on: date, months: int, calendar: str, due_days: int, follow_up_years: int) -> list[Expected]:
    """The reports of an agreement, in the order of their periods, which leave no day out and never overlap.

    Periods of `months` follow the recipient's own fiscal year. The last one is the final report's; the one that holds the middle day
    of the agreement is the mid-term report's. Then one a year, for `follow_up_years`.
    """
    if ends_on < starts_on:
        return []
    first_month = FIRST_MONTH[FiscalCalendar(calendar)]
    periods = list(_joined(list(_cut(starts_on, ends_on, months, first_month))))
    kinds = _kinds(periods)
    if follow_up_years:
        later = list(_joined(list(_cut(ends_on + _DAY, years_after(ends_on, follow_up_years), YEAR, first_month))))
        periods, kinds = [*periods, *later], [*kinds, *[FollowUpKind.POST_CLOSING] * len(later)]
    due = timedelta(days=due_days)
    return [Expected(kind, start, end, end + due) for kind, (start, end) in zip(kinds, periods, strict=True)]


def _cut(start: date, end: date, months: int, first_month: int) -> Iterator[Period]:
    """The days from `start` to `end` by parts of the fiscal year."""
    while start <= end:
        last = min(period_end(start, months, first_month), end)
        yield start, last
        start = last + _DAY


def period_end(day: date, months: int, first_month: int) -> date:
    """The last day of the part of the fiscal year that a day falls in."""
    into = (day.month - first_month) % YEAR
    left = months - into % months
    following = day.year * YEAR + (day.month - 1) + left
    return date(following // YEAR, following % YEAR + 1, 1) - _DAY


def _joined(periods: Sequence[Period]) -> Iterator[Period]:
    """A stub at either end is no period of its own."""
    found = list(periods)
    if len(found) > 1 and _days(found[0]) < SHORTEST:
        found[:2] = [(found[0][0], found[1][1])]
    if len(found) > 1 and _days(found[-1]) < SHORTEST:
        found[-2:] = [(found[-2][0], found[-1][1])]
    yield from found


def _days(period: Period) -> int:
    return (period[1] - period[0]).days + 1


def _kinds(periods: Sequence[Period]) -> list[FollowUpKind]:
    """The middle one is that of the middle day, or the one before the last when that day falls in the last."""
    kinds = [FollowUpKind.PERIODIC] * len(periods)
    if len(periods) > 1:
        start, end = periods[0][0], periods[-1][1]
        middle = start + (end - start) // 2
        at = next(index for index, period in enumerate(periods) if middle <= period[1])
        kinds[min(at, len(periods) - 2)] = FollowUpKind.MID_TERM
    kinds[-1] = FollowUpKind.CLOSING
    return kinds


def years_after(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)

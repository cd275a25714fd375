"""docs/rules/recoveries.md is true: each row of its table of schedules is run; and what covers a date."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from funding.repayment import Due, covered, in_parts, months_later

D = Decimal
PAGE = (Path(settings.BASE_DIR) / "docs" / "rules" / "recoveries.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([0-9.]+) \| (\d+) \| (\d{4}-\d\d-\d\d) \| (\d+) \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize(("amount", "count", "first", "months", "said"), ROW.findall(PAGE))
def test_schedules_of_the_page_are_those_of_the_code(amount, count, first, months, said):
    parts = in_parts(D(amount), date.fromisoformat(first), int(count), int(months))
    assert ", ".join(f"{part.due_on} {part.amount}" for part in parts) == said


def test_page_has_its_examples():
    assert len(ROW.findall(PAGE)) == 3


@given(cents=st.integers(1, 10**9), count=st.integers(1, 60), months=st.integers(1, 12))
def test_parts_sum_to_the_amount_and_their_dates_only_grow(cents, count, months):
    parts = in_parts(D(cents).scaleb(-2), date(2026, 1, 31), count, months)
    days = [part.due_on for part in parts]
    assert (sum(part.amount for part in parts), days) == (D(cents).scaleb(-2), sorted(set(days)))


@given(received=st.integers(0, 600), off=st.integers(0, 600))
def test_what_came_back_covers_the_first_dates_and_what_was_written_off_the_last_ones(received, off):
    if received + off > 600:
        return
    parts = [Due(date(2026, month, 1), D(200)) for month in (1, 2, 3)]
    lines = covered(parts, D(received), D(off), date(2026, 2, 11))
    assert [sum(getattr(line, name) for line in lines) for name in ("received", "written_off", "left")] == [
        received,
        off,
        600 - received - off,
    ]
    assert lines[0].received == min(received, 200)
    assert lines[2].written_off == min(off, 600 - received, 200)
    assert [line.late_days for line in lines] == [41 if lines[0].left else 0, 10 if lines[1].left else 0, 0]
    assert [line.late for line in lines] == [lines[0].left, lines[1].left, 0]


def test_last_day_of_a_month_stays_the_last_one_of_a_shorter_month():
    assert [months_later(date(2027, 12, 31), months) for months in (0, 2, 14)] == [date(2027, 12, 31), date(2028, 2, 29), date(2029, 2, 28)]

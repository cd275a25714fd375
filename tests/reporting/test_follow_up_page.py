"""The rules page of follow-up reports says what the code does: each row of its tables is run."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from funding.models import Agreement, FollowUpTerms
from funding.queries.follow_ups import proposed_tier
from reporting.enums import FollowUpState
from reporting.follow_up_schedule import expected_reports
from reporting.models import FollowUpReport
from reporting.queries.follow_ups import tick_of
from tests.reporting.pages import examples


def reports(*, starts_on, ends_on, months, calendar, due_days, follow_up_years):
    found = expected_reports(
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on),
        months=int(months),
        calendar=calendar,
        due_days=int(due_days),
        follow_up_years=int(follow_up_years),
    )
    return "; ".join(f"{one.kind} {one.start} {one.end} {one.due_on}" for one in found)


def tier(*, amount):
    return str(proposed_tier(FollowUpTerms(medium_from=Decimal(250000), high_from=Decimal(1000000)), Decimal(amount)))


def tick(*, late):
    """The state of a report so many days after it is due, and the reminder that a clock stopped until then sends."""
    report = FollowUpReport(
        agreement=Agreement(), state=FollowUpState.EXPECTED, period_start=date(2026, 1, 1), period_end=date(2027, 3, 31),
        due_on=date(2027, 5, 30),
    )  # fmt: skip
    found = tick_of(report, report.due_on + timedelta(days=int(late)), [], None, is_held=False)
    return " ".join([found.state or FollowUpState.EXPECTED, *([str(found.reminder)] if found.reminder is not None else [])])


RUN = {"expected_reports": reports, "proposed_tier": tier, "tick": tick}
ROWS = list(examples("follow-up.md"))


@pytest.mark.parametrize(("name", "given", "result"), ROWS)
def test_row_of_the_rules_page_is_what_the_code_does(name, given, result):
    assert RUN[name](**given) == result


def test_rules_page_has_its_examples():
    assert {name for name, _given, _result in ROWS} == set(RUN)

"""A signed plan keeps its forecast of reference: the database refuses a row that is dated before, whoever writes it (INV-20)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from fondsinnovation.kit.errors import WrongState, act
from projects.models import ForecastGain, GainLine, GainPlan
from reporting.queries.gains import reference_forecasts
from reporting.services.snapshots import fix_knowledge
from tests.factories import NOW, ApplicationFactory
from tests.projects.test_gain_rows import raw
from tests.reporting.gains import Team
from tests.reporting.portfolio import Portfolio

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
DAYS = {"period_start": date(2027, 4, 1), "period_end": date(2028, 3, 31), "amount": Decimal("1.00")}
INSERT = """INSERT INTO projects_forecastgain (line_id, period_start, period_end, amount, recorded_at)
            VALUES (%s, '2028-04-01', '2029-03-31', 5, %s), (%s, '2027-04-01', '2028-03-31', 1, %s)"""


@pytest.fixture
def team():
    """The plan is locked at NOW, and its forecast was known before."""
    return Team()


@pytest.mark.parametrize("early", [timedelta(microseconds=1), timedelta(days=5)])
def test_row_dated_before_the_signature_is_refused_with_all_that_came_with_it(team, early):
    before = list(reference_forecasts(team.line, team.project))
    with pytest.raises(IntegrityError, match="known from today on"):
        raw(INSERT, team.line.pk, LATER, team.line.pk, NOW - early)
    assert list(reference_forecasts(team.line, team.project)) == before
    assert ForecastGain.objects.filter(line=team.line).count() == 2


def test_row_dated_at_a_moment_that_a_report_has_fixed_is_refused(team):
    fix_knowledge(LATER, now=LATER)
    with pytest.raises(IntegrityError, match="known from today on"):
        raw(INSERT, team.line.pk, LATER, team.line.pk, LATER)
    after = LATER + timedelta(microseconds=1)
    raw(INSERT, team.line.pk, after, team.line.pk, after)
    assert ForecastGain.objects.filter(line=team.line).count() == 4


def test_act_is_told_in_words(team):
    @act
    def backdate(*, actor, now):
        ForecastGain.objects.create(line=team.line, recorded_at=NOW - timedelta(days=1), **DAYS)

    with pytest.raises(WrongState, match="Un plan signé garde sa prévision de référence"):
        backdate(actor=team.writer, now=NOW)


def test_plan_that_no_agreement_locked_takes_forecasts_of_any_date():
    line = GainLine.objects.get(plan__application=ApplicationFactory())
    fix_knowledge(LATER, now=LATER)
    raw(INSERT, line.pk, NOW - timedelta(days=900), line.pk, NOW)
    book = Portfolio()
    imported = book.line(book.project())
    assert GainPlan.objects.get(pk=imported.plan_id).locked_at is None
    raw(INSERT, imported.pk, NOW - timedelta(days=900), imported.pk, NOW)
    assert ForecastGain.objects.filter(line=line).count() == 4

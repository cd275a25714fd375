"""The controller's page: what is left, ageing, hold-backs, pace and lapse, each figure with the rows whose sum it is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from funding.enums import AgreementState, CostKind
from funding.models import Agreement, Milestone
from funding.services.costs import CostPart
from projects.enums import Role
from reporting.queries.control import (
    Age,
    Dates,
    ageing,
    cost_line,
    due_lines,
    holdbacks,
    lapse_lines,
    left_by_year,
    open_commitments,
    pace,
    total_left,
)
from reporting.views.control_rows import FIGURES, PERIODS
from tests.factories import NOW, agreement_in_force, person_with, recuse
from tests.funding.costs import approved, committed, entered, forecast
from tests.funding.services.test_year_end import AFTER, close
from tests.races.test_guards import pay

pytestmark = pytest.mark.django_db
HUNDRED = Decimal("100000.00")
LATE = NOW + timedelta(days=900)


def on(day, known=LATE):
    return Dates(day, known)


def after(days):
    return on(NOW.date() + timedelta(days=days))


def paid(agreement, amount, reference, day=None):
    pay(agreement=agreement, reference=reference, amount=Decimal(amount), actor=person_with(Role.CONTROLLER), now=day or NOW)


def ages(dates):
    return {line.age: (line.count, line.amount) for line in ageing(dates) if line.count}


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, Age.RECENT), (90, Age.RECENT), (91, Age.QUARTER), (180, Age.QUARTER), (181, Age.HALF), (365, Age.HALF), (366, Age.OLD)],
)
def test_commitment_ages_by_the_days_since_it_was_made(days, age):
    agreement_in_force()
    assert ages(after(days)) == {age: (1, HUNDRED)}


def test_payment_settles_the_oldest_commitment_and_what_is_paid_does_not_age():
    agreement = agreement_in_force()
    committed(CostPart(2026, HUNDRED), CostPart(2027, HUNDRED))
    paid(agreement, "40000.00", "P-1")
    assert ages(after(10)) == {Age.RECENT: (2, Decimal("160000.00")), Age.LATER: (1, HUNDRED)}
    by_envelope = next(line for line in ageing(after(10)) if line.age == Age.RECENT)
    assert by_envelope.amounts == {"PROJECTS": Decimal("60000.00"), "SECRETARIAT": HUNDRED}
    paid(agreement, "60000.00", "P-2")
    assert ages(after(10)) == {Age.RECENT: (1, HUNDRED), Age.LATER: (1, HUNDRED)}


def test_total_of_the_ages_is_what_is_left_to_pay_and_a_year_end_does_not_make_a_commitment_young():
    agreement = agreement_in_force()
    paid(agreement, "40000.00", "P-1")
    close()
    days = (AFTER.date() - NOW.date()).days
    dates = on(AFTER.date())
    assert (days > 90, ages(dates)) == (True, {Age.QUARTER: (1, Decimal("60000.00"))})
    assert sum(line.amount for line in ageing(dates)) == sum(one.lines[-1].unpaid for one in left_by_year(dates))


def test_two_dates_hold_everywhere():
    agreement = agreement_in_force()
    paid(agreement, "40000.00", "P-1")
    before = Dates(NOW.date() - timedelta(days=1), LATE)
    unknown = Dates(NOW.date(), NOW - timedelta(days=1))
    for dates in (before, unknown):
        assert (ages(dates), pace(dates)) == ({}, [])
        assert {one.envelope.code: one.lines[-1].committed for one in left_by_year(dates)} == {"PROJECTS": 0, "SECRETARIAT": 0}


def test_pace_compares_the_last_quarter_and_month_with_the_year():
    agreement = agreement_in_force()
    for reference, amount, day in (
        ("P-1", 10_000, date(2026, 12, 4)),
        ("P-2", 20_000, date(2027, 2, 4)),
        ("P-3", 30_000, date(2027, 3, 30)),
    ):
        paid(agreement, amount, reference, NOW.replace(year=day.year, month=day.month, day=day.day))
    (line,) = pace(on(date(2027, 6, 1)))
    assert (line.fiscal_year, line.paid, line.quarter, line.month, line.even_quarter) == (2026, 60_000, 50_000, 30_000, 15_000)
    assert (line.month_share, round(line.quarter_share, 4)) == (Decimal("0.5"), Decimal("0.8333"))
    (current,) = pace(on(date(2027, 3, 31)))
    assert (current.is_over, current.quarter_share, current.month_share) == (False, None, None)


def test_what_is_committed_and_falls_due_after_31_march_may_lapse_with_the_free_credit():
    agreement = agreement_in_force()
    late, dates = Milestone.objects.get(agreement=agreement, position=2), on(NOW.date())
    Milestone.objects.filter(agreement=agreement).update(due_on=date(2027, 2, 1))
    (line,) = due_lines(dates)["PROJECTS"]
    assert (line.holder, line.unpaid, line.due, line.stuck) == (agreement.number, HUNDRED, HUNDRED, 0)
    Milestone.objects.filter(pk=late.pk).update(due_on=date(2027, 5, 1))
    paid(agreement, "25000.00", "P-1")
    (line,) = due_lines(dates)["PROJECTS"]
    assert (line.unpaid, line.payable, line.stuck) == (Decimal("75000.00"), Decimal("75000.00"), 0)  # the ledger named no instalment
    paid(agreement, "15000.00", "P-2")
    found = next(one for one in lapse_lines(left_by_year(dates), dates) if one.code == "PROJECTS")
    assert (found.paid, found.payable, found.stuck, found.available) == (40_000, 60_000, 0, Decimal("53900000.00"))
    assert found.open == found.paid + found.payable + found.stuck + found.reserved + found.available
    Agreement.objects.filter(pk=agreement.pk).update(state=AgreementState.SUSPENDED)
    found = next(one for one in lapse_lines(left_by_year(dates), dates) if one.code == "PROJECTS")
    assert (found.payable, found.stuck, found.lapse) == (0, 60_000, Decimal("53960000.00"))


def test_forecast_says_what_the_secretariat_will_pay_of_its_commitments():
    dates = on(NOW.date())
    assert cost_line(dates) is None
    cost = committed()
    approved(entered(cost, Decimal("20000.00")))
    assert (cost_line(dates).payable, cost_line(dates).stuck) == (80_000, 0)
    approved(forecast(CostPart(2026, Decimal("50000.00"), kind=CostKind.CONTRACTS)))
    assert (cost_line(dates).payable, cost_line(dates).stuck) == (30_000, 50_000)
    found = next(one for one in lapse_lines(left_by_year(dates), dates) if one.code == "SECRETARIAT")
    assert (found.paid, found.payable, found.stuck, found.lapse) == (20_000, 30_000, 50_000, Decimal("5950000.00"))


def test_holdback_is_what_waits_for_the_final_report():
    agreement = agreement_in_force()
    dates = on(NOW.date())
    (row,) = holdbacks(dates)
    assert (row.agreement, row.left, total_left(holdbacks(dates))) == (agreement, Decimal("20000.00"), Decimal("20000.00"))


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def url(**query):
    return reverse("reporting:control") + (f"?{urlencode(query)}" if query else "")


def text(answer):
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_for_one_and_three_agreements(client, django_assert_num_queries, rows):
    for n in range(rows):
        paid(agreement_in_force(), "1000.00", f"P-{n}")
    client.force_login(person_with(Role.CONTROLLER))
    with django_assert_num_queries(23):
        answer = client.get(url())
    assert len(answer.context["holdbacks"].rows) == rows
    assert "le rapport final" in text(answer)


def test_each_figure_is_the_sum_of_its_rows(client):
    paid(agreement_in_force(), "40000.00", "P-1")
    approved(entered(committed(), Decimal("1000.00")))
    approved(forecast(CostPart(2026, Decimal("50000.00"), kind=CostKind.CONTRACTS)))
    client.force_login(person_with(Role.AUDITOR))
    page = client.get(url()).context
    checked = 0
    for _label, line, address in page["age_rows"]:
        assert client.get(address).context["total"] == line.amount
    for one, years in page["left"]:
        for year, cells in years:
            if year in (2026, None):
                for _label, amount, address in cells:
                    assert client.get(address).context["total"] == amount, (one.envelope.code, year, address)
                    checked += 1
    for line, addresses in page["pace_rows"]:
        assert [client.get(addresses[name]).context["total"] for name in PERIODS] == [line.paid, line.quarter, line.month]
    assert [line.stuck for line, _due, _left in page["lapse_rows"]] != [0, 0]
    for line, due, left in page["lapse_rows"]:
        assert client.get(left).context["total"] == line.available
        assert (client.get(due).status_code, client.get(due).context["total"]) == (200, line.stuck)
    assert checked == 4 * len(FIGURES)


def test_rows_of_a_hidden_project_are_left_out_and_said_to_be(client):
    hidden = agreement_in_force()
    agreement_in_force()
    person = person_with(Role.CONTROLLER)
    recuse(person, hidden.project.application)
    client.force_login(person)
    answer = client.get(url(voir=f"age:{Age.RECENT}"))
    assert (answer.context["total"], hidden.number in text(answer), "Une récusation" in text(answer)) == (HUNDRED, False, True)
    assert [hidden.number in text(client.get(url(**query))) for query in ({}, {"voir": "perime:PROJECTS"})] == [False, False]
    assert [row.holder for row in open_commitments(on(NOW.date()), Age.RECENT, person)] != [hidden.number]


@pytest.mark.parametrize(
    "asked", ["x", "age:9", "perime:NULL", "solde:PROJECTS:2026:ceiling", "solde:PROJECTS", "paye:an:mois", "paye:2026:an"]
)
def test_address_that_nobody_was_given_is_not_found(client, asked):
    client.force_login(person_with(Role.CONTROLLER))
    assert client.get(url(voir=asked)).status_code == 404


def test_date_of_knowledge_in_the_future_is_refused_and_others_do_not_read(client):
    client.force_login(person_with(Role.CONTROLLER))
    answer = client.get(url(connaissance=(LATE + timedelta(days=900)).date().isoformat()))
    assert (answer.status_code, answer.context["dates"]) == (422, None)
    for role in (Role.OFFICER, Role.PAYMENT_REQUESTER, Role.WRITER):
        client.force_login(person_with(role))
        assert client.get(url()).status_code == 403

"""The register of milestones (R11): one row each, as known at two dates, and totals that are those of the agreements and of the ledger."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone

from funding.models import Instalment, LedgerEntry, Milestone
from funding.services import payments
from projects.enums import Role
from reporting.catalogue import MILESTONES
from reporting.services.compute import rows_of
from tests.factories import NOW, agreement_in_force, person_with, recuse, sent, verify_milestones

pytestmark = pytest.mark.django_db
D = Decimal
ALL = dict.fromkeys(payments.ATTESTATIONS, True)


def register(effective=None, known=None, person=None, **filters):
    now = timezone.now()
    return list(rows_of(MILESTONES, effective=effective or timezone.localdate(now), known=known or now, filters=filters, person=person))


def pay(agreement, kind, reference):
    roles = (Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER)
    requester, controller, authoriser = (person_with(role) for role in roles)
    instalment = agreement.instalments.get(kind=kind)
    payment = payments.request_payment(instalment_id=instalment.pk, attestations=ALL, actor=requester, now=NOW)
    payments.certify_payment(payment_id=payment.pk, actor=controller, now=NOW)
    payments.authorise_payment(payment_id=payment.pk, actor=authoriser, now=NOW)
    sent(payment, actor=requester)
    payments.confirm_payment(payment_id=payment.pk, reference=reference, paid_on=NOW.date(), actor=requester, now=NOW)


@pytest.fixture
def agreement():
    """The first milestone verified and paid, the second one still to come."""
    agreement = agreement_in_force()
    verify_milestones(agreement, 1)
    pay(agreement, "advance", "SAGIR-1")
    pay(agreement, "milestone", "SAGIR-2")
    return agreement


def test_each_milestone_has_its_row_with_the_money_that_depends_on_it(agreement):
    first, second, total = register()
    shown = ("position", "state", "due_on", "reported_on", "late_days", "amount", "holdback", "paid")
    assert [first[name] for name in shown] == ["1", "verified", "2027-01-31", "2026-11-24", "0", "55000.00", "0.00", "55000.00"]
    assert [second[name] for name in shown] == ["2", "planned", "2027-03-15", "", "0", "0.00", "20000.00", "0.00"]
    assert [total[name] for name in ("project", "amount", "holdback", "paid")] == ["TOTAL", "55000.00", "20000.00", "55000.00"]


def test_late_days_run_until_the_report_or_the_effective_date(agreement):
    late = register(effective=timezone.localdate() + timedelta(days=200))
    expected = (timezone.localdate() + timedelta(days=200) - agreement.milestones.get(position=2).due_on).days
    assert [row["late_days"] for row in late] == ["0", str(expected), ""]


def test_what_happened_after_the_dates_has_not_happened(agreement):
    before = register(effective=NOW.date() - timedelta(days=1))
    assert [row["project"] for row in before] == ["TOTAL"]
    assert [row["project"] for row in register(known=NOW - timedelta(days=1))] == ["TOTAL"]
    Milestone.objects.filter(agreement=agreement, position=1).update(verified_at=timezone.now() + timedelta(days=3))
    assert [row["state"] for row in register()] == ["reported", "planned", ""]


@pytest.mark.parametrize("filters", [{}, {"state": "verified"}, {"state": "planned"}, {"call": "mine"}, {"organisation": "mine"}])
def test_totals_are_those_of_the_instalments_and_of_the_ledger_for_every_filter(agreement, filters):
    other = agreement_in_force()
    mine = {"call": agreement.project.call.reference, "organisation": agreement.project.organisation.code}
    asked = {name: mine.get(name, value) for name, value in filters.items()}
    rows = [row for row in register(**asked) if row["project"] != "TOTAL"]
    chosen = Milestone.objects.filter(agreement__in=[agreement] if {"call", "organisation"} & set(filters) else [agreement, other])
    chosen = chosen.filter(**({"state": filters["state"]} if "state" in filters else {}))
    scheduled = Instalment.objects.filter(milestone__in=chosen).aggregate(sum=Sum("amount", default=D(0)))["sum"]
    ledger = LedgerEntry.objects.filter(instalment__milestone__in=chosen, kind="payment").aggregate(sum=Sum("amount", default=D(0)))["sum"]
    assert len(rows) == chosen.count()
    assert sum(D(row["amount"]) + D(row["holdback"]) for row in rows) == scheduled
    assert sum(D(row["paid"]) for row in rows) == ledger


def test_recused_person_reads_the_other_projects_only(agreement):
    other, officer = agreement_in_force(), person_with(Role.OFFICER)
    recuse(officer, agreement.project.application)
    assert {row["project"] for row in register(person=officer)} == {other.project.reference, "TOTAL"}
    assert register(person=officer)[-1]["paid"] == "0.00"


def test_register_costs_the_same_for_one_and_three_agreements(agreement, django_assert_num_queries):
    for extra in (0, 2):
        for _ in range(extra):
            agreement_in_force()
        with django_assert_num_queries(4):
            register()

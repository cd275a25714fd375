"""The register of commitments (R03): sums of the ledger by agreement and fiscal year at two dates, with the decision behind them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from funding.enums import LedgerKind
from funding.models import Approval, DelegationRule
from funding.services.year_end import Choices
from projects.enums import Role
from reporting.catalogue import COMMITMENTS
from reporting.models import Export
from reporting.services import snapshots
from reporting.services.compute import rows_of
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import NOW, UserFactory, agreement_in_force, person_with, recuse
from tests.funding.services.test_year_end import AFTER, close, paid
from tests.reporting.portfolio import Portfolio

pytestmark = pytest.mark.django_db
MONEY = ("initial", "changes", "released", "committed", "paid", "unpaid")


def register(effective=None, known=None, person=None, **filters):
    now = timezone.now()
    return list(rows_of(COMMITMENTS, effective=effective or NOW.date(), known=known or now, filters=filters, person=person))


def money_of(row):
    return [row[name] for name in MONEY]


@pytest.fixture
def agreement():
    """Committed for 100 000 $, decided at the second level."""
    agreement = agreement_in_force()
    for level, role in enumerate((Role.DIRECTOR, Role.HEAD), start=1):
        Approval.objects.create(
            award=agreement.award, level=level, role=role, person=UserFactory(), approved_at=NOW, margin_after=Decimal(5000 - level)
        )
    return agreement


def test_each_agreement_and_year_has_its_row_with_the_decision_behind_it(agreement):
    row, total = register()
    assert (row["agreement"], row["agreement_kind"], row["envelope"], row["fiscal_year"]) == (agreement.number, "grant", "PROJECTS", "2026")
    assert (row["organisation"], row["region"]) == (agreement.project.organisation.code, agreement.project.region_id or "")
    assert money_of(row) == ["100000.00", "0.00", "0.00", "100000.00", "0.00", "100000.00"]
    assert (row["committed_on"], row["decided_on"], row["certified_on"]) == ("2026-11-24", "2026-11-24", "2026-11-24")
    assert (row["level"], row["margin_after"], row["certified_by"]) == ("2", "4998.00", agreement.award.certified_by.name)
    rule = DelegationRule.objects.filter(valid_from__lte=NOW.date(), above__lt=100_000).order_by("-valid_from", "-above").first()
    assert row["instrument"] == rule.instrument
    assert (total["project"], money_of(total)) == ("TOTAL", money_of(row))


def test_what_is_released_is_apart_from_what_was_first_committed():
    book = Portfolio()
    project = book.project()
    book.post(LedgerKind.COMMITMENT, "-400.00", agreement=project.agreement)
    left = book.pay(project, "60000.00")
    book.pay(project, "-10000.00", reverses=left)
    row, total = register()
    assert money_of(row) == ["100000.00", "0.00", "-400.00", "99600.00", "50000.00", "49600.00"]
    assert money_of(total) == money_of(row)
    assert [row[name] for name in ("decided_on", "level", "instrument", "certified_by", "margin_after")] == ["", "", "", "", ""]


def test_a_year_after_the_current_one_is_conditional():
    book = Portfolio()
    book.post(LedgerKind.COMMITMENT, "50.00", agreement=book.project().agreement, on=date(2026, 3, 1))
    assert [(row["conditional"], row["committed"]) for row in register(effective=date(2026, 3, 31))] == [("yes", "50.00"), ("", "50.00")]
    assert [row["conditional"] for row in register()] == ["no", ""]


def test_what_a_year_end_moves_is_a_change_and_what_it_releases_a_release():
    moved, released = paid("40000.00", "P-1"), paid("25000.00", "P-2")
    close(Choices(Decimal(0), {released.pk}))
    found = {(row["agreement"], row["fiscal_year"]): money_of(row) for row in register(effective=AFTER.date(), known=AFTER)}
    assert found == {
        (moved.number, "2026"): ["100000.00", "-60000.00", "0.00", "40000.00", "40000.00", "0.00"],
        (moved.number, "2027"): ["0.00", "60000.00", "0.00", "60000.00", "0.00", "60000.00"],
        (released.number, "2026"): ["100000.00", "0.00", "-75000.00", "25000.00", "25000.00", "0.00"],
        ("", ""): ["200000.00", "0.00", "-75000.00", "125000.00", "65000.00", "60000.00"],
    }


def test_what_happened_after_either_date_has_not_happened(agreement):
    assert [row["project"] for row in register(effective=NOW.date() - timedelta(days=1))] == ["TOTAL"]
    assert [row["project"] for row in register(known=NOW - timedelta(days=1))] == ["TOTAL"]


def test_recused_person_reads_the_other_projects_and_their_total(agreement):
    other, officer = agreement_in_force(), person_with(Role.OFFICER)
    recuse(officer, agreement.project.application)
    assert {row["project"] for row in register(person=officer)} == {other.project.reference, "TOTAL"}
    assert register(person=officer)[-1]["committed"] == "100000.00"


def test_register_costs_the_same_for_one_and_three_agreements(agreement, django_assert_num_queries):
    for extra in (0, 2):
        for _ in range(extra):
            agreement_in_force()
        with django_assert_num_queries(4):
            register()


def test_page_and_file_show_the_register(agreement, client, monkeypatch):
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    run_recompute(run_id=request_recompute(now=NOW).pk, now=NOW)
    client.force_login(person_with(Role.AUDITOR))
    page = client.get(reverse("reporting:report_detail", args=["commitments"]), {"agreement": agreement.number, "vue": "certificat"})
    assert [row.record.data["agreement"] for row in page.context["table"].rows] == [agreement.number]
    assert agreement.award.certified_by.name in page.text
    for form in ("csv", "xlsx", "json"):
        client.post(reverse("reporting:export_create", args=["commitments"]), {"format": form, "agreement": agreement.number})
    assert [(file.format, file.rows) for file in Export.objects.order_by("pk")] == [("csv", 1), ("xlsx", 1), ("json", 1)]

"""The register of recoveries (R05): what is due, received, written off, late and credited back, at two dates."""

from datetime import timedelta
from decimal import Decimal

import pytest

from funding.services.write_offs import approve_write_off
from projects.enums import Role
from reporting.catalogue import RECOVERIES
from reporting.services.compute import rows_of
from tests.factories import NOW, person_with, recuse
from tests.funding.recovering import DAY, claimed, found, paid_agreement, receive, terms
from tests.funding.services.test_recoveries import acts, correct, write_off
from tests.reporting.portfolio import LedgerKind, Portfolio

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def register(effective=None, known=None, person=None, **filters):
    return list(rows_of(RECOVERIES, effective=effective or DAY, known=known or LATER, filters=filters, person=person))


def money(row):
    return [row[name] for name in ("due", "received", "written_off", "left", "late", "recredited")]


def test_row_says_what_came_back_what_is_late_and_who_wrote_the_rest_off():
    agreement = paid_agreement()
    recovery = claimed(agreement, "900.00", count=3, first=DAY)
    receive(recovery, "350.00")
    row, total = register(effective=DAY + timedelta(days=40), known=LATER + timedelta(days=40))
    assert [row[name] for name in ("recovery", "agreement", "basis", "recovery_state")] == [
        recovery.number, agreement.number, "ineligible", "scheduled",
    ]  # fmt: skip
    assert money(row) == ["900.00", "350.00", "0.00", "550.00", "250.00", "350.00"]
    assert [row[name] for name in ("established_on", "claimed_on", "due_on", "age_days", "write_off_level", "instrument")] == [
        "2026-11-24", "2026-11-24", "2026-12-24", "40", "", "",
    ]  # fmt: skip
    approve_write_off(write_off_id=write_off(recovery, "550.00").pk, actor=person_with(Role.HEAD), now=NOW)
    row, total = register()
    assert (row["recovery_state"], row["write_off_level"], row["due_on"], row["age_days"]) == ("written_off", "head", "", "")
    assert money(row) == money(total) == ["900.00", "350.00", "550.00", "0.00", "0.00", "350.00"]


def test_what_happened_after_either_date_has_not_happened():
    recovery = found(amount="900.00")
    later = NOW + timedelta(hours=1)
    acts.claim_recovery(recovery_id=recovery.pk, actor=person_with(Role.DIRECTOR), now=later)
    receipt = receive(recovery, "900.00", now=later)
    assert [row["recovery_state"] for row in register(known=NOW)] == ["established", ""]
    assert (money(register(known=NOW)[0])[1], money(register()[0])[1]) == ("0.00", "900.00")
    assert [row["project"] for row in register(effective=DAY - timedelta(days=1))] == ["TOTAL"]
    correct(receipt, now=LATER)
    assert [money(row)[:2] for row in register(known=LATER + timedelta(hours=1))] == [["900.00", "0.00"]] * 2


def test_cancelled_recovery_is_due_no_more_and_stays_in_the_register():
    recovery = found(amount="900.00")
    acts.cancel_recovery(recovery_id=recovery.pk, reason="Erreur", actor=person_with(Role.HEAD), now=NOW)
    row, total = register()
    assert (row["recovery_state"], money(row), money(total)) == ("cancelled", ["0.00"] * 6, ["0.00"] * 6)


def test_a_sum_that_no_recovery_explains_has_its_row():
    book = Portfolio()
    project = book.project()
    book.pay(project, "60000.00")
    book.post(LedgerKind.RECOVERY, "-500.00", agreement=project.agreement)
    row, total = register()
    assert (row["recovery"], row["agreement"], money(row)) == ("", "CONV-PRJ-1", ["500.00", "500.00", "0.00", "0.00", "0.00", "0.00"])
    assert money(total) == money(row)


def test_receipt_that_came_before_its_recovery_was_found_is_in_its_row():
    agreement = paid_agreement()
    later = NOW + timedelta(days=3)
    recovery = acts.open_recovery(agreement_id=agreement.pk, terms=terms("900.00"), actor=person_with(Role.CONTROLLER), now=later)
    acts.claim_recovery(recovery_id=recovery.pk, actor=person_with(Role.DIRECTOR), now=later)
    receive(recovery, "900.00", on=DAY, now=later)
    rows = register(known=later + timedelta(hours=1))
    assert [(row["recovery"], row["received"]) for row in rows] == [(recovery.number, "900.00"), ("", "900.00")]


def test_recused_person_reads_the_other_projects_and_their_total():
    officer, hidden = person_with(Role.OFFICER), claimed(amount="900.00")
    shown = claimed(paid_agreement(), "10.00")
    recuse(officer, hidden.agreement.project.application)
    rows = register(person=officer)
    assert [(row["recovery"], row["due"]) for row in rows] == [(shown.number, "10.00"), ("", "10.00")]


def test_register_costs_the_same_for_one_and_three_recoveries(django_assert_num_queries):
    for numbers in ((1,), (2, 3)):
        for number in numbers:
            receive(claimed(paid_agreement(), "900.00"), "100.00", f"ENC-{number}")
        with django_assert_num_queries(6):
            rows = register()
    assert sum(Decimal(row["received"]) for row in rows if row["project"] != "TOTAL") == Decimal("300.00")

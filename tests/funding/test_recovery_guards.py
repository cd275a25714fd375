"""What the database holds of recoveries whatever the application does: one raw statement each, as the application's own role."""

from decimal import Decimal

import pytest
from django.db import connection

from funding.models import LedgerEntry, RecoveryReceipt, WriteOff
from projects.enums import Role
from tests.factories import NOW, UserFactory, person_with
from tests.funding.recovering import DAY, claimed, found, in_ledger, paid_agreement, receive
from tests.funding.services.test_recoveries import approved_by, correct, write_off
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
OPEN = """INSERT INTO funding_recovery
  (number, agreement_id, state, basis, reason, amount, established_by_id, established_at, cancellation_reason)
  VALUES ('RCV-X', %s, 'established', 'overpayment', 'Trop', %s, %s, now(), '')"""
RECEIPT = """INSERT INTO funding_recoveryreceipt
  (recovery_id, entry_id, amount, received_on, reference, reverses_id, reason, recorded_by_id, recorded_at)
  VALUES (%s, %s, %s, current_date, %s, %s, %s, %s, now())"""


def test_no_more_is_claimed_than_was_paid_and_never_nothing():
    agreement, person = paid_agreement(), UserFactory().pk  # 25 000 $
    claimed(agreement, "20000.00")
    assert refusal(OPEN, agreement.pk, "5000.01", person) == "recovery_within_paid"
    assert refusal(OPEN, agreement.pk, "0", person) == "recovery_positive"
    assert refusal(OPEN, agreement.pk, "1.00", person) == "recovery_parts_sum_to_it"


def test_recovery_is_never_rewritten_and_its_state_follows_what_is_left():
    recovery = claimed(amount="900.00")
    for change in ("amount = 1", "reason = 'Autre'", "established_by_id = 1"):
        assert refusal(f"UPDATE funding_recovery SET {change} WHERE id = %s", recovery.pk) == "permission denied for table funding_recovery"
    assert refusal("DELETE FROM funding_recovery") == "permission denied for table funding_recovery"
    moved = "UPDATE funding_recovery SET state = %s WHERE id = %s"
    assert refusal(moved, "received", recovery.pk) == "recovery_state_says_what_is_left"
    assert refusal(moved, "established", recovery.pk) == "recovery_moves_in_order"
    other = found(recovery.agreement, "10.00")
    own = "UPDATE funding_recovery SET state = 'claimed', claimed_by_id = established_by_id, claimed_at = now() WHERE id = %s"
    assert refusal(own, other.pk) == "recovery_claimed_by_another"
    assert refusal("UPDATE recovery_balance SET due = due - 1") == "permission denied for table recovery_balance"


def test_schedule_sums_to_the_recovery_and_is_append_only():
    recovery = claimed(amount="900.00", count=2)
    added = """INSERT INTO funding_recoverypart (recovery_id, version, position, due_on, amount, recorded_by_id, recorded_at)
               VALUES (%s, %s, 9, current_date, %s, %s, now())"""
    assert refusal(added, recovery.pk, 1, "1.00", UserFactory().pk) == "recovery_parts_sum_to_it"
    assert refusal(added, recovery.pk, 2, "899.00", UserFactory().pk) == "recovery_parts_sum_to_it"
    assert refusal(added, recovery.pk, 2, "0", UserFactory().pk) == "recovery_part_positive"
    for table in ("funding_recoverypart", "funding_recoveryreceipt", "funding_recoverycredit"):
        assert refusal(f"DELETE FROM {table}") == f"permission denied for table {table}"


def test_receipt_is_its_ledger_row_and_stays_within_what_is_due():
    recovery, person = claimed(amount="900.00"), UserFactory().pk
    payment = LedgerEntry.objects.get(kind="payment")
    assert refusal(RECEIPT, recovery.pk, payment.pk, "1.00", payment.reference, None, "", person) == "recovery_receipt_is_its_entry"
    in_ledger(recovery.agreement, (2026, "recovery", "-901.00"))
    entry = LedgerEntry.objects.get(kind="recovery")
    assert refusal(RECEIPT, recovery.pk, entry.pk, "901.00", entry.reference, None, "", person) == "recovery_within_due"
    assert refusal(RECEIPT, recovery.pk, entry.pk, "-901.00", entry.reference, None, "", person) == "recovery_receipt_sign"


def test_a_sum_of_the_ledger_never_takes_what_is_still_to_be_recovered():
    recovery = claimed(amount="25000.00")
    row = """INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, kind, amount, call_id, award_id, agreement_id, reference,
                                       effective_on, recorded_at, sha256)
             SELECT l.envelope_id, l.fiscal_year, y.last_seq + 1, %s, -1, l.call_id, l.award_id, l.agreement_id, 'X', l.effective_on,
                    l.recorded_at, l.sha256
               FROM ledger_entry l JOIN envelope_year y USING (envelope_id, fiscal_year) WHERE l.agreement_id = %s AND l.kind = 'payment'"""
    assert refusal(row, "recovery", recovery.agreement_id) == "recovery_keeps_its_payment"  # with no receipt, it would come back twice


def test_correction_takes_a_whole_receipt_back_by_another_person():
    recovery = claimed(amount="900.00")
    receipt = receive(recovery, "900.00")
    correct(receipt)
    undone = RecoveryReceipt.objects.get(amount__lt=0)
    given = (recovery.pk, undone.entry_id, "-900.00")
    assert refusal(RECEIPT, *given, "COR-1", receipt.pk, "Erreur", UserFactory().pk) == "funding_recoveryreceipt_reference_key"
    again = receive(recovery, "400.00", "ENC-2")
    in_ledger(recovery.agreement, (2026, "commitment", "1.00"))
    assert refusal(RECEIPT, recovery.pk, again.entry_id, "-400.00", "ENC-9", again.pk, "Erreur", UserFactory().pk) in (
        "recovery_receipt_is_its_entry", "funding_recoveryreceipt_entry_id_key",
    )  # fmt: skip


def test_credit_given_back_is_the_agreements_own_and_within_the_receipt():
    recovery = claimed(amount="900.00")
    receipt = receive(recovery, "900.00")
    linked = "INSERT INTO funding_recoverycredit (receipt_id, entry_id) VALUES (%s, %s)"
    in_ledger(recovery.agreement, (2026, "commitment", "-1.00"))
    other = LedgerEntry.objects.filter(kind="commitment").order_by("-pk")[0]
    assert refusal(linked, receipt.pk, other.pk) == "recovery_credit_fits"


def test_write_off_is_one_level_above_by_two_people_who_did_not_approve_the_aid():  # SD-12
    agreement = paid_agreement()
    [approver] = approved_by(agreement, Role.HEAD)
    asked = write_off(claimed(agreement, "900.00"), "900.00")
    decided = """UPDATE funding_writeoff SET state = 'approved', role = %s, decided_by_id = %s, decided_at = now() WHERE id = %s"""
    other = UserFactory().pk
    assert refusal(decided, "head", other, asked.pk) == "write_off_one_level_above"
    assert refusal(decided, "minister_delegate", approver.pk, asked.pk) == "write_off_decided_by_another"
    assert refusal(decided, "minister_delegate", asked.requested_by_id, asked.pk) == "write_off_two_people"
    assert refusal("UPDATE funding_writeoff SET original_role = 'director'") == "permission denied for table funding_writeoff"
    lied = """INSERT INTO funding_writeoff
      (recovery_id, state, amount, reason, requested_by_id, requested_at, original_role, role, authority, refusal_reason)
      VALUES (%s, %s, 10, 'Motif', %s, now(), 'director', '', '', '')"""
    assert refusal(lied, asked.recovery_id, "approved", other) == "write_off_begins_requested"
    assert refusal(lied, asked.recovery_id, "requested", other) == "write_off_one_waiting"
    WriteOff.objects.filter(pk=asked.pk).update(state="refused", refusal_reason="Non", decided_by=other, decided_at=NOW)
    assert (
        refusal("UPDATE funding_writeoff SET state = 'approved', role = 'minister_delegate', refusal_reason = ''") == "write_off_is_final"
    )
    with connection.cursor() as cursor:
        cursor.execute(lied, [asked.recovery_id, "requested", other])
    last = WriteOff.objects.order_by("-pk")[0]  # says that a director gave the aid: the approvals say the head
    assert refusal(decided, "head", person_with(Role.HEAD).pk, last.pk) == "write_off_one_level_above"


def test_write_off_stays_within_what_is_left_and_its_recovery_says_so():
    recovery = claimed(amount="900.00")
    asked = write_off(recovery, "900.00")
    decided = "UPDATE funding_writeoff SET state = 'approved', role = 'head', decided_by_id = %s, decided_at = now() WHERE id = %s"
    assert refusal(decided, UserFactory().pk, asked.pk) in ("recovery_state_says_what_is_left", "write_off_one_level_above")
    receive(recovery, "900.00", on=DAY)
    assert refusal(decided, UserFactory().pk, asked.pk) in ("recovery_within_due", "write_off_one_level_above")
    assert recovery.amount == Decimal("900.00")


def test_agreement_never_falls_below_what_is_paid_without_a_recovery():  # INV-12
    agreement = paid_agreement()  # 25 000 $ paid
    below = "UPDATE funding_agreement SET amount = %s WHERE id = %s"
    assert refusal(below, "24999.99", agreement.pk) == "agreement_above_what_is_paid"
    claimed(agreement, "10000.00")
    assert refusal(below, "14999.99", agreement.pk) == "agreement_above_what_is_paid"
    assert refusal(below, "15000.00", agreement.pk) == "agreement_is_signed_as_drafted"  # an amendment would do it

"""What the database holds of the Secretariat's costs whatever the application does: one raw statement each, as the application's role."""

from decimal import Decimal

import pytest

from funding.enums import LedgerKind
from funding.models import Agreement, Envelope, LedgerEntry
from projects.enums import Role
from tests.factories import agreement_in_force, person_with
from tests.funding.costs import HUNDRED, approved, committed, entered, forecast, proposed
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")


def row(move, kind, amount, code="SECRETARIAT", **more):
    """A raw row of a cost's move on 2026-2027, numbered as the next one."""
    values = {"kind": kind, "amount": amount, "cost_id": move.cost_id, "cost_move_id": move.pk, **more}
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    return refusal(
        f"""INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, reference, effective_on, recorded_at, sha256, {names})
        SELECT e.id, 2026, y.last_seq + 1, 'R', '2026-11-24', now(), repeat('0', 64), {marks}
          FROM funding_envelope e JOIN envelope_year y ON y.envelope_id = e.id AND y.fiscal_year = 2026 WHERE e.code = '{code}'""",
        *values.values(),
    )


def test_row_belongs_to_an_agreement_or_to_a_cost_never_to_both_nor_to_neither():
    agreement, move = agreement_in_force(), proposed()
    assert row(move, "commitment", HUNDRED, agreement_id=agreement.pk) == "ledger_agreement_or_cost"
    assert row(move, "payment", HUNDRED, agreement_id=agreement.pk) == "ledger_agreement_or_cost"
    assert row(move, "commitment", HUNDRED, cost_id=None, cost_move_id=None) == "ledger_kind_has_its_holder"
    assert row(move, "payment", HUNDRED, cost_id=None, cost_move_id=None) == "ledger_kind_has_its_holder"
    assert Agreement.objects.get() == agreement


def test_cost_without_the_move_that_was_approved_or_the_reverse_is_refused():
    move = proposed()
    assert row(move, "commitment", HUNDRED, cost_move_id=None) == "ledger_agreement_or_cost"
    assert row(move, "reservation", HUNDRED) == "ledger_agreement_or_cost"
    assert row(move, "recovery", -HUNDRED) == "ledger_agreement_or_cost"


def test_cost_is_not_paid_from_the_envelope_of_the_projects():
    agreement_in_force()
    assert row(proposed(), "commitment", HUNDRED, code="PROJECTS") == "ledger_cost_in_its_envelope"


def test_what_nobody_approved_writes_no_row_and_what_is_approved_no_second_one():  # INV-10
    assert row(proposed(), "commitment", HUNDRED) == "cost_move_as_approved"
    assert row(approved(proposed()), "commitment", HUNDRED) == "cost_move_as_approved"


def test_thirty_millions_are_not_overspent_by_a_cent():  # INV-03
    move = approved(proposed())
    left = Decimal("6000000.00") - HUNDRED
    assert row(move, "commitment", left + CENT) == "envelope_year_within_authorised"
    assert row(move, "commitment", left) == "cost_move_as_approved"


def test_payment_above_the_commitment_of_the_year_is_refused():  # INV-05
    move = approved(proposed())
    assert row(move, "payment", HUNDRED + CENT) == "cost_year_within_committed"


def test_contra_entry_has_the_cost_of_what_it_reverses():
    first, other = committed(), approved(proposed())
    entry = LedgerEntry.objects.get(cost=first)
    assert row(other, "commitment", -HUNDRED, reverses_id=entry.pk) == "ledger_contra_fits"


def test_line_fits_its_move_and_comes_before_the_decision():
    statement = """INSERT INTO funding_costline (move_id, position, fiscal_year, cost_kind, kind, amount, fte)
                   VALUES (%s, 7, 2026, %s, %s, 1, %s)"""
    waiting = proposed()
    assert refusal(statement, approved(proposed()).pk, "contracts", "commitment", 0) == "cost_line_fits"
    assert refusal(statement, waiting.pk, "other", "commitment", 0) == "cost_line_fits"
    assert refusal(statement, waiting.pk, "contracts", "payment", 0) == "cost_line_fits"
    assert refusal(statement, forecast().pk, "contracts", "commitment", 0) == "cost_line_fits"
    assert refusal(statement, waiting.pk, "contracts", "commitment", 1) == "cost_line_fte_of_salaries"


def test_same_person_does_not_enter_and_approve():
    move = proposed()
    statement = "UPDATE funding_costmove SET state = 'approved', decided_by_id = %s, decided_at = now() WHERE id = %s"
    assert refusal(statement, move.entered_by_id, move.pk) == "cost_move_two_people"
    assert refusal(statement, person_with(Role.HEAD).pk, move.pk) == "cost_move_as_approved"


def test_decision_is_final_and_what_was_entered_never_changes():
    move = entered(committed(), HUNDRED)
    other = approved(proposed())
    assert refusal("UPDATE funding_costmove SET state = 'refused', refusal_reason = 'x' WHERE id = %s", other.pk) == "cost_move_is_final"
    for statement in (
        "UPDATE funding_costmove SET reference = 'x' WHERE id = %s",
        "DELETE FROM funding_costmove WHERE id = %s",
        "UPDATE funding_costline SET amount = 1 WHERE move_id = %s",
        "DELETE FROM funding_costline WHERE move_id = %s",
        "UPDATE funding_secretariatcost SET title = 'x' WHERE id = %s",
        "UPDATE cost_year SET paid = 0 WHERE cost_id = %s",
    ):
        assert refusal(statement, move.pk).startswith("permission denied for table")


def test_envelope_of_the_secretariat_still_holds_agreements_apart_from_costs():
    committed()
    found = LedgerEntry.objects.filter(envelope=Envelope.objects.get(code="SECRETARIAT"), kind=LedgerKind.COMMITMENT)
    assert [(one.agreement_id, one.cost is not None) for one in found] == [(None, True)]

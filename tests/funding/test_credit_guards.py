"""What the database holds of credit whatever the application does: one raw statement each, as the application's own role."""

from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import WrongState, act
from funding.enums import CreditMoveKind, LedgerKind
from funding.models import LedgerEntry
from funding.services.envelopes import Posting, post
from projects.enums import Role
from projects.services.journal import money_clock, note
from tests.factories import NOW, CallFactory, agreement_in_force, person_with, reserve
from tests.funding.credit import account, approved, frozen, proposed
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
THOUSAND = Decimal("1000.00")


def row(kind, amount, **more):
    """A raw row on PROJECTS 2026, numbered as the next one."""
    values = {"kind": kind, "amount": amount, **more}
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    return refusal(
        f"""INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, reference, effective_on, recorded_at, sha256, {names})
        SELECT e.id, 2026, y.last_seq + 1, 'R', '2026-11-24', now(), repeat('0', 64), {marks}
          FROM funding_envelope e JOIN envelope_year y ON y.envelope_id = e.id AND y.fiscal_year = 2026 WHERE e.code = 'PROJECTS'""",
        *values.values(),
    )


@act
def reverse(*, entry, amount, actor, now, key=None, **changed):
    held = {name: getattr(entry, name) for name in ("call_id", "award_id", "agreement_id", "instalment_id")} | changed
    posting = Posting(entry.envelope_id, entry.fiscal_year, LedgerKind(entry.kind), amount, now.date(), reverses_id=entry.pk, **held)
    post([posting], actor=actor, recorded_at=money_clock(now))
    note(entry)


def test_credit_that_no_move_brought_is_refused():  # INV-03
    assert row("carry", THOUSAND) == "ledger_kind_has_its_holder"


def test_credit_never_falls_below_what_is_used():  # INV-03
    move = approved(CreditMoveKind.FREEZE, THOUSAND)
    assert row("freeze", Decimal("-99000000.00"), move_id=move.pk) == "envelope_year_within_authorised"


def test_lapse_that_adds_is_refused():
    assert row("lapse", THOUSAND, move_id=frozen(THOUSAND).pk) == "ledger_sign_of_kind"


def test_thaw_above_what_is_frozen_is_refused():
    assert row("freeze", THOUSAND, move_id=frozen(THOUSAND).pk) == "ledger_thaw_within_frozen"


def test_row_of_a_move_that_nobody_approved_is_refused():
    assert row("freeze", -THOUSAND, move_id=frozen(THOUSAND).pk) == "credit_move_as_approved"


def test_second_row_of_an_approved_move_is_refused():  # INV-10
    assert row("freeze", -THOUSAND, move_id=approved(CreditMoveKind.FREEZE, THOUSAND).pk) == "credit_move_as_approved"


def test_one_half_of_a_transfer_is_refused():  # INV-01
    move = proposed(CreditMoveKind.TRANSFER, THOUSAND, to=account("SECRETARIAT"))
    statement = """INSERT INTO funding_creditline (move_id, position, envelope_id, fiscal_year, kind, amount)
                   VALUES (%s, 3, %s, 2026, 'transfer', 500)"""
    assert refusal(statement, move.pk, account().envelope_id) == "credit_move_sums_to_nothing"


def test_authorised_above_the_ceiling_is_refused():  # INV-02
    assert row("authorisation", Decimal("0.01")) == "envelope_total_within_ceiling"


def test_row_numbered_out_of_turn_is_refused():  # INV-11
    statement = """INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, kind, amount, reference, effective_on, recorded_at, sha256)
                   SELECT id, 2026, 9, 'authorisation', -1, '', '2026-11-24', now(), repeat('0', 64) FROM funding_envelope LIMIT 1"""
    assert refusal(statement) == "ledger_seq_gapless"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE funding_creditmove SET authority = 'autre'", "permission denied for table funding_creditmove"),
        ("DELETE FROM funding_creditmove", "permission denied for table funding_creditmove"),
        ("UPDATE funding_creditmove SET state = 'approved', decided_by_id = proposed_by_id, decided_at = now()", "credit_move_two_people"),
        ("UPDATE funding_creditmove SET state = 'approved'", "credit_move_decided_with_its_state"),
        ("UPDATE funding_envelope SET ceiling = ceiling + 1", "permission denied for table funding_envelope"),  # INV-01
    ],
)
def test_proposal_is_decided_by_another_person_and_changes_in_nothing_else(statement, named):
    frozen(THOUSAND)
    assert refusal(statement) == named


def test_decided_move_is_final():
    approved(CreditMoveKind.FREEZE, THOUSAND)
    assert refusal("UPDATE funding_creditmove SET state = 'refused', refusal_reason = 'x'") == "credit_move_is_final"


def test_contra_entry_undoes_a_row_and_no_more_than_it():  # INV-10
    call, actor = CallFactory(), person_with(Role.CONTROLLER)
    for _ in range(2):
        reserve(call=call, amounts={2026: THOUSAND * 2}, actor=None, now=NOW)
    entry = LedgerEntry.objects.filter(call=call).order_by("pk")[:1].get()
    reverse(entry=entry, amount=-THOUSAND, actor=actor, now=NOW)
    with pytest.raises(WrongState, match="plus que son montant"):
        reverse(entry=entry, amount=-THOUSAND - 1, actor=actor, now=NOW)
    with pytest.raises(WrongState, match="le signe contraire"):
        reverse(entry=entry, amount=THOUSAND, actor=actor, now=NOW)
    assert list(LedgerEntry.objects.filter(reverses=entry).values_list("amount", flat=True)) == [-THOUSAND]


def test_contra_entry_keeps_the_holder_and_the_account():  # INV-10
    agreement, other = agreement_in_force(), agreement_in_force()
    entry = LedgerEntry.objects.get(agreement=agreement, kind=LedgerKind.COMMITMENT)
    with pytest.raises(WrongState, match="le compte, le type et le titulaire"):
        reverse(entry=entry, amount=-THOUSAND, actor=person_with(Role.CONTROLLER), now=NOW, agreement_id=other.pk)
    elsewhere = """INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, kind, amount, call_id, award_id, agreement_id, reference,
                     effective_on, recorded_at, sha256, reverses_id)
                   SELECT o.envelope_id, 2027, y.last_seq + 1, o.kind, -1, o.call_id, o.award_id, o.agreement_id, '', '2026-11-24', now(),
                     repeat('0', 64), o.id
                     FROM ledger_entry o JOIN envelope_year y ON y.envelope_id = o.envelope_id AND y.fiscal_year = 2027 WHERE o.id = %s"""
    assert refusal(elsewhere, entry.pk) in ("ledger_contra_fits", "envelope_year_within_authorised")

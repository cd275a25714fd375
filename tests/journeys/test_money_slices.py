"""Amendments, recoveries, the end of a year, results and signatures on the same agreement: each act reads what the others wrote."""

from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from fondsinnovation.kit.errors import Invalid, WrongState
from funding.enums import AgreementState, InstalmentKind
from funding.models import AmendmentPart, Payment
from funding.queries.agreement_conditions import committed_by_year, unpaid_by_year
from funding.queries.year_end import year_left
from funding.schedule import PlannedInstalment
from funding.services.agreement_ends import close_agreement, complete_agreement
from funding.services.amendments import cancel_amendment
from funding.services.reversals import reverse_payment
from projects.enums import Role
from reporting.queries.commitments import commitment_rows
from reporting.queries.control import Dates, ageing, due_lines
from reporting.queries.invariants import check
from tests.factories import NOW, agreement_in_force, follow_up_done, person_with, verify_milestones
from tests.funding.amending import amended, proposed
from tests.funding.paying import requested
from tests.funding.recovering import claimed, in_ledger, paid_agreement, receive
from tests.funding.results import declare, paying_results, verify
from tests.funding.services.test_agreement_ends import terminate, verify_all
from tests.funding.services.test_recoveries import correct
from tests.funding.services.test_year_end import close

pytestmark = pytest.mark.django_db
D = Decimal


def sound():
    connection.check_constraints()
    return [line for found in check() for line in found.broken] == []


def parts(amendment):
    return list(AmendmentPart.objects.filter(amendment=amendment).order_by("fiscal_year").values_list("fiscal_year", "before", "after"))


def test_amendment_does_not_commit_again_what_a_recovery_gave_back():
    agreement = paid_agreement()  # 25 000 $ of 100 000 $
    receipt = receive(claimed(agreement), "10000.00")
    assert committed_by_year(agreement) == {2026: D("90000.00")}
    amendment = amended(agreement, amount=D("95000.00"))
    assert parts(amendment) == [(2026, D("100000.00"), D("95000.00"))]
    assert (committed_by_year(agreement), unpaid_by_year(agreement)) == ({2026: D("85000.00")}, {2026: D("70000.00")})
    assert sound()
    correct(receipt)
    (row, _total) = commitment_rows(effective=NOW.date(), known=timezone.now())
    assert [row[name] for name in ("initial", "changes", "released", "committed")] == ["100000.00", "-5000.00", "0.00", "95000.00"]
    assert committed_by_year(agreement) == {2026: D("95000.00")}
    terminate(agreement)
    assert committed_by_year(agreement) == {2026: D("25000.00")}
    assert sound()


def test_year_closes_after_a_recovery_and_moves_all_that_is_left_to_pay():
    agreement = paid_agreement()
    receive(claimed(agreement), "10000.00")
    dates = Dates(NOW.date(), timezone.now())
    assert [line.unpaid for line in due_lines(dates)["PROJECTS"]] == [D("75000.00")]
    assert sum(line.amount for line in ageing(dates)) == D("75000.00")
    move = close()
    assert year_left(move.envelope_id, 2026).is_closed
    assert committed_by_year(agreement) == {2026: D("15000.00"), 2027: D("75000.00")}
    assert unpaid_by_year(agreement) == {2027: D("75000.00")}
    assert sound()


def test_schedule_is_amended_after_a_year_end_moved_the_commitment_of_what_is_asked_for():
    agreement = paid_agreement()
    verify_milestones(agreement)
    close()
    requested(agreement.instalments.get(position=2))  # 55 000 $, signed for 2026, committed in 2027 now
    later = [PlannedInstalment(InstalmentKind.HOLDBACK, 2, 2027, D("30000.00"))]
    amendment = amended(agreement, amount=D("110000.00"), instalments=later)
    assert parts(amendment) == [(2026, D("25000.00"), D("25000.00")), (2027, D("75000.00"), D("85000.00"))]
    assert sound()


def test_schedule_of_results_is_amended_by_periods_that_nobody_measured():
    agreement = paying_results()
    verify(declare(agreement))
    for rows in (
        [PlannedInstalment(InstalmentKind.MILESTONE, 1, 2026, D("50000.00"))],
        [PlannedInstalment(InstalmentKind.HOLDBACK, 2, 2026, D("50000.00"))],
        [PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("50000.00"))],
    ):
        with pytest.raises(Invalid) as refused:
            proposed(agreement, instalments=rows)
        assert set(refused.value.errors) == {"instalments"}
    amended(agreement, instalments=[PlannedInstalment(InstalmentKind.MILESTONE, 2, 2027, D("50000.00"))])
    assert sound()


def test_end_of_an_agreement_keeps_what_was_paid_before_the_year_end_moved_its_commitment():
    agreement = agreement_in_force()
    in_ledger(agreement, (2027, "payment", "25000.00"))
    assert unpaid_by_year(agreement) == {2026: D("75000.00")}
    terminate(agreement)
    assert committed_by_year(agreement) == {2026: D("25000.00")}
    close()
    assert committed_by_year(agreement) == {2026: D("0.00"), 2027: D("25000.00")}
    assert sound()


def test_agreement_is_not_closed_while_an_amendment_is_under_way():
    agreement = agreement_in_force()
    amendment = proposed(agreement)
    verify_all(agreement)
    officer = person_with(Role.OFFICER)
    complete_agreement(agreement_id=agreement.pk, actor=officer, now=NOW)
    follow_up_done(agreement)
    with pytest.raises(WrongState, match="L’avenant 1 est en cours"):
        close_agreement(agreement_id=agreement.pk, actor=officer, now=NOW)
    cancel_amendment(amendment_id=amendment.pk, reason="Plus rien à changer", actor=officer, now=NOW)
    assert close_agreement(agreement_id=agreement.pk, actor=officer, now=NOW).state == AgreementState.CLOSED
    assert sound()


def test_payment_that_is_partly_recovered_is_not_reversed_before_its_receipt_is_corrected():
    agreement = paid_agreement()
    receipt = receive(claimed(agreement), "10000.00")
    given = {"returned_on": NOW.date(), "reason": "Compte fermé", "actor": person_with(Role.CONTROLLER), "now": NOW}
    payment = Payment.objects.get()
    with pytest.raises(WrongState, match="corrigez d’abord l’encaissement"):
        reverse_payment(payment_id=payment.pk, reference="RET-1", **given)
    correct(receipt)
    with pytest.raises(WrongState, match="à recouvrer"):  # the recovery is due again, and rests on this payment
        reverse_payment(payment_id=payment.pk, reference="RET-1", **given)
    assert sound()


def test_quantity_is_not_verified_once_its_agreement_is_terminated():
    agreement = paying_results()
    declaration = declare(agreement)
    terminate(agreement)
    with pytest.raises(WrongState, match="résiliée"):
        verify(declaration)
    assert (committed_by_year(agreement), sound()) == ({2026: D("0.00")}, True)


def test_each_invariant_has_its_own_code():
    codes = [found.invariant.code for found in check()]
    assert [code for code in codes if codes.count(code) > 1] == []

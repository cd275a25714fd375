"""Recoveries: found, claimed by another person, put in a schedule, received, corrected, written off one level above (SM-8, SD-12)."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import LedgerKind, RecoveryState, Recredit
from funding.models import Agreement, LedgerEntry, PaymentRule, Recovery, RecoveryBalance, RecoveryReceipt, WriteOff
from funding.queries.agreement_conditions import unmet_for_closing, unpaid_by_year
from funding.queries.envelopes import envelope_lines
from funding.queries.recoveries import recoverable, schedule_of, with_sums
from funding.services import recoveries as acts
from funding.services.recoveries import Schedule
from funding.services.recovery_receipts import correct_receipt
from funding.services.reversals import reverse_payment
from funding.services.write_offs import approve_write_off, refuse_write_off, request_write_off
from projects.enums import APPLICANT_ROLES, Role
from projects.models import JournalEntry, Message
from reporting.queries.invariants import check
from tests.factories import NOW, agreement_in_force, follow_up_done, person_with, recuse, verify_milestones
from tests.funding.recovering import DAY, claimed, found, in_ledger, paid_agreement, receive, terms
from tests.funding.services.test_agreement_ends import pay, terminate, verify_all
from tests.funding.services.test_claims import decide, examined

pytestmark = pytest.mark.django_db
D = Decimal
VECTORS = json.loads((Path(__file__).parents[2] / "reporting" / "data" / "roi_vectors.json").read_text(encoding="utf-8"))


def sums(recovery):
    row = with_sums(Recovery.objects.filter(pk=recovery.pk)).get()
    return row.state, row.received, row.written_off, row.left


def broken():
    return [finding.broken for finding in check() if finding.broken]


def available():
    return next(one for one in envelope_lines() if one.envelope.code == "PROJECTS").lines[-1].available


def write_off(recovery, amount, **given):
    actor = given.pop("actor", None) or person_with(Role.CONTROLLER)
    return request_write_off(recovery_id=recovery.pk, amount=D(amount), reason="Organisme dissous", actor=actor, now=NOW)


def correct(receipt, reference="COR-1", actor=None, **given):
    given = {"corrected_on": DAY, "reason": "Chèque sans provision", "now": NOW, **given}
    return correct_receipt(receipt_id=receipt.pk, reference=reference, actor=actor or person_with(Role.CONTROLLER), **given)


# ── Found and claimed ────────────────────────────────────────────────────────────────────────────────────────────────
def test_recovery_is_found_by_one_person_and_claimed_by_another_who_tells_the_beneficiary():
    agreement, both = paid_agreement(), person_with(Role.OFFICER, Role.DIRECTOR)
    member = person_with(Role.WRITER, organisation=agreement.project.organisation)
    recovery = found(agreement, "10000.00", count=3, actor=both)
    assert (recovery.state, list(Message.objects.filter(person=member))) == (RecoveryState.ESTABLISHED, [])
    with pytest.raises(NotAllowed, match="une autre personne doit le réclamer"):
        acts.claim_recovery(recovery_id=recovery.pk, actor=both, now=NOW)
    with pytest.raises(WrongState, match="n’est pas réclamé"):
        receive(recovery, "10.00")
    assert acts.claim_recovery(recovery_id=recovery.pk, actor=person_with(Role.HEAD), now=NOW).state == RecoveryState.SCHEDULED
    assert [part.amount for part in recovery.parts.order_by("position")] == [D("3333.33"), D("3333.33"), D("3333.34")]
    message = Message.objects.get(person=member)
    assert (message.subject, recovery.number in message.body) == (f"{agreement.number} : une somme est à rembourser", True)
    with pytest.raises(WrongState, match="déjà réclamé"):
        acts.claim_recovery(recovery_id=recovery.pk, actor=person_with(Role.HEAD), now=NOW)
    assert broken() == []


def test_no_more_is_recovered_than_was_paid_and_each_fault_is_beside_its_field():
    agreement = paid_agreement()  # 25 000 $ of 100 000 $
    found(agreement, "20000.00")
    assert recoverable(agreement) == D("5000.00")
    with pytest.raises(Invalid) as refused:
        found(agreement, "5000.01", basis="caprice", reason=" ", first=DAY - timedelta(days=1), count=61)
    assert sorted(refused.value.errors) == ["amount", "basis", "count", "first_due_on", "reason"]
    assert refused.value.errors["amount"].startswith("Au plus 5\u00a0000,00\u00a0$")
    draft = agreement_in_force()
    Agreement.objects.filter(pk=draft.pk).update(state="signed_beneficiary", in_force_at=None)
    with pytest.raises(WrongState, match="rien à recouvrer"):
        found(draft, "1.00")
    found(agreement, "5000.00")
    assert recoverable(agreement) == D(0)


def test_recused_person_has_no_part_in_a_recovery():
    recovery, recused = (
        claimed(),
        person_with(*(set(Role) - APPLICANT_ROLES)),
    )
    asked, receipt = write_off(recovery, "1.00"), receive(recovery, "5.00")
    recuse(recused, recovery.agreement.project.application)
    given = {"actor": recused, "now": NOW}
    for refused in (
        lambda: acts.open_recovery(agreement_id=recovery.agreement_id, terms=terms("1.00"), **given),
        lambda: acts.schedule_recovery(recovery_id=recovery.pk, schedule=Schedule(DAY), **given),
        lambda: receive(recovery, "1.00", "ENC-9", actor=recused),
        lambda: correct(receipt, actor=recused),
        lambda: write_off(recovery, "1.00", actor=recused),
        lambda: approve_write_off(write_off_id=asked.pk, **given),
    ):
        with pytest.raises(NotAllowed, match="récusation"):
            refused()


def test_cancelled_before_it_is_claimed_never_after():
    recovery, director = found(), person_with(Role.DIRECTOR)
    with pytest.raises(Invalid):
        acts.cancel_recovery(recovery_id=recovery.pk, reason=" ", actor=director, now=NOW)
    acts.cancel_recovery(recovery_id=recovery.pk, reason="Pièce retrouvée", actor=director, now=NOW)
    assert recoverable(recovery.agreement) == D("25000.00")
    other = claimed(recovery.agreement)
    with pytest.raises(WrongState, match="encaissement ou une radiation"):
        acts.cancel_recovery(recovery_id=other.pk, reason="Pièce retrouvée", actor=director, now=NOW)
    with pytest.raises(WrongState):
        acts.claim_recovery(recovery_id=recovery.pk, actor=director, now=NOW)
    assert broken() == []


def test_new_dates_are_a_new_version_and_what_came_back_covers_the_first_ones():
    recovery = claimed(amount="900.00")
    receive(recovery, "400.00")
    given = {"recovery_id": recovery.pk, "actor": person_with(Role.DIRECTOR), "now": NOW}
    with pytest.raises(Invalid):
        acts.schedule_recovery(schedule=Schedule(DAY, 3, 13), **given)
    assert acts.schedule_recovery(schedule=Schedule(DAY, 3, 1), **given).state == RecoveryState.SCHEDULED
    acts.schedule_recovery(schedule=Schedule(DAY, 3, 2), **given)
    row = with_sums(Recovery.objects.filter(pk=recovery.pk)).get()
    lines = schedule_of(row, DAY + timedelta(days=62))
    assert [(line.due_on, line.received, line.left, line.late_days) for line in lines] == [
        (date(2026, 11, 24), D(300), D(0), 0), (date(2027, 1, 24), D(100), D(200), 1), (date(2027, 3, 24), D(0), D(300), 0),
    ]  # fmt: skip
    assert recovery.parts.count() == 7


# ── Received ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_t10_terminated_agreement_frees_what_comes_back_in_its_year():
    vector = VECTORS["T10_terminated"]
    agreement = agreement_in_force(amount=D("1000000.00"), shares=(25, 35, 40))
    held = available()
    verify_milestones(agreement)
    for instalment in agreement.instalments.order_by("position")[:2]:
        pay(instalment)
    paid = LedgerEntry.objects.filter(agreement=agreement, kind=LedgerKind.PAYMENT)
    assert sum(paid.values_list("amount", flat=True)) == D("600000.00")
    terminate(agreement, recovery=terms("150000.00", basis="termination"))
    recovery = Recovery.objects.get()
    assert available() - held == D(vector["envelope_release_later_year_no_recredit"])
    acts.claim_recovery(recovery_id=recovery.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    receive(recovery, "150000.00")
    assert available() - held == D(vector["envelope_release_same_year"])
    net = LedgerEntry.objects.filter(agreement=agreement, kind__in=("payment", "recovery")).values_list("amount", flat=True)
    assert sum(net) == D(vector["net_disbursed"])
    assert sums(recovery) == (RecoveryState.RECEIVED, D(150000), D(0), D(0))
    assert broken() == []


@pytest.mark.parametrize(("policy", "paid_year", "given_back"), [
    (Recredit.SAME_YEAR, 2026, "6000.00"), (Recredit.SAME_YEAR, 2025, "0.00"), (Recredit.ALWAYS, 2025, "6000.00"),
    (Recredit.NEVER, 2026, "0.00"),
])  # fmt: skip
def test_what_goes_back_to_the_envelope_is_the_dated_policys(policy, paid_year, given_back):
    PaymentRule.objects.create(valid_from=date(2026, 11, 1), bank_days=10, recredit=policy, source="Directive d’essai")
    agreement = agreement_of_2025() if paid_year == 2025 else paid_agreement()
    held, recovery = available(), claimed(agreement, "6000.00")
    receive(recovery, "6000.00")
    assert available() - held == D(given_back)
    years = LedgerEntry.objects.filter(agreement=agreement, kind="commitment", reverses__isnull=False)
    assert set(years.values_list("fiscal_year", flat=True)) <= {paid_year}
    assert LedgerEntry.objects.get(kind="recovery").fiscal_year == 2026
    assert broken() == []


def agreement_of_2025():
    """Committed and paid in the fiscal year before, as the ledger would say."""
    agreement = agreement_in_force()
    in_ledger(agreement, (2026, "commitment", "-100000.00"), (2025, "commitment", "100000.00"), (2025, "payment", "25000.00"))
    return agreement


def test_credit_given_back_is_within_what_was_paid_and_committed_in_the_year():
    agreement = agreement_in_force()
    in_ledger(agreement, (2025, "commitment", "4000.00"), (2025, "payment", "9000.00"), (2026, "payment", "1000.00"))
    held, recovery = available(), claimed(agreement, "9000.00")
    receive(recovery, "9000.00")
    assert available() - held == D("1000.00")  # of 2026: what was paid in 2025 stays there
    assert unpaid_by_year(agreement) == {2026: D("94000.00")}  # what 2025 paid above its commitment used that of 2026
    assert broken() == []


def test_agreement_in_force_stays_payable_after_its_credit_went_back():
    agreement = paid_agreement()
    receive(claimed(agreement, "10000.00"), "10000.00")
    verify_milestones(agreement)
    pay(agreement.instalments.get(position=2))
    assert unpaid_by_year(agreement) == {2026: D("20000.00")}
    agreement = terminate(agreement)
    sums_ = {kind: D(0) for kind in ("commitment", "payment", "recovery")}
    for kind, amount in LedgerEntry.objects.filter(agreement=agreement, kind__in=sums_).values_list("kind", "amount"):
        sums_[kind] += amount
    assert sums_ == {"commitment": D("70000.00"), "payment": D("80000.00"), "recovery": D("-10000.00")}
    assert broken() == []


def test_one_receipt_said_twice_changes_nothing_and_another_under_its_reference_is_refused():
    recovery = claimed(amount="900.00")
    first = receive(recovery, "400.00", " ENC-1 ")
    assert receive(recovery, "400.00", "ENC-1") == first
    with pytest.raises(Invalid) as refused:
        receive(recovery, "401.00", "ENC-1")
    assert refused.value.errors == {"reference": "La référence ENC-1 est déjà inscrite."}
    with pytest.raises(Invalid) as refused:
        receive(recovery, "500.01", LedgerEntry.objects.get(kind="payment").reference, on=DAY + timedelta(days=1))
    assert sorted(refused.value.errors) == ["amount", "received_on", "reference"]
    with pytest.raises(Invalid) as refused:
        receive(recovery, "0.00", "", on=DAY - timedelta(days=1))
    assert sorted(refused.value.errors) == ["amount", "received_on", "reference"]
    assert (RecoveryReceipt.objects.count(), sums(recovery)) == (1, (RecoveryState.CLAIMED, D(400), D(0), D(500)))


def test_wrong_receipt_is_corrected_by_another_person_and_the_sum_is_due_again():
    recovery, both = claimed(amount="900.00"), person_with(Role.PAYMENT_REQUESTER, Role.CONTROLLER)
    held = available()
    receipt = receive(recovery, "900.00", actor=both)
    assert (sums(recovery)[0], available() - held) == (RecoveryState.RECEIVED, D(900))
    with pytest.raises(NotAllowed, match="une autre personne doit le corriger"):
        correct(receipt, actor=both)
    with pytest.raises(Invalid) as refused:
        correct(receipt, "", reason="", corrected_on=DAY - timedelta(days=1))
    assert sorted(refused.value.errors) == ["corrected_on", "reason", "reference"]
    undone = correct(receipt)
    assert (undone.amount, undone.entry.reverses_id, sums(recovery)) == (
        D(-900), receipt.entry_id, (RecoveryState.CLAIMED, D(0), D(0), D(900)),
    )  # fmt: skip
    assert available() == held
    for again in (receipt, undone):
        with pytest.raises(WrongState, match="déjà corrigé"):
            correct(again, "COR-2")
    with pytest.raises(WrongState, match="déjà corrigé"):
        receive(recovery, "900.00", actor=both)
    assert receive(recovery, "900.00", "ENC-2").amount == D(900)
    assert broken() == [[f"SD-6 : personne {both.pk}, payment_requester et controller"]]  # as this test needs them


def test_payment_that_comes_back_waits_while_it_is_being_recovered():
    agreement = agreement_in_force()
    payment = pay(agreement.instalments.get(position=1))
    recovery = claimed(agreement, "10000.00")
    back = {"payment_id": payment.pk, "reference": "RET-1", "returned_on": DAY, "reason": "Compte fermé", "now": NOW}
    with pytest.raises(WrongState, match="radiez ou annulez le recouvrement"):
        reverse_payment(actor=person_with(Role.CONTROLLER), **back)
    approve_write_off(write_off_id=write_off(recovery, "10000.00").pk, actor=person_with(Role.HEAD), now=NOW)
    assert reverse_payment(actor=person_with(Role.CONTROLLER), **back).state == "reversed"
    assert broken() == []


# ── Written off ──────────────────────────────────────────────────────────────────────────────────────────────────────
def approved_by(agreement, *roles):
    """The approvals of the decision, as its levels gave them."""
    people = [person_with(role) for role in roles]
    for level, (role, person) in enumerate(zip(roles, people, strict=True), start=1):
        agreement.award.approvals.create(level=level, role=role, person=person, approved_at=NOW, margin_after=0)
    return people


@pytest.mark.parametrize(("levels", "too_low", "enough"), [
    ((Role.DIRECTOR,), Role.DIRECTOR, Role.HEAD),
    ((Role.HEAD,), Role.HEAD, Role.MINISTER_DELEGATE),
    ((Role.DIRECTOR, Role.HEAD), Role.HEAD, Role.MINISTER_DELEGATE),
])  # fmt: skip
def test_write_off_is_decided_one_level_above_the_decision(levels, too_low, enough):  # SD-12
    agreement = paid_agreement()
    approved_by(agreement, *levels)
    recovery = claimed(agreement, "900.00")
    receive(recovery, "300.00")
    asked = write_off(recovery, "600.00")
    with pytest.raises(NotAllowed):
        approve_write_off(write_off_id=asked.pk, actor=person_with(too_low), now=NOW)
    approve_write_off(write_off_id=asked.pk, actor=person_with(enough), now=NOW)
    asked.refresh_from_db()
    assert (asked.original_role, asked.role, sums(recovery)) == (levels[-1], enough, (RecoveryState.WRITTEN_OFF, D(300), D(600), D(0)))
    assert broken() == []


def test_above_the_ministers_delegate_another_person_names_an_outside_instrument():
    agreement = paid_agreement()
    _head, delegate = approved_by(agreement, Role.HEAD, Role.MINISTER_DELEGATE)
    asked = write_off(claimed(agreement, "900.00"), "900.00")
    with pytest.raises(NotAllowed, match="approuvé l’aide à l’origine"):
        approve_write_off(write_off_id=asked.pk, authority="C.T. 999", actor=delegate, now=NOW)
    other = person_with(Role.MINISTER_DELEGATE)
    with pytest.raises(Invalid) as refused:
        approve_write_off(write_off_id=asked.pk, actor=other, now=NOW)
    assert list(refused.value.errors) == ["authority"]
    assert approve_write_off(write_off_id=asked.pk, authority="C.T. 999", actor=other, now=NOW).authority == "C.T. 999"


def test_write_off_is_asked_and_decided_by_two_people_one_at_a_time():
    recovery, head = claimed(amount="900.00"), person_with(Role.HEAD)
    with pytest.raises(Invalid) as refused:
        write_off(recovery, "900.01")
    assert refused.value.errors == {"amount": "Il reste 900,00\u00a0$ à recouvrer."}
    asked = write_off(recovery, "500.00")
    with pytest.raises(WrongState, match="attend déjà sa décision"):
        write_off(recovery, "1.00")
    with pytest.raises(Invalid):
        refuse_write_off(write_off_id=asked.pk, reason="", actor=head, now=NOW)
    assert refuse_write_off(write_off_id=asked.pk, reason="L’organisme peut payer", actor=head, now=NOW).state == "refused"
    with pytest.raises(WrongState, match="déjà décidée"):
        approve_write_off(write_off_id=asked.pk, actor=head, now=NOW)
    again = write_off(recovery, "500.00")
    receive(recovery, "500.00")
    with pytest.raises(WrongState, match="Il reste 400,00"):
        approve_write_off(write_off_id=again.pk, actor=head, now=NOW)
    assert (WriteOff.objects.count(), RecoveryBalance.objects.get().written_off) == (2, D(0))
    both = person_with(Role.CONTROLLER, Role.HEAD)
    other = claimed(paid_agreement(), "10.00")
    mine = write_off(other, "10.00", actor=both)
    with pytest.raises(NotAllowed, match="une autre personne doit la décider"):
        approve_write_off(write_off_id=mine.pk, actor=both, now=NOW)


# ── What they keep open, and what the journal says ───────────────────────────────────────────────────────────────────
def test_closing_names_the_recoveries_and_claims_that_are_not_settled():
    agreement, officer = paid_agreement(), person_with(Role.OFFICER)
    recovery = claimed(agreement, "900.00")
    claim = examined(agreement, person_with(Role.FINANCE_RESPONDENT, organisation=agreement.project.organisation), officer)
    verify_all(agreement)
    follow_up_done(agreement)
    assert unmet_for_closing(agreement) == [
        f"La réclamation {claim.number} n’est pas décidée.",
        f"Le recouvrement {recovery.number} n’est pas réglé : il reste 900,00\u00a0$.",
    ]
    receive(recovery, "900.00")
    decide(claim, officer)
    assert unmet_for_closing(agreement) == []


def test_a_payment_that_came_back_does_not_keep_an_agreement_from_ending():
    agreement = agreement_in_force()
    payment = pay(agreement.instalments.get(position=1))
    back = {"reference": "RET-1", "returned_on": DAY, "reason": "Compte fermé"}
    reverse_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=NOW, **back)
    assert terminate(agreement).state == "terminated"


def test_every_act_is_in_the_journal_with_its_file():
    recovery = claimed(amount="900.00")
    correct(receive(recovery, "900.00"))
    approve_write_off(write_off_id=write_off(recovery, "900.00").pk, actor=person_with(Role.HEAD), now=NOW)
    names = ("open_recovery", "claim_recovery", "record_receipt", "correct_receipt", "request_write_off", "approve_write_off")
    entries = JournalEntry.objects.filter(act__in=names, application=recovery.agreement.project.application_id)
    assert sorted(entries.values_list("act", flat=True)) == sorted(names)

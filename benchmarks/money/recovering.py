"""Acts on recoveries, from the finding to the receipt or the write-off, and what each moves on the ledger."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from benchmarks.money.files import COMMITMENT, PROJECTS
from benchmarks.money.kinds import REASON, Accepted, Arguments, Effect, Kind, Move, targets
from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import LedgerKind, RecoveryBasis
from funding.models import RecoveryCredit, RecoveryReceipt
from funding.services import recoveries, recovery_receipts, write_offs
from funding.services.recoveries import RecoveryTerms, Schedule
from projects.enums import Role
from tests.factories import NOW

RECOVERY, DAY = LedgerKind.RECOVERY.value, NOW.date()
_IN = "SELECT id FROM funding_recovery WHERE state IN ({})"
_DUE = _IN.format("'claimed', 'scheduled'")
_ASKED = "SELECT id FROM funding_writeoff WHERE state = 'requested'"


def _sum(target: int, rng: random.Random) -> Arguments:
    """Less or more than what is left: the sums of a few acts soon pass it."""
    return {"amount": f"{rng.randrange(1, 9_000_00) / 100:.2f}"}


def _found(agreement: int, rng: random.Random) -> Arguments:
    return {**_sum(agreement, rng), "count": rng.randrange(1, 4)}


def _receipt(recovery: int, rng: random.Random) -> Arguments:
    """Two people may enter the same one, and now and then under the reference of another recovery."""
    shared = f"ENC-COMMUN-{rng.randrange(2)}" if rng.random() < 0.05 else f"ENC-{recovery}-{rng.randrange(6)}"
    return {**_sum(recovery, rng), "reference": shared}


def _open(given: Arguments) -> Any:
    schedule = Schedule(DAY + timedelta(days=30), given.pop("count"))
    terms = RecoveryTerms(Decimal(given.pop("amount")), RecoveryBasis.OVERPAYMENT, REASON, schedule)
    return recoveries.open_recovery(agreement_id=given.pop("target"), terms=terms, **given)


def _receive(given: Arguments) -> Any:
    amount = Decimal(given.pop("amount"))
    return recovery_receipts.record_receipt(recovery_id=given.pop("target"), amount=amount, received_on=DAY, **given)


def _correct(given: Arguments) -> Any:
    receipt = given.pop("target")
    return recovery_receipts.correct_receipt(receipt_id=receipt, reference=f"COR-{receipt}", corrected_on=DAY, reason=REASON, **given)


def _ask(given: Arguments) -> Any:
    amount = Decimal(given.pop("amount"))
    return write_offs.request_write_off(recovery_id=given.pop("target"), amount=amount, reason=REASON, **given)


KINDS = {
    "open_recovery": Kind(
        8, (Role.OFFICER, Role.CONTROLLER), "SELECT agreement_id FROM agreement_balance WHERE paid > 0", _open, _found
    ),
    "claim_recovery": Kind(
        8, (Role.DIRECTOR, Role.HEAD), _IN.format("'established'"),
        lambda given: recoveries.claim_recovery(recovery_id=given.pop("target"), **given),
    ),
    "cancel_recovery": Kind(
        1, (Role.DIRECTOR, Role.HEAD), _IN.format("'established'"),
        lambda given: recoveries.cancel_recovery(recovery_id=given.pop("target"), reason=REASON, **given),
    ),
    "record_receipt": Kind(10, (Role.PAYMENT_REQUESTER,), _DUE, _receive, _receipt),
    "correct_receipt": Kind(
        2, (Role.CONTROLLER,),
        """SELECT id FROM funding_recoveryreceipt r WHERE reverses_id IS NULL
           AND NOT EXISTS (SELECT FROM funding_recoveryreceipt c WHERE c.reverses_id = r.id)""",
        _correct,
    ),
    "request_write_off": Kind(3, (Role.CONTROLLER,), _DUE, _ask, _sum),
    "approve_write_off": Kind(
        3, (Role.HEAD, Role.MINISTER_DELEGATE), _ASKED,
        lambda given: write_offs.approve_write_off(write_off_id=given.pop("target"), authority="C.T. d’essai", **given),
    ),
    "refuse_write_off": Kind(
        1, (Role.HEAD, Role.MINISTER_DELEGATE), _ASKED,
        lambda given: write_offs.refuse_write_off(write_off_id=given.pop("target"), reason=REASON, **given),
    ),
}  # fmt: skip


def _receipts(accepted: Accepted) -> Iterator[Move]:
    """A receipt counts once, whoever said it and however many times; its correction takes it back."""
    said = {(one.target, one.given["reference"], Decimal(one.given["amount"])) for one in accepted["record_receipt"]}
    for recovery, reference, amount in sorted(said):
        yield _account(recovery, reference), -amount
    undone = RecoveryReceipt.objects.filter(pk__in=set(targets(accepted["correct_receipt"])))
    for recovery, reference, amount in undone.values_list("recovery", "reference", "amount"):
        yield _account(recovery, reference), amount


def _account(recovery: int, reference: str) -> tuple[str, str, int, str]:
    receipt = RecoveryReceipt.objects.select_related("recovery").get(recovery=recovery, reference=reference)
    return (RECOVERY, PROJECTS, fiscal_year_of(receipt.received_on), f"agreement {receipt.recovery.agreement_id}")


def _credits(accepted: Accepted) -> Iterator[Move]:
    """What went back to the envelope depends on the room of its year at that instant: the rows that accepted receipts name, no other."""
    references = {one.given["reference"] for one in accepted["record_receipt"]}
    references |= {f"COR-{receipt}" for receipt in targets(accepted["correct_receipt"])}
    rows = RecoveryCredit.objects.filter(receipt__reference__in=references)
    for year, agreement, amount in rows.values_list("entry__fiscal_year", "receipt__recovery__agreement", "entry__amount"):
        yield (COMMITMENT, PROJECTS, year, f"agreement {agreement}"), amount


EFFECTS: tuple[Effect, ...] = (_receipts, _credits)

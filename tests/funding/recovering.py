"""What tests of recoveries share: an agreement under which money was paid, and a recovery as far as a test needs it."""

from datetime import timedelta
from decimal import Decimal

from fondsinnovation.kit.errors import act
from funding.enums import LedgerKind, RecoveryBasis
from funding.models import Envelope
from funding.services.envelopes import Posting, post
from funding.services.recoveries import RecoveryTerms, Schedule, claim_recovery, open_recovery
from funding.services.recovery_receipts import record_receipt
from projects.enums import Role
from projects.services.journal import money_clock, note
from tests.factories import NOW, agreement_in_force, person_with
from tests.funding.paying import pay

DAY = NOW.date()


def paid_agreement(**fields):
    """In force, its advance (a quarter) confirmed by the three people of a payment."""
    agreement = agreement_in_force(**fields)
    pay(agreement.instalments.get(position=1))
    return agreement


def terms(amount="10000.00", *, count=1, first=DAY + timedelta(days=30), **fields):
    given = {"basis": RecoveryBasis.INELIGIBLE, "reason": "Dépense hors projet", **fields}
    return RecoveryTerms(Decimal(amount), schedule=Schedule(first, count, 1), **given)


def found(agreement=None, amount="10000.00", *, actor=None, **fields):
    return open_recovery(
        agreement_id=(agreement or paid_agreement()).pk, terms=terms(amount, **fields), actor=actor or person_with(Role.CONTROLLER), now=NOW
    )


def claimed(agreement=None, amount="10000.00", *, actor=None, **fields):
    recovery = found(agreement, amount, **fields)
    return claim_recovery(recovery_id=recovery.pk, actor=actor or person_with(Role.DIRECTOR), now=NOW)


def receive(recovery, amount, reference="ENC-1", *, on=DAY, actor=None, now=NOW):
    return record_receipt(
        recovery_id=recovery.pk, amount=Decimal(amount), received_on=on, reference=reference,
        actor=actor or person_with(Role.PAYMENT_REQUESTER), now=now,
    )  # fmt: skip


@act
def in_ledger_rows(*, agreement, rows, actor, now, key=None):
    """Ledger rows of an agreement: (fiscal year, kind, dollars)."""
    envelope = Envelope.objects.get(code="PROJECTS")
    held = {"call_id": agreement.project.call_id, "award_id": agreement.award_id, "agreement_id": agreement.pk}
    post(
        [
            Posting(envelope.pk, year, LedgerKind(kind), Decimal(amount), DAY, reference=f"{agreement.number}-{n}", **held)
            for n, (year, kind, amount) in enumerate(rows)
        ],
        actor=actor,
        recorded_at=money_clock(now),
    )
    note(envelope)


def in_ledger(agreement, *rows):
    in_ledger_rows(agreement=agreement, rows=rows, actor=None, now=NOW)

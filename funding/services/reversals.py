"""A payment that failed after its confirmation: a contra-entry in the ledger, and an instalment to pay again."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.enums import PAYMENT_MOVES, AgreementState, LedgerKind, PaymentState
from funding.models import Agreement, LedgerEntry, Payment
from funding.policies import batches as policies
from funding.queries.recoveries import net_paid
from funding.services.agreement_ends import free_unpaid
from funding.services.envelopes import Posting, post
from funding.services.payments import FILE, note_file
from projects.models import User
from projects.services.journal import money_clock, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue

#: an agreement under which nothing is paid any more
ENDED = (AgreementState.CLOSED, AgreementState.DOCUMENTED_FAILURE, AgreementState.TERMINATED)


@act
def reverse_payment(
    *, payment_id: int, reference: str, returned_on: date, reason: str, actor: User, now: datetime, key: str | None = None
) -> Payment:
    """Reverse a confirmed payment that came back: a contra-entry of the same envelope and fiscal year; the instalment may be paid again.

    Once its agreement has ended, the commitment of what came back is released too.

    Raises NotAllowed, WrongState, Invalid (a reason or a reference is missing, or the reference is known already).
    """
    known = money_clock(now)
    payment = lock(Payment, payment_id, FILE)
    policies.reverse_payment(actor, payment, now).require()
    reference = reference.strip()
    _check(payment, reference, returned_on, reason, now)
    agreement = lock(Agreement, payment.instalment.agreement_id)
    if payment.amount > net_paid(agreement):
        raise WrongState(_("Une partie de ce paiement est déjà recouvrée : corrigez d’abord l’encaissement."))
    note_reason(reason)
    transition(
        [payment],
        PaymentState.REVERSED,
        moves=PAYMENT_MOVES,
        now=now,
        reversed_by=actor,
        reversed_at=now,
        reversal_reference=reference,
        reversal_reason=reason,
    )
    original = LedgerEntry.objects.get(kind=LedgerKind.PAYMENT, reference=payment.reference, agreement=agreement, reverses=None)
    post([contra_entry(original, reference, returned_on)], actor=actor, recorded_at=known)
    if agreement.state in ENDED:  # nothing will be paid again: what came back is not due any more (INV-12)
        free_unpaid(agreement, actor=actor, now=now, known=known)
    note_file(payment)
    queue("money", now=now)
    return payment


def contra_entry(original: LedgerEntry, reference: str, effective_on: date) -> Posting:
    """The row that takes a payment back: same holder, envelope and fiscal year, opposite amount."""
    return Posting(
        original.envelope_id,
        original.fiscal_year,
        LedgerKind(original.kind),
        -original.amount,
        effective_on,
        call_id=original.call_id,
        award_id=original.award_id,
        agreement_id=original.agreement_id,
        instalment_id=original.instalment_id,
        reference=reference,
        reverses_id=original.pk,
    )


def _check(payment: Payment, reference: str, returned_on: date, reason: str, now: datetime) -> None:
    errors = {}
    if not reason.strip():
        errors["reason"] = _("Inscrivez pourquoi le paiement est annulé.")
    if not reference:
        errors["reference"] = _("Inscrivez la référence de l’annulation dans le système comptable.")
    elif LedgerEntry.objects.filter(reference=reference, kind__in=(LedgerKind.PAYMENT, LedgerKind.RECOVERY)).exists():
        errors["reference"] = _("Cette référence existe déjà.")
    if returned_on > timezone.localdate(now):
        errors["returned_on"] = _("Cette date est dans le futur.")
    elif payment.paid_on and returned_on < payment.paid_on:
        errors["returned_on"] = _("Inscrivez la date du paiement ou une date suivante.")
    if errors:
        raise Invalid(errors=errors)

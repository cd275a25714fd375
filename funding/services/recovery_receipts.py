"""What comes back of a recovery: its row of the ledger, the credit that it gives back to the envelope, and its correction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO, fiscal_year_of
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import LedgerKind
from funding.models import Agreement, Envelope, LedgerEntry, Recovery, RecoveryCredit, RecoveryReceipt
from funding.policies import recoveries as policies
from funding.policies.payment_rules import rule_on
from funding.queries.recoveries import credits_of, left_of
from funding.services.envelopes import Posting, post
from funding.services.recoveries import hold, note_file, settle
from projects.models import User
from projects.services.journal import money_clock, note, note_reason
from projects.services.outbox import queue

_PAID = (LedgerKind.PAYMENT, LedgerKind.RECOVERY)


@act
def record_receipt(
    *, recovery_id: int, amount: Decimal, received_on: date, reference: str, actor: User, now: datetime, key: str | None = None
) -> RecoveryReceipt:
    """Record what came back, in the fiscal year of its day, and give its credit back to the envelope as the rule of that day says.

    The same receipt twice, under one reference, changes nothing. Raises NotAllowed, WrongState, Invalid.
    """
    known = money_clock(now)
    recovery = hold(recovery_id)
    policies.record_receipt(actor, recovery, now).require()
    reference = reference.strip()
    if same := recovery.receipts.filter(reference=reference, reverses=None).first():
        return _same_receipt(same, amount, received_on)
    _check(recovery, amount, received_on, reference, now)
    year = fiscal_year_of(received_on)
    credits = credits_of(recovery.agreement, amount, year, rule_on(received_on).recredit)
    back = _posting(recovery.agreement, LedgerKind.RECOVERY, year, -amount, received_on, reference)
    postings = [
        _posting(recovery.agreement, LedgerKind.COMMITMENT, one.entry.fiscal_year, -one.amount, received_on, reference, one.entry)
        for one in credits
    ]
    rows = post([back, *postings], actor=actor, recorded_at=known)
    return _write(recovery, rows, amount, received_on, actor=actor, now=now, known=known)


@act
def correct_receipt(
    *, receipt_id: int, reference: str, corrected_on: date, reason: str, actor: User, now: datetime, key: str | None = None
) -> RecoveryReceipt:
    """Take a wrong receipt back by contra-entry, with the credit that it gave to the envelope: the sum is due again.

    Raises NotAllowed, WrongState, Invalid, EnvelopeExceeded (the credit was used since).
    """
    known = money_clock(now)
    wrong = RecoveryReceipt.objects.get(pk=receipt_id)
    wrong.recovery = recovery = hold(wrong.recovery_id)
    policies.correct_receipt(actor, wrong, now).require()
    if wrong.reverses_id is not None or RecoveryReceipt.objects.filter(reverses=wrong).exists():
        raise WrongState(_("Cet encaissement est déjà corrigé."))
    reference = reference.strip()
    _check_correction(wrong, reference, corrected_on, reason, now)
    note_reason(reason.strip())
    agreement, entry = recovery.agreement, wrong.entry
    undone = _posting(agreement, LedgerKind.RECOVERY, entry.fiscal_year, wrong.amount, corrected_on, reference, entry)
    given = [one.entry for one in wrong.credits.select_related("entry").order_by("pk")]
    again = [_posting(agreement, LedgerKind.COMMITMENT, row.fiscal_year, -row.amount, corrected_on, reference) for row in given]
    rows = post([undone, *again], actor=actor, recorded_at=known)
    return _write(recovery, rows, -wrong.amount, corrected_on, actor=actor, now=now, known=known, wrong=wrong, reason=reason.strip())


def _posting(
    agreement: Agreement, kind: LedgerKind, year: int, amount: Decimal, day: date, reference: str, undone: LedgerEntry | None = None
) -> Posting:
    call = agreement.project.call
    return Posting(
        undone.envelope_id if undone else Envelope.objects.get(code=call.envelope).pk,
        year,
        kind,
        amount,
        day,
        call_id=undone.call_id if undone else call.pk,
        award_id=undone.award_id if undone else agreement.award_id,
        agreement_id=agreement.pk,
        reference=reference,
        reverses_id=undone.pk if undone else None,
    )


def _write(
    recovery: Recovery,
    rows: Sequence[LedgerEntry],
    amount: Decimal,
    day: date,
    *,
    actor: User,
    now: datetime,
    known: datetime,
    wrong: RecoveryReceipt | None = None,
    reason: str = "",
) -> RecoveryReceipt:
    """The receipt of the first row, and the rows of commitment that go with it."""
    entry, *credits = rows
    receipt = RecoveryReceipt.objects.create(
        recovery=recovery,
        entry=entry,
        amount=amount,
        received_on=day,
        reference=entry.reference,
        reverses=wrong,
        reason=reason,
        recorded_by=actor,
        recorded_at=known,
    )
    RecoveryCredit.objects.bulk_create([RecoveryCredit(receipt=receipt, entry=one) for one in credits])
    note(recovery, received=amount, reference=entry.reference, recredited=-sum((one.amount for one in credits), ZERO))
    settle(recovery, now)
    note_file(recovery)
    queue("money", now=now)
    return receipt


def _same_receipt(receipt: RecoveryReceipt, amount: Decimal, received_on: date) -> RecoveryReceipt:
    if (receipt.amount, receipt.received_on) != (amount, received_on):
        raise Invalid(errors={"reference": _("La référence %(reference)s est déjà inscrite.") % {"reference": receipt.reference}})
    if RecoveryReceipt.objects.filter(reverses=receipt).exists():
        raise WrongState(_("Cet encaissement est déjà corrigé."))
    note(receipt.recovery, repeated=True)
    return receipt


def _check(recovery: Recovery, amount: Decimal, received_on: date, reference: str, now: datetime) -> None:
    errors = _check_reference(reference)
    left = left_of(recovery)
    if amount <= ZERO:
        errors["amount"] = _("Inscrivez un montant plus grand que zéro.")
    elif amount > left:
        errors["amount"] = _("Il reste %(left)s à recouvrer.") % {"left": money_cents(left)}
    rows = LedgerEntry.objects.filter(agreement=recovery.agreement, kind=LedgerKind.PAYMENT)
    first = rows.aggregate(first=Min("effective_on"))["first"]
    if received_on > timezone.localdate(now):
        errors["received_on"] = _("Cette date est dans le futur.")
    elif first is not None and received_on < first:
        errors["received_on"] = _("Rien n’était encore payé à cette date.")
    if errors:
        raise Invalid(errors=errors)


def _check_correction(wrong: RecoveryReceipt, reference: str, corrected_on: date, reason: str, now: datetime) -> None:
    errors = _check_reference(reference)
    if not reason.strip():
        errors["reason"] = _("Inscrivez pourquoi l’encaissement est corrigé.")
    if corrected_on > timezone.localdate(now):
        errors["corrected_on"] = _("Cette date est dans le futur.")
    elif corrected_on < wrong.received_on:
        errors["corrected_on"] = _("Inscrivez la date de l’encaissement ou une date suivante.")
    if errors:
        raise Invalid(errors=errors)


def _check_reference(reference: str) -> dict[str, str]:
    if not reference:
        return {"reference": _("Inscrivez la référence comptable.")}
    if LedgerEntry.objects.filter(reference=reference, kind__in=_PAID).exists():
        return {"reference": _("Cette référence existe déjà.")}
    return {}

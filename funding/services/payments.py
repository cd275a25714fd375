"""Payments: three attestations, three people, one confirmation; and the co-funding really received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import fiscal_year_of
from funding.enums import PAYMENT_MOVES, LedgerKind, PaymentState
from funding.models import Agreement, Cofunding, Envelope, Instalment, Payment
from funding.policies import payments as policies
from funding.queries.release import checklist_of
from funding.services.envelopes import Posting, post
from projects.models import Project, User
from projects.services.journal import canonical, money_clock, next_numbers, note, note_money, note_reason, sha256, transition
from projects.services.locks import lock, lock_all
from projects.services.outbox import queue

#: from a payment to the file that it belongs to: which one never changes
FILE = "instalment__agreement__project__application"
ATTESTATIONS = ("attests_legal_basis", "attests_credit", "attests_due")


@act
def request_payment(*, instalment_id: int, attestations: dict[str, bool], actor: User, now: datetime, key: str | None = None) -> Payment:
    """Request the payment of an instalment, with the three attestations of A-6.001 art. 28.

    Its amount is what may be paid of it today. Raises NotAllowed, Invalid (an attestation is missing), WrongState (a condition of its
    checklist is not met, or a payment is already under way).
    """
    instalment = Instalment.objects.get(pk=instalment_id)
    instalment.agreement = lock(Agreement, instalment.agreement_id, "project__application")
    instalment.refresh_from_db(fields=["replaced_by"])  # an amendment may have come in force during the wait
    policies.request_payment(actor, instalment, now).require()
    missing = {name: _("Cette attestation est obligatoire.") for name in ATTESTATIONS if not attestations.get(name)}
    if missing:
        raise Invalid(errors=missing)
    release = checklist_of(instalment)
    policies.request_payment(actor, instalment, now, release).require()
    year = timezone.localdate(now).year
    payment = Payment.objects.create(
        number=next_numbers(f"VER-{year}", 1, width=5)[0],
        instalment=instalment,
        amount=release.payable,
        fiscal_year=instalment.fiscal_year,
        requested_by=actor,
        requested_at=now,
        **dict.fromkeys(ATTESTATIONS, True),
    )
    note(payment, amount=payment.amount, attestations=list(ATTESTATIONS))
    note_file(payment)
    return payment


@act
def certify_payment(*, payment_id: int, actor: User, now: datetime, key: str | None = None) -> Payment:
    """Certify that the sum is due and the commitment covers it. Raises NotAllowed."""
    payment = lock(Payment, payment_id, FILE)
    policies.certify_payment(actor, payment, now).require()
    transition([payment], PaymentState.CERTIFIED, moves=PAYMENT_MOVES, now=now, certified_by=actor, certified_at=now)
    note_file(payment)
    return payment


@act
def authorise_payment(*, payment_id: int, actor: User, now: datetime, key: str | None = None) -> Payment:
    """Authorise a certified payment: the order to pay may leave. Raises NotAllowed."""
    payment = lock(Payment, payment_id, FILE)
    policies.authorise_payment(actor, payment, now).require()
    transition([payment], PaymentState.AUTHORISED, moves=PAYMENT_MOVES, now=now, authorised_by=actor, authorised_at=now)
    note_file(payment)
    return payment


@act
def reject_payment(*, payment_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Payment:
    """Stop a payment that is not confirmed, with a reason; the instalment may be requested again. Raises NotAllowed, Invalid."""
    payment = lock(Payment, payment_id, FILE)
    policies.reject_payment(actor, payment, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du rejet.")})
    note_reason(reason)
    transition([payment], PaymentState.REJECTED, moves=PAYMENT_MOVES, now=now, rejection_reason=reason)
    note_file(payment)
    return payment


@act
def confirm_payment(*, payment_id: int, reference: str, paid_on: date, actor: User, now: datetime, key: str | None = None) -> Payment:
    """Record that a transmitted payment was made: its reference, its day, and its row in the ledger.

    The same reference again changes nothing. Raises NotAllowed, Invalid, WrongState, EnvelopeExceeded.
    """
    known = money_clock(now)
    payment = lock(Payment, payment_id, FILE)
    policies.confirm_payment(actor, payment, now).require()
    reference = reference.strip()
    if payment.state == PaymentState.CONFIRMED:
        return _same_confirmation(payment, reference)
    _check_confirmation(payment, reference, paid_on, now)
    confirm_all([Confirmation(payment, reference, paid_on)], actor=actor, now=now, known=known)
    return payment


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A locked payment, the accounting system's reference of it, and its day."""

    payment: Payment
    reference: str
    paid_on: date


def confirm_all(confirmed: Sequence[Confirmation], *, actor: User, now: datetime, known: datetime) -> None:
    """Confirm transmitted payments and write their rows of the ledger: the one step of a confirmation by hand and of a return file."""
    held = [one.payment.instalment.agreement_id for one in confirmed]
    agreements = {row.pk: row for row in lock_all(Agreement, held, "project__call")}
    envelopes = dict(Envelope.objects.values_list("code", "pk"))
    postings = []
    for one in confirmed:
        payment, agreement = one.payment, agreements[one.payment.instalment.agreement_id]
        transition(
            [payment],
            PaymentState.CONFIRMED,
            moves=PAYMENT_MOVES,
            now=now,
            reference=one.reference,
            paid_on=one.paid_on,
            confirmed_by=actor,
            confirmed_at=now,
            fiscal_year=fiscal_year_of(one.paid_on),
        )
        postings.append(
            Posting(
                envelopes[agreement.project.call.envelope],
                payment.fiscal_year,
                LedgerKind.PAYMENT,
                payment.amount,
                one.paid_on,
                call_id=agreement.project.call_id,
                award_id=agreement.award_id,
                agreement_id=agreement.pk,
                instalment_id=payment.instalment_id,
                reference=one.reference,
            )
        )
    post(postings, actor=actor, recorded_at=known)
    for one in confirmed:
        note_file(one.payment)
    queue("money", now=now)


def _same_confirmation(payment: Payment, reference: str) -> Payment:
    if payment.reference != reference:
        raise WrongState(_("Ce paiement est déjà confirmé sous la référence %(reference)s.") % {"reference": payment.reference})
    note(payment, repeated=True)
    return payment


def _check_confirmation(payment: Payment, reference: str, paid_on: date, now: datetime) -> None:
    errors = {}
    if not reference:
        errors["reference"] = _("Inscrivez la référence du paiement.")
    elif other := Payment.objects.filter(reference=reference).values_list("number", flat=True).order_by("pk")[:1]:
        errors["reference"] = _("La référence %(reference)s est celle du paiement %(other)s.") % {
            "reference": reference,
            "other": other[0],
        }
    if paid_on > timezone.localdate(now):
        errors["paid_on"] = _("Un paiement ne peut pas être confirmé avant d’être fait.")
    elif payment.authorised_at and paid_on < timezone.localdate(payment.authorised_at):
        errors["paid_on"] = _("Le paiement a été autorisé le %(day)s : inscrivez cette date ou une date suivante.") % {
            "day": timezone.localdate(payment.authorised_at)
        }
    if errors:
        raise Invalid(errors=errors)


@act
def record_cofunding(
    *,
    project_id: int,
    amount: Decimal,
    in_kind: bool,
    effective_on: date,
    reference: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Cofunding:
    """Record what another source really put in a project. Raises NotAllowed, Invalid."""
    known = money_clock(now)
    project = lock(Project, project_id)
    policies.record_cofunding(actor, project, now).require()
    if Cofunding.objects.filter(reference=reference.strip()).exists():
        raise Invalid(errors={"reference": _("Cette référence existe déjà.")})
    if effective_on > timezone.localdate(now):
        raise Invalid(errors={"effective_on": _("La date d’effet est dans le futur.")})
    row = Cofunding(
        project=project,
        amount=amount,
        in_kind=in_kind,
        effective_on=effective_on,
        reference=reference.strip(),
        recorded_at=known,
        recorded_by=actor,
    )
    row.sha256 = sha256(canonical(cofunding_facts(row)))
    row.save()
    note(row, amount=amount)
    note(project.application or project)
    note_money([row])
    queue("money", now=now)
    return row


def cofunding_facts(row: Cofunding) -> dict[str, object]:
    """What the SHA-256 of a co-funding row covers."""
    return {
        "amount": row.amount,
        "effective_on": row.effective_on,
        "in_kind": row.in_kind,
        "project": row.project_id,
        "recorded_at": row.recorded_at,
        "reference": row.reference,
    }


def note_file(payment: Payment) -> None:
    """Say in the journal whose file a payment is of."""
    project = payment.instalment.agreement.project
    note(project.application or project)

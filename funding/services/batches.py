"""Batches of payment orders: prepared from what is authorised, transmitted once, cancelled before that. An order leaves once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.enums import BATCH_MOVES, PAYMENT_MOVES, BatchState, PaymentState
from funding.models import BankDetail, BatchOrder, Payment, PaymentBatch
from funding.policies import batches as policies
from funding.queries.bank import current_details
from funding.queries.batches import batch_bytes, orders_of, ready_for
from funding.services.bank import account_of
from funding.services.payments import FILE
from projects.models import User
from projects.services.journal import next_numbers, note, note_reason, transition
from projects.services.locks import lock, lock_all

#: orders of one batch: its act holds each of its payments
MOST = 500


@act
def prepare_batch(*, payment_ids: Sequence[int], actor: User, now: datetime, key: str | None = None) -> PaymentBatch:
    """Put authorised payments in a new batch: all of them, or nothing.

    Raises NotAllowed, Invalid (none chosen, too many, no confirmed bank details), WrongState (one is no longer to send).
    """
    policies.prepare_batch(actor, now).require()
    if not 0 < len(set(payment_ids)) <= MOST:
        raise Invalid(errors={"orders": _("Choisissez de 1 à %(most)s ordres.") % {"most": MOST}})
    held = {payment.pk for payment in lock_all(Payment, payment_ids)}
    payments = list(ready_for(actor, now).filter(pk__in=held))
    if len(payments) != len(set(payment_ids)):
        raise WrongState(_("Un des ordres choisis n’est plus à transmettre : un autre lot l’a pris ou il a été rejeté. Rien n’est parti."))
    details = _details_for(payments)
    number = next_numbers(f"LOT-{timezone.localdate(now).year}", 1, width=5)[0]
    orders = [
        BatchOrder(
            payment=payment,
            position=position,
            order_number=payment.order_number,
            beneficiary=payment.instalment.agreement.project.organisation.name,
            amount=payment.amount,
            bank_detail=details[payment.instalment.agreement.project.organisation_id],
        )
        for position, payment in enumerate(payments, start=1)
    ]
    batch = PaymentBatch.objects.create(
        number=number,
        prepared_by=actor,
        prepared_at=now,
        order_count=len(orders),
        total=sum(order.amount for order in orders),
        sha256=hashlib.sha256(_bytes(number, orders)).hexdigest(),
    )
    for order in orders:
        order.batch = batch
    BatchOrder.objects.bulk_create(orders)
    note(batch, orders=[order.order_number for order in orders], sha256=batch.sha256, total=batch.total)
    _note_files(payments)
    return batch


@act
def transmit_batch(*, batch_id: int, actor: User, now: datetime, key: str | None = None) -> PaymentBatch:
    """Record that a batch was given to the accounting system: its payments are transmitted. Raises NotAllowed, WrongState."""
    batch = lock(PaymentBatch, batch_id)
    payments = lock_all(Payment, batch.orders.values_list("payment", flat=True), FILE)
    policies.settle_batch(actor, batch, now).require()
    transition([batch], BatchState.TRANSMITTED, moves=BATCH_MOVES, now=now, transmitted_by=actor, transmitted_at=now)
    transition(payments, PaymentState.TRANSMITTED, moves=PAYMENT_MOVES, now=now, transmitted_by=actor, transmitted_at=now)
    _note_files(payments)
    return batch


@act
def cancel_batch(*, batch_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> PaymentBatch:
    """Cancel a batch that did not leave: its orders may go in another. Raises NotAllowed, WrongState, Invalid."""
    batch = lock(PaymentBatch, batch_id)
    lock_all(Payment, batch.orders.values_list("payment", flat=True))
    policies.settle_batch(actor, batch, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif de l’annulation.")})
    note_reason(reason)
    transition([batch], BatchState.CANCELLED, moves=BATCH_MOVES, now=now, cancelled_by=actor, cancelled_at=now, cancellation_reason=reason)
    batch.orders.update(is_live=False)
    return batch


@act
def download_batch(*, batch_id: int, actor: User, now: datetime, key: str | None = None) -> bytes:
    """The file of a batch, the same bytes each time; that it was taken is in the journal. Raises NotAllowed, WrongState (cancelled)."""
    batch = PaymentBatch.objects.get(pk=batch_id)
    policies.download_batch(actor, batch, now).require()
    if batch.state == BatchState.CANCELLED:
        raise WrongState(_("Ce lot est annulé : son fichier ne part plus."))
    orders = list(orders_of(batch, actor, now).select_related("payment__instalment"))
    content = _bytes(batch.number, orders)
    if hashlib.sha256(content).hexdigest() != batch.sha256:
        raise WrongState(_("Le fichier de ce lot n’est plus celui qui a été préparé : ne le remettez pas et prévenez l’exploitation."))
    note(batch, what="file", sha256=batch.sha256)
    return content


def _bytes(number: str, orders: Sequence[BatchOrder]) -> bytes:
    return batch_bytes(number, [(order, account_of(order.bank_detail).number) for order in orders])


def _details_for(payments: Sequence[Payment]) -> dict[int, BankDetail]:
    """Where each organisation of these payments is paid. Raises Invalid, naming those without confirmed bank details."""
    organisations = {p.instalment.agreement.project.organisation_id: p.instalment.agreement.project.organisation.name for p in payments}
    details = current_details(organisations)
    if missing := sorted(name for pk, name in organisations.items() if pk not in details):
        message = _("Coordonnées bancaires à confirmer d’abord : %(names)s.") % {"names": ", ".join(missing)}
        raise Invalid(errors={"orders": message})
    return details


def _note_files(payments: Sequence[Payment]) -> None:
    for payment in payments:
        project = payment.instalment.agreement.project
        note(project.application or project)

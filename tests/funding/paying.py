"""Payments at each step, made by people who do nothing else."""

from funding.services import payments as acts
from projects.enums import Role
from tests.factories import NOW, agreement_in_force, person_with, sent

ALL = dict.fromkeys(acts.ATTESTATIONS, True)


def requested(instalment=None, actor=None, now=NOW):
    instalment = instalment or agreement_in_force().instalments.get(kind="advance")
    return acts.request_payment(instalment_id=instalment.pk, attestations=ALL, actor=actor or person_with(Role.PAYMENT_REQUESTER), now=now)


def authorised(instalment=None, now=NOW):
    payment = requested(instalment, now=now)
    acts.certify_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=now)
    return acts.authorise_payment(payment_id=payment.pk, actor=person_with(Role.PAYMENT_AUTHORISER), now=now)


def pay(instalment, *, last=True):
    """One instalment by its three people; `last=False` leaves it on its way."""
    if not last:
        return requested(instalment)
    payment = authorised(instalment)
    sent(payment, actor=person_with(Role.PAYMENT_REQUESTER))
    reference = {"reference": f"R-{payment.number}", "paid_on": NOW.date()}
    acts.confirm_payment(payment_id=payment.pk, actor=person_with(Role.PAYMENT_REQUESTER), now=NOW, **reference)
    return payment

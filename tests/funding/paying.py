"""Payments at each step, made by people who do nothing else."""

from funding.services import payments as acts
from projects.enums import Role
from tests.factories import NOW, agreement_in_force, person_with

ALL = dict.fromkeys(acts.ATTESTATIONS, True)


def requested(instalment=None, actor=None, now=NOW):
    instalment = instalment or agreement_in_force().instalments.get(kind="advance")
    return acts.request_payment(instalment_id=instalment.pk, attestations=ALL, actor=actor or person_with(Role.PAYMENT_REQUESTER), now=now)


def authorised(instalment=None, now=NOW):
    payment = requested(instalment, now=now)
    acts.certify_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=now)
    return acts.authorise_payment(payment_id=payment.pk, actor=person_with(Role.PAYMENT_AUTHORISER), now=now)

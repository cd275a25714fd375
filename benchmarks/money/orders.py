"""Acts on payment orders, from their request to the accounting system's answer, and what each moves on the ledger."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from benchmarks.money.files import PROJECTS
from benchmarks.money.kinds import REASON, Accepted, Arguments, Effect, Kind, Move, some, targets
from funding.enums import LedgerKind
from funding.models import Payment
from funding.returns import HEADER
from funding.services import batches, payments, returns, reversals
from projects.enums import Role
from tests.factories import NOW

PAYMENT = LedgerKind.PAYMENT.value
ATTESTATIONS = dict.fromkeys(payments.ATTESTATIONS, True)
DAY = NOW.date()
_IN = "SELECT id FROM funding_payment WHERE state IN ({})"
_READY = """SELECT id FROM funding_payment p WHERE state = 'authorised'
            AND NOT EXISTS (SELECT FROM funding_batchorder o WHERE o.payment_id = p.id AND o.is_live)"""
_PREPARED = "SELECT id FROM funding_paymentbatch WHERE state = 'prepared'"


def reference(payment: int, rng: random.Random) -> str:
    """The same for everyone who confirms this payment; sometimes one that another payment may have too."""
    return f"COMMUN-{payment % 4}" if rng.random() < 0.05 else f"REF-{payment}"


def _confirm(given: Arguments) -> Any:
    return payments.confirm_payment(payment_id=given.pop("target"), paid_on=DAY, **given)


def _others(payment: int, rng: random.Random) -> Arguments:
    """A batch takes a few orders at once, among which may be some that another batch takes."""
    return {"payment_ids": sorted({payment, *some(_READY)})}


def _prepare(given: Arguments) -> Any:
    given.pop("target")
    return batches.prepare_batch(**given)


def _answers(payment: int, rng: random.Random) -> Arguments:
    """A return file on this order and a few more: most were paid, some were refused."""
    those = Payment.objects.filter(pk__in={payment, *some(_IN.format("'transmitted'"))}).order_by("pk")
    lines = [";".join(HEADER)]
    for pk, order in those.values_list("pk", "order_number"):
        if rng.random() < 0.75:
            lines.append(f"{order};confirmé;{reference(pk, rng)};{DAY.isoformat()};")
        else:
            lines.append(f"{order};rejeté;REJ-{pk};{DAY.isoformat()};Compte fermé")
    return {"content": "\n".join(lines) + "\n"}


def _import(given: Arguments) -> Any:
    return returns.import_returns(name=f"retour-{given.pop('target')}.csv", **given)


def _reverse(given: Arguments) -> Any:
    payment = given.pop("target")
    return reversals.reverse_payment(payment_id=payment, reference=f"ANN-{payment}", returned_on=DAY, reason=REASON, **given)


KINDS = {
    "request_payment": Kind(
        22, (Role.PAYMENT_REQUESTER,),
        """SELECT i.id FROM funding_instalment i JOIN funding_agreement g ON g.id = i.agreement_id WHERE g.state = 'in_force'
           AND NOT EXISTS (SELECT FROM funding_payment p WHERE p.instalment_id = i.id AND p.state NOT IN ('rejected', 'reversed'))""",
        lambda given: payments.request_payment(instalment_id=given.pop("target"), attestations=ATTESTATIONS, **given),
    ),
    "certify_payment": Kind(
        20, (Role.CONTROLLER,), _IN.format("'requested'"),
        lambda given: payments.certify_payment(payment_id=given.pop("target"), **given),
    ),
    "authorise_payment": Kind(
        18, (Role.PAYMENT_AUTHORISER,), _IN.format("'certified'"),
        lambda given: payments.authorise_payment(payment_id=given.pop("target"), **given),
    ),
    "reject_payment": Kind(
        8, (Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER), _IN.format("'requested', 'certified', 'authorised'"),
        lambda given: payments.reject_payment(payment_id=given.pop("target"), reason=REASON, **given),
    ),
    "prepare_batch": Kind(9, (Role.PAYMENT_REQUESTER,), _READY, _prepare, _others),
    "transmit_batch": Kind(
        9, (Role.PAYMENT_REQUESTER,), _PREPARED, lambda given: batches.transmit_batch(batch_id=given.pop("target"), **given)
    ),
    "cancel_batch": Kind(
        2, (Role.PAYMENT_REQUESTER,), _PREPARED, lambda given: batches.cancel_batch(batch_id=given.pop("target"), reason=REASON, **given)
    ),
    "confirm_payment": Kind(
        7, (Role.PAYMENT_REQUESTER,), _IN.format("'transmitted'"), _confirm, lambda target, rng: {"reference": reference(target, rng)}
    ),
    "import_returns": Kind(5, (Role.PAYMENT_REQUESTER,), _IN.format("'transmitted'"), _import, _answers),
    "reverse_payment": Kind(4, (Role.CONTROLLER,), _IN.format("'confirmed'"), _reverse),
}  # fmt: skip


def _confirmations(accepted: Accepted) -> Iterator[Move]:
    """An order is paid once, whoever said so and however many times."""
    said = {order for one in accepted["import_returns"] for order in confirmed_in(one.given["content"])}
    by_hand = Payment.objects.filter(pk__in=set(targets(accepted["confirm_payment"])))
    orders = by_hand | Payment.objects.filter(order_number__in=said)
    yield from ((account, amount) for account, amount in _amounts(orders, PAYMENT))


def confirmed_in(content: str) -> list[str]:
    """The orders that a return file says are paid."""
    return [line.split(";")[0] for line in content.splitlines()[1:] if line.split(";")[1] == "confirmé"]


def _reversals(accepted: Accepted) -> Iterator[Move]:
    orders = Payment.objects.filter(pk__in=set(targets(accepted["reverse_payment"])))
    yield from ((account, -amount) for account, amount in _amounts(orders, REVERSED_AS))


def _amounts(orders: Any, kind: str) -> Iterator[Move]:
    for amount, year, agreement in orders.values_list("amount", "fiscal_year", "instalment__agreement"):
        yield (kind, PROJECTS, year, f"agreement {agreement}"), amount


#: the kind of the row that takes a failed payment back
REVERSED_AS = PAYMENT
EFFECTS: tuple[Effect, ...] = (_confirmations, _reversals)

"""The acts of the race, each on a file chosen at random among those that wait for it, by a person chosen among those whose role it is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from benchmarks.money.world import World
from funding.models import Agreement
from funding.services import agreements, awards, calls, payments
from projects.enums import Role
from projects.models import User
from tests.factories import NOW

ATTESTATIONS = dict.fromkeys(payments.ATTESTATIONS, True)
REASON = "Course aux montants"
Arguments = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of act. `waiting` selects the files that wait for it; a few of them are kept, so that people meet on the same ones."""

    weight: int
    roles: tuple[Role, ...]
    waiting: str
    run: Callable[[Arguments], Any]
    #: what else the act is given, chosen once: the same when the act is delivered again
    choose: Callable[[int, random.Random], Arguments] = lambda target, rng: {}


def _sign(given: Arguments) -> Any:
    agreement = Agreement.objects.select_related("document").get(pk=given.pop("target"))
    shown = {"document_sha256": agreement.document.sha256, "confirmation": agreement.number}
    return agreements.sign_for_minister(agreement_id=agreement.pk, **shown, **given)


def _confirm(given: Arguments) -> Any:
    return payments.confirm_payment(payment_id=given.pop("target"), paid_on=NOW.date(), **given)


def _reference(target: int, rng: random.Random) -> Arguments:
    """The same for everyone who confirms this payment; sometimes one that another payment may have too."""
    return {"reference": f"COMMUN-{target % 4}" if rng.random() < 0.05 else f"REF-{target}"}


_PAYMENTS = "SELECT id FROM funding_payment WHERE state IN ({})"
KINDS = {
    "approve_call": Kind(
        2, (Role.DIRECTOR,), "SELECT id FROM projects_call WHERE state = 'submitted'",
        lambda given: calls.approve_call(call_id=given.pop("target"), **given),
    ),
    "approve_award": Kind(
        8, (Role.DIRECTOR, Role.DIRECTOR, Role.HEAD), "SELECT id FROM funding_award WHERE state IN ('certified', 'partly_approved')",
        lambda given: awards.approve_award(award_id=given.pop("target"), **given),
    ),
    "refuse_award": Kind(
        1, (Role.DIRECTOR,), "SELECT id FROM funding_award WHERE state = 'certified'",
        lambda given: awards.refuse_award(award_id=given.pop("target"), reason=REASON, **given),
    ),
    "sign_for_minister": Kind(
        5, (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE), "SELECT id FROM funding_agreement WHERE state = 'signed_beneficiary'", _sign
    ),
    "request_payment": Kind(
        24, (Role.PAYMENT_REQUESTER,),
        """SELECT i.id FROM funding_instalment i JOIN funding_agreement g ON g.id = i.agreement_id WHERE g.state = 'in_force'
           AND NOT EXISTS (SELECT FROM funding_payment p WHERE p.instalment_id = i.id AND p.state <> 'rejected')""",
        lambda given: payments.request_payment(instalment_id=given.pop("target"), attestations=ATTESTATIONS, **given),
    ),
    "certify_payment": Kind(
        22, (Role.CONTROLLER,), _PAYMENTS.format("'requested'"),
        lambda given: payments.certify_payment(payment_id=given.pop("target"), **given),
    ),
    "authorise_payment": Kind(
        16, (Role.PAYMENT_AUTHORISER,), _PAYMENTS.format("'certified'"),
        lambda given: payments.authorise_payment(payment_id=given.pop("target"), **given),
    ),
    "confirm_payment": Kind(8, (Role.PAYMENT_REQUESTER,), _PAYMENTS.format("'authorised'"), _confirm, _reference),
    "reject_payment": Kind(
        12, (Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER), _PAYMENTS.format("'requested', 'certified', 'authorised'"),
        lambda given: payments.reject_payment(payment_id=given.pop("target"), reason=REASON, **given),
    ),
}  # fmt: skip

#: among how many of the files that wait the choice is made, the oldest first
CROWDED = 24


@dataclass(frozen=True)
class Attempt:
    """One act to try, as it is written in the worker's file before it begins."""

    key: str
    kind: str
    actor: int
    given: Arguments

    def line(self) -> str:
        return json.dumps({"key": self.key, "kind": self.kind, "actor": self.actor, "given": self.given})

    def perform(self, person: User, now: datetime) -> Any:
        return KINDS[self.kind].run({**self.given, "actor": person, "now": now, "key": self.key})


def choose(world: World, rng: random.Random, key: str) -> Attempt | None:
    """The next act of a worker, or None when nothing waits for the one that was drawn."""
    name = rng.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]
    kind = KINDS[name]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({kind.waiting} ORDER BY 1 LIMIT {CROWDED}) AS few (id) ORDER BY random() LIMIT 1")
        found = cursor.fetchone()
    if found is None:
        return None
    role = rng.choice(kind.roles)
    given = {"target": found[0], **kind.choose(found[0], rng)}
    return Attempt(key, name, rng.choice(world.people[str(role)]), given)

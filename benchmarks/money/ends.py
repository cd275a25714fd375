"""Acts that stop an agreement or end it, and the unpaid commitment that its end gives back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from benchmarks.money.files import COMMITMENT, PROJECTS
from benchmarks.money.kinds import REASON, Accepted, Effect, Kind, Move, targets
from funding.enums import PaymentState, TerminationCause
from funding.models import AgreementPart, Payment
from funding.services import agreement_ends, milestone_changes
from projects.enums import Role

_IN_FORCE = "SELECT id FROM funding_agreement WHERE state = 'in_force'"
CAUSE = TerminationCause.MUTUAL.value

KINDS = {
    "place_hold": Kind(
        1, (Role.DIRECTOR, Role.CONTROLLER), _IN_FORCE,
        lambda given: milestone_changes.place_hold(agreement_id=given.pop("target"), reason=REASON, **given),
    ),
    "lift_hold": Kind(
        3, (Role.DIRECTOR, Role.CONTROLLER), "SELECT agreement_id FROM funding_paymenthold WHERE lifted_at IS NULL",
        lambda given: milestone_changes.lift_hold(agreement_id=given.pop("target"), reason=REASON, **given),
    ),
    "suspend_agreement": Kind(
        2, (Role.DIRECTOR, Role.HEAD), _IN_FORCE,
        lambda given: agreement_ends.suspend_agreement(agreement_id=given.pop("target"), reason=REASON, **given),
    ),
    "resume_agreement": Kind(
        4, (Role.DIRECTOR, Role.HEAD), "SELECT id FROM funding_agreement WHERE state = 'suspended'",
        lambda given: agreement_ends.resume_agreement(agreement_id=given.pop("target"), **given),
    ),
    "terminate_agreement": Kind(
        1, (Role.HEAD, Role.MINISTER_DELEGATE), "SELECT id FROM funding_agreement WHERE state IN ('in_force', 'suspended')",
        lambda given: agreement_ends.terminate_agreement(agreement_id=given.pop("target"), cause=CAUSE, reason=REASON, **given),
    ),
}  # fmt: skip


def _terminations(accepted: Accepted) -> Iterator[Move]:
    """What was committed and not paid when the agreement ended, and what came back since: neither is due any more."""
    ended = set(targets(accepted["terminate_agreement"]))
    left: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for agreement, year, amount in AgreementPart.objects.filter(agreement__in=ended).values_list("agreement", "fiscal_year", "amount"):
        left[agreement, year] += amount
    paid = Payment.objects.filter(instalment__agreement__in=ended, state=PaymentState.CONFIRMED)
    for agreement, year, amount in paid.values_list("instalment__agreement", "fiscal_year", "amount"):
        left[agreement, year] -= amount
    for (agreement, year), amount in left.items():
        yield (COMMITMENT, PROJECTS, year, f"agreement {agreement}"), -amount


EFFECTS: tuple[Effect, ...] = (_terminations,)

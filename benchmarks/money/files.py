"""Acts on calls, awards and agreements, and what each moves on the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from benchmarks.money.kinds import REASON, Accepted, Arguments, Effect, Kind, Move, parts, signed_parts, targets
from funding.enums import AwardState, LedgerKind
from funding.models import Agreement, Approval, Award, AwardPart
from funding.services import agreements, awards, calls
from projects.enums import Role
from projects.models import CallBudget

PROJECTS = "PROJECTS"
RESERVATION, COMMITMENT = LedgerKind.RESERVATION.value, LedgerKind.COMMITMENT.value


def _sign(given: Arguments) -> Any:
    agreement = Agreement.objects.select_related("document").get(pk=given.pop("target"))
    shown = {"document_sha256": agreement.document.sha256, "confirmation": agreement.number, "intent": True, "factor": "totp"}
    return agreements.sign_for_minister(agreement_id=agreement.pk, **shown, **given)


KINDS = {
    "approve_call": Kind(
        3, (Role.DIRECTOR,), "SELECT id FROM projects_call WHERE state = 'submitted'",
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
}  # fmt: skip


def _calls(accepted: Accepted) -> Iterator[Move]:
    times = Counter(targets(accepted["approve_call"]))
    for call, year, amount in CallBudget.objects.filter(call__in=list(times)).values_list("call", "fiscal_year", "amount"):
        yield (RESERVATION, PROJECTS, year, f"call {call}"), amount * times[call]


def _awards(accepted: Accepted) -> Iterator[Move]:
    """The last level of the delegation takes the award's parts from its call."""
    acts = accepted["approve_award"]
    approved = Award.objects.filter(pk__in=targets(acts), state=AwardState.APPROVED)
    calls_of = dict(approved.values_list("pk", "application__call"))
    levels = dict(Approval.objects.filter(award__in=list(calls_of)).values_list("award").annotate(last=Max("level")).order_by())
    last = {
        (award, person) for award, person, level in Approval.objects.values_list("award", "person", "level") if levels.get(award) == level
    }
    for award, year, amount, times in parts(AwardPart, "award", [one for one in acts if (one.target, one.actor) in last]):
        yield (RESERVATION, PROJECTS, year, f"call {calls_of[award]}"), -amount * times
        yield (RESERVATION, PROJECTS, year, f"award {award}"), amount * times


def _signatures(accepted: Accepted) -> Iterator[Move]:
    times = Counter(targets(accepted["sign_for_minister"]))
    awards_of = dict(Agreement.objects.filter(pk__in=list(times)).values_list("pk", "award"))
    for (agreement, year), amount in signed_parts(list(times)).items():
        yield (RESERVATION, PROJECTS, year, f"award {awards_of[agreement]}"), -amount * times[agreement]
        yield (COMMITMENT, PROJECTS, year, f"agreement {agreement}"), amount * times[agreement]


EFFECTS: tuple[Effect, ...] = (_calls, _awards, _signatures)

"""Acts that amend agreements: more, less, other years, other dates; two amendments meet on the same version, and one of them goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from benchmarks.money.files import COMMITMENT, PROJECTS
from benchmarks.money.kinds import REASON, Accepted, Arguments, Effect, Kind, Move, targets
from funding.models import Agreement, Amendment, AmendmentPart
from funding.queries.amendments import open_instalments, planned, proposed_instalments
from funding.schedule import PlannedInstalment
from funding.services import amendments
from funding.services.amendment_content import AmendmentContent
from projects.enums import Role

YEARS = (2026, 2027)
_OPEN = "SELECT id FROM funding_amendment WHERE state IN ('proposed', 'partly_approved')"
_APPROVERS = (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE)


def _change(target: int, rng: random.Random) -> Arguments:
    """A tenth more or less most of the time, so that the director alone approves; sometimes much more, another year, or dates."""
    what = rng.choices(["amount", "much", "year", "dates"], [5, 1, 2, 2])[0]
    share = rng.randrange(95, 106) if what == "amount" else rng.randrange(60, 190)
    return {"what": what, "share": share, "days": rng.randrange(1, 90), "year": rng.choice(YEARS)}


def _content(agreement: Agreement, given: Arguments) -> AmendmentContent:
    what, share, days, year = (given.pop(name) for name in ("what", "share", "days", "year"))
    said = {"base_revision": agreement.revision, "reason": REASON}
    if what == "dates":
        return AmendmentContent(**said, ends_on=agreement.ends_on + timedelta(days=days))
    if what == "year":
        rows = [PlannedInstalment(one.kind, one.milestone, year, one.amount) for one in planned(open_instalments(agreement))]
        return AmendmentContent(**said, instalments=rows)
    amount = (agreement.amount * share / 100).quantize(Decimal("0.01"))
    return AmendmentContent(**said, amount=amount, instalments=proposed_instalments(agreement, amount))


def _propose(given: Arguments) -> Any:
    agreement = Agreement.objects.get(pk=given.pop("target"))
    content = _content(agreement, given)
    return amendments.propose_amendment(agreement_id=agreement.pk, content=content, **given)


def _revise(given: Arguments) -> Any:
    amendment = Amendment.objects.select_related("agreement").get(pk=given.pop("target"))
    content = _content(amendment.agreement, given)
    return amendments.revise_amendment(amendment_id=amendment.pk, content=content, **given)


KINDS = {
    "propose_amendment": Kind(2, (Role.OFFICER,), "SELECT id FROM funding_agreement WHERE state = 'in_force'", _propose, _change),
    "revise_amendment": Kind(
        1, (Role.OFFICER,),
        """SELECT a.id FROM funding_amendment a JOIN funding_agreement g ON g.id = a.agreement_id
            WHERE a.state IN ('proposed', 'partly_approved', 'approved') AND a.base_revision < g.revision""",
        _revise, _change,
    ),
    "certify_amendment": Kind(
        3, (Role.CONTROLLER,),
        """SELECT a.id FROM funding_amendment a WHERE a.state = 'proposed' AND a.certified_at IS NULL
            AND EXISTS (SELECT FROM funding_amendmentpart p WHERE p.amendment_id = a.id AND p.after > p.before)""",
        lambda given: amendments.certify_amendment(amendment_id=given.pop("target"), **given),
    ),
    "approve_amendment": Kind(
        5, _APPROVERS, _OPEN, lambda given: amendments.approve_amendment(amendment_id=given.pop("target"), **given)
    ),
    "put_amendment_in_force": Kind(
        5, _APPROVERS, "SELECT id FROM funding_amendment WHERE state = 'approved'",
        lambda given: amendments.put_amendment_in_force(amendment_id=given.pop("target"), **given),
    ),
    "cancel_amendment": Kind(
        1, (Role.OFFICER, Role.DIRECTOR), _OPEN,
        lambda given: amendments.cancel_amendment(amendment_id=given.pop("target"), reason=REASON, **given),
    ),
}  # fmt: skip


def _amendments(accepted: Accepted) -> Iterator[Move]:
    parts = AmendmentPart.objects.filter(amendment__in=targets(accepted["put_amendment_in_force"]))
    for agreement, year, before, after in parts.values_list("amendment__agreement", "fiscal_year", "before", "after"):
        yield (COMMITMENT, PROJECTS, year, f"agreement {agreement}"), after - before


EFFECTS: tuple[Effect, ...] = (_amendments,)

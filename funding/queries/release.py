"""What the instalments of an agreement wait for: one read for the page, the policy and the act of a payment's request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from funding.enums import ClaimState, FollowUpFactKind, MilestoneChangeKind, PaymentState
from funding.models import Agreement, Claim, FollowUpFact, Instalment, Milestone, MilestoneChange, Payment, PaymentHold, PaymentTerms
from funding.queries.follow_ups import facts_of, settled
from funding.queries.outcomes import dues_of, pays_results
from funding.release import Checklist, Facts, checklist


def checklists_of(agreement: Agreement) -> dict[int, Checklist]:
    """The checklist of each instalment that no amendment took out, by its key: six queries, however many there are."""
    return checklists_for([agreement])


def checklists_for(agreements: Sequence[Agreement]) -> dict[int, Checklist]:
    """The checklist of each instalment of these agreements, by its key: six queries, however many there are.

    The terms of each agreement's call are read with it: select them where there is more than one.
    """
    found = Instalment.objects.filter(agreement__in=agreements, replaced_by=None).select_related("milestone").order_by("position", "pk")
    instalments = _by_agreement(found)
    milestones = _by_agreement(Milestone.objects.filter(agreement__in=agreements).order_by("position", "pk"))
    live = Payment.objects.filter(instalment__agreement__in=agreements).exclude(state=PaymentState.REJECTED)
    asked = dict(live.order_by("pk").values_list("instalment", "amount"))
    claims = Claim.objects.filter(instalment__agreement__in=agreements).exclude(state__in=(ClaimState.DRAFT, ClaimState.REFUSED))
    claimed = {claim.instalment_id: claim for claim in claims.order_by("pk")}
    held = set(PaymentHold.objects.filter(agreement__in=agreements, lifted_at=None).values_list("agreement", flat=True))
    settled_facts = facts_of(agreements)
    checked: dict[int, Checklist] = {}
    for agreement in agreements:
        facts = Facts(
            agreement=agreement,
            instalments=instalments.get(agreement.pk, []),
            milestones=milestones.get(agreement.pk, []),
            advance_rate=_advance_rate(agreement),
            asked=asked,
            claims=claimed,
            is_held=agreement.pk in held,
            final_report=_final_report(agreement, settled_facts.get(agreement.pk, [])),
            dues=dues_of(agreement) if pays_results(agreement) else None,
        )
        checked |= {one.pk: checklist(one, facts) for one in facts.instalments}
    return checked


def _final_report(agreement: Agreement, facts: list[FollowUpFact]) -> bool | None:
    """Whether the final report is verified, of an agreement whose calendar is established."""
    found = settled(agreement, facts)
    return FollowUpFactKind.FINAL_REPORT in found if FollowUpFactKind.CALENDAR in found else None


def _by_agreement(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.agreement_id, []).append(row)
    return found


def checklist_of(instalment: Instalment) -> Checklist:
    """What one instalment waits for."""
    return checklists_of(instalment.agreement)[instalment.pk]


def has_live_payments(milestone: Milestone) -> bool:
    """Whether a payment of one of a milestone's instalments is under way or done."""
    return Payment.objects.filter(instalment__milestone=milestone).exclude(state=PaymentState.REJECTED).exists()


def delay_allowed(milestone: Milestone) -> int:
    """Days, all put together, by which the terms let a milestone be put off without an amendment; 0 when they say nothing."""
    allowed = PaymentTerms.objects.filter(terms=milestone.agreement.project.call.terms_id).values_list("milestone_delay_days", flat=True)
    return next(iter(allowed), 0)


def first_due_on(milestone: Milestone) -> date:
    """The day on which a milestone was due before it was put off, counted from its last amendment: the delay of the terms begins anew."""
    first = milestone.due_on
    for kind, before in changes_of(milestone).values_list("kind", "before"):
        if kind == MilestoneChangeKind.AMENDED:
            break
        first = before
    return first


def changes_of(milestone: Milestone) -> QuerySet[MilestoneChange]:
    """How often a milestone was put off, or cancelled, the latest first."""
    return milestone.changes.select_related("decided_by").order_by("-decided_at", "-pk")


def current_hold(agreement: Agreement) -> PaymentHold | None:
    """What stops the payments of an agreement today."""
    return next(iter(PaymentHold.objects.filter(agreement=agreement, lifted_at=None).select_related("placed_by").order_by("pk")), None)


def _advance_rate(agreement: Agreement) -> Decimal:
    """The share (of 1) that the terms of the call allow in advance."""
    return agreement.project.call.terms.advance_rate

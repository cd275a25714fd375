"""What the instalments of an agreement wait for: one read for the page, the policy and the act of a payment's request."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from funding.enums import ClaimState, MilestoneChangeKind, PaymentState
from funding.models import Agreement, Claim, Instalment, Milestone, MilestoneChange, Payment, PaymentHold, PaymentTerms
from funding.queries.outcomes import dues_of, pays_results
from funding.release import Checklist, Facts, checklist


def checklists_of(agreement: Agreement) -> dict[int, Checklist]:
    """The checklist of each instalment that no amendment took out, by its key: five queries, however many there are."""
    instalments = list(
        Instalment.objects.filter(agreement=agreement, replaced_by=None).select_related("milestone").order_by("position", "pk")
    )
    live = Payment.objects.filter(instalment__agreement=agreement).exclude(state=PaymentState.REJECTED)
    claims = Claim.objects.filter(instalment__agreement=agreement).exclude(state__in=(ClaimState.DRAFT, ClaimState.REFUSED))
    facts = Facts(
        agreement=agreement,
        instalments=instalments,
        milestones=list(Milestone.objects.filter(agreement=agreement).order_by("position", "pk")),
        advance_rate=_advance_rate(agreement),
        asked=dict(live.order_by("pk").values_list("instalment", "amount")),
        claims={claim.instalment_id: claim for claim in claims.order_by("pk")},
        is_held=PaymentHold.objects.filter(agreement=agreement, lifted_at=None).exists(),
        dues=dues_of(agreement) if pays_results(agreement) else None,
    )
    return {one.pk: checklist(one, facts) for one in instalments}


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

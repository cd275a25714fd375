"""The risk tier of an agreement, and what its follow-up tells funding: payments held and let go, the final report, the lessons."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from funding.enums import MILESTONE_MOVES, AgreementState, FollowUpFactKind, InstalmentKind, MilestoneState, RiskTier
from funding.models import Agreement, AgreementRisk, FollowUpFact, Instalment, Milestone, PaymentHold
from funding.policies import follow_ups as policies
from funding.queries.follow_ups import FOLLOWED, risk_of
from funding.queries.release import current_hold
from funding.services.agreements import hold_agreement
from funding.services.milestones import mark_reported
from funding.services.risks import record_tier
from projects.models import Document, User
from projects.services.journal import note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue


# ── The tier ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@act
def set_risk_tier(*, agreement_id: int, tier: str, reason: str, actor: User, now: datetime, key: str | None = None) -> AgreementRisk:
    """Change the tier of an agreement, with its reason: a new version, and the calendar of what is not begun follows.

    Raises NotAllowed, WrongState, Invalid.
    """
    application, agreement = hold_agreement(agreement_id)
    policies.set_risk_tier(actor, agreement, now).require()
    errors = {}
    before = risk_of(agreement)
    if tier not in RiskTier.values:
        errors["tier"] = _("Choisissez un palier de risque.")
    elif before is not None and before.tier == tier:
        errors["tier"] = _("La convention est déjà à ce palier.")
    if not reason.strip():
        errors["reason"] = _("Inscrivez le motif.")
    if errors:
        raise Invalid(errors=errors)
    risk = record_tier(agreement, tier, reason, actor=actor, now=now)
    note_reason(risk.reason)
    note(application)
    if agreement.state in FOLLOWED:
        queue("follow_up", now=now, agreement=agreement.pk)
    return risk


# ── What reports tell: steps of their acts ───────────────────────────────────────────────────────────────────────────
def place_late_hold(agreement: Agreement, *, source: str, reason: str, now: datetime) -> PaymentHold | None:
    """Step: stop the payments of a held agreement for a late report. None when they are stopped already, or when it pays no more."""
    if agreement.state not in (AgreementState.IN_FORCE, AgreementState.SUSPENDED) or current_hold(agreement) is not None:
        return None
    hold = PaymentHold.objects.create(agreement=agreement, source=source, reason=reason, placed_at=now)
    note(hold, held=True, source=source)
    return hold


def lift_late_hold(agreement: Agreement, *, source: str, reason: str, now: datetime) -> PaymentHold | None:
    """Step: let the payments of a held agreement go, if it is that report that stopped them. A person's hold is a person's to lift."""
    hold = current_hold(agreement)
    if hold is None or hold.source != source:
        return None
    hold.lifted_at, hold.lift_reason = now, reason
    hold.save(update_fields=["lifted_at", "lift_reason"])
    note(hold, held=False, source=source)
    return hold


def record_follow_up(
    agreement: Agreement, kind: FollowUpFactKind, *, reference: str, through: date, person: User | None, now: datetime
) -> FollowUpFact:
    """Step: what the follow-up of a held agreement has settled, said once for one reference."""
    fact, is_new = FollowUpFact.objects.get_or_create(
        agreement=agreement, kind=kind, reference=reference, defaults={"through": through, "person": person, "at": now}
    )
    if is_new:
        note(fact, fact=str(kind), through=through, reference=reference)
    return fact


def hold_final_milestone(agreement_id: int) -> Milestone | None:
    """Step: the milestone that the holdback waits for, held before its file: whoever verifies one waits for the file while holding it."""
    holdback = Instalment.objects.filter(agreement=agreement_id, kind=InstalmentKind.HOLDBACK, replaced_by=None).order_by("pk")
    found = [pk for pk in holdback.values_list("milestone", flat=True)[:1] if pk is not None]
    return lock(Milestone, found[0], "agreement__project__application") if found else None


def settle_final_milestone(milestone: Milestone, document: Document, *, reported_by: User, verified_by: User, now: datetime) -> None:
    """Step: the verified final report is the held milestone that the holdback waits for (INV-09), unless it is settled."""
    if milestone.state in (MilestoneState.PLANNED, MilestoneState.REFUSED):
        mark_reported(milestone, report=_("Rapport final vérifié."), document=document, actor=reported_by, now=now)
    if milestone.state == MilestoneState.REPORTED and milestone.reported_by_id != verified_by.pk:
        transition([milestone], MilestoneState.VERIFIED, moves=MILESTONE_MOVES, now=now, verified_by=verified_by, verified_at=now)

"""A milestone put off within the terms or cancelled, and the payments of an agreement held and let go."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.templatetags.typography import long_date
from funding.enums import MILESTONE_MOVES, MilestoneChangeKind, MilestoneState
from funding.models import Agreement, Instalment, Milestone, MilestoneChange, PaymentHold
from funding.policies import milestones as policies
from funding.queries.release import current_hold, delay_allowed, first_due_on
from projects.models import Project, User
from projects.services.journal import note, note_reason, transition
from projects.services.locks import lock


@act
def postpone_milestone(*, milestone_id: int, due_on: date, reason: str, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Put a milestone off. Beyond the days of the terms, or the end of the agreement, it takes an amendment.

    Raises NotAllowed, WrongState, Invalid.
    """
    milestone = lock(Milestone, milestone_id)
    policies.change_milestone(actor, milestone, now).require()
    _require_reason(reason)
    if due_on <= milestone.due_on:
        raise Invalid(errors={"due_on": _("La nouvelle échéance suit celle du %(day)s.") % {"day": long_date(milestone.due_on)}})
    latest = min(first_due_on(milestone) + timedelta(days=delay_allowed(milestone)), milestone.agreement.ends_on)
    if due_on > latest:
        asked = _("Sans avenant, ce jalon se reporte au plus tard au %(day)s.") % {"day": long_date(latest)}
        raise Invalid(errors={"due_on": asked})
    _note_file(milestone.agreement.project)
    _write(milestone, MilestoneChangeKind.POSTPONED, due_on, reason, actor, now)
    milestone.due_on = due_on
    milestone.save(update_fields=["due_on"])
    note(milestone, due_on=due_on)
    return milestone


@act
def cancel_milestone(*, milestone_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Cancel a milestone on which no instalment depends any more. Raises NotAllowed, WrongState, Invalid."""
    milestone = lock(Milestone, milestone_id)
    policies.change_milestone(actor, milestone, now).require()
    _require_reason(reason)
    if Instalment.objects.filter(milestone=milestone, replaced_by=None).exists():
        raise WrongState(_("Des versements dépendent de ce jalon : un avenant doit d’abord les remplacer."))
    _note_file(milestone.agreement.project)
    _write(milestone, MilestoneChangeKind.CANCELLED, None, reason, actor, now)
    transition([milestone], MilestoneState.CANCELLED, moves=MILESTONE_MOVES, now=now)
    return milestone


@act
def place_hold(*, agreement_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> PaymentHold:
    """Stop the payments of an agreement that are not requested yet. Raises NotAllowed, WrongState, Invalid."""
    agreement = lock(Agreement, agreement_id)
    policies.hold_payments(actor, agreement, now).require()
    _require_reason(reason)
    hold = PaymentHold.objects.create(agreement=agreement, reason=reason.strip(), placed_by=actor, placed_at=now)
    note(hold, held=True)
    note_reason(reason)
    _note_file(agreement.project)
    return hold


@act
def lift_hold(*, agreement_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> PaymentHold:
    """Let the payments of an agreement go again. Raises NotAllowed, WrongState, Invalid."""
    agreement = lock(Agreement, agreement_id)
    policies.hold_payments(actor, agreement, now).require()
    _require_reason(reason)
    hold = current_hold(agreement)
    if hold is None:
        raise WrongState(_("Aucune retenue n’arrête les paiements de cette convention."))
    hold.lifted_by, hold.lifted_at, hold.lift_reason = actor, now, reason.strip()
    hold.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    note(hold, held=False)
    note_reason(reason)
    _note_file(agreement.project)
    return hold


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif.")})


def _write(milestone: Milestone, kind: MilestoneChangeKind, after: date | None, reason: str, actor: User, now: datetime) -> None:
    change = MilestoneChange.objects.create(
        milestone=milestone, kind=kind, before=milestone.due_on, after=after, reason=reason.strip(), decided_by=actor, decided_at=now
    )
    note(change)
    note_reason(reason)


def _note_file(project: Project) -> None:
    note(project.application or project)

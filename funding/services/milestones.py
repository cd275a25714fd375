"""Milestones: reported by the beneficiary with evidence, verified or refused by an officer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from funding.enums import MILESTONE_MOVES, MilestoneState
from funding.models import Milestone
from funding.policies import payments as policies
from projects.enums import DocumentKind
from projects.models import User
from projects.services.documents import store_upload
from projects.services.journal import note, note_organisation, note_reason, transition
from projects.services.locks import lock


@act
def report_milestone(*, milestone_id: int, report: str, evidence: Any, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Report a milestone as reached, with its evidence file. Raises NotAllowed, Invalid, WrongState."""
    milestone = Milestone.objects.select_related("agreement__project").get(pk=milestone_id)
    project = milestone.agreement.project
    policies.report_milestone(actor, milestone, now).require()
    try:  # before the lock: it hashes the file
        document = store_upload(evidence, kind=DocumentKind.EVIDENCE, actor=actor, now=now, project=project)
    except Invalid as error:
        raise Invalid(errors={"evidence": error.message}) from error
    milestone = lock(Milestone, milestone_id)
    policies.report_milestone(actor, milestone, now).require()
    note_organisation(project.organisation_id)
    note(project.application or project)
    transition(
        [milestone],
        MilestoneState.REPORTED,
        moves=MILESTONE_MOVES,
        now=now,
        report=report,
        document=document,
        reported_by=actor,
        reported_at=now,
        refusal_reason="",
    )
    note(document, sha256=document.sha256)
    return milestone


@act
def verify_milestone(*, milestone_id: int, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Accept a reported milestone: what it unlocks may be paid. Raises NotAllowed."""
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    note(milestone.agreement.project.application or milestone.agreement.project)
    transition([milestone], MilestoneState.VERIFIED, moves=MILESTONE_MOVES, now=now, verified_by=actor, verified_at=now)
    return milestone


@act
def refuse_milestone(*, milestone_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Send a reported milestone back with the reason; the beneficiary may report it again. Raises NotAllowed, Invalid."""
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Expliquez ce qui manque pour accepter ce jalon.")})
    note(milestone.agreement.project.application or milestone.agreement.project)
    note_reason(reason)
    transition([milestone], MilestoneState.REFUSED, moves=MILESTONE_MOVES, now=now, refusal_reason=reason)
    return milestone

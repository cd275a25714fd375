"""Milestones: reported by the beneficiary with evidence, verified, accepted in part or refused by an officer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.enums import MILESTONE_MOVES, MilestoneState
from funding.models import Milestone
from funding.policies import payments as policies
from funding.queries.outcomes import measured_by
from funding.queries.release import has_live_payments
from projects.enums import DocumentKind
from projects.models import Document, User
from projects.services.documents import store_upload
from projects.services.journal import note, note_organisation, note_reason, transition
from projects.services.locks import lock


@act
def report_milestone(*, milestone_id: int, report: str, evidence: Any, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Report a milestone as reached, with its evidence file. Raises NotAllowed, Invalid, WrongState."""
    milestone = Milestone.objects.select_related("agreement__project").get(pk=milestone_id)
    policies.report_milestone(actor, milestone, now).require()
    document = keep_evidence(milestone, evidence, actor=actor, now=now)  # before the lock: it hashes the file
    milestone = lock(Milestone, milestone_id)
    policies.report_milestone(actor, milestone, now).require()
    _require_unmeasured(milestone)
    mark_reported(milestone, report=report, document=document, actor=actor, now=now)
    return milestone


def _require_unmeasured(milestone: Milestone) -> None:
    """A milestone that is paid by results is declared and verified by its quantity (`services/outcomes.py`)."""
    if measured_by(milestone):
        raise WrongState(_("Ce jalon se paie aux résultats : c’est sa quantité qui se déclare et se vérifie."))


def keep_evidence(milestone: Milestone, evidence: Any, *, actor: User, now: datetime) -> Document:
    """Keep the evidence file of a milestone. Raises Invalid."""
    try:
        return store_upload(evidence, kind=DocumentKind.EVIDENCE, actor=actor, now=now, project=milestone.agreement.project)
    except Invalid as error:
        raise Invalid(errors={"evidence": error.message}) from error


def mark_reported(milestone: Milestone, *, report: str, document: Document, actor: User, now: datetime) -> None:
    """The one step that reports a milestone, whatever it is paid by. Raises WrongState."""
    if has_live_payments(milestone):  # of one accepted in part: its share is paid, the rest is for an amendment
        raise WrongState(_("Un paiement de ce jalon est déjà demandé : le reste se règle par un avenant."))
    project = milestone.agreement.project
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
        accepted_share=None,
        verified_by=None,
        verified_at=None,
    )
    note(document, sha256=document.sha256)


@act
def verify_milestone(*, milestone_id: int, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Accept a reported milestone: what it unlocks may be paid. Raises NotAllowed, WrongState."""
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    _require_unmeasured(milestone)
    note(milestone.agreement.project.application or milestone.agreement.project)
    transition([milestone], MilestoneState.VERIFIED, moves=MILESTONE_MOVES, now=now, verified_by=actor, verified_at=now)
    return milestone


@act
def accept_milestone_partly(
    *, milestone_id: int, share: Decimal, reason: str, actor: User, now: datetime, key: str | None = None
) -> Milestone:
    """Accept a share (of 1) of a reported milestone, with what is missing: its instalments may be paid in that share.

    Until one of them is requested, the beneficiary may report the milestone again. Raises NotAllowed, Invalid.
    """
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    _require_unmeasured(milestone)
    errors = {}
    if not 0 < share < 1:
        errors["share"] = _("Inscrivez une part entre 0 et 100 %, sans les atteindre.")
    if not reason.strip():
        errors["reason"] = _("Expliquez ce qui manque pour accepter tout le jalon.")
    if errors:
        raise Invalid(errors=errors)
    note(milestone.agreement.project.application or milestone.agreement.project)
    note_reason(reason)
    transition(
        [milestone],
        MilestoneState.PARTIAL,
        moves=MILESTONE_MOVES,
        now=now,
        accepted_share=share,
        refusal_reason=reason,
        verified_by=actor,
        verified_at=now,
    )
    return milestone


@act
def refuse_milestone(*, milestone_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Milestone:
    """Send a reported milestone back with the reason; the beneficiary may report it again. Raises NotAllowed, Invalid."""
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    _require_unmeasured(milestone)
    if not reason.strip():
        raise Invalid(errors={"reason": _("Expliquez ce qui manque pour accepter ce jalon.")})
    note(milestone.agreement.project.application or milestone.agreement.project)
    note_reason(reason)
    transition([milestone], MilestoneState.REFUSED, moves=MILESTONE_MOVES, now=now, refusal_reason=reason)
    return milestone

"""An agreement before its signatures: its draft written again, its legal review by another person, its cancellation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, WrongState, act
from fondsinnovation.kit.states import require_move
from funding.enums import AGREEMENT_MOVES, AgreementState, AgreementStepKind, AwardState
from funding.models import Agreement, AgreementStep, Award
from funding.outcome import OutcomeTerms
from funding.policies import agreement_steps as policies
from funding.queries.agreement_texts import Draft
from funding.queries.agreements import DraftMilestone, PlannedInstalment
from funding.queries.prizes import pays_a_prize
from funding.services.agreement_texts import freeze, keep_text
from funding.services.agreements import create_schedule, hold_agreement, schedule_faults, store_agreement
from funding.services.outcomes import modality_faults, write_outcome
from projects.models import User
from projects.services.journal import note, note_reason, transition


def record_step(
    agreement: Agreement, kind: AgreementStepKind, *, reason: str = "", cause: str = "", actor: User, now: datetime
) -> AgreementStep:
    """Keep one step of an agreement, with its reason. Raises Invalid when the reason that it needs is missing."""
    reason = reason.strip()
    needs_reason = (
        AgreementStepKind.RETURNED,
        AgreementStepKind.CANCELLED,
        AgreementStepKind.SUSPENDED,
        AgreementStepKind.TERMINATED,
        AgreementStepKind.FAILED,
    )
    if kind in needs_reason and not reason:
        raise Invalid(errors={"reason": _("Inscrivez le motif.")})
    step = AgreementStep.objects.create(
        agreement=agreement, kind=kind, version=agreement.version, cause=cause, reason=reason, person=actor, at=now
    )
    note(step, step=str(kind), version=agreement.version, **({"cause": cause} if cause else {}))
    if reason:
        note_reason(reason)
    return step


def require_draft(agreement: Agreement) -> Award:
    """The award of a draft that may be written: it is under way, or was cancelled and is taken up again. Raises WrongState."""
    if agreement.state not in (AgreementState.DRAFT, AgreementState.CANCELLED):
        raise WrongState(
            _("Le projet ne se modifie plus : l’état de la convention est « %(state)s ».") % {"state": agreement.get_state_display()}
        )
    if agreement.award is None or agreement.award.state != AwardState.APPROVED:
        raise WrongState(_("Une convention se prépare après l’approbation de la décision."))
    return agreement.award


@act
def redraft_agreement(
    *,
    agreement_id: int,
    version: int,
    starts_on: date,
    ends_on: date,
    milestones: Sequence[DraftMilestone],
    instalments: Sequence[PlannedInstalment],
    outcome: OutcomeTerms | None = None,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Agreement:
    """Write the draft again: dates, milestones, instalments and the PDF that says them. `version` is the one that was read.

    A cancelled draft is taken up again. Raises NotAllowed, WrongState, Stale, Invalid.
    """
    read = Agreement.objects.select_related("award__application__call__terms", "award__application__organisation", "project").get(
        pk=agreement_id
    )
    policies.prepare_agreement(actor, read, now).require()
    award = require_draft(read)
    schedule = _checked(read, starts_on, ends_on, milestones, instalments, outcome)
    numbers = (read.number, read.project.reference)
    frozen = freeze(Draft(award, numbers, version + 1, milestones, schedule, (starts_on, ends_on), outcome), now)

    application, agreement = hold_agreement(agreement_id)
    require_draft(agreement)
    if agreement.version != version:
        raise Stale(_("Le projet a changé depuis que vous avez ouvert cette page. Relisez-le avant de le modifier."))
    if agreement.state == AgreementState.CANCELLED:
        transition([agreement], AgreementState.DRAFT, moves=AGREEMENT_MOVES, now=now)
    document = store_agreement(frozen.pdf, agreement.number, read.project, actor=actor, now=now)
    agreement.version += 1
    agreement.starts_on, agreement.ends_on, agreement.document = starts_on, ends_on, document
    agreement.drafted_by, agreement.drafted_at, agreement.reviewed_by, agreement.reviewed_at = actor, now, None, None
    agreement.save()
    agreement.instalments.all().delete()
    agreement.milestones.all().delete()
    create_schedule(agreement, milestones, schedule)
    write_outcome(agreement, outcome)
    keep_text(agreement, frozen, document, actor=actor, now=now)
    read.project.starts_on, read.project.ends_on = starts_on, ends_on
    read.project.save(update_fields=["starts_on", "ends_on"])
    record_step(agreement, AgreementStepKind.DRAFTED, actor=actor, now=now)
    note(agreement, version=agreement.version, sha256=document.sha256, instalments=len(schedule))
    note(application)
    return agreement


def _checked(
    agreement: Agreement,
    starts_on: date,
    ends_on: date,
    milestones: Sequence[DraftMilestone],
    instalments: Sequence[PlannedInstalment],
    outcome: OutcomeTerms | None,
) -> list[PlannedInstalment]:
    """The instalments that are not empty. Raises Invalid with what does not add up."""
    if ends_on < starts_on:
        raise Invalid(errors={"ends_on": _("La fin précède le début : inscrivez une date égale ou postérieure au début.")})
    if not milestones and not pays_a_prize(agreement):
        raise Invalid(_("La convention exige au moins un jalon."))
    parts = {part.fiscal_year: part.amount for part in agreement.parts.order_by("fiscal_year", "pk")}
    schedule = [one for one in instalments if one.amount]
    terms = agreement.project.call.terms
    faults = schedule_faults(schedule, agreement.amount, parts, terms.advance_rate, [one.position for one in milestones])
    if faults := [*faults, *modality_faults(terms.modality, outcome, schedule)]:
        raise Invalid(" ".join(faults))
    return schedule


@act
def submit_agreement(*, agreement_id: int, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Send the draft to its legal review. Raises NotAllowed, WrongState."""
    application, agreement = hold_agreement(agreement_id)
    policies.prepare_agreement(actor, agreement, now).require()
    transition([agreement], AgreementState.LEGAL_REVIEW, moves=AGREEMENT_MOVES, now=now)
    record_step(agreement, AgreementStepKind.SUBMITTED, actor=actor, now=now)
    note(application)
    return agreement


def require_to_review(agreement: Agreement) -> None:
    """Raise WrongState unless the draft waits for its review."""
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.SIGNED_BENEFICIARY)
    if agreement.reviewed_by_id is not None:
        raise WrongState(_("L’avis juridique favorable est déjà donné."))


@act
def review_agreement(
    *, agreement_id: int, document_sha256: str, comment: str = "", actor: User, now: datetime, key: str | None = None
) -> Agreement:
    """Find the document that was shown fit to be signed. Raises NotAllowed, WrongState, Stale."""
    application, agreement = hold_agreement(agreement_id)
    policies.review_agreement(actor, agreement, now).require()
    require_to_review(agreement)
    if agreement.document is None or agreement.document.sha256 != document_sha256:
        raise Stale(_("Le document a changé depuis que vous avez ouvert cette page. Relisez-le avant d’en donner l’avis."))
    agreement.reviewed_by, agreement.reviewed_at = actor, now
    agreement.save(update_fields=["reviewed_by", "reviewed_at"])
    note(agreement, reviewed_at=timezone.localdate(now), sha256=document_sha256)
    record_step(agreement, AgreementStepKind.REVIEWED, reason=comment, actor=actor, now=now)
    note(application)
    return agreement


@act
def return_agreement(*, agreement_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Send the draft back to whoever prepared it, with the reason. Raises NotAllowed, WrongState, Invalid."""
    application, agreement = hold_agreement(agreement_id)
    policies.review_agreement(actor, agreement, now).require()
    transition([agreement], AgreementState.DRAFT, moves=AGREEMENT_MOVES, now=now, reviewed_by=None, reviewed_at=None)
    record_step(agreement, AgreementStepKind.RETURNED, reason=reason, actor=actor, now=now)
    note(application)
    return agreement


@act
def cancel_agreement(*, agreement_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Give up a draft that nobody signed; the decision stands, and the draft may be taken up again.

    Raises NotAllowed, WrongState, Invalid.
    """
    application, agreement = hold_agreement(agreement_id)
    policies.prepare_agreement(actor, agreement, now).require()
    transition([agreement], AgreementState.CANCELLED, moves=AGREEMENT_MOVES, now=now, reviewed_by=None, reviewed_at=None)
    record_step(agreement, AgreementStepKind.CANCELLED, reason=reason, actor=actor, now=now)
    note(application)
    return agreement

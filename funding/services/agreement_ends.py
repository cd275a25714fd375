"""An agreement in force: suspended and resumed, completed then closed, or terminated — its unpaid commitment freed year by year."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from funding.enums import AGREEMENT_MOVES, AgreementState, AgreementStepKind, LedgerKind, TerminationCause
from funding.models import Agreement, Envelope
from funding.policies import agreement_steps as policies
from funding.policies import follow_ups as follow_up_policies
from funding.queries.agreement_conditions import (
    payments_under_way,
    unmet_for_closing,
    unmet_for_completion,
    unmet_for_failure,
    unpaid_by_year,
)
from funding.services.agreement_drafts import record_step
from funding.services.agreements import hold_agreement
from funding.services.envelopes import Posting, post
from funding.services.recoveries import RecoveryTerms, establish
from projects.enums import PROJECT_MOVES, ProjectState
from projects.models import Application, Project, User
from projects.services.journal import money_clock, note, transition
from projects.services.locks import lock
from projects.services.outbox import queue


@act
def suspend_agreement(*, agreement_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Stop the payments of an agreement for a time. Raises NotAllowed, WrongState, Invalid."""
    application, agreement = hold_agreement(agreement_id)
    policies.suspend_agreement(actor, agreement, now).require()
    transition([agreement], AgreementState.SUSPENDED, moves=AGREEMENT_MOVES, now=now)
    record_step(agreement, AgreementStepKind.SUSPENDED, reason=reason, actor=actor, now=now)
    note(application)
    return agreement


@act
def resume_agreement(*, agreement_id: int, reason: str = "", actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Put a suspended agreement in force again. Raises NotAllowed, WrongState."""
    application, agreement = hold_agreement(agreement_id)
    policies.suspend_agreement(actor, agreement, now).require()
    if agreement.state != AgreementState.SUSPENDED:
        raise WrongState(_("Cette convention n’est pas suspendue."))
    transition([agreement], AgreementState.IN_FORCE, moves=AGREEMENT_MOVES, now=now)
    record_step(agreement, AgreementStepKind.RESUMED, reason=reason, actor=actor, now=now)
    note(application)
    return agreement


@act
def terminate_agreement(
    *,
    agreement_id: int,
    cause: str,
    reason: str,
    recovery: RecoveryTerms | None = None,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Agreement:
    """End an agreement before its time, with its cause; what is committed and was never paid goes back to the envelope, year by year.

    `recovery`: what was paid and is to be returned; another person claims it.

    Raises NotAllowed, WrongState (a payment is under way), Invalid.
    """
    known = money_clock(now)
    application, agreement, project = _hold_all(agreement_id)
    policies.terminate_agreement(actor, agreement, now).require()
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.TERMINATED)
    if cause not in TerminationCause.values:
        raise Invalid(errors={"cause": _("Choisissez la cause de la résiliation.")})
    _require_none(payments_under_way(agreement), _("La convention ne peut pas être résiliée."))
    transition([agreement], AgreementState.TERMINATED, moves=AGREEMENT_MOVES, now=now)
    transition([project], ProjectState.TERMINATED, moves=PROJECT_MOVES, now=now)
    step = record_step(agreement, AgreementStepKind.TERMINATED, reason=reason, cause=cause, actor=actor, now=now)
    note(application)
    queue("money", now=now)
    queue("follow_up", now=now, agreement=agreement.pk)
    freed = free_unpaid(agreement, actor=actor, now=now, known=known)
    note(step, freed=freed)
    if recovery is not None:
        establish(agreement, recovery, actor=actor, now=now, known=known)
    return agreement


@act
def complete_agreement(*, agreement_id: int, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Everything was delivered and verified: the project is completed. Raises NotAllowed, WrongState with each unmet condition."""
    application, agreement, project = _hold_all(agreement_id)
    policies.close_agreement(actor, agreement, now).require()
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.COMPLETED)
    _require_none(unmet_for_completion(agreement), _("La convention ne peut pas être déclarée achevée."))
    transition([agreement], AgreementState.COMPLETED, moves=AGREEMENT_MOVES, now=now)
    transition([project], ProjectState.COMPLETED, moves=PROJECT_MOVES, now=now)
    record_step(agreement, AgreementStepKind.COMPLETED, actor=actor, now=now)
    note(application)
    return agreement


@act
def close_agreement(*, agreement_id: int, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Close a completed agreement: what was committed and will not be paid is freed; its gains are still followed.

    Raises NotAllowed, WrongState with each unmet condition.
    """
    known = money_clock(now)
    application, agreement = hold_agreement(agreement_id)
    policies.close_agreement(actor, agreement, now).require()
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.CLOSED)
    _require_none(unmet_for_closing(agreement), _("La convention ne peut pas être fermée."))
    transition([agreement], AgreementState.CLOSED, moves=AGREEMENT_MOVES, now=now)
    step = record_step(agreement, AgreementStepKind.CLOSED, actor=actor, now=now)
    note(application)
    queue("money", now=now)
    note(step, freed=free_unpaid(agreement, actor=actor, now=now, known=known))
    return agreement


@act
def document_failure(*, agreement_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """Close an agreement whose project did not give its results, its duties met: what it learned is published, nothing is recovered for it.

    What was never paid goes back to the envelope; its money and its gains still count. Raises NotAllowed, WrongState, Invalid.
    """
    known = money_clock(now)
    application, agreement, project = _hold_all(agreement_id)
    follow_up_policies.document_failure(actor, agreement, now).require()
    require_move(AGREEMENT_MOVES, agreement.state, AgreementState.DOCUMENTED_FAILURE)
    _require_none(unmet_for_failure(agreement), _("La convention ne peut pas être fermée comme échec documenté."))
    if agreement.state == AgreementState.IN_FORCE:
        transition([project], ProjectState.COMPLETED, moves=PROJECT_MOVES, now=now)
    transition([agreement], AgreementState.DOCUMENTED_FAILURE, moves=AGREEMENT_MOVES, now=now)
    step = record_step(agreement, AgreementStepKind.FAILED, reason=reason, actor=actor, now=now)
    note(application)
    queue("money", now=now)
    note(step, freed=free_unpaid(agreement, actor=actor, now=now, known=known))
    return agreement


def _hold_all(agreement_id: int) -> tuple[Application, Agreement, Project]:
    """The file, its project and its agreement, held until COMMIT: the file first, as a signature does, which writes on the project last."""
    file, project_id = Agreement.objects.values_list("award__application", "project").get(pk=agreement_id)
    application, project = lock(Application, file), lock(Project, project_id)
    agreement = lock(Agreement, agreement_id)
    agreement.project = project
    return application, agreement, project


def _require_none(unmet: list[str], refusal: str) -> None:
    """Raises WrongState with every unmet condition in a sentence."""
    if unmet:
        raise WrongState(" ".join([refusal, *unmet]))


def free_unpaid(agreement: Agreement, *, actor: User, now: datetime, known: datetime) -> Decimal:
    """Give back to the envelope, fiscal year by fiscal year, what is committed and was never paid; the dollars freed."""
    call, day, unpaid = agreement.project.call, timezone.localdate(now), unpaid_by_year(agreement)
    envelope = Envelope.objects.get(code=call.envelope)
    postings = [
        Posting(
            envelope.pk,
            year,
            LedgerKind.COMMITMENT,
            -amount,
            day,
            call_id=call.pk,
            award_id=agreement.award_id,
            agreement_id=agreement.pk,
            reference=agreement.number,
        )
        for year, amount in sorted(unpaid.items())
    ]
    if postings:
        post(postings, actor=actor, recorded_at=known)
    return sum(unpaid.values(), ZERO)

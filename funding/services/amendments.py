"""Amendments: proposed on the agreement of the day, certified, approved level by level, then put in force all at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, Stale, WrongState, act, on_constraint
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import long_date
from funding.enums import AMENDMENT_MOVES, AmendmentState, AmendmentStepKind
from funding.models import Agreement, Amendment, AmendmentStep
from funding.policies import amendments as policies
from funding.queries.amendments import conflicts_of, kinds_of, raises_a_year
from funding.services.amendment_content import CONTENT, AmendmentContent, Standing, require_current, standing_of, write_content, write_rows
from funding.services.amendment_force import apply_amendment
from projects.models import Project, User
from projects.queries.people import active_members
from projects.services import messages
from projects.services.journal import money_clock, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue

_OPEN = (AmendmentState.PROPOSED, AmendmentState.PARTLY_APPROVED)
_UNDER_WAY = (*_OPEN, AmendmentState.APPROVED)


@act
def propose_amendment(*, agreement_id: int, content: AmendmentContent, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Propose to change an agreement in force. Raises NotAllowed, WrongState, Stale (it is not what was read any more), Invalid."""
    agreement = lock(Agreement, agreement_id)
    policies.propose_amendment(actor, agreement, now).require()
    require_current(content, agreement)
    last = Amendment.objects.filter(agreement=agreement).aggregate(last=Max("number", default=0))["last"]
    amendment = Amendment(agreement=agreement, number=last + 1, proposed_by=actor, proposed_at=now)
    standing = standing_of(agreement)
    write_content(amendment, content, standing)
    amendment.save()
    _write_rows(amendment, content, standing)
    _step(amendment, AmendmentStepKind.PROPOSED, actor, now, reason=amendment.reason)
    return amendment


@act
def revise_amendment(*, amendment_id: int, content: AmendmentContent, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Write an amendment under way again, on the agreement of the day: its certificate and its approvals fall.

    Raises NotAllowed, WrongState, Stale, Invalid.
    """
    amendment = _hold(amendment_id)
    policies.revise_amendment(actor, amendment, now).require()
    require_under_way(amendment)
    require_current(content, amendment.agreement)
    standing = standing_of(amendment.agreement)
    write_content(amendment, content, standing)
    said = {name: getattr(amendment, name) for name in CONTENT}
    anew: dict[str, Any] = {"proposed_by": actor, "proposed_at": now, "certified_by": None, "certified_at": None}
    transition([amendment], AmendmentState.PROPOSED, moves=AMENDMENT_MOVES, now=now, round=amendment.round + 1, **said, **anew)
    _write_rows(amendment, content, standing)
    _step(amendment, AmendmentStepKind.REVISED, actor, now, reason=amendment.reason)
    return amendment


def _write_rows(amendment: Amendment, content: AmendmentContent, standing: Standing) -> None:
    """The rows of a saved amendment, and what the journal says of it."""
    write_rows(amendment, content, standing)
    note(
        amendment,
        agreement=amendment.agreement_id,
        base=amendment.base_revision,
        round=amendment.round,
        kinds=[str(kind) for kind in kinds_of(amendment)],
        amount=[amendment.amount_before, amendment.amount_after],
        ends_on=[amendment.ends_on_before, amendment.ends_on_after],
    )


@act
def certify_amendment(*, amendment_id: int, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Certify that the money of an increase is available, or renew the certificate. Raises NotAllowed, WrongState."""
    amendment = _hold(amendment_id)
    policies.certify_amendment(actor, amendment, now).require()
    require_under_way(amendment)
    if not raises_a_year(amendment):
        raise WrongState(_("Cet avenant n’augmente aucun exercice : il n’a pas à être certifié."))
    amendment.certified_by, amendment.certified_at = actor, now
    amendment.save(update_fields=["certified_by", "certified_at"])
    _step(amendment, AmendmentStepKind.CERTIFIED, actor, now)
    return amendment


@act
def approve_amendment(*, amendment_id: int, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Approve an amendment at the next level of the delegation at the cumulative amount.

    Raises NotAllowed, WrongState (no fresh certificate), Stale (the agreement has changed since it was written).
    """
    amendment = _hold(amendment_id)
    given, roles = policies.approvals_of(amendment), policies.levels_of(amendment, now)
    policies.decide_amendment(actor, amendment, now, roles=roles, approvals=given).require()
    require_open(amendment)
    require_finishable(amendment, now)
    level = len(given) + 1
    if level == len(roles):
        transition([amendment], AmendmentState.APPROVED, moves=AMENDMENT_MOVES, now=now)
    elif level == 1:
        transition([amendment], AmendmentState.PARTLY_APPROVED, moves=AMENDMENT_MOVES, now=now)
    _step(amendment, AmendmentStepKind.APPROVED, actor, now, level=level, role=str(roles[level - 1]))
    return amendment


@act
def put_amendment_in_force(*, amendment_id: int, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Change the agreement as approved: its amount, dates, years, instalments, milestones, forecast and commitment, all at once.

    Raises NotAllowed, WrongState, Stale (with what changed since), EnvelopeExceeded.
    """
    known = money_clock(now)
    amendment = _hold(amendment_id)
    policies.put_amendment_in_force(actor, amendment, now).require()
    require_move(AMENDMENT_MOVES, amendment.state, AmendmentState.IN_FORCE)
    require_finishable(amendment, now)
    transition([amendment], AmendmentState.IN_FORCE, moves=AMENDMENT_MOVES, now=now, decided_by=actor, decided_at=now)
    _step(amendment, AmendmentStepKind.IN_FORCE, actor, now)
    _tell(amendment, now)
    queue("money", now=now)
    apply_amendment(amendment, actor=actor, now=now, known=known)
    return amendment


def _tell(amendment: Amendment, now: datetime) -> None:
    """Whoever follows the file in the organisation learns that its agreement has changed."""
    application = amendment.agreement.project.application
    if application is None:
        return
    people = User.objects.filter(
        pk__in=active_members(application.organisation_id, now).for_call(application.call_id).values("person")
    ).order_by("pk")
    with messages.in_french():
        subject = _("%(number)s : un avenant est en vigueur") % {"number": amendment.agreement.number}
        body = _("Un avenant a changé la convention. Lisez dans le portail ce qui était et ce qui est.")
    messages.send(people, application=application, subject=subject, body=body, now=now)


@act
def refuse_amendment(*, amendment_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Refuse an amendment, with the reason. Raises NotAllowed, WrongState, Invalid."""
    amendment = _hold(amendment_id)
    policies.decide_amendment(actor, amendment, now).require()
    require_open(amendment)
    _end(amendment, AmendmentState.REFUSED, AmendmentStepKind.REFUSED, reason, actor, now)
    return amendment


@act
def cancel_amendment(*, amendment_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Amendment:
    """Give an amendment up before it is in force, with the reason. Raises NotAllowed, WrongState, Invalid."""
    amendment = _hold(amendment_id)
    policies.cancel_amendment(actor, amendment, now).require()
    require_under_way(amendment)
    _end(amendment, AmendmentState.CANCELLED, AmendmentStepKind.CANCELLED, reason, actor, now)
    return amendment


def _end(amendment: Amendment, state: AmendmentState, kind: AmendmentStepKind, reason: str, actor: User, now: datetime) -> None:
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif.")})
    transition([amendment], state, moves=AMENDMENT_MOVES, now=now, decided_by=actor, decided_at=now, decision_reason=reason.strip())
    _step(amendment, kind, actor, now, reason=reason.strip())


def _hold(amendment_id: int) -> Amendment:
    """The project, the amendment, then its agreement, held until COMMIT. Milestones and instalments wait for the agreement."""
    project, agreement = Amendment.objects.values_list("agreement__project", "agreement").get(pk=amendment_id)
    held = lock(Project, project, "call__terms", "application")
    amendment = lock(Amendment, amendment_id)
    amendment.agreement = lock(Agreement, agreement, "award__application")
    amendment.agreement.project = held
    return amendment


def require_open(amendment: Amendment) -> None:
    """Raise WrongState once the amendment is approved or ended."""
    if amendment.state not in _OPEN:
        raise WrongState(_("Cette action n’est plus possible : l’avenant est « %(state)s ».") % {"state": amendment.get_state_display()})


def require_under_way(amendment: Amendment) -> None:
    """Raise WrongState once the amendment is in force, refused or given up."""
    if amendment.state not in _UNDER_WAY:
        raise WrongState(_("Cette action n’est plus possible : l’avenant est « %(state)s ».") % {"state": amendment.get_state_display()})


def require_finishable(amendment: Amendment, now: datetime) -> None:
    """Raise Stale with what changed since the amendment was written, or WrongState without a fresh certificate."""
    if conflicts := conflicts_of(amendment):
        lines = "; ".join(
            _("%(label)s : %(before)s alors, %(today)s aujourd’hui, %(proposed)s proposé")
            % {"label": one.label, "before": one.started_from, "today": one.today, "proposed": one.proposed}
            for one in conflicts
        )
        raise Stale(_("La convention a changé depuis cet avenant. Reprenez-le sur la version du jour. %(lines)s.") % {"lines": lines})
    if not raises_a_year(amendment):
        return
    if amendment.certified_at is None:
        raise WrongState(_("La disponibilité budgétaire n’est pas encore certifiée."))
    if not policies.is_fresh(amendment, now):
        raise WrongState(
            _("Le certificat de disponibilité budgétaire du %(day)s date de plus de 30 jours : il doit être renouvelé.")
            % {"day": long_date(amendment.certified_at)}
        )


def _step(
    amendment: Amendment, kind: AmendmentStepKind, actor: User, now: datetime, *, level: int | None = None, role: str = "", reason: str = ""
) -> None:
    """Keep who did what, in the amendment's own history and in the journal of its file."""
    AmendmentStep.objects.create(
        amendment=amendment, round=amendment.round, kind=kind, level=level, role=role, reason=reason, person=actor, at=now
    )
    facts = {"level": level, "role": role} if level else {}
    note(amendment, step=str(kind), **facts)
    project = amendment.agreement.project
    note(project.application or project)
    if reason:
        note_reason(reason)


@on_constraint("instalment_is_live")
def _taken_out(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Un avenant a remplacé ce versement."))


@on_constraint("instalment_replaced_is_unpaid")
def _asked_for(detail: dict[str, Any]) -> DomainError:
    return Stale(_("Un versement a été demandé ou réclamé depuis cet avenant. Reprenez-le sur la version du jour."))


@on_constraint("amendment_steps_are_apart")
def _not_apart(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Vous avez déjà pris part à cet avenant; une autre personne doit intervenir."))

"""Payment by results: the schedule written with a draft, a quantity declared with its evidence, and what is found true of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from funding.enums import MILESTONE_MOVES, OUTCOME_MOVES, InstalmentKind, MilestoneState, OutcomeState
from funding.models import Agreement, Milestone, OutcomeDeclaration, OutcomeSchedule
from funding.outcome import OutcomeTerms, due
from funding.policies import payments as policies
from funding.queries.outcomes import cap_left, live_declaration, measured_by, scheduled_for
from funding.refusals import say
from funding.schedule import PlannedInstalment
from funding.services.milestones import keep_evidence, mark_reported
from funding.services.prizes import prize_faults
from projects.enums import Modality
from projects.models import User
from projects.services.journal import note, note_reason, transition
from projects.services.locks import lock


# ── The schedule, with the draft ─────────────────────────────────────────────────────────────────────────────────────
def modality_faults(modality: str, outcome: OutcomeTerms | None, schedule: Sequence[PlannedInstalment]) -> list[str]:
    """What a draft says that its modality does not allow, or does not say though it must, in sentences."""
    return [*prize_faults(modality, schedule), *_outcome_faults(modality, outcome, schedule)]


def _outcome_faults(modality: str, outcome: OutcomeTerms | None, schedule: Sequence[PlannedInstalment]) -> list[str]:
    if modality != Modality.OUTCOME:
        return [_("Seul un appel qui paie aux résultats a un barème de résultats.")] if outcome else []
    if outcome is None:
        return [_("Inscrivez le résultat mesuré, son unité et le prix de l’unité.")]
    faults = []
    if not outcome.metric.strip() or not outcome.unit.strip():
        faults.append(_("Nommez le résultat mesuré et son unité."))
    if outcome.unit_price <= 0 or (outcome.cap is not None and outcome.cap <= 0):
        faults.append(_("Le prix de l’unité et la quantité maximale sont plus grands que zéro."))
    if any(one.kind != InstalmentKind.MILESTONE for one in schedule):
        faults.append(_("Un paiement aux résultats n’a ni avance ni retenue : chaque versement attend la quantité vérifiée de son jalon."))
    return faults


def write_outcome(agreement: Agreement, outcome: OutcomeTerms | None) -> None:
    """Write the schedule of a draft, in place of the one that it had."""
    OutcomeSchedule.objects.filter(agreement=agreement).delete()
    if outcome is not None:
        row = OutcomeSchedule.objects.create(
            agreement=agreement,
            metric=outcome.metric.strip(),
            unit=outcome.unit.strip(),
            unit_price=outcome.unit_price,
            cap=outcome.cap,
        )
        note(row, metric=row.metric, unit_price=row.unit_price, cap=row.cap)


# ── Declared, then verified ──────────────────────────────────────────────────────────────────────────────────────────
@act
def declare_outcome(
    *,
    milestone_id: int,
    period_start: date,
    period_end: date,
    quantity: Decimal,
    report: str,
    evidence: Any,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> OutcomeDeclaration:
    """Declare the quantity reached in a period, 0 included, with its evidence file. Raises NotAllowed, Invalid, WrongState."""
    milestone = Milestone.objects.select_related("agreement__project").get(pk=milestone_id)
    policies.report_milestone(actor, milestone, now).require()
    _require_period(milestone.agreement, period_start, period_end, quantity, timezone.localdate(now))
    document = keep_evidence(milestone, evidence, actor=actor, now=now)  # before the lock: it hashes the file
    milestone = lock(Milestone, milestone_id)
    policies.report_milestone(actor, milestone, now).require()
    schedule = _measured(milestone)
    mark_reported(milestone, report=report, document=document, actor=actor, now=now)
    declaration = OutcomeDeclaration.objects.create(
        schedule=schedule,
        milestone=milestone,
        period_start=period_start,
        period_end=period_end,
        quantity=quantity,
        document=document,
        declared_by=actor,
        declared_at=now,
    )
    note(declaration, quantity=quantity, period_start=period_start, period_end=period_end)
    return declaration


def _measured(milestone: Milestone) -> OutcomeSchedule:
    schedule = measured_by(milestone)
    if schedule is None:
        raise WrongState(_("Ce jalon ne se paie pas aux résultats."))
    return schedule


def _require_period(agreement: Agreement, start: date, end: date, quantity: Decimal, day: date) -> None:
    errors = {}
    if end < start:
        errors["period_end"] = _("La fin de la période suit son début.")
    elif start < agreement.starts_on or end > agreement.ends_on:
        errors["period_start"] = _("La période sort de la convention, qui va du %(start)s au %(end)s.") % {
            "start": agreement.starts_on,
            "end": agreement.ends_on,
        }
    elif end > day:
        errors["period_end"] = _("La période n’est pas finie : déclarez ce qui est atteint jusqu’à aujourd’hui.")
    if quantity < 0:
        errors["quantity"] = _("Inscrivez une quantité positive, ou 0.")
    if errors:
        raise Invalid(errors=errors)


@act
def verify_outcome(
    *, milestone_id: int, quantity: Decimal, reason: str = "", actor: User, now: datetime, key: str | None = None
) -> OutcomeDeclaration:
    """Find true all or part of the quantity that was declared: unit price × quantity is due, within the cap and the period's instalments.

    What is not found true has its reason. Raises NotAllowed, Invalid, WrongState.
    """
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    declaration = _held(milestone)
    _judge(declaration, quantity, reason)
    schedule = lock(OutcomeSchedule, declaration.schedule_id)  # the decisions of its periods wait for each other
    owed = due(quantity, schedule.unit_price, scheduled=scheduled_for(milestone), cap_left=cap_left(schedule))
    whole = quantity == declaration.quantity
    note(milestone.agreement.project.application or milestone.agreement.project)
    transition(
        [declaration],
        OutcomeState.VERIFIED if whole else OutcomeState.PARTLY_VERIFIED,
        moves=OUTCOME_MOVES,
        now=now,
        verified=quantity,
        counted=owed.counted,
        amount=owed.amount,
        reason=reason.strip(),
        decided_by=actor,
        decided_at=now,
    )
    note(declaration, verified=quantity, counted=owed.counted, amount=owed.amount)
    if reason.strip():
        note_reason(reason)
    transition([milestone], MilestoneState.VERIFIED, moves=MILESTONE_MOVES, now=now, verified_by=actor, verified_at=now)
    return declaration


def _held(milestone: Milestone) -> OutcomeDeclaration:
    live = live_declaration(milestone)
    if live is None:
        raise WrongState(_("Aucune quantité n’est déclarée pour cette période."))
    return lock(OutcomeDeclaration, live.pk)


def _judge(declaration: OutcomeDeclaration, quantity: Decimal, reason: str) -> None:
    errors = {}
    if not 0 <= quantity <= declaration.quantity:
        errors["quantity"] = _("La quantité vérifiée va de 0 à la quantité déclarée.")
    elif quantity < declaration.quantity and not reason.strip():
        errors["reason"] = _("Expliquez ce qui n’est pas vérifié.")
    if errors:
        raise Invalid(errors=errors)


@act
def refuse_outcome(*, milestone_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> OutcomeDeclaration:
    """Send a declared quantity back with the reason; the period may be declared again. Raises NotAllowed, Invalid, WrongState."""
    milestone = lock(Milestone, milestone_id)
    policies.verify_milestone(actor, milestone, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Expliquez ce qui manque pour vérifier cette quantité.")})
    declaration = _held(milestone)
    note(milestone.agreement.project.application or milestone.agreement.project)
    note_reason(reason)
    transition(
        [declaration],
        OutcomeState.REFUSED,
        moves=OUTCOME_MOVES,
        now=now,
        verified=ZERO,
        counted=ZERO,
        amount=ZERO,
        reason=reason.strip(),
        decided_by=actor,
        decided_at=now,
    )
    transition([milestone], MilestoneState.REFUSED, moves=MILESTONE_MOVES, now=now, refusal_reason=reason)
    return declaration


# ── What the database says when it refuses ───────────────────────────────────────────────────────────────────────────
#: constraint of a trigger → what it says to a person; `room` and `asked` are dollars
SAID: dict[str, str | Promise] = {
    "outcome_is_signed_as_drafted": gettext_lazy("Le barème de résultats est celui du projet de convention : il ne change plus ensuite."),
    "outcome_needs_its_modality": gettext_lazy("Seul un appel qui paie aux résultats a un barème de résultats."),
    "outcome_is_never_rewritten": gettext_lazy("Ce qui est déclaré, ou vérifié, ne se réécrit pas."),
    "outcome_is_of_its_agreement": gettext_lazy("Une déclaration porte sur un jalon de sa propre convention."),
    "outcome_is_price_times_quantity": gettext_lazy("Le prix de l’unité × la quantité vérifiée donne %(room)s, et non %(asked)s."),
    "payment_within_verified_outcome": gettext_lazy("La quantité vérifiée laisse %(room)s à payer : %(asked)s ne peuvent pas l’être."),
    "agreement_in_force_has_its_outcome": gettext_lazy("La convention paie des résultats : son barème manque."),
}


say(SAID, WrongState)

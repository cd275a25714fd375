"""A recovery: found by one person, claimed from the beneficiary by another, put in a schedule, or cancelled before it is claimed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import CENT, ZERO
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import RECOVERY_DUE, RECOVERY_MOVES, AgreementState, RecoveryBasis, RecoveryState
from funding.models import Agreement, Recovery, RecoveryPart
from funding.policies import recoveries as policies
from funding.policies.follow_ups import SAID
from funding.queries.recoveries import left_of, recoverable
from funding.repayment import in_parts
from projects.models import User
from projects.queries.people import active_members
from projects.services import messages
from projects.services.journal import money_clock, next_numbers, note, note_reason, transition
from projects.services.locks import lock
from projects.services.outbox import queue

#: how far a schedule may go, in parts and in months between two of them
MOST_PARTS, MOST_MONTHS = 60, 12
#: why nothing is recovered of whoever met their duties without the results
NOT_OF_A_FAILURE = (RecoveryBasis.TERMINATION, RecoveryBasis.DEFAULT)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it is to be returned: so many equal parts, so many months apart, from a first day."""

    first_due_on: date
    count: int = 1
    months: int = 1


@dataclass(frozen=True, slots=True)
class RecoveryTerms:
    """What is to be returned (dollars), why, and when."""

    amount: Decimal
    basis: str
    reason: str
    schedule: Schedule


@act
def open_recovery(*, agreement_id: int, terms: RecoveryTerms, actor: User, now: datetime, key: str | None = None) -> Recovery:
    """Find that a sum paid under an agreement is to be returned. Nothing is asked of the beneficiary until another person claims it.

    Raises NotAllowed, WrongState, Invalid (a reason is missing, or more than what was paid and is not being recovered).
    """
    known = money_clock(now)
    agreement = lock(Agreement, agreement_id)
    policies.open_recovery(actor, agreement, now).require()
    note_reason(terms.reason.strip())
    return establish(agreement, terms, actor=actor, now=now, known=known)


def establish(agreement: Agreement, terms: RecoveryTerms, *, actor: User, now: datetime, known: datetime) -> Recovery:
    """The step of an opening and of a termination: the agreement is held, and its ledger rows are written."""
    _check(agreement, terms, now)
    recovery = Recovery(
        number=next_numbers(f"RCV-{timezone.localdate(now).year}", 1, width=5)[0],
        agreement=agreement,
        basis=terms.basis,
        reason=terms.reason.strip(),
        amount=terms.amount,
        established_by=actor,
        established_at=known,
    )
    recovery.save()
    _write_schedule(recovery, terms.schedule, 1, actor=actor, known=known)
    note(recovery, amount=terms.amount, basis=terms.basis)
    note_file(recovery)
    queue("money", now=now)
    return recovery


def _check(agreement: Agreement, terms: RecoveryTerms, now: datetime) -> None:
    errors = check_schedule(terms.schedule, terms.amount, timezone.localdate(now))
    if terms.basis not in RecoveryBasis.values:
        errors["basis"] = _("Choisissez le fondement du recouvrement.")
    elif agreement.state == AgreementState.DOCUMENTED_FAILURE and terms.basis in NOT_OF_A_FAILURE:
        errors["basis"] = str(SAID["recovery_spares_a_documented_failure"])
    if not terms.reason.strip():
        errors["reason"] = _("Inscrivez pourquoi cette somme est à recouvrer.")
    room = recoverable(agreement)
    if terms.amount <= ZERO:
        errors["amount"] = _("Inscrivez un montant plus grand que zéro.")
    elif terms.amount > room:
        errors["amount"] = _("Au plus %(room)s : ce qui est payé et ne fait pas déjà l’objet d’un recouvrement.") % {
            "room": money_cents(room)
        }
    if errors:
        raise Invalid(errors=errors)


def check_schedule(schedule: Schedule, amount: Decimal, today: date) -> dict[str, str]:
    errors = {}
    if schedule.first_due_on < today:
        errors["first_due_on"] = _("La première échéance ne peut pas être passée.")
    if not 1 <= schedule.count <= MOST_PARTS or amount < CENT * schedule.count:
        errors["count"] = _("De 1 à %(most)s échéances, d’au moins un cent chacune.") % {"most": MOST_PARTS}
    if not 1 <= schedule.months <= MOST_MONTHS:
        errors["months"] = _("De 1 à %(most)s mois entre deux échéances.") % {"most": MOST_MONTHS}
    return errors


def _write_schedule(recovery: Recovery, schedule: Schedule, version: int, *, actor: User, known: datetime) -> None:
    parts = in_parts(recovery.amount, schedule.first_due_on, schedule.count, schedule.months)
    RecoveryPart.objects.bulk_create(
        [
            RecoveryPart(
                recovery=recovery,
                version=version,
                position=position,
                due_on=part.due_on,
                amount=part.amount,
                recorded_by=actor,
                recorded_at=known,
            )
            for position, part in enumerate(parts, start=1)
        ]
    )


@act
def claim_recovery(*, recovery_id: int, actor: User, now: datetime, key: str | None = None) -> Recovery:
    """Claim what another person found: the beneficiary is told, and sees it from now on. Raises NotAllowed, WrongState."""
    known = money_clock(now)
    recovery = hold(recovery_id)
    policies.decide_recovery(actor, recovery, now).require()
    _require_found(recovery, _("Ce recouvrement est déjà réclamé."))
    parts = recovery.parts.count()
    state = RecoveryState.SCHEDULED if parts > 1 else RecoveryState.CLAIMED
    transition([recovery], state, moves=RECOVERY_MOVES, now=now, claimed_by=actor, claimed_at=known)
    note_file(recovery)
    _tell(recovery, now)
    queue("money", now=now)
    return recovery


@act
def cancel_recovery(*, recovery_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> Recovery:
    """Give up what was found by mistake, before it is claimed: afterwards it is received or written off.

    Raises NotAllowed, WrongState, Invalid.
    """
    known = money_clock(now)
    recovery = hold(recovery_id)
    policies.decide_recovery(actor, recovery, now).require()
    _require_found(recovery, _("Ce recouvrement est réclamé : il se règle par un encaissement ou une radiation."))
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez pourquoi le recouvrement est annulé.")})
    changes: dict[str, Any] = {"cancelled_by": actor, "cancelled_at": known, "cancellation_reason": reason.strip()}
    transition([recovery], RecoveryState.CANCELLED, moves=RECOVERY_MOVES, now=now, **changes)
    note_reason(reason.strip())
    note_file(recovery)
    queue("money", now=now)
    return recovery


@act
def schedule_recovery(*, recovery_id: int, schedule: Schedule, actor: User, now: datetime, key: str | None = None) -> Recovery:
    """Agree on other dates: a new version of the schedule, of the whole sum; what came back covers its first dates.

    Raises NotAllowed, WrongState, Invalid.
    """
    known = money_clock(now)
    recovery = hold(recovery_id)
    policies.decide_recovery(actor, recovery, now).require()
    require_due(recovery)
    if errors := check_schedule(schedule, recovery.amount, timezone.localdate(now)):
        raise Invalid(errors=errors)
    version = recovery.parts.order_by("-version").values_list("version", flat=True)[0] + 1
    _write_schedule(recovery, schedule, version, actor=actor, known=known)
    if recovery.state == RecoveryState.CLAIMED:
        transition([recovery], RecoveryState.SCHEDULED, moves=RECOVERY_MOVES, now=now)
    note(recovery, schedule=version, parts=schedule.count)
    note_file(recovery)
    queue("money", now=now)
    return recovery


def hold(recovery_id: int) -> Recovery:
    """The recovery, then its agreement, both held until COMMIT."""
    recovery = lock(Recovery, recovery_id)
    recovery.agreement = lock(Agreement, recovery.agreement_id)
    return recovery


def require_due(recovery: Recovery) -> None:
    """Raise WrongState unless the recovery is claimed and something of it is left."""
    if recovery.state not in RECOVERY_DUE:
        raise WrongState(_("Ce recouvrement n’est pas réclamé, ou il est réglé."))


def settle(recovery: Recovery, now: datetime) -> None:
    """The state that says what is left, once receipts and write-offs are written: settled, or due again."""
    left, due_again = left_of(recovery), recovery.state not in RECOVERY_DUE
    if left > 0 and due_again:
        dates = recovery.parts.order_by().values("version").distinct().count() > 1 or recovery.parts.filter(version=1).count() > 1
        transition([recovery], RecoveryState.SCHEDULED if dates else RecoveryState.CLAIMED, moves=RECOVERY_MOVES, now=now)
    elif left == 0 and not due_again:
        written = recovery.write_offs.filter(state="approved").exists()
        transition([recovery], RecoveryState.WRITTEN_OFF if written else RecoveryState.RECEIVED, moves=RECOVERY_MOVES, now=now)


def note_file(recovery: Recovery) -> None:
    """Say in the journal whose file a recovery is of."""
    project = recovery.agreement.project
    note(project.application or project)


def _require_found(recovery: Recovery, refusal: str) -> None:
    if recovery.state != RecoveryState.ESTABLISHED:
        raise WrongState(refusal)


def _tell(recovery: Recovery, now: datetime) -> None:
    """Write to the people of the beneficiary: the sum, why, and when it is expected."""
    project = recovery.agreement.project
    members = active_members(project.organisation_id, now).for_call(project.call_id).values("person")
    first = recovery.parts.order_by("position")[0]
    with messages.in_french():
        subject = _("%(number)s : une somme est à rembourser") % {"number": recovery.agreement.number}
        body = _(
            "Le Fonds réclame %(amount)s au titre de la convention %(agreement)s (%(basis)s). Première échéance : %(day)s. "
            "Le recouvrement %(number)s et son échéancier se lisent dans le portail."
        ) % {
            "amount": money_cents(recovery.amount),
            "agreement": recovery.agreement.number,
            "basis": recovery.get_basis_display(),
            "day": first.due_on.isoformat(),
            "number": recovery.number,
        }
    people = User.objects.filter(pk__in=members).order_by("pk")
    messages.send(people, application=project.application, subject=subject, body=body, now=now)

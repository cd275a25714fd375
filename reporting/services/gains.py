"""Gains: reported and co-signed by the beneficiary, verified by an outsider, captured in a budget; each stage is a row that stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, Stale, WrongState, act, on_constraint
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import money
from projects.enums import DocumentKind, Nature, Role, Stage
from projects.models import Document, GainLine, Project, User
from projects.queries.applications import members_to_tell
from projects.services import messages
from projects.services.documents import store_upload
from projects.services.journal import money_clock, next_numbers, note, note_organisation, note_reason, transition
from projects.services.locks import lock
from reporting.enums import GAIN_REPORT_MOVES, GainReportState, Rating
from reporting.models import GainReport
from reporting.policies import gains as policies
from reporting.queries.gains import cosigners_of, holders_of, is_alone, project_of
from reporting.services.gain_rows import METHOD_VERSION, record_stage

_S = GainReportState


# ── The beneficiary ──────────────────────────────────────────────────────────────────────────────────────────────────
@act
def report_gain(
    *,
    line_id: int,
    period_start: date,
    period_end: date,
    amount: Decimal,
    method: str,
    evidence: Any,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> GainReport:
    """Report the gain of a locked line over a period. `amount` has no sign: that of a COST line is the increase, kept below zero.

    It waits for its co-signature, or is submitted at once when the reporter is alone in the organisation.
    Raises NotAllowed, Invalid, WrongState (a day of the period is already reported).
    """
    line = GainLine.objects.select_related("plan").get(pk=line_id)
    project = project_of(line)
    policies.report_gain(actor, project, now).require()
    _require_period(period_start, period_end, now)
    document = _store(evidence, "evidence", DocumentKind.EVIDENCE, project, actor=actor, now=now)
    known = money_clock(now)
    report = GainReport.objects.create(
        project=project,
        line=line,
        number=next_numbers(f"GAIN-{timezone.localdate(now).year}", 1, width=5)[0],
        period_start=period_start,
        period_end=period_end,
        amount=_signed(line, amount),
        method=method,
        evidence=document,
        reported_by=actor,
        reported_at=now,
    )
    note(report, amount=report.amount, period_start=period_start, period_end=period_end, evidence=document.sha256)
    _note_file(report)
    _ask_cosignature(report, known=known, actor=actor, now=now)
    return report


@act
def correct_gain(
    *,
    report_id: int,
    period_start: date,
    period_end: date,
    amount: Decimal,
    method: str,
    evidence: Any | None,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> GainReport:
    """Correct a report that was returned, or that is not co-signed yet; it needs a co-signature again. No file keeps the former one.

    The period of a report that was once submitted is fixed: its row is known. Raises NotAllowed, Invalid, WrongState.
    """
    report = GainReport.objects.select_related("project__application", "evidence").get(pk=report_id)
    policies.report_gain(actor, report.project, now).require()
    _require_period(period_start, period_end, now)
    document = report.evidence
    if evidence:
        document = _store(evidence, "evidence", DocumentKind.EVIDENCE, report.project, actor=actor, now=now)
    known = money_clock(now)
    report = lock(GainReport, report_id)
    require_move(GAIN_REPORT_MOVES, report.state, _S.DRAFT)
    if (report.period_start, report.period_end) != (period_start, period_end) and report.gains.exists():
        raise Invalid(errors={"period_start": _("Ce gain a déjà été soumis : sa période ne change plus.")})
    transition(
        [report],
        _S.DRAFT,
        moves=GAIN_REPORT_MOVES,
        now=now,
        period_start=period_start,
        period_end=period_end,
        amount=_signed(report.line, amount),
        method=method,
        evidence=document,
        reported_by=actor,
        reported_at=now,
        cosigned_by=None,
        cosigned_at=None,
        cosignature_waived=False,
        reason="",
    )
    note(report, amount=report.amount, period_start=period_start, period_end=period_end, evidence=document.sha256)
    _note_file(report)
    _ask_cosignature(report, known=known, actor=actor, now=now)
    return report


@act
def cosign_gain(*, report_id: int, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None) -> GainReport:
    """Co-sign a report, which submits it to verification. `seen`: the instant of the version that was read.

    Raises NotAllowed, WrongState, Stale (corrected since it was read).
    """
    known = money_clock(now)
    report = lock(GainReport, report_id)
    policies.cosign_gain(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.SUBMITTED)
    _require_unchanged(report, seen)
    _submit(report, known=known, actor=actor, now=now, cosigned_by=actor, cosigned_at=now)
    _note_file(report)
    return report


def _ask_cosignature(report: GainReport, *, known: datetime, actor: User, now: datetime) -> None:
    """Tell those who may co-sign; nobody could in an organisation of one: the co-signature is waived, and shown as such."""
    note_organisation(report.project.organisation_id)
    if is_alone(report.project, now):
        note(report, cosignature_waived=True)
        _submit(report, known=known, actor=actor, now=now, cosignature_waived=True)
        return
    with messages.in_french():
        subject = _("Gain %(number)s à cosigner") % {"number": report.number}
        body = _("%(name)s a déclaré un gain de %(amount)s. Il vous revient de le cosigner pour qu’il soit soumis à la vérification.")
        body %= {"name": actor.name, **_words(report.amount)}
    _tell(cosigners_of(report.project, actor, now), report, subject, body, now)


def _submit(report: GainReport, *, known: datetime, actor: User, now: datetime, **changes: Any) -> None:
    transition([report], _S.SUBMITTED, moves=GAIN_REPORT_MOVES, now=now, **changes)
    note_organisation(report.project.organisation_id)
    record_stage(report, Stage.REPORTED, report.amount, report.evidence, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s à vérifier") % {"number": report.number}
        body = _("Un gain de %(amount)s attend sa vérification.") % _words(report.amount)
    _tell(holders_of(Role.GAIN_VERIFIER, report.project.call_id, now), report, subject, body, now)


# ── The verifier ─────────────────────────────────────────────────────────────────────────────────────────────────────
@act
def verify_gain(
    *,
    report_id: int,
    amount: Decimal,
    rating: str,
    reason: str,
    actor: User,
    now: datetime,
    seen: datetime | None = None,
    key: str | None = None,
) -> GainReport:
    """Accept all or part of a reported gain (`amount` without its sign), with a rating; a part needs its reason (INV-13, INV-14).

    Raises NotAllowed, WrongState, Stale, Invalid.
    """
    known = money_clock(now)
    report = lock(GainReport, report_id)
    policies.verify_gain(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.VERIFIED)
    _require_unchanged(report, seen)
    accepted = _signed(report.line, amount)
    _require_acceptable(report, accepted, rating, reason)
    state = _S.VERIFIED if accepted == report.amount else _S.PARTLY_VERIFIED
    _examine(report, state, accepted, rating, reason, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s vérifié") % {"number": report.number}
        body = _("%(amount)s sont acceptés sur %(reported)s déclarés.") % {**_words(accepted), "reported": money(report.amount)}
    people = members_to_tell(report.project, now)
    if policies.can_be_captured(report.line):
        people = people | holders_of(Role.CONTROLLER, report.project.call_id, now)
    _tell(people, report, subject, f"{body} {reason}".strip(), now)
    return report


@act
def reject_gain(
    *, report_id: int, reason: str, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None
) -> GainReport:
    """Reject a reported gain for good, with a reason: it counts as examined, for 0.00. Raises NotAllowed, WrongState, Stale, Invalid."""
    known = money_clock(now)
    report = lock(GainReport, report_id)
    policies.verify_gain(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.REJECTED)
    _require_unchanged(report, seen)
    _require_reason(reason)
    _examine(report, _S.REJECTED, ZERO, Rating.RED, reason, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s rejeté") % {"number": report.number}
    _tell(members_to_tell(report.project, now), report, subject, reason, now)
    return report


@act
def return_gain(
    *, report_id: int, reason: str, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None
) -> GainReport:
    """Send a reported gain back to be corrected, with a reason: nothing is verified yet. Raises NotAllowed, WrongState, Stale, Invalid."""
    report = lock(GainReport, report_id)
    policies.verify_gain(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.RETURNED)
    _require_unchanged(report, seen)
    _require_reason(reason)
    transition([report], _S.RETURNED, moves=GAIN_REPORT_MOVES, now=now, reason=reason)
    note_reason(reason)
    _note_file(report)
    with messages.in_french():
        subject = _("Gain %(number)s à corriger") % {"number": report.number}
    _tell(members_to_tell(report.project, now), report, subject, reason, now)
    return report


def _examine(
    report: GainReport, state: GainReportState, accepted: Decimal, rating: str, reason: str, *, known: datetime, actor: User, now: datetime
) -> None:
    transition(
        [report],
        state,
        moves=GAIN_REPORT_MOVES,
        now=now,
        verified_by=actor,
        verified_at=now,
        verified_amount=accepted,
        rating=rating,
        reason=reason,
        method_version=METHOD_VERSION,
    )
    note_reason(reason)
    record_stage(report, Stage.VERIFIED, accepted, report.evidence, known=known, actor=actor, now=now)
    _note_file(report)


def _require_acceptable(report: GainReport, accepted: Decimal, rating: str, reason: str) -> None:
    errors = {}
    if abs(accepted) > abs(report.amount):
        errors["amount"] = _("Le gain accepté ne peut pas dépasser le gain déclaré : %(amount)s.") % _words(abs(report.amount))
    elif not accepted and report.amount:
        errors["amount"] = _("Pour ne rien accepter, rejetez la déclaration.")
    elif accepted != report.amount and not reason.strip():
        errors["reason"] = _("Expliquez l’écart entre le gain déclaré et le gain accepté.")
    if rating not in Rating.values:
        errors["rating"] = _("Choisissez une cote.")
    if errors:
        raise Invalid(errors=errors)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif : l’organisme le lira.")})


# ── The controller ───────────────────────────────────────────────────────────────────────────────────────────────────
@act
def capture_gain(*, report_id: int, amount: Decimal, document: Any, actor: User, now: datetime, key: str | None = None) -> GainReport:
    """Record what really left a budget, or entered its revenue, with the budget document that shows it (INV-15).

    Raises NotAllowed, WrongState, Invalid (nothing, more than what is verified, or a bad file).
    """
    report = GainReport.objects.select_related("project").get(pk=report_id)
    policies.capture_gain(actor, report, now).require()
    budget = _store(document, "document", DocumentKind.BUDGET, report.project, actor=actor, now=now)
    known = money_clock(now)
    report = lock(GainReport, report_id)
    policies.capture_gain(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.CAPTURED)
    verified = report.verified_amount or ZERO
    if not ZERO < amount <= verified:
        raise Invalid(errors={"amount": _("Inscrivez un montant supérieur à zéro et d’au plus %(amount)s.") % _words(verified)})
    transition(
        [report],
        _S.CAPTURED,
        moves=GAIN_REPORT_MOVES,
        now=now,
        captured_by=actor,
        captured_at=now,
        captured_amount=amount,
        budget_document=budget,
    )
    record_stage(report, Stage.CAPTURED, amount, budget, known=known, actor=actor, now=now)
    _note_file(report)
    with messages.in_french():
        subject = _("Gain %(number)s capté") % {"number": report.number}
        body = _("%(amount)s sont inscrits comme captés, avec leur document budgétaire.") % _words(amount)
    _tell(members_to_tell(report.project, now), report, subject, body, now)
    return report


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _signed(line: GainLine, amount: Decimal) -> Decimal:
    """Dollars as they are kept: an increase of cost worsens the balance. Raises Invalid for a typed sign."""
    if amount < ZERO:
        raise Invalid(errors={"amount": _("Inscrivez le montant sans signe.")})
    return -amount if line.nature == Nature.COST else amount


def _require_period(start: date, end: date, now: datetime) -> None:
    errors = {}
    if end < start:
        errors["period_end"] = _("La fin de la période précède son début.")
    elif end > timezone.localdate(now):
        errors["period_end"] = _("Un gain se déclare quand sa période est terminée.")
    if errors:
        raise Invalid(errors=errors)


def _require_unchanged(report: GainReport, seen: datetime | None) -> None:
    if seen is not None and seen != report.reported_at:
        raise Stale(_("Cette déclaration a été corrigée depuis que vous avez ouvert cette page. Rien n’a été enregistré : relisez-la."))


def _store(file: Any, field: str, kind: DocumentKind, project: Project, *, actor: User, now: datetime) -> Document:
    """Keep a file, before the first lock: it is hashed. A refusal is said next to its field."""
    try:
        return store_upload(file, kind=kind, actor=actor, now=now, project=project)
    except Invalid as error:
        raise type(error)(errors={field: error.message}) from error


def _note_file(report: GainReport) -> None:
    note(report.project.application or report.project)


def _tell(people: Iterable[User], report: GainReport, subject: str, body: str, now: datetime) -> None:
    messages.send(people, subject=subject, body=body, now=now, application=report.project.application)


def _words(amount: Decimal) -> dict[str, str]:
    return {"amount": money(amount)}


@on_constraint("gain_report_line_is_locked")
def _line_not_locked(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Seule une ligne du plan verrouillé par la convention du projet peut être déclarée."))


@on_constraint("gain_report_cost_not_positive")
def _cost_above_zero(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Une hausse de coût est toujours inscrite en négatif."))


@on_constraint("gain_report_captured_is_cashable")
def _not_cashable(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Seuls une économie encaissable ou un revenu modifient un budget et peuvent être captés."))

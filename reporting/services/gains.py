"""Gains, as the beneficiary reports and co-signs them; the acts of the stages that follow are named here too, each in its own module."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, WrongState, act, on_constraint
from fondsinnovation.kit.states import require_move
from projects.enums import DocumentKind, Role, Stage
from projects.models import GainLine, Project, User
from projects.services import messages
from projects.services.journal import money_clock, next_numbers, note, note_organisation, transition
from projects.services.locks import lock
from reporting.enums import GAIN_REPORT_MOVES, GainReportState, Maturity
from reporting.models import GainReport
from reporting.policies import gains as policies
from reporting.queries.gains import cosigners_of, holders_of, is_alone, project_of
from reporting.services.captures import capture_gain
from reporting.services.gain_rows import record_stage
from reporting.services.gain_steps import note_file, require_own_amount, require_unchanged, signed, store, tell, words
from reporting.services.measures import Measures, guard_quality, record_measures
from reporting.services.verification import reject_gain, return_gain, verify_gain

_S = GainReportState

__all__ = ["capture_gain", "correct_gain", "cosign_gain", "reject_gain", "report_gain", "return_gain", "verify_gain"]


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
    maturity: str = Maturity.INTERIM,
    measures: Measures | None = None,
    key: str | None = None,
) -> GainReport:
    """Report the gain of a locked line over a period. `amount` has no sign: that of a COST line is the increase, kept below zero.

    It waits for its co-signature, or is submitted at once when the reporter is alone in the organisation.
    Raises NotAllowed, Invalid, WrongState (a day of the period is already reported).
    """
    line = GainLine.objects.select_related("plan").get(pk=line_id)
    project = project_of(line)
    policies.report_gain(actor, project, now).require()
    require_period(period_start, period_end, now)
    document = store(evidence, "evidence", DocumentKind.EVIDENCE, project, actor=actor, now=now)
    known = money_clock(now)
    facts = {"period_start": period_start, "period_end": period_end, "maturity": maturity, "method": method, "evidence": document}
    report = open_report(line, project, amount=signed(line, amount), facts=facts, actor=actor, now=now)
    record_measures(report, measures, known=known, actor=actor)
    ask_cosignature(report, known=known, actor=actor, now=now)
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
    maturity: str = Maturity.INTERIM,
    measures: Measures | None = None,
    key: str | None = None,
) -> GainReport:
    """Correct a report that was returned, or that is not co-signed yet; it needs a co-signature again. No file keeps the former one.

    The period of a report that was once submitted is fixed: its row is known. Raises NotAllowed, Invalid, WrongState.
    """
    report = GainReport.objects.select_related("project__application", "evidence").get(pk=report_id)
    policies.report_gain(actor, report.project, now).require()
    require_period(period_start, period_end, now)
    document = report.evidence
    if evidence:
        document = store(evidence, "evidence", DocumentKind.EVIDENCE, report.project, actor=actor, now=now)
    known = money_clock(now)
    report = lock(GainReport, report_id)
    require_move(GAIN_REPORT_MOVES, report.state, _S.DRAFT)
    _require_same_period(report, period_start, period_end)
    becomes = signed(report.line, amount)
    require_own_amount(report, becomes)
    facts = {"period_start": period_start, "period_end": period_end, "maturity": maturity, "method": method, "evidence": document}
    correct_report(report, amount=becomes, facts=facts, actor=actor, now=now)
    record_measures(report, measures, known=known, actor=actor)
    ask_cosignature(report, known=known, actor=actor, now=now)
    return report


def _require_same_period(report: GainReport, start: date, end: date) -> None:
    """Of a report that was once submitted: its row is known."""
    if (report.period_start, report.period_end) != (start, end) and report.gains.exists():
        raise Invalid(errors={"period_start": _("Ce gain a déjà été soumis : sa période ne change plus.")})


@act
def cosign_gain(*, report_id: int, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None) -> GainReport:
    """Co-sign a report, which submits it to verification. `seen`: the instant of the version that was read.

    Raises NotAllowed, WrongState, Stale (corrected since it was read).
    """
    known = money_clock(now)
    report = lock(GainReport, report_id)
    policies.cosign_gain(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.SUBMITTED)
    require_unchanged(report.reported_at, seen)
    _submit(report, known=known, actor=actor, now=now, cosigned_by=actor, cosigned_at=now)
    note_file(report)
    return report


def ask_cosignature(report: GainReport, *, known: datetime, actor: User, now: datetime, within: bool = True) -> None:
    """Tell those who may co-sign; nobody could in an organisation of one: the co-signature is waived, and shown as such.

    `within`: the reporter is of that organisation; one of another leaves the co-signature to it, however few they are.
    """
    note_organisation(report.project.organisation_id)
    if within and is_alone(report.project, now):
        note(report, cosignature_waived=True)
        _submit(report, known=known, actor=actor, now=now, cosignature_waived=True)
        return
    with messages.in_french():
        subject = _("Gain %(number)s à cosigner") % {"number": report.number}
        body = _("%(name)s a déclaré un gain de %(amount)s. Il vous revient de le cosigner pour qu’il soit soumis à la vérification.")
        body %= {"name": actor.name, **words(report.amount)}
    tell(cosigners_of(report.project, actor, now), report, subject, body, now)


def _submit(report: GainReport, *, known: datetime, actor: User, now: datetime, **changes: Any) -> None:
    transition([report], _S.SUBMITTED, moves=GAIN_REPORT_MOVES, now=now, **changes)
    note_organisation(report.project.organisation_id)
    record_stage(report, Stage.REPORTED, report.amount, report.evidence, known=known, actor=actor, now=now)
    guard_quality(report, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s à vérifier") % {"number": report.number}
        body = _("Un gain de %(amount)s attend sa vérification.") % words(report.amount)
    tell(holders_of(Role.GAIN_VERIFIER, report.project.call_id, now), report, subject, body, now)


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def open_report(line: GainLine, project: Project, *, amount: Decimal, facts: dict[str, Any], actor: User, now: datetime) -> GainReport:
    """Write a report that nobody has co-signed yet; `facts` are its period, maturity, method and evidence."""
    number = next_numbers(f"GAIN-{timezone.localdate(now).year}", 1, width=5)[0]
    report = GainReport.objects.create(
        project=project, line=line, number=number, amount=amount, reported_by=actor, reported_at=now, **facts
    )
    period = {name: facts[name] for name in ("period_start", "period_end")}
    note(report, amount=amount, evidence=facts["evidence"].sha256, **period)
    note_file(report)
    return report


def correct_report(report: GainReport, *, amount: Decimal, facts: dict[str, Any], actor: User, now: datetime) -> None:
    """Write again a report that nobody verified yet: nobody has co-signed it so. `facts` are what changes beside its amount."""
    nobody = {"cosigned_by": None, "cosigned_at": None, "cosignature_waived": False}
    values = {"amount": amount, "reported_by": actor, "reported_at": now, "reason": "", **facts, **nobody}
    transition([report], _S.DRAFT, moves=GAIN_REPORT_MOVES, now=now, **values)
    period = {name: getattr(report, name) for name in ("period_start", "period_end")}
    note(report, amount=amount, evidence=report.evidence.sha256, **period)
    note_file(report)


def require_period(start: date, end: date, now: datetime) -> None:
    errors = {}
    if end < start:
        errors["period_end"] = _("La fin de la période précède son début.")
    elif end > timezone.localdate(now):
        errors["period_end"] = _("Un gain se déclare quand sa période est terminée.")
    if errors:
        raise Invalid(errors=errors)


@on_constraint("gain_report_line_is_locked")
def _line_not_locked(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Seule une ligne du plan verrouillé par la convention du projet peut être déclarée."))


@on_constraint("gain_report_cost_not_positive")
def _cost_above_zero(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Une hausse de coût est toujours inscrite en négatif."))


@on_constraint("gain_report_captured_is_cashable")
def _not_cashable(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Seuls une économie encaissable ou un revenu modifient un budget et peuvent être captés."))

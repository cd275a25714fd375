"""The verifier's acts: accept all or part of a gain, reject it, return it. Each examination answers five points and stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import money
from funding.refusals import say
from projects.enums import Role, Stage
from projects.models import User
from projects.queries.applications import members_to_tell
from projects.services import messages
from projects.services.journal import money_clock, note, note_reason, transition
from projects.services.locks import lock
from reporting.enums import GAIN_REPORT_MOVES, RESTATEMENT_MOVES, Assurance, GainReportState, Point, Rating, RestatementState
from reporting.models import GainReport, GainRestatement, GainVerification
from reporting.policies import gains as policies
from reporting.queries.gains import holders_of
from reporting.services.gain_rows import METHOD_VERSION, record_stage
from reporting.services.gain_steps import note_file, require_reason, require_unchanged, signed, tell, words

_S = GainReportState
_R = RestatementState


@dataclass(frozen=True, slots=True)
class Answer:
    """What the verifier found on one point: whether it is shown, and why they say so."""

    ok: bool
    comment: str


Answers = Mapping[Point, Answer]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination concludes."""

    state: GainReportState
    accepted: Decimal
    rating: str
    assurance: str
    reason: str
    answers: Answers


@act
def verify_gain(
    *,
    report_id: int,
    amount: Decimal,
    rating: str,
    assurance: str,
    answers: Answers,
    reason: str,
    actor: User,
    now: datetime,
    seen: datetime | None = None,
    key: str | None = None,
) -> GainReport:
    """Accept all or part of a reported or restated gain (`amount` without its sign); a part needs its reason (INV-13, INV-14).

    Raises NotAllowed, WrongState, Stale, Invalid.
    """
    known = money_clock(now)
    report, restatement = _examinable(report_id, _S.VERIFIED, actor, now, seen)
    accepted = signed(report.line, amount)
    finding = Finding(_state(report, accepted), accepted, rating, assurance, reason, answers)
    _require_acceptable(report, finding)
    _examine(report, restatement, finding, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s vérifié") % {"number": report.number}
        body = _("%(amount)s sont acceptés sur %(reported)s déclarés.") % {**words(accepted), "reported": money(report.amount)}
    people = members_to_tell(report.project, now)
    if policies.can_be_captured(report.line):
        people = people | holders_of(Role.CONTROLLER, report.project.call_id, now)
    tell(people, report, subject, f"{body} {reason}".strip(), now)
    return report


@act
def reject_gain(
    *, report_id: int, answers: Answers, reason: str, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None
) -> GainReport:
    """Reject a gain for good: it counts as examined, for 0.00, and says which point is not shown.

    Raises NotAllowed, WrongState, Stale, Invalid.
    """
    known = money_clock(now)
    report, restatement = _examinable(report_id, _S.REJECTED, actor, now, seen)
    require_reason(reason)
    finding = Finding(_S.REJECTED, ZERO, Rating.RED, Assurance.UNSATISFACTORY, reason, answers)
    _require_answers(answers, {})
    if all(answer.ok for answer in answers.values()):
        raise Invalid(_("Un gain se rejette quand au moins un des cinq points n’est pas démontré."))
    _examine(report, restatement, finding, known=known, actor=actor, now=now)
    with messages.in_french():
        subject = _("Gain %(number)s rejeté") % {"number": report.number}
    tell(members_to_tell(report.project, now), report, subject, reason, now)
    return report


@act
def return_gain(
    *, report_id: int, reason: str, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None
) -> GainReport:
    """Send a gain back to be corrected, with a reason: nothing is verified yet; what a restatement replaced stays verified.

    Raises NotAllowed, WrongState, Stale, Invalid.
    """
    report, restatement = _examinable(report_id, None, actor, now, seen)
    require_reason(reason)
    if restatement is None:
        transition([report], _S.RETURNED, moves=GAIN_REPORT_MOVES, now=now, reason=reason)
    else:
        note(report)
        transition([restatement], _R.RETURNED, moves=RESTATEMENT_MOVES, now=now, answer=reason)
    note_reason(reason)
    note_file(report)
    with messages.in_french():
        subject = _("Gain %(number)s à corriger") % {"number": report.number}
    tell(members_to_tell(report.project, now), report, subject, reason, now)
    return report


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _examinable(
    report_id: int, to: GainReportState | None, actor: User, now: datetime, seen: datetime | None
) -> tuple[GainReport, GainRestatement | None]:
    """The report, locked, that this person may examine as they read it; with the restatement that waits, when it was verified before."""
    report = lock(GainReport, report_id)
    policies.verify_gain(actor, report, now).require()
    again = report.state == _S.TO_REVERIFY
    require_move(GAIN_REPORT_MOVES, report.state, to or (_S.VERIFIED if again else _S.RETURNED))
    require_unchanged(report.reported_at, seen)
    if not again:
        return report, None
    restatement = report.restatements.filter(state=_R.SUBMITTED).first()
    if restatement is None:
        raise WrongState(_("Ce redressement a été retourné à l’organisme, qui n’en a pas encore soumis un autre."))
    return report, restatement


def _state(report: GainReport, accepted: Decimal) -> GainReportState:
    """Where an acceptance leads: what was captured stays captured, as long as it is within what is verified."""
    if report.captured_amount is not None:
        return _S.CAPTURED
    return _S.VERIFIED if accepted == report.amount else _S.PARTLY_VERIFIED


def _examine(
    report: GainReport, restatement: GainRestatement | None, finding: Finding, *, known: datetime, actor: User, now: datetime
) -> None:
    if report.captured_amount is not None and finding.accepted < report.captured_amount:
        raise WrongState(_not_below(report.captured_amount))
    values: dict[str, Any] = {"verified_by": actor, "verified_at": now, "verified_amount": finding.accepted, "rating": finding.rating}
    values |= {"reason": finding.reason, "method_version": METHOD_VERSION}
    transition([report], finding.state, moves=GAIN_REPORT_MOVES, now=now, **values)
    if restatement is not None:
        transition([restatement], _R.EXAMINED, moves=RESTATEMENT_MOVES, now=now)
    note_reason(finding.reason)
    row = record_stage(report, Stage.VERIFIED, finding.accepted, report.evidence, known=known, actor=actor, now=now)
    kept = GainVerification.objects.create(
        report=report,
        gain=row,
        version=report.version,
        reported=report.amount,
        accepted=finding.accepted,
        rating=finding.rating,
        assurance=finding.assurance,
        reason=finding.reason,
        verified_by=actor,
        verified_at=now,
        **fields_of(finding.answers),
    )
    note(kept, assurance=str(finding.assurance), points={point.value: finding.answers[point].ok for point in Point})
    note_file(report)


def fields_of(answers: Answers) -> dict[str, bool | str]:
    """The five answers as the columns that keep them."""
    found: dict[str, bool | str] = {}
    for point in Point:
        found[point.value] = answers[point].ok
        found[f"{point.value}_comment"] = answers[point].comment.strip()
    return found


def _not_below(captured: Decimal) -> str:
    said = _(
        "%(amount)s sont déjà captés : la captation doit d’abord être corrigée, par une autre personne que vous, pour que le gain "
        "vérifié passe au-dessous."
    )
    return said % words(captured)


def _require_acceptable(report: GainReport, finding: Finding) -> None:
    errors = {}
    if abs(finding.accepted) > abs(report.amount):
        errors["amount"] = _("Le gain accepté ne peut pas dépasser le gain déclaré : %(amount)s.") % words(abs(report.amount))
    elif not finding.accepted and report.amount:
        errors["amount"] = _("Pour ne rien accepter, rejetez la déclaration.")
    elif finding.accepted != report.amount and not finding.reason.strip():
        errors["reason"] = _("Expliquez l’écart entre le gain déclaré et le gain accepté.")
    if finding.rating not in Rating.values:
        errors["rating"] = _("Choisissez une cote.")
    if finding.assurance not in Assurance.values:
        errors["assurance"] = _("Choisissez une assurance.")
    _require_answers(finding.answers, errors)
    if all(finding.answers[point].ok for point in Point):
        return
    if finding.rating == Rating.GREEN and finding.accepted == report.amount:
        raise Invalid(errors={"rating": _("Un point non démontré exige une cote ambre ou rouge, ou un gain accepté en partie seulement.")})
    if not finding.reason.strip():
        raise Invalid(errors={"reason": _("Un point n’est pas démontré : inscrivez-en le motif.")})


def _require_answers(answers: Answers, errors: dict[str, str]) -> None:
    """Each of the five points is answered and commented. Raises Invalid with what was already wrong."""
    for point in Point:
        if point not in answers:
            errors[point.value] = _("Répondez à ce point.")
        elif not answers[point].comment.strip():
            errors[f"{point.value}_comment"] = _("Commentez votre réponse.")
    if errors:
        raise Invalid(errors=errors)


say(
    {
        "gain_captured_within_verified": gettext_lazy("Le gain capté ne peut pas dépasser le gain vérifié."),
        "gain_verification_says_its_rows": gettext_lazy("La vérification et la déclaration ne disent pas le même montant."),
        "gain_verified_within_reported": gettext_lazy("Le gain accepté ne peut pas dépasser le gain déclaré."),
        "gain_row_is_of_its_report": gettext_lazy("Cette rangée n’est pas de la déclaration qu’elle nomme."),
    },
    WrongState,
)

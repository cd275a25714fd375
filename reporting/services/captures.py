"""Captures: what really left a budget, or entered its revenue; and its correction when the gain under it is restated."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.states import require_move
from projects.enums import DocumentKind, Role, Stage
from projects.models import User
from projects.queries.applications import members_to_tell
from projects.services import messages
from projects.services.journal import money_clock, note_reason, transition
from projects.services.locks import lock
from reporting.enums import GAIN_REPORT_MOVES, GainReportState
from reporting.models import GainReport
from reporting.policies import gains as policies
from reporting.policies import restatements
from reporting.queries.gains import holders_of
from reporting.services.gain_rows import record_stage
from reporting.services.gain_steps import note_file, require_reason, store, tell, words

_S = GainReportState


@act
def capture_gain(*, report_id: int, amount: Decimal, document: Any, actor: User, now: datetime, key: str | None = None) -> GainReport:
    """Record what really left a budget, or entered its revenue, with the budget document that shows it (INV-15).

    Raises NotAllowed, WrongState, Invalid (nothing, more than what is verified, or a bad file).
    """
    report = GainReport.objects.select_related("project").get(pk=report_id)
    policies.capture_gain(actor, report, now).require()
    budget = store(document, "document", DocumentKind.BUDGET, report.project, actor=actor, now=now)
    known = money_clock(now)
    report = lock(GainReport, report_id)
    policies.capture_gain(actor, report, now).require()
    policies.require_capturable(report)
    verified = report.verified_amount or ZERO
    if not ZERO < amount <= verified:
        raise Invalid(errors={"amount": _("Inscrivez un montant supérieur à zéro et d’au plus %(amount)s.") % words(verified)})
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
    note_file(report)
    with messages.in_french():
        subject = _("Gain %(number)s capté") % {"number": report.number}
        body = _("%(amount)s sont inscrits comme captés, avec leur document budgétaire.") % words(amount)
    tell(members_to_tell(report.project, now), report, subject, body, now)
    return report


@act
def correct_capture(
    *, report_id: int, amount: Decimal, reason: str, document: Any, actor: User, now: datetime, key: str | None = None
) -> GainReport:
    """Bring the capture of a restated gain to another amount, zero included, before the gain is verified again: both rows stay.

    Raises NotAllowed, WrongState, Invalid (more than what was verified, no reason, or a bad file).
    """
    report = GainReport.objects.select_related("project").get(pk=report_id)
    restatements.correct_capture(actor, report, now).require()
    budget = store(document, "document", DocumentKind.BUDGET, report.project, actor=actor, now=now)
    known = money_clock(now)
    report = lock(GainReport, report_id)
    restatements.correct_capture(actor, report, now).require()
    require_move(GAIN_REPORT_MOVES, report.state, _S.TO_REVERIFY)
    restatements.require_captured(report)
    require_reason(reason)
    _require_other_amount(report, amount)
    kept = {"captured_by": actor, "captured_at": now, "captured_amount": amount, "budget_document": budget}
    values = kept if amount else dict.fromkeys(kept)  # nothing is captured any more
    transition([report], _S.TO_REVERIFY, moves=GAIN_REPORT_MOVES, now=now, **values)
    record_stage(report, Stage.CAPTURED, amount, budget, known=known, actor=actor, now=now)
    note_reason(reason)
    note_file(report)
    with messages.in_french():
        subject = _("Captation du gain %(number)s corrigée") % {"number": report.number}
        body = _("%(amount)s restent inscrits comme captés. %(reason)s") % {**words(amount), "reason": reason}
    people = members_to_tell(report.project, now) | holders_of(Role.GAIN_VERIFIER, report.project.call_id, now)
    tell(people, report, subject, body, now)
    return report


def _require_other_amount(report: GainReport, amount: Decimal) -> None:
    verified = report.verified_amount or ZERO
    if not ZERO <= amount <= verified:
        raise Invalid(errors={"amount": _("Inscrivez un montant de zéro à %(amount)s.") % words(verified)})
    if amount == report.captured_amount:
        raise Invalid(errors={"amount": _("Ce montant est déjà celui qui est capté.")})

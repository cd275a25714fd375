"""The calendar of follow-up reports: written from the agreement, moved by the clock — late, reminded, payments held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import act
from fondsinnovation.templatetags.typography import long_date
from funding.enums import FollowUpFactKind
from funding.models import Agreement, FollowUpTerms, PaymentHold
from funding.queries.advisers import adviser_of
from funding.queries.follow_ups import terms_of
from funding.queries.release import current_hold
from funding.services.agreements import hold_agreement
from funding.services.follow_ups import lift_late_hold, place_late_hold, record_follow_up
from projects.enums import Role
from projects.models import Application, User
from projects.services import messages
from projects.services.journal import next_numbers, note, note_main, transition
from projects.services.locks import lock
from reporting.enums import FOLLOW_UP_MOVES, FOLLOW_UP_OPEN, FollowUpKind, FollowUpState
from reporting.follow_up_schedule import Expected
from reporting.models import FollowUpReminder, FollowUpReport
from reporting.queries.follow_ups import (
    TO_ADVISER,
    TO_DIRECTOR,
    late_reports,
    plan_of,
    reminders_of,
    since_of,
    tick_of,
    writers_of,
)
from reporting.queries.gains import holders_of

_S = FollowUpState


@act
def schedule_follow_ups(*, agreement_id: int, actor: User | None, now: datetime, key: str | None = None) -> Agreement:
    """Make the calendar of an agreement what the agreement says; what is begun stays. The same call twice changes nothing more."""
    application, agreement = hold_agreement(agreement_id)
    plan = plan_of(agreement, since_of(agreement, now))
    note(agreement)
    for row in plan.withdraw:
        transition([row], _S.WITHDRAWN, moves=FOLLOW_UP_MOVES, now=now)
    for row in plan.demote:  # the agreement ends later now: its final report is another one
        row.kind = FollowUpKind.PERIODIC
        row.save(update_fields=["kind"])
        note(row, kind=str(row.kind))
    _write(agreement, plan.create, now)
    _let_go_of_withdrawn(agreement, plan.withdraw, now)
    if plan.create:
        through = max(one.end for one in plan.create)
        record_follow_up(agreement, FollowUpFactKind.CALENDAR, reference=agreement.number, through=through, person=None, now=now)
    note(application)
    return agreement


def _let_go_of_withdrawn(agreement: Agreement, withdrawn: Iterable[FollowUpReport], now: datetime) -> None:
    """Nobody can hand in a report that left the calendar: it holds no payment, and the one that is late in its place does."""
    terms = terms_of(agreement.project.call.terms_id)
    for row in withdrawn:
        with messages.in_french():
            reason = _("Le rapport %(number)s n’est plus attendu.") % {"number": row.number}
        if lift_late_hold(agreement, source=row.number, reason=reason, now=now) is not None and terms is not None:
            hold_if_late(agreement, terms, now=now)


def _write(agreement: Agreement, expected: Any, now: datetime) -> None:
    """One row for each expected report, in the state that its clock says."""
    day, expected = timezone.localdate(now), list(expected)
    numbers = next_numbers(f"SUIVI-{day.year}", len(expected), width=5) if expected else []
    rows = FollowUpReport.objects.bulk_create(
        [
            FollowUpReport(
                agreement=agreement,
                project_id=agreement.project_id,
                number=number,
                kind=one.kind,
                state=_state(one, day),
                period_start=one.start,
                period_end=one.end,
                due_on=one.due_on,
                expected_at=now,
            )
            for number, one in zip(numbers, expected, strict=True)
        ]
    )
    for row in rows:
        note(row, kind=str(row.kind), period_start=row.period_start, period_end=row.period_end, due_on=row.due_on)


def _state(one: Expected, day: Any) -> FollowUpState:
    if day > one.due_on:
        return _S.LATE
    return _S.DUE if day > one.end else _S.EXPECTED


@act
def tick_follow_up(*, report_id: int, actor: User | None, now: datetime, key: str | None = None) -> FollowUpReport:
    """Do what the clock asks of one report today: its state, one reminder, the payments held. Twice the same day changes nothing more."""
    report, agreement = hold_report(report_id)
    note(report)
    if report.state not in FOLLOW_UP_OPEN:
        return report
    day, terms = timezone.localdate(now), terms_of(report.project.call.terms_id)
    tick = tick_of(report, day, reminders_of(report), terms, is_held=current_hold(agreement) is not None)
    if tick.state is not None:
        transition([report], tick.state, moves=FOLLOW_UP_MOVES, now=now)
    if tick.reminder is not None:
        _remind(report, tick.reminder, now)
    if tick.holds and terms is not None:
        hold_if_late(agreement, terms, now=now)
    note(report.project.application or report.project)
    note_main(report)
    return report


def hold_report(report_id: int) -> tuple[FollowUpReport, Agreement]:
    """The file, the report, then its agreement, held until COMMIT (docs/locking.md)."""
    file, agreement_id = FollowUpReport.objects.values_list("project__application", "agreement").get(pk=report_id)
    if file is not None:
        lock(Application, file)
    report = lock(FollowUpReport, report_id, "project__organisation", "project__call__terms", "project__application")
    report.agreement = lock(Agreement, agreement_id, "project__call")
    return report, report.agreement


def hold_if_late(agreement: Agreement, terms: FollowUpTerms, *, now: datetime) -> PaymentHold | None:
    """Step: hold the payments of a held agreement for its oldest report that is late by more than the terms allow."""
    if terms.hold_after_days is None:
        return None
    for report in late_reports(agreement, terms.hold_after_days, timezone.localdate(now))[:1]:
        reason = _("Le rapport de suivi %(number)s, dû le %(day)s, n’est pas reçu.")
        with messages.in_french():
            said = reason % {"number": report.number, "day": long_date(report.due_on)}
        return place_late_hold(agreement, source=report.number, reason=said, now=now)
    return None


def _remind(report: FollowUpReport, days: int, now: datetime) -> None:
    """Write to those who write the report; from so many days of lateness on, to the adviser of the file, then to the director."""
    FollowUpReminder.objects.create(report=report, due_on=report.due_on, days=days, sent_at=now)
    note(report, reminder=days)
    words = {"number": report.number, "day": long_date(report.due_on), "kind": report.get_kind_display()}
    with messages.in_french():
        words["kind"], words["day"] = report.get_kind_display(), long_date(report.due_on)
        if days <= 0:
            subject = _("%(number)s : à remettre au plus tard le %(day)s") % words
            body = _("%(kind)s du projet, à remettre au plus tard le %(day)s. Ce que vous inscrivez est conservé au fur et à mesure.")
        else:
            subject = _("%(number)s : en retard depuis le %(day)s") % words
            body = _("%(kind)s du projet, attendu le %(day)s, n’est pas reçu. Après 30 jours, les paiements peuvent être retenus.")
    body %= words
    _tell(list(writers_of(report, now)), report, subject, body, now)
    _tell(_escalated(report, days, now), report, subject, body, now)


def _escalated(report: FollowUpReport, days: int, now: datetime) -> list[User]:
    """The adviser of the file, or the officers of a file that nobody accompanies; then the director too."""
    if days < TO_ADVISER:
        return []
    adviser = adviser_of(report.project.application) if report.project.application else None
    people = [adviser.person] if adviser is not None else list(holders_of(Role.OFFICER, report.project.call_id, now))
    if days >= TO_DIRECTOR:
        people += list(holders_of(Role.DIRECTOR, report.project.call_id, now))
    return list({person.pk: person for person in people}.values())


def _tell(people: list[User], report: FollowUpReport, subject: str, body: str, now: datetime) -> None:
    messages.send(people, subject=subject, body=body, now=now, application=report.project.application)

"""The calendar of follow-up reports: pure dates, written once from the agreement, moved by amendments, tiers and the clock."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from fondsinnovation.kit.errors import Invalid
from funding.enums import FollowUpFactKind
from funding.models import AgreementRisk, FollowUpFact, FollowUpTerms, PaymentHold
from funding.services.agreement_ends import terminate_agreement
from funding.services.follow_ups import set_risk_tier
from funding.services.milestone_changes import place_hold
from projects.enums import FiscalCalendar, Role
from projects.models import JournalEntry, Message, OutboxMessage
from reporting import tasks
from reporting.enums import FollowUpKind, FollowUpPart, FollowUpState
from reporting.follow_up_schedule import expected_reports
from reporting.models import FollowUpReminder, FollowUpReport
from reporting.queries.follow_ups import days_late, reports_with_something_to_do
from reporting.services.follow_up_calendar import tick_follow_up
from tests.factories import NOW, advised_by, agreement_in_force, person_with
from tests.funding.amending import amended
from tests.reporting.follow_ups import DUE, END, START, Recipient, at

pytestmark = pytest.mark.django_db
K, S = FollowUpKind, FollowUpState


# ── Dates alone ──────────────────────────────────────────────────────────────────────────────────────────────────────
def reports_of(starts, ends, months, *, calendar="state", years=0):
    found = expected_reports(starts_on=starts, ends_on=ends, months=months, calendar=calendar, due_days=60, follow_up_years=years)
    return [(one.kind, one.start, one.end, one.due_on) for one in found]


@pytest.mark.parametrize("months", [1, 2, 3, 4, 6, 12])
@pytest.mark.parametrize("calendar", FiscalCalendar.values)
def test_periods_leave_no_day_out_and_never_overlap(months, calendar):
    for first in range(0, 400, 37):
        starts = date(2026, 1, 5) + timedelta(days=first)
        for length in (0, 12, 29, 30, 100, 366, 900, 1500):
            ends = starts + timedelta(days=length)
            found = reports_of(starts, ends, months, calendar=calendar, years=5)
            assert found[0][1] == starts
            assert all(before[2] + timedelta(days=1) == after[1] for before, after in pairwise(found))
            assert [kind for kind, *_days in found].count(K.CLOSING) == 1
            assert [end for kind, _start, end, _due in found if kind == K.CLOSING] == [ends]
            assert found[-1][2] == (date(ends.year + 5, 2, 28) if (ends.month, ends.day) == (2, 29) else ends.replace(year=ends.year + 5))


def test_an_agreement_that_ends_before_it_starts_owes_nothing():
    assert reports_of(date(2026, 5, 1), date(2026, 4, 30), 12, years=5) == []


# ── Written from the agreement ───────────────────────────────────────────────────────────────────────────────────────
def lines(recipient):
    return [(one.kind, one.state, one.period_start, one.period_end) for one in recipient.reports]


def test_calendar_is_written_once_with_what_funding_must_know():
    recipient = Recipient()
    expected = [
        (K.CLOSING, S.EXPECTED, START, END),
        *[(K.POST_CLOSING, S.EXPECTED, date(year, 4, 1), date(year + 1, 3, 31)) for year in range(2027, 2032)],
    ]
    assert lines(recipient) == expected
    assert {one.due_on - one.period_end for one in recipient.reports} == {timedelta(days=60)}
    fact = FollowUpFact.objects.get(agreement=recipient.agreement)
    assert (fact.kind, fact.person, fact.through) == (FollowUpFactKind.CALENDAR, None, date(2032, 3, 31))
    recipient.schedule(at(END))
    assert (lines(recipient), FollowUpFact.objects.count()) == (expected, 1)


def test_what_was_due_before_the_calendar_was_established_is_not_asked_for():
    recipient = Recipient(now=at(DUE + timedelta(days=1)))
    assert [one.kind for one in recipient.reports] == [K.POST_CLOSING] * 5


def test_prize_terms_ask_for_no_report():
    agreement = agreement_in_force()
    FollowUpTerms.objects.filter(terms=agreement.project.call.terms).delete()
    tasks.tick_follow_ups()
    assert FollowUpReport.objects.count() == 0


def test_tier_is_a_version_with_its_reason_and_the_calendar_follows():
    recipient = Recipient()
    with pytest.raises(Invalid) as refused:
        set_risk_tier(agreement_id=recipient.agreement.pk, tier="huge", reason=" ", actor=recipient.officer, now=NOW)
    assert set(refused.value.errors) == {"tier", "reason"}
    given = {"agreement_id": recipient.agreement.pk, "tier": "high", "reason": "Premier projet", "actor": recipient.officer, "now": NOW}
    risk = set_risk_tier(**given)
    assert (risk.version, risk.tier, risk.proposed) == (1, "high", "low")
    with pytest.raises(Invalid):
        set_risk_tier(**given)
    tasks.agreement_changed({"agreement": recipient.agreement.pk}, NOW)
    assert sorted(one for one in lines(recipient) if one[0] != K.POST_CLOSING) == sorted(
        [
            (K.MID_TERM, S.EXPECTED, START, date(2026, 12, 31)),
            (K.CLOSING, S.EXPECTED, date(2027, 1, 1), END),
            (K.CLOSING, S.WITHDRAWN, START, END),
        ]
    )
    assert AgreementRisk.objects.count() == 1


# ── Amended and terminated ───────────────────────────────────────────────────────────────────────────────────────────
def living(recipient):
    return [one for one in lines(recipient) if one[1] != S.WITHDRAWN and one[0] != K.POST_CLOSING]


def test_amended_dates_write_again_what_is_not_begun():
    recipient = Recipient()
    amended(recipient.agreement, ends_on=date(2027, 9, 30))
    assert OutboxMessage.objects.filter(topic="follow_up").count() == 1
    tasks.agreement_changed({"agreement": recipient.agreement.pk}, NOW)
    assert living(recipient) == [
        (K.MID_TERM, S.EXPECTED, START, END),
        (K.CLOSING, S.EXPECTED, date(2027, 4, 1), date(2027, 9, 30)),
    ]
    before = FollowUpReport.objects.count()
    tasks.agreement_changed({"agreement": recipient.agreement.pk}, NOW)
    assert (FollowUpReport.objects.count(), JournalEntry.objects.filter(act="schedule_follow_ups").count()) == (before, 2)


def test_a_begun_final_report_stays_as_a_periodic_one_when_the_end_moves():
    recipient = Recipient()
    begun = recipient.final
    recipient.save(begun, FollowUpPart.PROGRESS)
    amended(recipient.agreement, ends_on=date(2027, 9, 30))
    recipient.schedule()
    begun.refresh_from_db()
    assert (begun.kind, begun.sections.count()) == (K.PERIODIC, 1)
    assert living(recipient) == [
        (K.PERIODIC, S.EXPECTED, START, END),
        (K.CLOSING, S.EXPECTED, date(2027, 4, 1), date(2027, 9, 30)),
    ]


def test_a_terminated_agreement_owes_its_final_report_to_that_day_and_nothing_after():
    recipient = Recipient()
    day = date(2027, 1, 15)
    head = person_with(Role.HEAD)
    terminate_agreement(agreement_id=recipient.agreement.pk, cause="mutual", reason="Fin", actor=head, now=at(day))
    tasks.agreement_changed({"agreement": recipient.agreement.pk}, at(day))
    assert [one for one in lines(recipient) if one[1] != S.WITHDRAWN] == [(K.CLOSING, S.EXPECTED, START, day)]


# ── The clock ────────────────────────────────────────────────────────────────────────────────────────────────────────
def tick(recipient, days):
    """The beat of one day, so many days from the day when the final report is due; the reminders sent by then."""
    now = at(DUE + timedelta(days=days))
    for report_id in reports_with_something_to_do(now):
        tick_follow_up(report_id=report_id, actor=None, now=now)
    assert reports_with_something_to_do(now) == []  # the same day again asks for nothing
    return recipient.final.state, list(FollowUpReminder.objects.order_by("days").values_list("days", flat=True))


def told(subject_has):
    found = Message.objects.filter(subject__contains=subject_has).order_by("person")
    return sorted(found.values_list("person", flat=True))


def test_report_is_due_then_late_with_each_reminder_once_and_its_escalation():
    recipient = Recipient()
    adviser = person_with(Role.ADVISER)
    advised_by(adviser, recipient.agreement.award.application)
    writers = sorted([recipient.writer.pk, recipient.finance.pk])
    assert tick(recipient, -61) == (S.EXPECTED, [])
    assert tick(recipient, -31) == (S.DUE, [])
    assert tick(recipient, -30) == (S.DUE, [-30])
    assert tick(recipient, -7) == (S.DUE, [-30, -7])
    assert told("à remettre") == sorted(writers * 2)
    assert tick(recipient, 0) == (S.DUE, [-30, -7])
    assert tick(recipient, 1) == (S.LATE, [-30, -7, 1])
    assert told("en retard") == writers
    assert tick(recipient, 15) == (S.LATE, [-30, -7, 1, 15])
    assert told("en retard") == sorted([*writers * 2, adviser.pk])
    assert PaymentHold.objects.count() == 0
    assert tick(recipient, 30) == (S.LATE, [-30, -7, 1, 15, 30])
    assert told("en retard") == sorted([*writers * 3, *[adviser.pk] * 2, recipient.director.pk])
    hold = PaymentHold.objects.get(agreement=recipient.agreement)
    assert (hold.source, hold.placed_by, hold.lifted_at) == (recipient.final.number, None, None)
    assert hold.reason == f"Le rapport de suivi {hold.source}, dû le 30\u00a0mai\u00a02027, n’est pas reçu."
    assert tick(recipient, 45) == (S.LATE, [-30, -7, 1, 15, 30])
    assert days_late(recipient.final, DUE + timedelta(days=45)) == 45


def test_a_clock_that_was_stopped_sends_the_latest_reminder_alone():
    recipient = Recipient()
    assert tick(recipient, 20) == (S.LATE, [15])
    assert JournalEntry.objects.filter(act="tick_follow_up").count() == 1


def test_a_hold_that_a_person_placed_is_left_to_them_and_terms_may_hold_nothing():
    recipient = Recipient()
    place_hold(agreement_id=recipient.agreement.pk, reason="Audit", actor=person_with(Role.CONTROLLER), now=NOW)
    tick(recipient, 40)
    assert PaymentHold.objects.get().source == ""
    other = Recipient()
    FollowUpTerms.objects.filter(terms=other.project.call.terms).update(hold_after_days=None)
    tick(other, 40)
    assert PaymentHold.objects.filter(agreement=other.agreement).count() == 0


def test_hold_of_a_report_that_leaves_the_calendar_goes_to_the_one_that_is_late_in_its_place():
    recipient = Recipient()
    late = at(DUE + timedelta(days=31))
    tick(recipient, 31)
    gone = recipient.final
    amended(recipient.agreement, ends_on=date(2027, 9, 30))
    for _twice in range(2):
        recipient.schedule(late)
    held = PaymentHold.objects.get(lifted_at=None)
    last = FollowUpReport.objects.get(number=held.source)
    assert (last.kind, last.state, last.period_end, PaymentHold.objects.count()) == (K.MID_TERM, S.LATE, END, 2)
    assert PaymentHold.objects.get(source=gone.number).lift_reason == f"Le rapport {gone.number} n’est plus attendu."
    recipient.submitted(last, now=late)
    assert PaymentHold.objects.filter(lifted_at=None).count() == 0


# ── What the database holds ──────────────────────────────────────────────────────────────────────────────────────────
def refused(sql, *values):
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    diag = error.value.__cause__.diag
    return diag.constraint_name or diag.message_primary


def test_the_database_keeps_periods_apart_reminders_single_and_what_is_written_once():
    recipient = Recipient()
    tick(recipient, -7)
    report = recipient.final
    copied = "INSERT INTO reporting_followupreport (agreement_id, project_id, number, kind, state, period_start, period_end, due_on, "
    copied += "expected_at, cosignature_waived, reason) SELECT agreement_id, project_id, 'X', kind, state, period_end, period_end, due_on, "
    copied += "expected_at, false, '' FROM reporting_followupreport WHERE id = %s"
    assert refused(copied, report.pk) == "follow_up_periods_apart"
    again = "INSERT INTO reporting_followupreminder (report_id, due_on, days, sent_at) VALUES (%s, %s, -7, now())"
    assert refused(again, report.pk, report.due_on) == "follow_up_reminder_once"
    for table in ("reporting_followupreminder", "funding_followupfact"):
        assert refused(f"DELETE FROM {table}") == f"permission denied for table {table}"
    months = "UPDATE funding_followupterms SET low_months = 5"
    assert refused(months) == "follow_up_months_divide_a_year"
    nobody = "INSERT INTO funding_paymenthold (agreement_id, reason, source, placed_at, lift_reason) VALUES (%s, 'x', '', now(), '')"
    assert refused(nobody, recipient.agreement.pk) == "payment_hold_is_somebody_s"
    lifted = "INSERT INTO funding_paymenthold (agreement_id, reason, source, placed_at, lift_reason) VALUES (%s, 'x', 'S', now(), 'y')"
    assert refused(lifted, recipient.agreement.pk) == "payment_hold_lift_is_complete"
    verified = "UPDATE reporting_followupreport SET state = 'verified' WHERE id = %s"
    assert refused(verified, report.pk) == "follow_up_received_has_a_version"

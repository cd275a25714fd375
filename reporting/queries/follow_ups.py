"""Reads of follow-up reports: `follow_ups_for` is the only way one reaches a page or a message; what a calendar still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from funding.enums import AgreementState, AgreementStepKind, FollowUpFactKind
from funding.models import Agreement, AgreementRisk, FollowUpFact, FollowUpTerms, PaymentHold
from funding.queries.follow_ups import FOLLOWED, months_of, terms_of, tier_of
from projects.enums import CostCategory, Role
from projects.models import Document, JournalEntry, User
from projects.queries.applications import not_recused, projects_for
from projects.queries.people import active_members
from reporting.enums import FOLLOW_UP_OPEN, FOLLOW_UP_WRITABLE, FollowUpKind, FollowUpState
from reporting.follow_up_schedule import Expected, expected_reports
from reporting.models import FollowUpReminder, FollowUpReport, FollowUpSection
from reporting.sections.follow_ups import Part, ReportFacts, parts_of

_S = FollowUpState
#: days from the day when a report is due on which its people are reminded (docs/rules/follow-up.md)
REMINDERS = (-30, -7, 1, 15, 30)
#: from so many days of lateness on, the adviser of the file is told, then the director
TO_ADVISER, TO_DIRECTOR = 15, 30


def follow_ups_for(person: Any, now: datetime) -> QuerySet[FollowUpReport]:
    """The reports of visible projects that are still in the calendar; none behind a recusal."""
    return (
        FollowUpReport.objects.filter(project__in=projects_for(person, now))
        .filter(not_recused(person, "project__application_id"))
        .exclude(state=_S.WITHDRAWN)
        .select_related("project__organisation", "project__call", "agreement")
    )


#: late first, then what waits to be written, signed or verified; what is done last
READING_ORDER = Case(
    When(state=_S.LATE, then=Value(0)),
    When(state=_S.RETURNED, then=Value(1)),
    When(state=_S.TO_COSIGN, then=Value(2)),
    When(state=_S.DUE, then=Value(3)),
    When(state=_S.SUBMITTED, then=Value(4)),
    When(state=_S.EXPECTED, then=Value(5)),
    default=Value(6),
)


def in_order(rows: QuerySet[FollowUpReport]) -> QuerySet[FollowUpReport]:
    return rows.annotate(urgency=READING_ORDER).order_by("urgency", "due_on", "pk")


def days_late(report: FollowUpReport, day: date) -> int:
    """How many days after its due day a report is, or was, received; 0 when it is in time. What is returned afterwards does not count."""
    received = timezone.localdate(report.submitted_at) if report.submitted_at else day
    return max((received - report.due_on).days, 0)


# ── Views of the list ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class View:
    code: str
    label: str | Promise
    states: tuple[FollowUpState, ...]


VIEWS = (
    View("open", _("À faire"), (_S.LATE, _S.RETURNED, _S.TO_COSIGN, _S.DUE)),
    View("late", _("En retard"), (_S.LATE,)),
    View("submitted", _("À vérifier"), (_S.SUBMITTED,)),
    View("expected", _("À venir"), (_S.EXPECTED,)),
    View("verified", _("Vérifiés"), (_S.VERIFIED,)),
    View("all", _("Tous"), ()),
)


def view_counts(rows: QuerySet[FollowUpReport]) -> list[tuple[View, int]]:
    """How many reports each view holds: one query."""
    found = {view.code: Count("pk", filter=Q(state__in=view.states) if view.states else None) for view in VIEWS}
    counts = rows.order_by().aggregate(**found)
    return [(view, counts[view.code]) for view in VIEWS]


def with_tier(rows: QuerySet[FollowUpReport]) -> QuerySet[FollowUpReport]:
    """The same with the risk tier of each agreement in `tier`; None when nobody classed it."""
    last = AgreementRisk.objects.filter(agreement=OuterRef("agreement")).order_by("-version", "-pk")
    return rows.annotate(tier=Subquery(last.values("tier")[:1]))


# ── The calendar ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Plan:
    """What the calendar of an agreement lacks, what it has no more use for, and the begun final report that is the final one no more."""

    create: Sequence[Expected]
    withdraw: Sequence[FollowUpReport]
    demote: Sequence[FollowUpReport] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.withdraw or self.demote)


def agreements_to_schedule() -> QuerySet[Agreement]:
    """The agreements to be followed whose calendar is not established yet."""
    established = FollowUpFact.objects.filter(agreement=OuterRef("pk"), kind=FollowUpFactKind.CALENDAR)
    asks = FollowUpTerms.objects.filter(terms=OuterRef("project__call__terms"))
    return Agreement.objects.filter(~Exists(established), Exists(asks), state__in=FOLLOWED, imported_at=None, award__isnull=False).order_by(
        "pk"
    )


def expected_of(agreement: Agreement, since: date) -> list[Expected]:
    """The reports that an agreement owes, but those that were due before its calendar was established: nothing is late from the start."""
    terms = terms_of(agreement.project.call.terms_id)
    if terms is None or agreement.state not in FOLLOWED or agreement.imported_at is not None:
        return []
    profile, organisation = agreement.project.call.terms, agreement.project.organisation
    ends_on, years = agreement.ends_on, profile.follow_up_years
    if agreement.state == AgreementState.TERMINATED:
        ended = agreement.steps.filter(kind=AgreementStepKind.TERMINATED).order_by("-pk")[:1]
        ends_on, years = min([ends_on, *(timezone.localdate(step.at) for step in ended)]), 0
    found = expected_reports(
        starts_on=agreement.starts_on,
        ends_on=ends_on,
        months=months_of(terms, tier_of(agreement, terms)),
        calendar=organisation.fiscal_calendar,
        due_days=profile.report_due_days,
        follow_up_years=years,
    )
    return [one for one in found if one.due_on >= since]


def plan_of(agreement: Agreement, since: date) -> Plan:
    """What is to be written so that the calendar follows the agreement: what is begun stays, and its days are asked for once."""
    rows = list(
        FollowUpReport.objects.filter(agreement=agreement)
        .exclude(state=_S.WITHDRAWN)
        .annotate(is_begun=Exists(FollowUpSection.objects.filter(report=OuterRef("pk"))))
        .order_by("period_start", "pk")
    )
    expected = expected_of(agreement, since)
    wanted = {(one.kind, one.start, one.end, one.due_on) for one in expected}
    kept = [row for row in rows if _key(row) in wanted or _is_begun(row)]
    missing = []
    for one in expected:
        if (one.kind, one.start, one.end, one.due_on) in {_key(row) for row in kept}:
            continue
        missing += [Expected(one.kind, *days, one.due_on) for days in _without(one, kept)]
    last = max((one.end for one in expected if one.kind == FollowUpKind.CLOSING), default=None)
    demote = [row for row in kept if row.kind == FollowUpKind.CLOSING and row.submitted_at is None and last and row.period_end < last]
    return Plan(missing, [row for row in rows if row not in kept], demote)


def calendar_is_behind(agreement_id: int, now: datetime) -> bool:
    """Whether the calendar of an agreement lacks something, or holds something that it has no more use for."""
    agreement = Agreement.objects.select_related("project__call__terms", "project__organisation").get(pk=agreement_id)
    return bool(plan_of(agreement, since_of(agreement, now)))


def since_of(agreement: Agreement, now: datetime) -> date:
    """The day on which the calendar was established, or today: what was due before is not asked for."""
    facts = FollowUpFact.objects.filter(agreement=agreement, kind=FollowUpFactKind.CALENDAR).order_by("pk")
    return timezone.localdate(next((fact.at for fact in facts), now))


def _key(row: FollowUpReport) -> tuple[str, date, date, date]:
    return (row.kind, row.period_start, row.period_end, row.due_on)


def _is_begun(row: Any) -> bool:
    return bool(row.is_begun) or row.state not in (_S.EXPECTED, _S.DUE, _S.LATE)


def _without(one: Expected, kept: Iterable[FollowUpReport]) -> list[tuple[date, date]]:
    """The days of an expected period that no begun report covers: what is left after the last of them."""
    start = one.start
    for row in kept:
        if row.period_start <= one.end and row.period_end >= start:
            start = row.period_end + timedelta(days=1)
    return [(start, one.end)] if start <= one.end else []


# ── The clock ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Tick:
    """What the clock asks of one report today: a state, a reminder (days from the day when it is due), the payments held."""

    state: FollowUpState | None = None
    reminder: int | None = None
    holds: bool = False

    def __bool__(self) -> bool:
        return self.state is not None or self.reminder is not None or self.holds


def tick_of(report: FollowUpReport, day: date, sent: Iterable[int], terms: FollowUpTerms | None, *, is_held: bool) -> Tick:
    """The same question asked twice, late, or after a silence of a month has one answer: only the latest reminder is sent."""
    late = (day - report.due_on).days
    state = None
    if report.state in (_S.EXPECTED, _S.DUE) and late > 0:
        state = _S.LATE
    elif report.state == _S.EXPECTED and day > report.period_end:
        state = _S.DUE
    reached = [days for days in REMINDERS if days <= late and (days > 0 or late <= 0)]
    last = max(sent, default=None)
    reminder = reached[-1] if reached and (last is None or reached[-1] > last) else None
    hold_after = terms.hold_after_days if terms else None
    pays = report.agreement.state in (AgreementState.IN_FORCE, AgreementState.SUSPENDED)
    return Tick(state, reminder, holds=hold_after is not None and late >= hold_after and pays and not is_held)


def reports_to_tick(day: date) -> QuerySet[FollowUpReport]:
    """The reports that nobody received, of which the clock may ask something: ended, or nearly due."""
    soon = Q(due_on__lte=day - timedelta(days=REMINDERS[0])) | Q(period_end__lt=day)
    return (
        FollowUpReport.objects.filter(soon, state__in=FOLLOW_UP_OPEN).select_related("agreement", "project__call").order_by("due_on", "pk")
    )


def reports_with_something_to_do(now: datetime) -> list[int]:
    """The keys of the reports of which the clock asks something today, in the order in which they are due."""
    day, rows = timezone.localdate(now), list(reports_to_tick(timezone.localdate(now)))
    terms = {one.terms_id: one for one in FollowUpTerms.objects.order_by("pk")}
    held = set(PaymentHold.objects.filter(lifted_at=None).values_list("agreement", flat=True))
    sent: dict[tuple[int, date], list[int]] = {}
    for report, due_on, days in FollowUpReminder.objects.filter(report__in=rows).order_by("pk").values_list("report", "due_on", "days"):
        sent.setdefault((report, due_on), []).append(days)
    return [
        row.pk
        for row in rows
        if tick_of(row, day, sent.get((row.pk, row.due_on), []), terms.get(row.project.call.terms_id), is_held=row.agreement_id in held)
    ]


def reminders_of(report: FollowUpReport) -> list[int]:
    """The reminders sent for the day when it is due now."""
    return list(FollowUpReminder.objects.filter(report=report, due_on=report.due_on).order_by("days").values_list("days", flat=True))


def late_reports(agreement: Agreement, days: int, day: date) -> QuerySet[FollowUpReport]:
    """The reports of an agreement that are so many days late and that nobody received."""
    found = FollowUpReport.objects.filter(agreement=agreement, state__in=FOLLOW_UP_OPEN, due_on__lte=day - timedelta(days=days))
    return found.order_by("due_on", "pk")


# ── One report ───────────────────────────────────────────────────────────────────────────────────────────────────────
def report_facts(report: FollowUpReport, day: date) -> ReportFacts:
    """What the sections are filled in against on a day: the cost items of the application, the objectives of the call."""
    lines = report.project.application.budget_lines.order_by("category") if report.project.application else []
    found = {line.category for line in lines}
    categories = [category for category in CostCategory if category in found] or [CostCategory.OTHER]
    return ReportFacts(FollowUpKind(report.kind), categories, list(report.project.call.objectives.order_by("position", "pk")), day)


def sections_of(report: FollowUpReport) -> list[tuple[Part, bool, FollowUpSection | None]]:
    """Each section of the report, whether it is required, and its draft when it is begun."""
    saved = {one.kind: one for one in report.sections.select_related("saved_by").order_by("pk")}
    return [(part, required, saved.get(part.kind)) for part, required in parts_of(report.kind)]


def attachments_of(report: FollowUpReport) -> QuerySet[Document]:
    return Document.objects.filter(follow_up__report=report, removed_at=None).select_related("uploaded_by").order_by("uploaded_at", "pk")


def missing_of(report: FollowUpReport) -> list[str | Promise]:
    """What keeps the report from being signed, by the name of each section."""
    found: list[str | Promise] = [
        part.kind.label
        for part, required, saved in sections_of(report)
        if (saved is None and required) or (saved is not None and not saved.is_complete)
    ]
    if report.kind == FollowUpKind.CLOSING and not attachments_of(report).exists():
        found.append(_("Pièces jointes"))
    return found


def is_writable(report: FollowUpReport) -> bool:
    return report.state in FOLLOW_UP_WRITABLE


def writers_of(report: FollowUpReport, now: datetime) -> QuerySet[User]:
    """Who may write the report; once it is signed, those who may co-sign it."""
    roles = (Role.FINANCE_RESPONDENT,) if report.state == _S.TO_COSIGN else (Role.WRITER, Role.FINANCE_RESPONDENT)
    members = active_members(report.project.organisation_id, now).for_call(report.project.call_id).filter(role__in=roles)
    return User.objects.filter(pk__in=members.values("person")).order_by("pk")


STORY: dict[str, str | Promise] = {
    "schedule_follow_ups": _("Inscrit au calendrier"),
    "tick_follow_up": _("Rappel ou retard constaté"),
    "submit_follow_up": _("Rapport signé"),
    "take_back_follow_up": _("Rapport repris avant sa cosignature"),
    "cosign_follow_up": _("Rapport cosigné et soumis"),
    "return_follow_up": _("Rapport retourné"),
    "verify_follow_up": _("Rapport vérifié"),
}


@dataclass(frozen=True, slots=True)
class Event:
    title: str | Promise
    at: datetime
    by: str


def story_of(report: FollowUpReport) -> list[Event]:
    """The acts on a report, the oldest first."""
    entries = JournalEntry.objects.filter(object_type=report._meta.label_lower, object_id=report.pk, act__in=STORY)
    found = entries.select_related("actor").order_by("pk")
    return [Event(STORY[entry.act], entry.at, entry.actor.name if entry.actor else "") for entry in found if entry.at]

"""What is expected of each project and the money that depends on it, on a day, as known at an instant: the report `milestones` (R11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from fondsinnovation.kit.money import ZERO
from funding.enums import InstalmentKind, LedgerKind, MilestoneState
from funding.models import Instalment, LedgerEntry
from projects.models import Project
from reporting.rules import TOTAL, end_of_day

Row = dict[str, str]
_MONEY = ("amount", "holdback", "paid")


def milestone_rows(*, effective: date, known: datetime, projects: QuerySet[Project] | None = None) -> Iterator[Row]:
    """One row for each milestone of an agreement in force by the day, by project and position, then the TOTAL. Three queries.

    States and dates are those of the database's own history at the instant; what happened after the day has not happened.
    """
    until = min(known, end_of_day(effective))
    scheduled, paid = _scheduled(until), _paid(effective, known)
    sums = dict.fromkeys(_MONEY, ZERO)
    for event in _known(known, until, projects):
        amount, holdback = scheduled.get(event["pgh_obj_id"], (ZERO, ZERO))
        money = {"amount": amount, "holdback": holdback, "paid": paid.get(event["pgh_obj_id"], ZERO)}
        sums = {name: sums[name] + money[name] for name in _MONEY}
        yield _row(event, money, effective)
    yield {**dict.fromkeys(_COLUMNS, ""), "project": TOTAL, **{name: f"{value:.2f}" for name, value in sums.items()}}


#: the columns, in the order of the catalogue
_COLUMNS = (
    "project", "call", "organisation", "agreement", "position", "title", "due_on", "state", "reported_on", "verified_on", "late_days",
    "accepted_share", *_MONEY,
)  # fmt: skip


def _known(known: datetime, until: datetime, projects: QuerySet[Project] | None) -> QuerySet[Any, dict[str, Any]]:
    """The last version of each milestone that was written by the instant."""
    model: Any = apps.get_model("funding.MilestoneEvent")
    last = model.objects.filter(pgh_created_at__lte=known).order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
    chosen = Q(pk__in=last.values("pk"), agreement__in_force_at__lte=until)
    if projects is not None:
        chosen &= Q(agreement__project__in=projects)
    project = "agreement__project"
    return (
        model.objects.filter(chosen)
        .order_by(f"{project}__reference", "position", "pk")
        .values(
            "pgh_obj_id", "position", "title", "due_on", "state", "reported_at", "verified_at", "accepted_share",
            project=F(f"{project}__reference"), call=F(f"{project}__call__reference"),
            organisation=F(f"{project}__organisation__code"), number=F("agreement__number"),
        )
    )  # fmt: skip


def milestones_of(effective: date, known: datetime) -> QuerySet[Any, Any]:
    """The milestones of the report, by what they were called then: for the rows behind its figures."""
    return _known(known, min(known, end_of_day(effective)), None).order_by().values("pgh_obj_id")


def scheduled(until: datetime) -> QuerySet[Instalment]:
    """The instalments that a milestone unlocks: facts of the agreement as signed or amended.

    An instalment counts from the entry in force of the amendment that brought it to that of the one that took it out.
    """
    brought = Q(amendment=None) | Q(amendment__decided_at__lte=until)
    stays = Q(replaced_by=None) | Q(replaced_by__decided_at__gt=until)
    return Instalment.objects.filter(brought, stays, milestone__isnull=False)


def _scheduled(until: datetime) -> dict[int, tuple[Decimal, Decimal]]:
    """Milestone → (what its own instalments are, what its holdbacks are), in dollars."""
    holdback = Q(kind=InstalmentKind.HOLDBACK)
    rows = scheduled(until).order_by("milestone").values("milestone")
    rows = rows.annotate(own=Sum("amount", filter=~holdback, default=ZERO), held=Sum("amount", filter=holdback, default=ZERO))
    return {row["milestone"]: (row["own"], row["held"]) for row in rows}


def _paid(effective: date, known: datetime) -> dict[int, Decimal]:
    """Milestone → what was paid of its instalments, net of what was recovered, in dollars."""
    rows = LedgerEntry.objects.filter(
        kind__in=(LedgerKind.PAYMENT, LedgerKind.RECOVERY), instalment__milestone__isnull=False, effective_on__lte=effective,
        recorded_at__lte=known,
    )  # fmt: skip
    sums = rows.order_by("instalment__milestone").values("instalment__milestone").annotate(sum=Sum("amount"))
    return {row["instalment__milestone"]: row["sum"] for row in sums}


def _row(event: dict[str, Any], money: dict[str, Decimal], effective: date) -> Row:
    reported, verified = _by(event["reported_at"], effective), _by(event["verified_at"], effective)
    state = _state(event["state"], reported, verified)
    share = event["accepted_share"] if state == MilestoneState.PARTIAL else None
    return {
        "project": event["project"],
        "call": event["call"],
        "organisation": event["organisation"],
        "agreement": event["number"],
        "position": str(event["position"]),
        "title": event["title"],
        "due_on": event["due_on"].isoformat(),
        "state": state,
        "reported_on": reported.isoformat() if reported else "",
        "verified_on": verified.isoformat() if verified else "",
        "late_days": "" if state == MilestoneState.CANCELLED else str(max(((reported or effective) - event["due_on"]).days, 0)),
        "accepted_share": f"{share:.4f}" if share is not None else "",
        **{name: f"{value:.2f}" for name, value in money.items()},
    }


def _by(instant: datetime | None, effective: date) -> date | None:
    """The day of an instant, when it had come by the effective date."""
    day = timezone.localdate(instant) if instant else None
    return day if day and day <= effective else None


def _state(state: str, reported: date | None, verified: date | None) -> str:
    """The state on the effective date: a later report or verification has not happened."""
    if state in (MilestoneState.VERIFIED, MilestoneState.PARTIAL) and verified is None:
        state = MilestoneState.REPORTED
    if state in (MilestoneState.REPORTED, MilestoneState.REFUSED) and reported is None:
        state = MilestoneState.PLANNED
    return str(state)

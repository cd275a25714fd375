"""Reads of payments by results: what an agreement pays for one unit, and what was declared, verified and paid, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Max, Q, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import DEAD_PAYMENTS, OUTCOME_VERIFIED, OutcomeState
from funding.models import Agreement, Instalment, Milestone, OutcomeBalance, OutcomeDeclaration, OutcomeSchedule, Payment
from funding.outcome import OutcomeTerms
from projects.enums import Modality


def pays_results(agreement: Agreement) -> bool:
    """Whether an agreement pays verified results, and nothing else."""
    return agreement.project.modality == Modality.OUTCOME


def schedule_of(agreement: Agreement) -> OutcomeSchedule | None:
    """What an agreement pays for one unit of its result."""
    if not pays_results(agreement):
        return None
    return next(iter(OutcomeSchedule.objects.filter(agreement=agreement).order_by("pk")), None)


def terms_of(agreement: Agreement) -> OutcomeTerms | None:
    """The same, as a draft writes it."""
    found = schedule_of(agreement)
    return OutcomeTerms(found.metric, found.unit, found.unit_price, found.cap) if found else None


def measured_by(milestone: Milestone) -> OutcomeSchedule | None:
    """The schedule that pays a milestone by its quantity; None for one that pays nothing, or that is not paid by results."""
    found = schedule_of(milestone.agreement)
    return found if found and Instalment.objects.filter(milestone=milestone, replaced_by=None).exists() else None


def live_declaration(milestone: Milestone) -> OutcomeDeclaration | None:
    """The declaration of a milestone's period that is not refused: there is one at most."""
    rows = OutcomeDeclaration.objects.filter(milestone=milestone).exclude(state=OutcomeState.REFUSED)
    return next(iter(rows.select_related("schedule", "declared_by", "document").order_by("pk")), None)


def declarations_of(milestone: Milestone) -> list[OutcomeDeclaration]:
    """Every declaration of a milestone's period, the latest first."""
    rows = OutcomeDeclaration.objects.filter(milestone=milestone).select_related("document", "declared_by", "decided_by", "schedule")
    return list(rows.order_by("-declared_at", "-pk"))


def period_of(milestone: Milestone, today: date) -> tuple[date, date]:
    """The days that a milestone's quantity is expected for: since the last period declared, to the day it is due or today."""
    declared = OutcomeDeclaration.objects.filter(milestone__agreement=milestone.agreement_id).exclude(state=OutcomeState.REFUSED)
    last = declared.aggregate(last=Max("period_end"))["last"]
    return (last + timedelta(days=1) if last else milestone.agreement.starts_on), min(milestone.due_on, today)


def measured_milestones(agreement: Agreement) -> set[int]:
    """The positions of the milestones whose quantity is declared, and not refused."""
    live = OutcomeDeclaration.objects.filter(milestone__agreement=agreement).exclude(state=OutcomeState.REFUSED)
    return set(live.order_by("pk").values_list("milestone__position", flat=True))


def cap_left(schedule: OutcomeSchedule) -> Decimal | None:
    """Units that may still be counted; None without a cap. Exact while the schedule's row is locked."""
    if schedule.cap is None:
        return None
    counted = next(iter(OutcomeBalance.objects.filter(schedule=schedule).values_list("counted", flat=True)), ZERO)
    return schedule.cap - counted


def scheduled_for(milestone: Milestone) -> Decimal:
    """The most dollars that a milestone's period may be paid: its instalments."""
    return Instalment.objects.filter(milestone=milestone, replaced_by=None).aggregate(sum=Sum("amount", default=ZERO))["sum"]


def dues_of(agreement: Agreement) -> Mapping[int, Decimal]:
    """Dollars due for each milestone whose quantity is verified, by its key."""
    rows = OutcomeDeclaration.objects.filter(milestone__agreement=agreement, state__in=OUTCOME_VERIFIED)
    return {milestone: amount or ZERO for milestone, amount in rows.order_by("pk").values_list("milestone", "amount")}


@dataclass(frozen=True, slots=True)
class Period:
    """One period of an agreement that pays results. Quantities are units, amounts dollars; `paid` counts what is asked for too."""

    milestone: Milestone
    declaration: OutcomeDeclaration | None
    scheduled: Decimal
    paid: Decimal

    @property
    def due(self) -> Decimal:
        return (self.declaration.amount if self.declaration else None) or ZERO

    @property
    def left(self) -> Decimal:
        """Dollars verified that nobody asked to pay yet."""
        return self.due - self.paid


@dataclass(frozen=True, slots=True)
class Results:
    """What an agreement pays by results, and how far it is."""

    schedule: OutcomeSchedule
    periods: list[Period]

    @property
    def counted(self) -> Decimal:
        return sum(((one.declaration.counted if one.declaration else None) or ZERO for one in self.periods), ZERO)

    @property
    def cap_left(self) -> Decimal | None:
        return None if self.schedule.cap is None else self.schedule.cap - self.counted

    @property
    def due(self) -> Decimal:
        return sum((one.due for one in self.periods), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((one.paid for one in self.periods), ZERO)

    @property
    def left(self) -> Decimal:
        """Dollars of the aid that no result has earned yet."""
        return sum((one.scheduled for one in self.periods), ZERO) - self.due


def results_of(agreement: Agreement) -> Results | None:
    """The schedule of an agreement that pays results, with each period that it pays: four queries, however many periods."""
    schedule = schedule_of(agreement)
    if schedule is None:
        return None
    milestones = Milestone.objects.filter(agreement=agreement).annotate(
        scheduled=Sum("instalments__amount", filter=Q(instalments__replaced_by=None), default=ZERO)
    )
    live = OutcomeDeclaration.objects.filter(schedule=schedule).exclude(state=OutcomeState.REFUSED).order_by("pk")
    declared = {one.milestone_id: one for one in live}
    payments = Payment.objects.filter(instalment__agreement=agreement).exclude(state__in=DEAD_PAYMENTS)
    paid = dict(payments.values_list("instalment__milestone").annotate(sum=Sum("amount")).order_by("instalment__milestone"))
    return Results(
        schedule,
        [
            Period(one, declared.get(one.pk), one.scheduled, paid.get(one.pk, ZERO))
            for one in milestones.order_by("position", "pk")
            if one.scheduled
        ],
    )

"""An agreement that pays results, and the quantities declared under it."""

from datetime import date, timedelta
from decimal import Decimal

from funding.enums import InstalmentKind
from funding.models import OutcomeSchedule
from funding.services import outcomes as acts
from projects.enums import ApplicationState, Modality, Role
from projects.models import TermsProfile
from tests.factories import NOW, ApplicationFactory, CallFactory, agreement_in_force, person_with, upload

D = Decimal
#: both periods are over
LATER = NOW + timedelta(days=120)
EVEN = ((InstalmentKind.MILESTONE, 1, 50), (InstalmentKind.MILESTONE, 2, 50))
#: the period of each milestone
PERIODS = {1: (date(2026, 12, 1), date(2027, 1, 31)), 2: (date(2027, 2, 1), date(2027, 3, 15))}


def results_call():
    return CallFactory(terms=TermsProfile.objects.filter(modality=Modality.OUTCOME).get())


def paying_results(*, price="1000.00", cap="80", schedule=EVEN):
    """100 000 $ in force in two periods of 50 000 $ at most, 1 000 $ per unit, 80 units at most."""
    application = ApplicationFactory(state=ApplicationState.CONVERTED, call=results_call())
    agreement = agreement_in_force(application, schedule=schedule)
    OutcomeSchedule.objects.create(
        agreement=agreement, metric="Logements rénovés", unit="logement", unit_price=D(price), cap=D(cap) if cap else None
    )
    return agreement


def member_of(agreement):
    return person_with(Role.WRITER, organisation=agreement.project.organisation)


def declare(agreement, position=1, quantity="30", actor=None, period=None, now=LATER):
    start, end = period or PERIODS[position]
    return acts.declare_outcome(
        milestone_id=agreement.milestones.get(position=position).pk,
        period_start=start,
        period_end=end,
        quantity=D(quantity),
        report="Trente logements livrés",
        evidence=upload(),
        actor=actor or member_of(agreement),
        now=now,
    )


def verify(declaration, quantity=None, reason="", actor=None):
    return acts.verify_outcome(
        milestone_id=declaration.milestone_id,
        quantity=declaration.quantity if quantity is None else D(quantity),
        reason=reason,
        actor=actor or person_with(Role.OFFICER),
        now=NOW,
    )

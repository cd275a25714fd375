"""An adviser named at the instant when the same person verifies: neither act sees the other's row, so only the database can tell (SD-2)."""

import threading
import time

import pytest
from django.db import transaction

from fondsinnovation.kit.errors import NotAllowed
from funding.enums import MilestoneState
from funding.models import Adviser, Milestone
from funding.services.milestones import verify_milestone
from projects.enums import ApplicationState, DocumentKind, Role
from projects.services.documents import store_bytes
from reporting.models import GainReport
from tests.databases import owner_connection
from tests.factories import NOW, ApplicationFactory, UserFactory, advised_by, agreement_in_force, person_with
from tests.races.crowd import at_once
from tests.reporting.gains import Team

pytestmark = pytest.mark.race


def reported_milestone(application):
    milestone = agreement_in_force(application).milestones.order_by("position")[0]
    reported = {"reported_by": UserFactory(), "reported_at": NOW, "document": evidence(application)}
    Milestone.objects.filter(pk=milestone.pk).update(state=MilestoneState.REPORTED, **reported)
    return milestone


def evidence(application):
    return store_bytes(
        b"%PDF-1.7", name="preuve.pdf", content_type="application/pdf", kind=DocumentKind.EVIDENCE, actor=UserFactory(), now=NOW,
        application=application,
    )  # fmt: skip


def named_while(person, application, judge):
    """What `judge` answers when it starts after the adviser's row is written and before its COMMIT."""
    written = threading.Event()

    def name_adviser():
        with transaction.atomic():
            advised_by(person, application)
            written.set()
            time.sleep(1)

    def then_judge():
        written.wait(30)
        return judge()

    return at_once([name_adviser, then_judge])[1]


def both_roles():
    return person_with(Role.ADVISER, Role.OFFICER, Role.GAIN_VERIFIER)


def test_verification_waits_for_the_adviser_and_is_refused(committed_db):
    person, application = both_roles(), ApplicationFactory(state=ApplicationState.CONVERTED)
    milestone = reported_milestone(application)
    answer = named_while(person, application, lambda: verify_milestone(milestone_id=milestone.pk, actor=person, now=NOW))
    assert type(answer) is NotAllowed
    assert Milestone.objects.get(pk=milestone.pk).verified_by is None
    assert Adviser.objects.get().person == person


def test_without_its_guard_one_person_does_both(committed_db):
    with owner_connection(committed_db) as owner:
        owner.execute("DROP TRIGGER milestone_is_apart ON funding_milestone")
    person, application = both_roles(), ApplicationFactory(state=ApplicationState.CONVERTED)
    milestone = reported_milestone(application)
    named_while(person, application, lambda: verify_milestone(milestone_id=milestone.pk, actor=person, now=NOW))
    assert (Milestone.objects.get(pk=milestone.pk).verified_by, Adviser.objects.get().person) == (person, person)


def test_gain_waits_for_the_adviser_and_is_refused(committed_db):
    person, team = both_roles(), Team()
    report = team.submitted()
    answer = named_while(person, team.project.application, lambda: team.verify(report, actor=person))
    assert type(answer) is NotAllowed
    assert GainReport.objects.get().verified_by is None

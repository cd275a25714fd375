"""Separation of duties on gains (SD-2, SD-7, SD-8), and the technical administrator who reads nothing (SD-10)."""

import inspect
import pkgutil
from decimal import Decimal
from importlib import import_module

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from fondsinnovation.kit.errors import Invalid, NotAllowed
from funding.models import Adviser
from funding.services.advisers import assign_adviser
from funding.services.payments import ATTESTATIONS, authorise_payment, certify_payment, request_payment
from projects.enums import CallState, Role
from projects.models import Call
from projects.queries.calls import calls_for
from projects.services.documents import store_bytes
from reporting.services import gains as acts
from reporting.services.follow_up_calendar import schedule_follow_ups
from reporting.services.renewals import open_renewal
from tests.factories import (
    NOW,
    CallFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    advised_by,
    agreement_in_force,
    award_certified,
    person_with,
)
from tests.funding.credit import frozen, received
from tests.refusals import refusal
from tests.reporting.gains import Team

pytestmark = pytest.mark.django_db
VERIFY = (
    "UPDATE reporting_gainreport SET state = 'verified', verified_by_id = %s, verified_at = %s, verified_amount = amount, "
    "rating = 'green', method_version = '1' WHERE id = %s"
)


@pytest.fixture
def team():
    return Team()


def done(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


# ── SD-7: three people, the last from outside and never the adviser ──────────────────────────────────────────────────
def test_sd7_reporter_never_cosigns_nor_verifies(team):
    both = person_with(Role.FINANCE_RESPONDENT, organisation=team.organisation)
    MembershipFactory(person=both, role=Role.GAIN_VERIFIER)
    report = team.report(actor=both)
    with pytest.raises(NotAllowed, match="Vous avez déclaré ce gain"):
        acts.cosign_gain(report_id=report.pk, actor=both, now=NOW)
    acts.cosign_gain(report_id=report.pk, actor=team.finance, now=NOW)
    with pytest.raises(NotAllowed, match="Vous êtes ou avez été de l’organisme"):
        team.verify(report, actor=both)
    assert refusal(VERIFY, both.pk, NOW, report.pk) == "gain_report_three_people"
    assert refusal("UPDATE reporting_gainreport SET cosigned_by_id = reported_by_id WHERE id = %s", report.pk) == "gain_report_three_people"


@pytest.mark.parametrize("where", ["organisation", "bearer"])
def test_sd7_verifier_was_never_of_the_organisation_that_reports_or_bears(where):
    bearer = OrganisationFactory()
    team = Team(organisation=bearer)
    report = team.submitted()
    MembershipFactory(person=team.verifier, organisation=bearer if where == "bearer" else team.organisation, ends_on=NOW.date())
    with pytest.raises(NotAllowed, match="Vous êtes ou avez été de l’organisme"):
        team.verify(report)
    assert refusal(VERIFY, team.verifier.pk, NOW, report.pk) == "gain_verifier_is_outside"
    assert done(VERIFY, UserFactory().pk, NOW, report.pk) == 1


@pytest.mark.parametrize(
    "judge",
    [
        lambda team, report, who: team.verify(report, actor=who),
        lambda team, report, who: team.reject(report, actor=who),
        lambda team, report, who: acts.return_gain(report_id=report.pk, reason="Flou", actor=who, now=NOW),
    ],
)
def test_sd2_adviser_neither_verifies_rejects_nor_returns_a_gain(team, judge):
    report, both = team.submitted(), person_with(Role.ADVISER, Role.GAIN_VERIFIER)
    advised_by(both, team.project.application)
    with pytest.raises(NotAllowed, match="Vous accompagnez ou avez accompagné ce dossier"):
        judge(team, report, both)
    assert refusal(VERIFY, both.pk, NOW, report.pk) == "adviser_is_apart"


@pytest.mark.parametrize("returned", [True, False])
def test_sd2_whoever_examined_a_gain_does_not_become_the_adviser(team, returned):
    both = person_with(Role.ADVISER, Role.GAIN_VERIFIER)
    report = team.submitted()
    if returned:  # no row keeps the name of who returned it: the journal does
        acts.return_gain(report_id=report.pk, reason="Flou", actor=both, now=NOW)
    else:
        team.verify(report, actor=both)
    application = team.project.application
    with pytest.raises(Invalid) as error:
        assign_adviser(application_id=application.pk, person_id=both.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    assert error.value.errors == {"person": f"{both.name} a déjà décidé, évalué ou vérifié dans ce dossier."}
    assert Adviser.objects.count() == 0


def test_sd2_database_keeps_the_adviser_apart_from_verified_gains(team):
    report = team.verified()
    advise = "INSERT INTO funding_adviser (application_id, person_id, assigned_by_id, assigned_at) VALUES (%s, %s, %s, %s)"
    application = team.project.application_id
    assert refusal(advise, application, report.verified_by_id, UserFactory().pk, NOW) == "adviser_is_apart"
    assert done(advise, application, UserFactory().pk, UserFactory().pk, NOW) == 1


# ── SD-8 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sd8_verifier_never_captures(team):
    both = person_with(Role.GAIN_VERIFIER, Role.CONTROLLER)
    report = team.verified(actor=both)
    with pytest.raises(NotAllowed, match="Vous avez vérifié ce gain"):
        team.capture(report, actor=both)
    capture = (
        "UPDATE reporting_gainreport SET state = 'captured', captured_by_id = %s, captured_at = %s, captured_amount = verified_amount, "
        "budget_document_id = evidence_id WHERE id = %s"
    )
    assert refusal(capture, both.pk, NOW, report.pk) == "gain_report_capturer_is_not_verifier"
    assert done(capture, team.controller.pk, NOW, report.pk) == 1


# ── SD-10 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
#: reads of one's own rows, which the Secretariat has none of, and registers that this fund has nothing in
OWN = {
    "own_applications_for", "reviews_for", "exports_for", "incidents_for", "accesses_for", "delegations_for", "claims_for",
    "recoveries_for", "costs_for", "cost_moves_for", "overlaps_for", "sharings_for", "shared_gains_for",
}  # fmt: skip


def reads():
    """Every read that is made for a person at an instant: pages, lists, counts, exports and the API are all made from these."""
    for app in ("projects", "funding", "reporting"):
        for found in pkgutil.iter_modules(import_module(f"{app}.queries").__path__):
            module = import_module(f"{app}.queries.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                here = function.__module__ == module.__name__ and name.endswith("_for")
                if here and list(inspect.signature(function).parameters) == ["person", "now"]:
                    yield name, function


def read(person):
    """The rows that each read gives to a person."""
    return {name: list(function(person, NOW)) for name, function in reads()}


@pytest.fixture
def fund(team):
    """A file at each stage, so that there is something to leak."""
    team.verified()
    award_certified()
    CallFactory(state=CallState.DRAFT, approved_by=None, approved_at=None)
    store_bytes(
        b"%PDF-1.7", name="avis.pdf", content_type="application/pdf", kind="resolution", actor=UserFactory(), now=NOW,
        application=team.project.application,
    )  # fmt: skip
    instalment = agreement_in_force().instalments.get(kind="advance")
    attested = dict.fromkeys(ATTESTATIONS, True)
    payment = request_payment(instalment_id=instalment.pk, attestations=attested, actor=person_with(Role.PAYMENT_REQUESTER), now=NOW)
    certify_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    authorise_payment(payment_id=payment.pk, actor=person_with(Role.PAYMENT_AUTHORISER), now=NOW)
    frozen(Decimal("1000.00"))
    received(Decimal("500.00"))
    schedule_follow_ups(agreement_id=team.project.agreement.pk, actor=None, now=NOW)
    open_renewal(project_id=team.project.pk, actor=person_with(Role.OFFICER), now=NOW)


def test_sd10_technical_administrator_reads_no_file(fund):
    found, seen = read(person_with(Role.TECHNICAL_ADMIN)), read(person_with(Role.DIRECTOR))
    assert [one.kind for one in found.pop("organisations_for")] == ["unit"]  # their own unit: its people, and no file
    calls = found.pop("calls_for")
    assert {name: rows for name, rows in found.items() if rows} == {}
    assert set(calls) == set(calls_for(AnonymousUser(), NOW))  # calls are public once they are open
    assert Call.objects.exclude(pk__in=[call.pk for call in calls]).count() == 1
    assert {name for name, rows in seen.items() if not rows} == OWN
    assert len(seen) > 15

import hashlib
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import ApplicationState, Role
from projects.models import (
    Application,
    ApplicationVersion,
    Baseline,
    BudgetLine,
    Counter,
    ForecastGain,
    FundingLine,
    GainLine,
    Message,
    Organisation,
    OutboxMessage,
    PlannedMilestone,
)
from projects.services.submissions import submit_application
from tests.factories import NOW, OrganisationFactory, person_with
from tests.projects.typed import PDF, filled_draft

pytestmark = pytest.mark.django_db(transaction=False)


def submit(application, actor, **changes):
    return submit_application(**{"application_id": application.pk, "received_at": NOW, "actor": actor, "now": NOW, **changes})


def test_submission_numbers_and_freezes_the_application():
    application, signatory = filled_draft()
    submit(application, signatory)
    application.refresh_from_db()
    assert (application.number, application.state, application.submitted_by, application.submitted_at) == (
        "DEM-2026-00001",
        ApplicationState.SUBMITTED,
        signatory,
        NOW,
    )
    assert (application.title, application.amount_requested, application.total_cost) == (
        "Permis de construction en ligne",
        Decimal("100000.00"),
        Decimal("125000.00"),
    )
    version = ApplicationVersion.objects.get(application=application)
    assert version.sha256 == hashlib.sha256(version.content.encode()).hexdigest()
    content = json.loads(version.content)
    assert content["attachments"] == [
        {"kind": "resolution", "name": "resolution.pdf", "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
    ]
    assert (content["number"], content["sections"]["budget"]["cost_2026_salaries"]) == ("DEM-2026-00001", "25 000,00 $")


def test_submission_makes_the_rows_of_money_and_gains():
    application, signatory = filled_draft()
    submit(application, signatory)
    assert set(BudgetLine.objects.values_list("fiscal_year", "category", "amount")) == {
        (2026, "fees", Decimal("100000.00")),
        (2026, "salaries", Decimal("25000.00")),
    }
    assert set(FundingLine.objects.values_list("fiscal_year", "source", "amount", "in_kind")) == {
        (2026, "fund", Decimal("100000.00"), False),
        (2026, "applicant", Decimal("25000.00"), False),
    }
    assert list(PlannedMilestone.objects.order_by("position").values_list("position", "title", "due_on")) == [
        (1, "Analyse terminée", date(2026, 12, 15)),
        (2, "Mise en service", date(2027, 3, 15)),
    ]
    assert list(GainLine.objects.order_by("code").values_list("code", "nature", "organisation")) == [
        ("L1", "CASH", application.organisation_id),
        ("L2", "COST", application.organisation_id),
    ]
    assert list(Baseline.objects.order_by("line__code").values_list("cost", "volume", "period_end")) == [
        (Decimal("200000.00"), Decimal("1000.00"), date(2025, 12, 31)),
        (Decimal("0.00"), Decimal("12.00"), date(2025, 12, 31)),
    ]
    forecasts = ForecastGain.objects.order_by("line__code", "period_start").values_list(
        "line__code", "period_start", "period_end", "amount"
    )
    assert list(forecasts) == [
        ("L1", date(2027, 4, 1), date(2028, 3, 31), Decimal("60000.00")),
        ("L1", date(2028, 4, 1), date(2029, 3, 31), Decimal("60000.00")),
        ("L2", date(2027, 4, 1), date(2028, 3, 31), Decimal("-8000.50")),
    ]


def test_submission_tells_every_member_of_the_organisation():
    application, signatory = filled_draft()
    writer = person_with(Role.WRITER, Role.FINANCE_RESPONDENT, organisation=application.organisation)
    person_with(Role.WRITER, organisation=OrganisationFactory())
    submit(application, signatory)
    told = Message.objects.order_by("person_id")
    assert [(message.person_id, message.subject) for message in told] == [
        (person.pk, "Demande DEM-2026-00001 déposée") for person in (signatory, writer)
    ]
    assert OutboxMessage.objects.get(topic="mail").payload == {"messages": [message.pk for message in told]}


@pytest.mark.parametrize("role", [Role.WRITER, Role.FINANCE_RESPONDENT])
def test_submission_is_the_signatory_s_alone(role):
    application, _signatory = filled_draft()
    for person in (
        person_with(role, organisation=application.organisation),
        person_with(Role.SIGNATORY, organisation=OrganisationFactory()),
    ):
        with pytest.raises(NotAllowed, match="Seule la personne signataire"):
            submit(application, person)
    assert Application.objects.get().state == ApplicationState.DRAFT


def test_organisation_that_has_ended_since_submits_nothing_and_is_told_why(client):
    application, signatory = filled_draft()
    successor = OrganisationFactory(name="Ville réunie")
    gone = {"valid_to": NOW.date() - timedelta(days=1), "successor": successor}
    Organisation.objects.filter(pk=application.organisation_id).update(**gone)
    said = "Cet organisme est en vigueur jusqu’au 23 novembre 2026; Ville réunie lui succède."
    with pytest.raises(WrongState) as refused:
        submit(application, signatory)
    application.refresh_from_db()
    assert (refused.value.message.replace("\u00a0", " "), application.state, ApplicationVersion.objects.count()) == (
        said,
        ApplicationState.DRAFT,
        0,
    )
    client.force_login(signatory)
    with time_machine.travel(NOW, tick=False):
        pages = [client.get(f"/demandes/{application.pk}/{path}").text.replace("\u00a0", " ") for path in ("", "verification/")]
        answer = client.post(f"/demandes/{application.pk}/verification/", {"key": "a"})
    assert [(said in page, "Pour cet organisme" in page, "Déposer la demande" in page) for page in pages] == [(True, False, False)] * 2
    assert (answer.status_code, Application.objects.get(pk=application.pk).number) == (409, None)
    Organisation.objects.filter(pk=application.organisation_id).update(valid_to=NOW.date())  # its last day counts whole
    assert submit(Application.objects.get(pk=application.pk), signatory).state == ApplicationState.SUBMITTED


def test_submission_counts_the_instant_of_arrival_and_there_is_no_grace():
    application, signatory = filled_draft()
    closing = application.call.closes_at
    with pytest.raises(WrongState, match=r"a fermé le .* Le brouillon est conservé"):
        submit(application, signatory, received_at=closing, now=closing)
    with pytest.raises(WrongState, match="ouvre le"):
        submit(application, signatory, received_at=application.call.opens_at - timedelta(microseconds=1))
    assert Counter.objects.filter(series="DEM-2026").count() == 0
    late = closing + timedelta(seconds=30)
    submit(application, signatory, received_at=closing - timedelta(microseconds=1), now=late)
    application.refresh_from_db()
    assert application.submitted_at == closing - timedelta(microseconds=1)


def test_submission_names_the_sections_that_are_not_complete_and_writes_nothing():
    application, signatory = filled_draft(budget={"funding_2026_applicant": "24 999,99"}, plan={"risks": " "})
    with pytest.raises(Invalid) as refused:
        submit(application, signatory)
    assert refused.value.message == ("Sections à terminer avant le dépôt : Planifier la réalisation, Établir le budget.")
    assert (BudgetLine.objects.count(), ApplicationVersion.objects.count(), Message.objects.count()) == (0, 0, 0)


def test_submission_with_the_same_key_answers_the_same_and_a_second_one_is_refused():
    application, signatory = filled_draft()
    first, again = (submit(application, signatory, key="k1") for _click in range(2))
    assert (first, Message.objects.count(), ApplicationVersion.objects.count()) == (again, 1, 1)
    with pytest.raises(WrongState, match="déjà été déposée"):
        submit(application, signatory, key="k2")


def test_numbers_follow_one_another_without_a_gap():
    numbers = []
    for _n in range(3):
        application, signatory = filled_draft()
        numbers.append(submit(application, signatory).number)
    assert numbers == ["DEM-2026-00001", "DEM-2026-00002", "DEM-2026-00003"]

"""The gain lines of an application: indicators, budget, shares, and the calculation of their forecast."""

from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from fondsinnovation.migration_sql import APP_ROLE
from projects.enums import Role
from projects.models import ApplicationSection, GainLine, GainPlan, ServiceIndicator
from projects.sections.answers import answers
from projects.services.submissions import submit_application
from tests.factories import NOW, ApplicationFactory, DraftApplicationFactory, OrganisationFactory, agreement_in_force, person_with
from tests.projects.test_sections import codes, form
from tests.projects.typed import GAINS, filled_draft

pytestmark = pytest.mark.django_db

EXPECTED = {
    "gains-0-expected_cost": "160 000",
    "gains-0-expected_volume": "1 100",
    "gains-0-starts_on": "2027-04-01",
    "gains-0-decay": "10",
}
FIRST = "gains-0-indicator_1_"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({f"{FIRST}{name}": "" for name in ("name", "unit", "reference", "tolerance", "worse")}, {"required"}),
        ({f"{FIRST}tolerance": ""}, {"required"}),
        ({f"{FIRST}tolerance": "-1"}, {"sign"}),
        ({f"{FIRST}worse": "plus"}, {"invalid_choice"}),
        ({"gains-1-indicator_2_name": "Délai"}, {"required"}),
        ({"gains-0-attribution": "101"}, {""}),
        ({"gains-0-displacement": "-1"}, {"sign"}),
        ({"gains-0-starts_on": "2027-04-01", "gains-0-ends_on": "2027-03-31"}, {"refused"}),
        ({"gains-0-bearer": "inconnu"}, {"refused"}),
    ],
)
def test_gain_line_has_whole_indicators_and_shares_of_one(changes, expected):
    assert codes("gains", {**GAINS, **changes}) == expected


def test_line_that_saves_no_cash_needs_no_indicator():
    bare = {name: value for name, value in GAINS.items() if not name.startswith(FIRST)}
    assert codes("gains", {**bare, "gains-0-nature": "AVOID"}) == set()


def test_bearer_is_an_organisation_that_still_exists():
    OrganisationFactory(code="MTQ")
    OrganisationFactory(code="AVANT", valid_to=NOW.date())
    assert codes("gains", {**GAINS, "gains-0-bearer": "MTQ"}) == set()
    assert codes("gains", {**GAINS, "gains-0-bearer": "AVANT"}) == {"refused"}


def calculated(**changes):
    found = form("gains", {**GAINS, **EXPECTED, **changes}).calculated()
    return {name.removeprefix("gains-0-forecast_"): text.replace("\xa0", " ") for name, text in found.items()}


def test_forecast_is_calculated_from_the_expected_cost_and_volume():
    # 200 $ a permit × 1 100 = 220 000; less 160 000: 60 000, of which the budget falls by 40 000
    assert calculated() == {"2026": "", "2027": "40 000", "2028": "36 000", "2029": "32 400", "2030": "29 160", "2031": "26 244"}
    assert calculated(method="", **{"gains-0-title": ""})["2027"] == "40 000"  # whatever else is still to fill in
    shares = {"gains-0-attribution": "75", "gains-0-deadweight": "20", "gains-0-displacement": "4 000", "gains-0-decay": ""}
    assert calculated(**shares)["2031"] == "20 000"


@pytest.mark.parametrize(
    ("changes", "year"),
    [
        ({"gains-0-nature": "AVOID"}, "20 000"),
        ({"gains-0-nature": "COST", "gains-0-expected_cost": "230 000"}, "10 000"),
        ({"gains-0-nature": "REV", "gains-0-expected_cost": "250 000", "gains-0-expected_volume": ""}, "50 000"),
        ({"gains-0-nature": "PROD", "gains-0-hours": "6 250", "gains-0-hourly_rate": "48", "gains-0-redeployed": "60"}, "180 000"),
    ],
)
def test_forecast_is_of_the_nature_of_its_line(changes, year):
    assert calculated(**changes)["2027"] == year


@pytest.mark.parametrize(
    "changes",
    [
        {"gains-0-expected_cost": ""},
        {"gains-0-nature": ""},
        {"gains-0-volume": "0"},
        {"gains-0-displacement": "90 000"},
        {"gains-0-nature": "PROD", "gains-0-hours": "10"},
    ],
)
def test_what_cannot_be_calculated_leaves_the_forecast_as_typed(changes):
    assert calculated(**changes) == {}


def test_calculate_fills_the_page_and_keeps_nothing(client):
    town = OrganisationFactory()
    writer = person_with(Role.WRITER, organisation=town)
    draft = DraftApplicationFactory(organisation=town, created_by=writer)
    client.force_login(writer)
    address = reverse("projects:section_detail", args=[draft.pk, "gains"])
    with time_machine.travel(NOW, tick=False):
        answer = client.post(address, {**GAINS, **EXPECTED, "version": "0", "calculate": "1"})
        again = client.post(address, {"gains-0-title": "Moins", "version": "0", "calculate": "1"})
    said = answer.content.decode().replace("\xa0", " ")
    assert (answer.status_code, 'value="36 000"' in said, "220 000,00 $" in said) == (200, True, True)
    assert "Il manque des chiffres" in again.content.decode()
    assert not ApplicationSection.objects.filter(application=draft).exists()


def test_calculate_on_a_submitted_application_leads_to_it(client):
    application = ApplicationFactory()
    client.force_login(person_with(Role.WRITER, organisation=application.organisation))
    answer = client.post(reverse("projects:section_detail", args=[application.pk, "gains"]), {**GAINS, "calculate": "1"})
    assert (answer.status_code, answer.url) == (302, reverse("projects:application_detail", args=[application.pk]))


def test_shares_read_again_as_percentages():
    read = {answer.label: answer.text.replace("\xa0", " ") for answer in answers(form("gains", {**GAINS, "gains-0-attribution": "75"}))}
    assert read["Ligne de gain 1, part attribuable au projet, en pourcentage"] == "75 %"
    assert read["Ligne de gain 1, écart toléré"] == "2"


def test_submission_keeps_budget_shares_and_indicators():
    application, signatory = filled_draft()
    bearer = OrganisationFactory(code="MTQ")
    typed = {"bearer": "MTQ", "cost_centre": "CC-310", "account": "5210", "attribution": "75", "deadweight": "20", "displacement": "4 000"}
    section = ApplicationSection.objects.get(application=application, kind="gains")
    section.data = {**section.data, **{f"gains-0-{name}": value for name, value in typed.items()}}
    section.save()
    submit_application(application_id=application.pk, received_at=NOW, actor=signatory, now=NOW)
    names = ("organisation", "cost_centre", "account", "attribution", "deadweight", "displacement", "decay")
    assert GainLine.objects.values_list(*names).get(plan__application=application, code="L1") == (
        bearer.pk, "CC-310", "5210", Decimal("0.75"), Decimal("0.2"), Decimal(4000), 0,
    )  # fmt: skip
    assert ServiceIndicator.objects.values_list("position", "name", "unit", "reference", "tolerance", "worse").get() == (
        1, "Délai moyen de délivrance", "jours", 12, 2, "higher",
    )  # fmt: skip


# ── What the database holds (INV-20) ─────────────────────────────────────────────────────────────────────────────────
def raw(statement, *parameters):
    """As the application's own role, whatever the tests connect as."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
        cursor.execute(statement, parameters)


INSERT = "INSERT INTO projects_serviceindicator (line_id, position, name, unit, reference, tolerance, worse)"
LINES = "(SELECT id FROM projects_gainline WHERE plan_id = {plan})"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE projects_gainline SET title = 'Autre' WHERE plan_id = {plan}",
        "UPDATE projects_gainline SET plan_id = {free} WHERE plan_id = {plan}",
        "UPDATE projects_gainline SET plan_id = {plan}, code = 'L9' WHERE plan_id = {free}",
        f"DELETE FROM projects_serviceindicator WHERE line_id IN {LINES}",
        f"UPDATE projects_serviceindicator SET tolerance = 99 WHERE line_id IN {LINES}",
        "UPDATE projects_serviceindicator SET line_id = (SELECT id FROM projects_gainline WHERE plan_id = {free})",
        f"{INSERT} SELECT id, 2, 'x', 'y', 1, 1, 'lower' FROM {LINES} AS l",
        f"UPDATE projects_baseline SET cost = 1 WHERE line_id IN {LINES}",
        f"DELETE FROM projects_baseline WHERE line_id IN {LINES}",
        "UPDATE projects_gainplan SET locked_at = NULL WHERE id = {plan}",
    ],
)
def test_locked_plan_stays_as_signed(statement):
    agreement_in_force(ApplicationFactory(state="converted"))
    plan, free = GainPlan.objects.get(locked_at__isnull=False), GainPlan.objects.get(application=ApplicationFactory())
    with pytest.raises(IntegrityError, match="is locked"):
        raw(statement.format(plan=plan.pk, free=free.pk))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("attribution = 1.000001", "gain_line_shares_within_one"),
        ("deadweight = -0.1", "gain_line_shares_within_one"),
        ("decay = 1.1", "gain_line_shares_within_one"),
        ("displacement = -0.01", "gain_line_displacement_not_negative"),
        ("starts_on = '2027-01-02', ends_on = '2027-01-01'", "gain_line_dates_in_order"),
    ],
)
def test_database_refuses_a_share_outside_of_one(change, constraint):
    ApplicationFactory()
    with pytest.raises(IntegrityError, match=constraint):
        raw(f"UPDATE projects_gainline SET {change}")


def test_database_refuses_a_negative_tolerance():
    ApplicationFactory()
    with pytest.raises(IntegrityError, match="service_indicator_tolerance_not_negative"):
        raw("UPDATE projects_serviceindicator SET tolerance = -1")

"""The API: tokens and their scopes, the same rows as the pages, refusals in JSON, and a schema that says it all."""

import json
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from funding.services.payments import ATTESTATIONS, request_payment
from projects.api.base import Pages, TokenThrottle
from projects.enums import ApplicationState, CallState, Role, TokenScope
from projects.models import ApiToken, Call, Project
from projects.services.tokens import create_token, revoke_token
from reporting.catalogue import ROI_PROJECTS, VARIANCES
from reporting.enums import SnapshotKind
from reporting.models import Snapshot, SnapshotRow
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    OrganisationFactory,
    agreement_in_force,
    person_with,
    recuse,
)
from tests.reporting.gains import Team

pytestmark = pytest.mark.django_db
RESOURCES = {
    "/api/v1/applications/": TokenScope.APPLICATIONS,
    "/api/v1/projects/": TokenScope.PROJECTS,
    "/api/v1/awards/": TokenScope.AWARDS,
    "/api/v1/agreements/": TokenScope.AGREEMENTS,
    "/api/v1/payments/": TokenScope.PAYMENTS,
    "/api/v1/gains/": TokenScope.GAINS,
    "/api/v1/follow-ups/": TokenScope.PROJECTS,
    "/api/v1/reports/roi-projects/": TokenScope.REPORTS,
    "/api/v1/reports/variances/": TokenScope.REPORTS,
}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def bearer(person, *scopes, now=NOW):
    token = create_token(name="Essai", scopes=scopes or TokenScope.values, expires_on=date(2027, 1, 31), actor=person, now=now)
    return {"Authorization": f"Bearer {token.secret}"}


def read(client, address, headers=None, **query):
    response = client.get(address, query, headers=headers or {})
    return response.status_code, json.loads(response.content)


def keep_snapshot(rows, *, effective=date(2026, 11, 24), known=NOW, kind=SnapshotKind.WORKING, report=ROI_PROJECTS):
    """Rows of (project, value of the first column of money)."""
    column = "fund_paid" if report is ROI_PROJECTS else "forecast"
    snapshot = Snapshot.objects.create(
        report=report.code, kind=kind, effective=effective, known=known, row_count=len(rows), sha256="a" * 64, computed_at=NOW
    )
    for position, (project, paid) in enumerate(rows, start=1):
        data = {each.code: "" for each in report.columns} | {"project": project, column: paid}
        SnapshotRow.objects.create(snapshot=snapshot, position=position, key=project, data=data)
    return snapshot


# ── Who may ask ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("address", RESOURCES)
def test_resource_without_a_token_answers_401(client, address):
    response = client.get(address)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert response.json() == {
        "code": "unauthenticated",
        "message": "Présentez un jeton valide dans l’en-tête « Authorization: Bearer ».",
        "errors": {},
    }


@pytest.mark.parametrize("value", ["Bearer fip_inconnu", "Bearer ", "Bearer", "bearer \xe9", "Bearer a b"])
def test_token_that_opens_nothing_answers_401_even_where_none_is_needed(client, value):
    assert client.get("/api/v1/calls/", headers={"Authorization": value}).status_code == 401


def test_session_opens_nothing(client):
    client.force_login(person_with(Role.DIRECTOR))
    assert client.get("/api/v1/applications/").status_code == 401


def test_other_scheme_is_no_token(client):
    assert client.get("/api/v1/applications/", headers={"Authorization": "Basic eDp5"}).status_code == 401
    assert client.get("/api/v1/calls/", headers={"Authorization": "Basic eDp5"}).status_code == 200


@pytest.mark.parametrize(("address", "scope"), [*RESOURCES.items(), ("/api/v1/calls/", TokenScope.CALLS)])
def test_each_resource_needs_its_own_scope(client, address, scope):
    keep_snapshot([])
    keep_snapshot([], report=VARIANCES)
    officer = person_with(Role.OFFICER)
    others = [each for each in TokenScope.values if each != scope]
    assert read(client, address, bearer(officer, *others)) == (
        403,
        {"code": "not_allowed", "message": f"Ce jeton n’a pas la portée « {scope} ».", "errors": {}},
    )
    assert read(client, address, bearer(officer, scope))[0] == 200


def test_revoked_token_and_lost_role_close_the_api(client):
    officer = person_with(Role.OFFICER)
    headers = bearer(officer)
    assert read(client, "/api/v1/payments/", headers)[0] == 200
    officer.memberships.update(ends_on=date(2026, 11, 23))
    assert read(client, "/api/v1/payments/", headers)[0] == 403
    revoke_token(token_id=ApiToken.objects.get().pk, actor=officer, now=NOW)
    assert read(client, "/api/v1/calls/", headers)[0] == 401


def test_day_of_last_use_is_kept(client):
    headers = bearer(person_with(Role.OFFICER))
    assert ApiToken.objects.get().last_used_on is None
    read(client, "/api/v1/calls/", headers)
    assert ApiToken.objects.get().last_used_on == date(2026, 11, 24)


def test_too_many_requests_answer_429(client, monkeypatch):
    monkeypatch.setattr(TokenThrottle, "THROTTLE_RATES", {"token": "3/min", "anonymous": "2/min"})
    headers = bearer(person_with(Role.OFFICER))
    assert [client.get("/api/v1/calls/").status_code for _ in range(3)] == [200, 200, 429]
    assert [client.get("/api/v1/calls/", headers=headers).status_code for _ in range(3)] == [200, 200, 200]
    response = client.get("/api/v1/calls/", headers=headers)
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert response.json() == {"code": "throttled", "message": "Trop de requêtes : réessayez dans 60 s.", "errors": {}}
    assert client.get("/api/v1/calls/", headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 429


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", [*RESOURCES, "/api/v1/calls/", "/api/v1/calls/AP-2026-01/"])
def test_api_is_read_only(client, address, method):
    response = getattr(client, method)(address, {}, headers=bearer(person_with(Role.DIRECTOR)), content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


# ── What comes back ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_published_calls_are_public_and_drafts_are_the_staff_s(client):
    call = CallFactory(reference="AP-2026-77", title="Guichets", purpose="Simplifier")
    Call.objects.filter(pk=CallFactory(reference="AP-2026-78").pk).update(state=CallState.DRAFT)
    status, page = read(client, "/api/v1/calls/")
    assert (status, page["count"], page["next"], page["previous"]) == (200, 1, None, None)
    assert page["results"] == [
        {
            "reference": "AP-2026-77",
            "title": "Guichets",
            "purpose": "Simplifier",
            "state": "open",
            "envelope": "PROJECTS",
            "terms": call.terms.name,
            "opens_at": "2026-10-25T11:00:00-04:00",
            "closes_at": "2026-12-24T10:00:00-05:00",
            "total": "1000000.00",
        }
    ]
    assert read(client, "/api/v1/calls/AP-2026-77/") == (200, page["results"][0])
    assert read(client, "/api/v1/calls/AP-2026-78/") == (
        404,
        {"code": "not_found", "message": "Rien ne se trouve à cette adresse.", "errors": {}},
    )
    assert read(client, "/api/v1/calls/", bearer(person_with(Role.OFFICER)))[1]["count"] == 2


def test_applications_are_those_of_the_page_with_its_filters(client):
    mine, other = ApplicationFactory(number="DEM-2026-00001"), ApplicationFactory(number="DEM-2026-00002", state=ApplicationState.IN_REVIEW)
    DraftApplicationFactory(organisation=mine.organisation)
    officer, writer = person_with(Role.OFFICER), person_with(Role.WRITER, organisation=mine.organisation)

    def numbers(person, **query):
        return sorted(row["number"] for row in read(client, "/api/v1/applications/", bearer(person), **query)[1]["results"])

    assert numbers(officer) == ["DEM-2026-00001", "DEM-2026-00002"]
    assert numbers(officer, state="in_review") == ["DEM-2026-00002"]
    assert numbers(officer, q="00001") == ["DEM-2026-00001"]
    assert numbers(writer) == ["DEM-2026-00001"]
    recuse(officer, other)
    assert numbers(officer) == ["DEM-2026-00001"]
    assert read(client, "/api/v1/applications/DEM-2026-00002/", bearer(officer))[0] == 404
    assert read(client, "/api/v1/applications/DEM-2026-00002/", bearer(writer))[0] == 404
    assert read(client, "/api/v1/applications/DEM-2026-00001/", bearer(writer)) == (
        200,
        {
            "number": "DEM-2026-00001",
            "title": mine.title,
            "state": "submitted",
            "call": mine.call.reference,
            "organisation": mine.organisation.code,
            "organisation_name": mine.organisation.name,
            "amount_requested": "100000.00",
            "total_cost": "125000.00",
            "submitted_at": "2026-11-19T10:00:00-05:00",
        },
    )


def test_money_of_a_project_is_read_by_its_organisation_and_the_staff_alone(client):
    agreement = agreement_in_force(ApplicationFactory(state=ApplicationState.CONVERTED, number="DEM-2026-00003"))
    organisation = agreement.project.organisation
    own, stranger = person_with(Role.WRITER, organisation=organisation), person_with(Role.WRITER, organisation=OrganisationFactory())
    recused = person_with(Role.OFFICER)
    recuse(recused, agreement.project.application)
    for address, key in (
        ("/api/v1/projects/", agreement.project.reference),
        ("/api/v1/agreements/", agreement.number),
        ("/api/v1/awards/", "DEM-2026-00003"),
    ):
        found = {
            name: read(client, f"{address}{key}/", bearer(person))[0]
            for name, person in (
                ("officer", person_with(Role.OFFICER)),
                ("own", own),
                ("stranger", stranger),
                ("recused", recused),
            )
        }
        told = 404 if "awards" in address else 200  # no letter yet
        assert (address, found) == (address, {"officer": 200, "own": told, "stranger": 404, "recused": 404})
        assert read(client, address, bearer(recused))[1]["count"] == 0
    status, row = read(client, f"/api/v1/agreements/{agreement.number}/", bearer(own))
    assert (status, row["amount"], row["project"], row["state"]) == (200, "100000.00", agreement.project.reference, "in_force")
    assert read(client, "/api/v1/payments/", bearer(own))[0] == 403


def test_return_by_project_is_that_of_the_working_snapshot(client):
    project = agreement_in_force().project
    keep_snapshot([(project.reference, "25000.00"), ("TOTAL", "25000.00")])
    status, page = read(client, "/api/v1/reports/roi-projects/", bearer(person_with(Role.DIRECTOR)))
    assert (status, list(page)) == (200, ["effective", "known", "computed_at", "sha256", "count", "next", "previous", "results"])
    assert (page["effective"], page["known"], page["count"]) == ("2026-11-24", "2026-11-24T10:00:00-05:00", 2)
    assert list(page["results"][0]) == [column.code for column in ROI_PROJECTS.columns]
    assert [(row["project"], row["fund_paid"], row["roi_fund"]) for row in page["results"]] == [
        (project.reference, "25000.00", None),
        ("TOTAL", "25000.00", None),
    ]
    filtered = read(client, "/api/v1/reports/roi-projects/", bearer(person_with(Role.DIRECTOR)), project=project.reference)[1]
    assert [row["project"] for row in filtered["results"]] == [project.reference]


def test_return_at_other_dates_is_read_when_it_was_computed(client):
    known = NOW.replace(month=3, day=31, hour=0)
    keep_snapshot([("PRJ-1", "1.00")], effective=date(2026, 3, 31), known=known, kind=SnapshotKind.EDITION)
    headers = bearer(person_with(Role.DIRECTOR))
    asked = {"effective": "2026-03-31", "known": "2026-03-31T00:00:00+00:00"}
    assert [row["project"] for row in read(client, "/api/v1/reports/roi-projects/", headers, **asked)[1]["results"]] == ["PRJ-1"]
    assert read(client, "/api/v1/reports/roi-projects/", headers) == (
        404,
        {
            "code": "not_found",
            "message": "Aucun instantané n’a été calculé pour ces dates : demandez-le depuis la page du rapport.",
            "errors": {},
        },
    )


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"effective": "hier", "known": "2026-11-24"}, ["effective"]),
        ({"effective": "2026-11-24"}, ["known"]),
        ({"known": "2026-11-24"}, ["effective"]),
        ({"status": "perdu"}, ["status"]),
    ],
)
def test_dates_that_are_wrong_are_named(client, query, named):
    keep_snapshot([])
    status, refusal = read(client, "/api/v1/reports/roi-projects/", bearer(person_with(Role.DIRECTOR)), **query)
    assert (status, refusal["code"], list(refusal["errors"])) == (422, "invalid", named)


def test_recused_person_s_return_leaves_the_project_and_its_total_out(client):
    project = agreement_in_force().project
    keep_snapshot([(project.reference, "1.00"), ("TOTAL", "1.00")])
    director = person_with(Role.DIRECTOR)
    recuse(director, project.application)
    assert read(client, "/api/v1/reports/roi-projects/", bearer(director))[1]["results"] == []


def test_reports_are_not_for_applicants(client):
    status, refusal = read(client, "/api/v1/reports/roi-projects/", bearer(person_with(Role.WRITER, organisation=OrganisationFactory())))
    assert (status, refusal) == (
        403,
        {"code": "not_allowed", "message": "Les rapports du Fonds sont réservés au personnel du Secrétariat et à l’audit.", "errors": {}},
    )


@pytest.mark.parametrize("query", [{"state": "x"}, {"call": "AP-1999-01"}, {"kind": "unit"}])
def test_filter_that_does_not_exist_is_named(client, query):
    status, refusal = read(client, "/api/v1/applications/", bearer(person_with(Role.OFFICER)), **query)
    assert (status, refusal["code"], refusal["message"], list(refusal["errors"])) == (
        422,
        "invalid",
        "Corrigez les paramètres nommés.",
        list(query),
    )


def test_pages_are_capped(client):
    for _ in range(3):
        ApplicationFactory()
    headers = bearer(person_with(Role.OFFICER))
    first = read(client, "/api/v1/applications/", headers, page_size=2)[1]
    assert (len(first["results"]), first["count"], first["next"]) == (2, 3, "http://testserver/api/v1/applications/?page=2&page_size=2")
    assert read(client, "/api/v1/applications/", headers, page=9)[0] == 404
    assert Pages().get_page_size(SimpleNamespace(query_params={"page_size": "10000"})) == 200


def test_unknown_address_is_refused_in_json(client):
    assert read(client, "/api/v1/rien/") == (404, {"code": "not_found", "message": "Rien ne se trouve à cette adresse.", "errors": {}})
    assert client.get("/api/v1/calls/", headers={"Accept": "text/html"}).status_code == 406


# ── How much it reads ────────────────────────────────────────────────────────────────────────────────────────────────
#: three to open, read-only and close the transaction; the token, its person's roles; then the count and the rows
QUERIES = {
    "/api/v1/calls/": 7,
    "/api/v1/applications/": 7,
    "/api/v1/projects/": 7,
    "/api/v1/awards/": 7,
    "/api/v1/agreements/": 7,
    "/api/v1/gains/": 7,
    "/api/v1/payments/": 7,
    "/api/v1/reports/roi-projects/": 9,
    "/api/v1/reports/variances/": 9,
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", QUERIES)
def test_endpoint_reads_the_same_number_of_times(client, django_assert_num_queries, address, count):
    requester = person_with(Role.PAYMENT_REQUESTER)
    for _ in range(count):
        team = Team()
        team.report()
        advance = team.project.agreement.instalments.get(position=1)
        request_payment(instalment_id=advance.pk, attestations=dict.fromkeys(ATTESTATIONS, True), actor=requester, now=NOW)
    for report in (ROI_PROJECTS, VARIANCES):
        keep_snapshot([(one, "1.00") for one in Project.objects.order_by("pk").values_list("reference", flat=True)], report=report)
    headers = bearer(person_with(Role.OFFICER))
    client.get("/api/v1/calls/", headers=headers)  # the day of last use is written once
    with django_assert_num_queries(QUERIES[address]):
        status, page = read(client, address, headers)
    assert (status, page["count"], len(page["results"])) == (200, count, count)


def test_gain_says_its_version_maturity_and_last_assurance(client):
    team = Team()
    verified = team.verified()
    team.restated(verified, Decimal("41000.00"))
    team.submitted(period_start=date(2026, 10, 1), period_end=date(2026, 10, 31))
    rows = read(client, "/api/v1/gains/", bearer(person_with(Role.OFFICER)))[1]["results"]
    assert [[row[name] for name in ("state", "version", "maturity", "assurance", "verified_amount")] for row in rows] == [
        ["to_reverify", 2, "final", "substantial", "40000.00"],
        ["submitted", 1, "interim", None, None],
    ]


# ── What it says of itself ───────────────────────────────────────────────────────────────────────────────────────────
def test_schema_is_valid_and_complete(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    schema = SchemaGenerator().get_schema(request=None, public=True)
    expected = {f"{address}" for address in [*RESOURCES, "/api/v1/calls/"]}
    details = {"/api/v1/reports/roi-projects/", "/api/v1/reports/variances/"}
    assert {path for path in schema["paths"] if not path.endswith("}/")} == expected
    assert len(schema["paths"]) == 2 * len(expected) - len(details)


def test_every_operation_parameter_and_field_is_described():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    bare = []
    for path, methods in schema["paths"].items():
        assert list(methods) == ["get"]
        operation = methods["get"]
        bare += [path for name in ("summary", "description") if not operation.get(name)]
        bare += [f"{path} {each['name']}" for each in operation.get("parameters", ()) if not each.get("description")]
        assert sorted(operation["responses"]) == ["200", "401", "403", "404", "422", "429"]
    for name, component in schema["components"]["schemas"].items():
        if name.startswith("Paginated"):
            continue
        bare += [f"{name}.{field}" for field, about in component.get("properties", {}).items() if not about.get("description")]
    assert bare == []


def test_schema_and_its_page_are_public(client):
    assert (
        client.get("/api/schema/", headers={"Accept": "application/json"}).json()["info"]["title"]
        == "Portail du Fonds pour l’innovation publique"
    )
    response = client.get(reverse("api:documentation"))
    assert response.status_code == 200
    assert [resource["address"] for resource in response.context["resources"] if resource["public"]] == [
        "/api/v1/calls/",
        "/api/v1/calls/{reference}/",
    ]


@pytest.mark.parametrize(
    "address", ["/api/v1/calls/%00/", "/api/v1/calls/a%00b/", "/api/v1/calls/é’%20x/", "/api/v1/calls/.../", f"/api/v1/calls/{'9' * 400}/"]
)
def test_number_that_no_row_could_have_is_not_found(client, address):
    assert read(client, address)[0] == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"q": "\x00"}, 422),
        ({"q": "x" * 101}, 422),
        ({"fiscal_year": "2026.5"}, 422),
        ({"page": "0"}, 404),
        ({"page": "9" * 30}, 404),
        ({"page": "x"}, 404),
        ({"page_size": "-1"}, 200),
        ({"page_size": "x"}, 200),
        ({"autre": "x"}, 200),
    ],
)
def test_bad_parameter_is_refused_and_never_breaks(client, query, status):
    assert read(client, "/api/v1/calls/", **query)[0] == status

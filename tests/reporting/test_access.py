"""The report `access` (R23): who may enter on a day, as known at an instant, with incompatible roles and exceptional accesses."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import update_last_login
from django.utils import timezone

from projects.enums import Role
from projects.models import User
from reporting.catalogue import ACCESS
from reporting.exports import FORMATS, Source, write_file
from reporting.models import Export
from reporting.queries.access import COLUMNS, access_rows
from reporting.queries.invariants import INVARIANTS, check
from reporting.services import snapshots
from reporting.services.compute import rows_of
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import CallFactory, MembershipFactory, OrganisationFactory, UnitFactory, UserFactory, person_with
from tests.projects.services.test_exceptional import REASON, acts, submitted, technician

pytestmark = pytest.mark.django_db
PAGE = "/rapports/access/"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)


def now():
    """The history of the tables is written by the database's clock."""
    return timezone.now()


def rows(effective=None, known=None):
    known = known or now()
    return list(access_rows(effective=effective or timezone.localdate(known), known=known))


def of(person, found=None):
    return [row for row in found or rows() if row["user"] == str(person.pk)]


def test_columns_are_those_of_the_catalogue():
    assert tuple(column.code for column in ACCESS.columns) == COLUMNS
    assert [tuple(row) for row in rows()] == [COLUMNS]


def test_each_role_in_force_has_its_row():
    town, unit = OrganisationFactory(code="10043", name="Rimouski"), UnitFactory(code="SIP-X", name="Unité X")
    person = UserFactory(name="Ariane Lavertu")
    MembershipFactory(person=person, role=Role.WRITER, organisation=town, starts_on=date(2025, 1, 1), ends_on=date(2026, 12, 31))
    MembershipFactory(person=person, role=Role.STATISTICIAN, organisation=unit)
    day = date(2026, 12, 31)
    found = [
        (row["name"], row["role"], row["organisation"], row["organisation_name"], row["starts_on"], row["ends_on"])
        for row in of(person, rows(day))
    ]
    assert found == [
        ("Ariane Lavertu", "statistician", "SIP-X", "Unité X", "2024-04-01", ""),
        ("Ariane Lavertu", "writer", "10043", "Rimouski", "2025-01-01", "2026-12-31"),
    ]
    assert [row["role"] for row in of(person, rows(day + timedelta(days=1)))] == ["statistician"]
    assert [row["role"] for row in of(person, rows(date(2024, 3, 31)))] == [""]


def test_scope_of_a_role_is_the_call_that_limits_it_and_names_its_row():
    """The same role limited to two calls is two rows, with two keys."""
    town, person, calls = OrganisationFactory(), UserFactory(), [CallFactory(), CallFactory()]
    for call in calls:
        MembershipFactory(person=person, role=Role.SIGNATORY, organisation=town, call=call)
    MembershipFactory(person=person, role=Role.WRITER, organisation=town)
    found = of(person)
    expected = [*(("signatory", call.reference) for call in calls), ("writer", "all")]
    assert [(row["role"], row["scope"]) for row in found] == expected
    assert len({ACCESS.key_of(row) for row in found}) == 3
    assert [row["scope"] for row in rows() if not row["role"]][-1] == ""


def test_delegated_role_is_there_only_while_the_roles_that_it_rests_on_are():
    town = OrganisationFactory()
    holder, delegate = person_with(Role.SIGNATORY, organisation=town), person_with(Role.WRITER, organisation=town)
    source, own = holder.memberships.get(), delegate.memberships.get()
    MembershipFactory(
        person=delegate, role=Role.SIGNATORY, organisation=town, delegated_from=source, granted_by=UserFactory(), ends_on=date(2099, 1, 1)
    )

    def roles():
        return [row["role"] for row in of(delegate)]

    def ended(member, day):
        type(member).objects.filter(pk=member.pk).update(ends_on=day)
        return roles()

    yesterday = timezone.localdate() - timedelta(days=1)
    assert (roles(), ended(source, yesterday), ended(source, None)) == (["signatory", "writer"], ["writer"], ["signatory", "writer"])
    User.objects.filter(pk=holder.pk).update(is_active=False)
    assert roles() == ["writer"]
    User.objects.filter(pk=holder.pk).update(is_active=True)
    assert ended(own, yesterday) == [""]


def test_account_without_a_role_is_there_and_a_closed_one_is_not():
    alone, closed = UserFactory(), person_with(Role.OFFICER, is_active=False)
    assert [row["role"] for row in of(alone)] == [""]
    assert of(closed) == []


def test_rows_are_ordered_by_name_whatever_the_accents():
    for name in ("Émile", "Eve", "edgar", "Zoé"):
        UserFactory(name=name)
    assert [row["name"] for row in rows()] == ["edgar", "Émile", "Eve", "Zoé", "TOTAL"]


def test_last_sign_in_is_the_one_of_the_dates():
    person = person_with(Role.OFFICER)
    first = timezone.now() - timedelta(days=3)
    for at in (first, timezone.now()):
        User.objects.filter(pk=person.pk).update(last_login=at)
    assert of(person, rows(known=first + timedelta(hours=1)))[0:1] == []  # the account was made since
    assert of(person)[0]["last_sign_in"] > of(person, rows(timezone.localdate(first)))[0]["last_sign_in"] == first.isoformat()
    update_last_login(None, person)
    assert of(person)[0]["last_sign_in"] == person.last_login.astimezone(first.tzinfo).isoformat()


def test_incompatible_pairs_are_counted_and_named():
    person = person_with(Role.CONTROLLER, Role.PAYMENT_REQUESTER, Role.DIRECTOR)
    person_with(Role.OFFICER)
    found = rows()
    assert {(row["incompatible"], row["rules"]) for row in of(person, found)} == {("2", "SD-5 SD-6")}
    assert (found[-1]["user"], found[-1]["incompatible"]) == ("TOTAL", "2")


def test_exceptional_accesses_are_counted_from_the_day_they_began():
    person, at = technician(), timezone.now()
    access = acts.request_exceptional_access(target=submitted().number, reason=REASON, minutes=30, actor=person, now=at)
    assert of(person)[0]["exceptional"] == "0"
    acts.grant_exceptional_access(access_id=access.pk, actor=person_with(Role.HEAD), now=at)
    assert (of(person)[0]["exceptional"], rows()[-1]["exceptional"]) == ("1", "1")
    assert of(person, rows(timezone.localdate(at) - timedelta(days=1)))[0]["exceptional"] == "0"


@pytest.mark.parametrize("people", [1, 3])
def test_report_takes_five_queries_for_one_and_three_people(django_assert_num_queries, people):
    for _person in range(people):
        person_with(Role.OFFICER)
    with django_assert_num_queries(5):
        rows()


# ── Pages and files ──────────────────────────────────────────────────────────────────────────────────────────────────
READERS = (Role.DIRECTOR, Role.HEAD, Role.AUDITOR, Role.PRIVACY_OFFICER)


def recompute():
    run_recompute(run_id=request_recompute(now=now()).pk, now=now())


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CONTROLLER, Role.TECHNICAL_ADMIN, Role.WRITER, *READERS])
def test_report_is_for_those_who_answer_for_access(client, role):
    person_with(Role.OFFICER, name="Personne cachée")
    recompute()
    client.force_login(person_with(role))
    page, cell = client.get(PAGE), client.get(f"{PAGE}incompatible/", {"user": "TOTAL", "role": "", "organisation": ""})
    export = client.post(f"{PAGE}exporter/", {"format": "csv", "key": "a"})
    expected = (200, 200, 302) if role in READERS else (403, 403, 403)
    assert (page.status_code, cell.status_code, export.status_code) == expected
    assert ("Personne cachée" in page.text) is (role in READERS)
    assert ("Accès et rôles" in client.get("/rapports/").text) is (role in READERS)


def test_privacy_officer_reads_no_other_report(client):
    recompute()
    client.force_login(person_with(Role.PRIVACY_OFFICER))
    assert "Rendement par projet" not in client.get("/rapports/").text
    assert [client.get(f"/rapports/{code}/").status_code for code in ("roi-projects", "gains", "envelopes")] == [403] * 3
    assert client.post("/rapports/envelopes/exporter/", {"format": "csv"}).status_code == 403
    assert client.get("/tableau-de-bord/").status_code == 403


def test_file_is_refused_to_who_no_longer_reads_the_report(client):
    recompute()
    person = person_with(Role.HEAD, Role.OFFICER)
    client.force_login(person)
    client.post(f"{PAGE}exporter/", {"format": "csv", "key": "a"})
    export = Export.objects.get()
    assert b"".join(client.get(f"/rapports/exportations/{export.pk}/fichier/").streaming_content).startswith(b"user,name,role")
    person.memberships.filter(role=Role.HEAD).delete()
    for path in ("", "fichier/"):
        assert client.get(f"/rapports/exportations/{export.pk}/{path}").status_code == 403


def test_page_says_what_is_empty_and_filters_by_role(client):
    person_with(Role.OFFICER, name="Jamais venue")
    recompute()
    client.force_login(person_with(Role.AUDITOR))
    page = client.get(PAGE).text
    assert [word in page for word in ("Jamais", "Sans fin prévue", "Agent de programme", "n. d.")] == [True, True, True, False]
    filtered = client.get(PAGE, {"role": "officer"}).text
    assert ("Jamais venue" in filtered, "Total" in filtered) == (True, False)
    assert "Jamais venue" not in client.get(PAGE, {"role": "auditor"}).text


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_file_has_the_same_bytes_each_time(form):
    person_with(Role.OFFICER, name="=cmd()")
    known = now()
    day = timezone.localdate(known)

    def made():
        file = io.BytesIO()
        write_file(Source(ACCESS, rows_of(ACCESS, effective=day, known=known, filters={}), day, known, {}), FORMATS[form], file)
        return file.getvalue()

    first = made()
    User.objects.update(last_login=known + timedelta(days=1))
    assert made() == first
    if form == "csv":
        lines = list(csv.DictReader(io.StringIO(first.decode())))
        assert [(line["name"], line["role"]) for line in lines] == [("'=cmd()", "officer"), ("TOTAL", "")]


def test_personal_columns_are_all_registered(monkeypatch):
    (inv28,) = (invariant for invariant in INVARIANTS if invariant.code == "INV-28")
    assert [finding.broken for finding in check((inv28,))] == [[]]
    from projects.policies import personal

    monkeypatch.setattr(personal, "REGISTRY", tuple(line for line in personal.REGISTRY if line.path != "projects.User.email"))
    assert [finding.broken for finding in check((inv28,))] == [["projects_user.email"]]

"""What the API says of results: follow-up reports and variances, with the filters, the rights and the recusals of their pages."""

from datetime import date

import pytest
import time_machine

from funding.services.follow_ups import set_risk_tier
from projects.enums import Role
from reporting.catalogue import VARIANCES
from reporting.enums import FollowUpState
from reporting.models import FollowUpReport, SnapshotRow
from tests.factories import NOW, agreement_in_force, person_with, recuse
from tests.reporting.follow_ups import Recipient
from tests.reporting.gains import Team
from tests.reporting.test_api import bearer, keep_snapshot, read

pytestmark = pytest.mark.django_db
FOLLOW_UPS, REPORT = "/api/v1/follow-ups/", "/api/v1/reports/variances/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def numbers(client, person, **query):
    """Of the final reports, unless another kind is asked for."""
    query = {"kind": "closing", **query}
    return [row["number"] for row in read(client, FOLLOW_UPS, bearer(person), **query)[1]["results"]]


# ── Follow-up reports ────────────────────────────────────────────────────────────────────────────────────────────────
def test_follow_up_says_what_is_due_and_for_which_period(client):
    recipient = Recipient()
    report, agreement, project = recipient.final, recipient.agreement, recipient.project
    row = {
        "number": report.number,
        "project": project.reference,
        "agreement": agreement.number,
        "call": project.call.reference,
        "organisation": recipient.organisation.code,
        "kind": "closing",
        "tier": None,
        "state": "expected",
        "period_start": "2026-12-01",
        "period_end": "2027-03-31",
        "due_on": "2027-05-30",
        "days_late": 0,
        "cosignature_waived": False,
        "submitted_at": None,
        "verified_at": None,
    }
    status, page = read(client, FOLLOW_UPS, bearer(recipient.officer), kind="closing")
    assert (status, page["results"]) == (200, [row])
    assert read(client, f"{FOLLOW_UPS}{report.number}/", bearer(recipient.writer)) == (200, row)


def test_late_follow_up_says_its_tier_and_by_how_many_days(client):
    recipient = Recipient()
    days = {"period_start": date(2026, 9, 1), "period_end": date(2026, 10, 31), "due_on": date(2026, 11, 12)}
    set_risk_tier(agreement_id=recipient.agreement.pk, tier="high", reason="Montant élevé", actor=recipient.officer, now=NOW)
    FollowUpReport.objects.filter(pk=recipient.final.pk).update(state=FollowUpState.LATE, **days)
    row = read(client, FOLLOW_UPS, bearer(recipient.officer), tier="high", state="late")[1]["results"][0]
    assert (row["number"], row["tier"], row["days_late"]) == (recipient.final.number, "high", 12)


@pytest.mark.parametrize("count", [1, 3])
def test_follow_ups_read_the_same_number_of_times(client, django_assert_num_queries, count):
    for _ in range(count):
        officer = Recipient().officer
    headers = bearer(officer)
    client.get("/api/v1/calls/", headers=headers)  # the day of last use is written once
    with django_assert_num_queries(7):
        page = read(client, FOLLOW_UPS, headers, kind="closing")[1]
    assert (page["count"], len(page["results"])) == (count, count)


def test_follow_ups_are_those_of_the_page_with_its_filters(client):
    mine, other = Recipient(), Recipient()
    FollowUpReport.objects.filter(pk=other.final.pk).update(state=FollowUpState.LATE)
    withdrawn = Recipient()
    FollowUpReport.objects.filter(pk=withdrawn.final.pk).update(state=FollowUpState.WITHDRAWN)
    officer = mine.officer
    both = sorted([mine.final.number, other.final.number])
    assert numbers(client, officer) == both
    assert numbers(client, officer, state="late") == numbers(client, officer, view="late") == [other.final.number]
    assert numbers(client, officer, agreement=mine.agreement.number) == numbers(client, officer, q=mine.final.number) == [mine.final.number]
    assert numbers(client, officer, kind="mid_term") == numbers(client, officer, tier="low") == []
    assert read(client, FOLLOW_UPS, bearer(officer), state="withdrawn")[0] == 422
    assert numbers(client, mine.writer) == [mine.final.number]
    assert read(client, f"{FOLLOW_UPS}{other.final.number}/", bearer(mine.writer))[0] == 404
    recuse(officer, other.project.application)
    assert numbers(client, officer) == [mine.final.number]
    assert read(client, f"{FOLLOW_UPS}{other.final.number}/", bearer(officer))[0] == 404


# ── Variances ────────────────────────────────────────────────────────────────────────────────────────────────────────
def variances(client, person, **query):
    return [row["project"] for row in read(client, REPORT, bearer(person), **query)[1]["results"]]


def test_variances_are_the_rows_of_the_kept_report_with_its_filters(client):
    one, other = agreement_in_force().project, agreement_in_force().project
    keep_snapshot([(one.reference, "5.00"), (other.reference, "7.00"), ("TOTAL", "12.00")], report=VARIANCES)
    said = SnapshotRow.objects.get(key=other.reference)
    said.data = {**said.data, "fiscal_year": "2026", "band": "red", "unexplained": "yes"}
    SnapshotRow.objects.filter(pk=said.pk).update(data=said.data)
    director = person_with(Role.DIRECTOR)
    status, page = read(client, REPORT, bearer(director))
    assert (status, list(page)) == (200, ["effective", "known", "computed_at", "sha256", "count", "next", "previous", "results"])
    assert list(page["results"][0]) == [column.code for column in VARIANCES.columns]
    assert [(row["project"], row["forecast"], row["band"]) for row in page["results"]] == [
        (one.reference, "5.00", None),
        (other.reference, "7.00", "red"),
        ("TOTAL", "12.00", None),
    ]
    for query in ({"band": "red"}, {"fiscal_year": "2026"}, {"unexplained": "yes"}, {"project": other.reference}):
        assert (query, variances(client, director, **query)) == (query, [other.reference])
    assert read(client, REPORT, bearer(director), band="mauve")[0] == 422


def test_variances_leave_a_hidden_project_and_its_total_out(client):
    one, other = agreement_in_force().project, agreement_in_force().project
    keep_snapshot([(one.reference, "5.00"), (other.reference, "7.00"), ("TOTAL", "12.00")], report=VARIANCES)
    director = person_with(Role.DIRECTOR)
    recuse(director, one.application)
    assert variances(client, director) == [other.reference]
    assert read(client, REPORT, bearer(Team().writer))[0] == 403


def test_variances_that_nobody_computed_are_not_found(client):
    keep_snapshot([("PRJ-1", "1.00")])
    assert read(client, REPORT, bearer(person_with(Role.DIRECTOR)))[0] == 404

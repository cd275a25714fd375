from datetime import date

import pytest
from django.urls import reverse

from projects.enums import Role
from reporting.enums import OverlapOutcome
from reporting.models import OverlapResolution
from tests.factories import person_with, recuse
from tests.reporting.gains import Team
from tests.reporting.overlaps import KEY, overlapping, rival, settle

pytestmark = pytest.mark.django_db
LIST = "reporting:overlap_list"


def page(name, overlap):
    return reverse(f"reporting:overlap_{name}", args=[overlap.pk])


def get(client, person, address, **query):
    client.force_login(person)
    return client.get(address, query)


def decide(client, person, overlap, **data):
    client.force_login(person)
    return client.post(page("resolve", overlap), {"key": "clic", "decision": "both", "reason": "Deux contrats", **data})


def shown(answer):
    return [row.record for row in answer.context["table"].page.object_list]


def test_overlap_is_read_and_settled_in_the_browser(client):
    one, other, overlap = overlapping()
    actor = person_with(Role.CONTROLLER)
    answer = get(client, actor, page("detail", overlap))
    text = answer.content.decode()
    assert [side.line for side in answer.context["sides"]] == [one.line, other.line]
    assert [len(side.reports) for side in answer.context["sides"]] == [1, 1]
    for report in (one.line.reports.get(), other.line.reports.get()):
        assert report.number in text
        assert reverse("projects:document_download", args=[report.evidence_id]) in text
    assert page("resolve", overlap) in text
    assert get(client, actor, page("resolve", overlap)).status_code == 200
    for _click in range(2):
        done = decide(client, actor, overlap, decision="second")
        assert (done.status_code, done.url) == (302, page("detail", overlap))
    resolution = OverlapResolution.objects.get()
    assert (resolution.outcome, resolution.withdrawn, resolution.reason) == (OverlapOutcome.WITHDRAWN, one.line, "Deux contrats")
    settled = get(client, actor, page("detail", overlap))
    assert [side.is_withdrawn for side in settled.context["sides"]] == [True, False]
    assert page("resolve", overlap) not in settled.content.decode()
    assert get(client, actor, page("resolve", overlap)).status_code == 409


@pytest.mark.parametrize(("decision", "withdrawn"), [("both", None), ("first", "second"), ("second", "first")])
def test_each_decision_of_the_form_is_what_it_says(client, decision, withdrawn):
    *_teams, overlap = overlapping()
    assert decide(client, person_with(Role.GAIN_VERIFIER), overlap, decision=decision).status_code == 302
    assert OverlapResolution.objects.get().withdrawn == (getattr(overlap, withdrawn) if withdrawn else None)


def test_bad_decision_comes_back_as_typed_and_a_second_one_is_refused(client):
    *_teams, overlap = overlapping()
    actor = person_with(Role.CONTROLLER)
    answer = decide(client, actor, overlap, decision="autre", reason=" ")
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, ["decision", "reason"])
    settle(overlap)
    again = decide(client, actor, overlap)
    assert (again.status_code, again.context["form"].non_field_errors()) == (409, ["Ce chevauchement est déjà tranché."])


def test_who_may_not_settle_reads_why_and_is_refused(client):
    *_teams, overlap = overlapping()
    officer = person_with(Role.OFFICER)
    text = get(client, officer, page("detail", overlap)).content.decode()
    assert page("resolve", overlap) not in text
    assert "Cette action demande le rôle" in text
    assert decide(client, officer, overlap).status_code == 403
    assert get(client, officer, page("resolve", overlap)).status_code == 403


def test_organisation_reads_its_mark_and_nothing_of_the_other_project(client):
    one, other, overlap = overlapping()
    report = one.line.reports.get()
    for name, address in (
        ("gain", reverse("reporting:gain_detail", args=[report.number])),
        ("project", reverse("reporting:project_detail", args=[one.project.reference])),
    ):
        text = get(client, one.writer, address).content.decode()
        assert ("Exclu" in text, other.project.reference in text, overlap.number in text) == (True, False, False), name
    assert get(client, one.writer, page("detail", overlap)).status_code == 404
    assert shown(get(client, one.writer, reverse(LIST))) == []
    recused = person_with(Role.CONTROLLER)
    recuse(recused, other.project.application)
    assert get(client, recused, page("detail", overlap)).status_code == 404
    auditor = get(client, person_with(Role.AUDITOR), reverse("reporting:gain_detail", args=[report.number])).content.decode()
    assert page("detail", overlap) in auditor


def test_gain_that_is_not_contested_has_no_mark(client):
    team = Team(**KEY)
    report = team.submitted()
    text = get(client, team.writer, reverse("reporting:gain_detail", args=[report.number])).content.decode()
    assert "Exclu des totaux" not in text


def test_register_opens_on_what_is_to_be_settled_and_follows_its_filters(client):
    one, other, overlap = overlapping()
    third, fourth, settled = overlapping()
    settle(settled)
    auditor = person_with(Role.AUDITOR)
    answer = get(client, auditor, reverse(LIST))
    assert [(view.code, count) for view, count in answer.context["views"]] == [("open", 1), ("resolved", 1), ("all", 2)]
    for query, found in (
        ({}, [overlap]),
        ({"view": "resolved"}, [settled]),
        ({"view": "all"}, [settled, overlap]),
        ({"view": "all", "q": third.project.reference}, [settled]),
        ({"view": "all", "q": other.project.organisation.name}, [overlap]),
        ({"view": "all", "q": "CR-41"}, [settled, overlap]),
        ({"view": "all", "q": "CR-42"}, []),
        ({"view": "all", "project": fourth.project.reference}, [settled]),
        ({"view": "all", "fiscal_year": "2026", "nature": "CASH"}, [settled, overlap]),
        ({"view": "all", "nature": "REV"}, []),
        ({"view": "all", "sort": "age"}, [overlap, settled]),
    ):
        assert shown(get(client, auditor, reverse(LIST), **query)) == found, query
    assert get(client, auditor, reverse(LIST), view="autre").status_code == 200
    text = answer.content.decode()
    assert "40\u00a0000,00\u00a0$" in text
    assert one.project.reference in text


@pytest.mark.parametrize("rows", [1, 3])
def test_register_costs_the_same_for_one_and_three_overlaps(client, django_assert_num_queries, rows):
    one, _other, _overlap = overlapping()
    if rows == 3:
        rival(one).submitted()
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(11):
        assert len(shown(client.get(reverse(LIST)))) == rows


@pytest.mark.parametrize("reports", [1, 3])
def test_page_of_an_overlap_costs_the_same_for_one_and_three_reports(client, django_assert_num_queries, reports):
    one, _other, overlap = overlapping()
    for month in (10, 11)[: reports - 1]:
        one.submitted(period_start=date(2026, month, 1), period_end=date(2026, month, 15))
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(11):
        answer = client.get(page("detail", overlap))
    assert len(answer.context["sides"][0].reports) == reports

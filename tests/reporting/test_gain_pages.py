from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from projects.enums import Nature, Role
from reporting.enums import GainReportState, Point
from reporting.models import GainReport
from reporting.services import gains as acts
from tests.factories import NOW, MembershipFactory, person_with, recuse, upload
from tests.reporting.gains import AMOUNT, END, START, Team, posted_answers

pytestmark = pytest.mark.django_db
POSTED = {
    "period_start": "2026-04-01",
    "period_end": "2026-09-30",
    "amount": "40 000,00 $",
    "maturity": "final",
    "method": "Factures comparées",
}


@pytest.fixture
def team():
    return Team()


def create_url(team):
    return reverse("reporting:gain_create", args=[team.project.reference, team.line.code])


def page_of(name, report):
    return reverse(f"reporting:{name}", args=[report.number])


def get(client, person, address, **query):
    client.force_login(person)
    return client.get(address, query)


def post(client, person, address, **data):
    client.force_login(person)
    return client.post(address, {"key": address, **data})


def numbers(answer):
    return [row.record.number for row in answer.context["table"].page.object_list]


def test_gain_goes_the_whole_way_in_the_browser(client, team):
    assert get(client, team.writer, create_url(team)).status_code == 200
    answer = post(client, team.writer, create_url(team), **POSTED, evidence=upload())
    report = GainReport.objects.get()
    assert (answer.status_code, answer.url) == (302, page_of("gain_detail", report))
    again = post(client, team.writer, create_url(team), **POSTED, evidence=upload())
    assert (again.status_code, GainReport.objects.count()) == (302, 1)

    seen = get(client, team.finance, page_of("gain_cosign", report)).context["form"].initial["seen"]
    assert post(client, team.finance, page_of("gain_cosign", report), seen=seen).status_code == 302
    assert get(client, team.verifier, page_of("gain_verify", report)).status_code == 200
    decision = {"seen": seen, "decision": "accept", "amount": "30 000", "rating": "amber", "reason": "Un mois manque"}
    assert post(client, team.verifier, page_of("gain_verify", report), **decision, **posted_answers()).status_code == 302
    assert get(client, team.controller, page_of("gain_capture", report)).status_code == 200
    capture = {"amount": "30 000", "document": upload("budget.pdf")}
    assert post(client, team.controller, page_of("gain_capture", report), **capture).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.captured_amount) == (GainReportState.CAPTURED, Decimal("30000.00"))
    page = get(client, team.writer, page_of("gain_detail", report))
    assert [event.title for event in page.context["story"]] == [
        "Gain déclaré",
        "Déclaration cosignée et soumise",
        "Gain vérifié",
        "Captation inscrite",
    ]


def test_every_form_has_its_way_out(client, team):
    project = reverse("reporting:project_detail", args=[team.project.reference])
    assert f'href="{project}">Annuler' in get(client, team.writer, create_url(team)).content.decode()
    report = team.report()
    out = f'href="{page_of("gain_detail", report)}">Annuler'
    assert out in get(client, team.finance, page_of("gain_cosign", report)).content.decode()
    acts.cosign_gain(report_id=report.pk, actor=team.finance, now=NOW)
    assert out in get(client, team.verifier, page_of("gain_verify", report)).content.decode()
    team.verify(report)
    assert out in get(client, team.controller, page_of("gain_capture", report)).content.decode()


def test_double_click_on_a_report_with_two_keys_is_refused_in_words(client, team):
    team.report()
    answer = post(client, team.writer, create_url(team), **POSTED, evidence=upload())
    assert answer.status_code == 409
    assert answer.context["form"].non_field_errors() == ["Une autre déclaration de cette ligne couvre déjà des jours de cette période."]
    assert answer.context["form"]["method"].value() == "Factures comparées"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"amount": "12,5 %"}, ["amount"]),
        ({"amount": "-1"}, ["amount"]),
        ({"amount": "1e9"}, ["amount"]),
        ({"amount": "1,005"}, ["amount"]),
        ({"amount": "10000000000000000"}, ["amount"]),
        ({"period_end": "2026-03-31"}, ["period_end"]),
        ({"period_end": "2999-01-01"}, ["period_end"]),
        ({"method": " "}, ["method"]),
    ],
)
def test_bad_report_comes_back_as_typed(client, team, changed, fields):
    answer = post(client, team.writer, create_url(team), **{**POSTED, **changed}, evidence=upload())
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, fields)
    assert not GainReport.objects.exists()


def test_cost_says_that_an_increase_is_subtracted(client):
    team = Team(Nature.COST)
    form = get(client, team.writer, create_url(team)).context["form"]
    assert (form["amount"].label, form["amount"].help_text) == (
        "Hausse de coût de la période",
        "Inscrivez la hausse sans signe\u00a0: le portail la soustrait des gains.",
    )
    post(client, team.writer, create_url(team), **POSTED, evidence=upload())
    assert GainReport.objects.get().amount == -AMOUNT


def test_returned_report_is_corrected_from_its_page(client, team):
    report = acts.return_gain(report_id=team.submitted().pk, reason="Facture illisible", actor=team.verifier, now=NOW)
    page = get(client, team.writer, page_of("gain_correct", report))
    assert (page.context["reason"], page.context["form"]["period_end"].field.disabled) == ("Facture illisible", True)
    answer = post(client, team.writer, page_of("gain_correct", report), amount="39 000", maturity="interim", method="Recalcul")
    report.refresh_from_db()
    assert (answer.status_code, report.state, report.amount) == (302, GainReportState.DRAFT, Decimal("39000.00"))
    assert (report.period_start, report.period_end) == (START, END)


@pytest.mark.parametrize(("decision", "state"), [("return", GainReportState.RETURNED), ("reject", GainReportState.REJECTED)])
def test_verifier_returns_or_rejects_with_a_reason(client, team, decision, state):
    report = team.submitted()
    sent = {"seen": report.reported_at.isoformat(), "decision": decision, **posted_answers(Point.VALIDATION)}
    bare = post(client, team.verifier, page_of("gain_verify", report), **sent)
    assert (bare.status_code, list(bare.context["form"].errors)) == (422, ["reason"])
    assert post(client, team.verifier, page_of("gain_verify", report), **sent, reason="Preuve absente").status_code == 302
    report.refresh_from_db()
    assert (report.state, report.reason) == (state, "Preuve absente")
    assert get(client, team.writer, page_of("gain_detail", report)).status_code == 200


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"decision": "accept", "rating": "green"}, ["amount"]),
        ({"decision": "accept", "amount": "50 000", "rating": "green"}, ["amount"]),
        ({"decision": "accept", "amount": "39 999"}, ["rating", "reason"]),
        ({"decision": "accept", "amount": "40 000", "rating": "green", "causation": "", "assurance": ""}, ["assurance", "causation"]),
        ({"decision": "reject", "reason": "Rien", "valuation_comment": ""}, ["valuation_comment"]),
        ({"decision": "accept", "amount": "40 000", "rating": "green", "valuation": "no", "reason": "Doute"}, ["rating"]),
        ({}, ["decision"]),
    ],
)
def test_bad_decision_comes_back_with_its_errors(client, team, sent, fields):
    report = team.submitted()
    sent = {**posted_answers(), **sent}
    answer = post(client, team.verifier, page_of("gain_verify", report), seen=report.reported_at.isoformat(), **sent)
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, fields)


def test_forged_version_is_refused(client, team):
    report = team.report()
    answer = post(client, team.finance, page_of("gain_cosign", report), seen="2026-13-45T00:00")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["seen"])


def test_wrong_role_state_or_organisation_is_refused_with_its_status(client, team):
    report = team.report()
    stranger = person_with(Role.WRITER)
    assert get(client, team.verifier, page_of("gain_verify", report)).status_code == 409
    assert get(client, team.controller, page_of("gain_verify", report)).status_code == 403
    assert get(client, team.writer, page_of("gain_cosign", report)).status_code == 403
    assert get(client, person_with(Role.AUDITOR), page_of("gain_detail", report)).status_code == 200
    assert get(client, person_with(Role.AUDITOR), page_of("gain_correct", report)).status_code == 403
    for name in ("gain_detail", "gain_correct", "gain_cosign", "gain_verify", "gain_capture"):
        assert get(client, stranger, page_of(name, report)).status_code == 404
    assert get(client, stranger, create_url(team)).status_code == 404
    assert get(client, team.verifier, create_url(team)).status_code == 403
    missing = reverse("reporting:gain_create", args=[team.project.reference, "L9"])
    assert get(client, team.writer, missing).status_code == 404
    client.logout()
    assert client.get(page_of("gain_detail", report)).status_code == 302


def test_recused_person_sees_no_gain_and_no_project(client, team):
    report = team.submitted()
    for person in (team.verifier, team.writer, team.controller):
        recuse(person, team.project.application)
        assert get(client, person, page_of("gain_detail", report)).status_code == 404
        assert get(client, person, reverse("reporting:project_detail", args=[team.project.reference])).status_code == 404
        for name in ("gain_list", "project_list"):
            page = get(client, person, reverse(f"reporting:{name}")).content.decode()
            assert (report.number in page, team.project.reference in page, team.project.title in page) == (False, False, False)


def test_views_hold_what_waits_for_each_person(client, team):
    other = Team()
    waiting, mine = team.report(), team.report(actor=team.finance, period_start=date(2026, 10, 1), period_end=date(2026, 10, 31))
    other_line = other.submitted()
    verified = other.verify(other.submitted(period_start=date(2026, 10, 1), period_end=date(2026, 10, 31)))
    address = reverse("reporting:gain_list")

    def counts(person):
        return {view.code: count for view, count in get(client, person, address).context["views"]}

    assert counts(team.finance) == {"all": 2, "cosign": 1, "capture": 0, "restated": 0, "waived": 0}
    assert numbers(get(client, team.finance, address, view="cosign")) == [waiting.number]
    assert counts(team.writer) == {"all": 2, "restated": 0, "waived": 0}
    assert counts(team.verifier) == {"all": 4, "verify": 1, "restated": 0, "waived": 0}
    assert numbers(get(client, team.verifier, address, view="verify")) == [other_line.number]
    assert counts(team.controller) == {"all": 4, "capture": 1, "restated": 0, "waived": 0}
    assert numbers(get(client, team.controller, address, view="capture")) == [verified.number]
    assert numbers(get(client, team.writer, address, view="verify")) == []
    former = person_with(Role.GAIN_VERIFIER)
    MembershipFactory(person=former, organisation=other.organisation, starts_on=date(2010, 1, 1), ends_on=date(2010, 12, 31))
    assert counts(former)["verify"] == 0
    assert mine.reported_by == team.finance


def test_waived_cosignatures_are_listed_and_shown(client, team):
    team.submitted()
    alone = Team()
    alone.finance.memberships.update(ends_on=NOW.date() - timedelta(days=1))
    report = alone.report()
    auditor = person_with(Role.AUDITOR)
    assert numbers(get(client, auditor, reverse("reporting:gain_list"), view="waived")) == [report.number]
    assert "Cosignature levée" in get(client, auditor, page_of("gain_detail", report)).content.decode()


def test_person_alone_is_told_that_the_cosignature_is_waived(client, team):
    team.finance.memberships.update(ends_on=NOW.date() - timedelta(days=2))
    client.force_login(team.writer)
    answer = client.post(create_url(team), {**POSTED, "evidence": upload()}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "Le gain est déclaré et soumis. Vous êtes seul ou seule dans l’organisme\u00a0: la cosignature est levée."
    ]
    assert GainReport.objects.get().state == GainReportState.SUBMITTED


def test_windfall_is_flagged(client, team):
    early = team.report(period_start=START - timedelta(days=10), period_end=START - timedelta(days=1))
    later = team.report()
    flags = {row.number: row.windfall for row in get(client, team.writer, reverse("reporting:gain_list")).context["table"].data.data}
    assert flags == {early.number: True, later.number: False}
    assert "Effet d’aubaine" in get(client, team.writer, page_of("gain_detail", early)).content.decode()
    assert "Effet d’aubaine" not in get(client, team.writer, page_of("gain_detail", later)).content.decode()


def test_gains_are_filtered_by_stage_nature_organisation_and_period(client, team):
    draft = team.report()
    cost = Team(Nature.COST)
    submitted = cost.submitted(period_start=date(2026, 10, 1), period_end=date(2026, 10, 31))
    auditor, address = person_with(Role.AUDITOR), reverse("reporting:gain_list")

    def found(**query):
        return numbers(get(client, auditor, address, **query))

    assert found() == [submitted.number, draft.number]
    assert found(state="submitted") == [submitted.number]
    assert found(nature="CASH") == [draft.number]
    assert found(organisation=cost.organisation.code) == [submitted.number]
    assert found(q=team.organisation.name.upper()) == [draft.number]
    assert found(q=cost.project.reference) == [submitted.number]
    assert found(since="2026-10-01") == [submitted.number]
    assert found(until="2026-09-30") == [draft.number]


def test_bearer_of_a_line_sees_its_gain_without_its_files_and_captures_it(client):
    bearer = person_with(Role.FINANCE_RESPONDENT)
    team = Team(organisation=bearer.memberships.get().organisation)
    report = team.verified()
    other = Team().verified()
    assert get(client, bearer, page_of("gain_detail", other)).status_code == 404
    page = get(client, bearer, page_of("gain_detail", report))
    assert (page.status_code, page.context["readable"]) == (200, set())
    assert get(client, team.writer, page_of("gain_detail", report)).context["readable"] == {report.evidence_id}
    sent = {"amount": "40 000", "document": upload("budget.pdf")}
    assert post(client, bearer, page_of("gain_capture", report), **sent).status_code == 302
    report.refresh_from_db()
    assert report.captured_by == bearer


def test_projects_are_listed_to_their_organisation_and_to_staff(client, team):
    other = Team()
    address = reverse("reporting:project_list")

    def found(person, **query):
        return [row.record.reference for row in get(client, person, address, **query).context["table"].page.object_list]

    assert found(team.writer) == [team.project.reference]
    assert sorted(found(team.controller)) == sorted([team.project.reference, other.project.reference])
    assert found(team.controller, q=other.organisation.name) == [other.project.reference]
    assert found(team.controller, q=other.project.title[-12:], state="completed") == []
    assert found(person_with(Role.REVIEWER)) == []


@pytest.mark.parametrize(("name", "queries"), [("gain_list", 8), ("project_list", 8)])
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_for_one_and_three_rows(client, django_assert_num_queries, name, queries, rows):
    teams = [Team() for _ in range(rows)]
    for each in teams:
        each.submitted()
    client.force_login(teams[0].verifier)
    with django_assert_num_queries(queries):
        assert client.get(reverse(f"reporting:{name}")).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_project_page_costs_the_same_for_one_and_three_gains(client, django_assert_num_queries, team, rows):
    for month in range(4, 4 + rows):
        team.report(period_start=date(2026, month, 1), period_end=date(2026, month, 28))
    client.force_login(team.writer)
    with django_assert_num_queries(17):
        answer = client.get(reverse("reporting:project_detail", args=[team.project.reference]))
    assert (answer.status_code, len(answer.context["lines"][0][1])) == (200, rows)

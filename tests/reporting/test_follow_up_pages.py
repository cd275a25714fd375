"""The pages of follow-up reports: lists that cost the same, a report the whole way in the browser, what is public."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from funding.models import AgreementRisk
from funding.services.agreement_ends import document_failure
from projects.enums import Role
from reporting.enums import FollowUpPart, FollowUpState
from reporting.models import FollowUpReport, FollowUpSection
from reporting.services import follow_ups as acts
from reporting.services.follow_up_calendar import tick_follow_up
from tests.factories import NOW, person_with, recuse, upload
from tests.reporting.follow_ups import DUE, END, TYPED, Recipient, at

pytestmark = pytest.mark.django_db
P, S = FollowUpPart, FollowUpState


@pytest.fixture
def recipient():
    return Recipient()


def page_of(name, report, *more):
    return reverse(f"reporting:{name}", args=[report.number, *more])


def get(client, person, address, **query):
    client.force_login(person)
    return client.get(address, query)


def post(client, person, address, **data):
    client.force_login(person)
    return client.post(address, {"key": address, **data})


def listed(answer):
    return [row.record.number for row in answer.context["table"].page.object_list]


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_list_costs_the_same_with_one_row_and_three(client, recipient, django_assert_num_queries):
    address, officer = reverse("reporting:follow_up_list"), recipient.officer
    get(client, officer, address, view="all")
    for rows in ("closing", ""):
        with django_assert_num_queries(9):
            answer = client.get(address, {"view": "all", "kind": rows})
        assert len(listed(answer)) == (1 if rows else 6)


def test_list_is_late_first_and_filtered_by_state_call_and_tier(client, recipient):
    other = Recipient()
    AgreementRisk.objects.create(
        agreement=other.agreement, version=1, tier="high", proposed="low", reason="x", decided_by=other.officer, decided_at=NOW
    )
    FollowUpReport.objects.filter(agreement=other.agreement).update(due_on=DUE + timedelta(days=4000))
    late = at(DUE + timedelta(days=1))
    tick_follow_up(report_id=recipient.final.pk, actor=None, now=late)
    address = reverse("reporting:follow_up_list")
    with time_machine.travel(late, tick=False):
        assert listed(get(client, recipient.officer, address)) == [recipient.final.number]
        assert "1 jour de retard" in client.get(address).text.replace("\u00a0", " ")
        assert listed(client.get(address, {"view": "all"}))[0] == recipient.final.number
        assert listed(client.get(address, {"view": "all", "tier": "high"}))[:1] == [other.final.number]
        assert listed(client.get(address, {"view": "all", "call": "AP-1900-1"})) == []
        assert listed(client.get(address, {"agreement": other.agreement.number, "kind": "closing"})) == [other.final.number]
        own = get(client, recipient.writer, address, view="all")
        assert {row.record.agreement_id for row in own.context["table"].page.object_list} == {recipient.agreement.pk}
    recuse(recipient.officer, recipient.agreement.award.application)
    assert recipient.final.number not in listed(get(client, recipient.officer, address, view="all"))


# ── A report ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_report_goes_the_whole_way_in_the_browser(client, recipient):
    report = recipient.final
    with time_machine.travel(at(END, 200), tick=False):
        page = get(client, recipient.writer, page_of("follow_up_detail", report)).text
        assert "Remplissez les sections" in page
        assert "Honoraires" in page
        for slug, typed in (
            ("avancement", TYPED[P.PROGRESS]), ("couts", TYPED[P.COSTS]), ("gains", TYPED[P.GAINS]),
            ("objectifs", recipient.typed_objectives()), ("ads", TYPED[P.EQUITY]), ("lecons", TYPED[P.LESSONS]),
        ):  # fmt: skip
            address = page_of("follow_up_section", report, slug)
            assert get(client, recipient.writer, address).status_code == 200
            assert post(client, recipient.writer, address, version="0", **typed).status_code == 302
        assert "Ce qui manque encore" in client.get(page_of("follow_up_sign", report)).text
        assert post(client, recipient.writer, page_of("follow_up_attach", report), file=upload()).status_code == 302
        assert post(client, recipient.writer, page_of("follow_up_sign", report)).status_code == 302
        seen = get(client, recipient.finance, page_of("follow_up_cosign", report)).context["form"].initial["seen"]
        assert post(client, recipient.finance, page_of("follow_up_cosign", report), seen=seen).status_code == 302
        assert "98\u00a0500,25\u00a0$" in get(client, recipient.officer, page_of("follow_up_detail", report)).text
        address = page_of("follow_up_verify", report)
        seen = client.get(address).context["form"].initial["seen"]
        assert post(client, recipient.officer, address, seen=seen, decision="return").status_code == 422
        assert post(client, recipient.officer, address, seen=seen, decision="accept").status_code == 302
    assert recipient.final.state == S.VERIFIED


def test_what_is_typed_is_never_lost(client, recipient):
    address = page_of("follow_up_section", recipient.final, "avancement")
    answer = post(client, recipient.writer, address, version="0", done="À moitié", gaps="", next="")
    assert (answer.status_code, FollowUpSection.objects.get().content["done"]) == (422, "À moitié")
    answer = post(client, recipient.finance, address, version="0", done="Autre chose")
    assert (answer.status_code, "Autre chose" in answer.text, "Rien n’a été écrasé" in answer.text) == (409, True, True)
    small = {**TYPED[P.EQUITY], "count_1": "2"}
    answer = post(client, recipient.writer, page_of("follow_up_section", recipient.final, "ads"), version="0", **small)
    assert (answer.status_code, "de moins de 3 personnes" in answer.text, FollowUpSection.objects.count()) == (422, True, 1)
    saved = client.post(address, {"version": "1", "done": "Tout"}, headers={"HX-Request": "true"})
    assert (saved.status_code, 'value="2"' in saved.text) == (200, True)


def test_a_draft_is_the_organisation_s_until_it_is_submitted(client, recipient):
    recipient.save(recipient.final, P.PROGRESS, {"done": "Entre nous", "gaps": "", "next": ""})
    page = get(client, recipient.officer, page_of("follow_up_detail", recipient.final)).text
    assert ("Entre nous" in page, "son brouillon lui appartient" in page) == (False, True)


def test_a_post_closing_report_has_no_page_for_what_it_does_not_ask(client, recipient):
    later = recipient.reports[1]
    assert get(client, recipient.writer, page_of("follow_up_section", later, "couts")).status_code == 404


def test_signed_report_opens_no_section_and_is_taken_back_on_its_page(client, recipient):
    report = recipient.sign(recipient.fill(recipient.final))
    address = page_of("follow_up_section", report, "avancement")
    assert get(client, recipient.writer, address).status_code == 302
    assert post(client, recipient.writer, address, version="1", done="x").status_code == 409
    assert post(client, recipient.writer, page_of("follow_up_take_back", report)).status_code == 302
    document = report.attachments.get().document
    acts.attach_to_follow_up(report_id=report.pk, file=upload("autre.pdf"), actor=recipient.writer, now=at(DUE))
    assert post(client, recipient.writer, page_of("follow_up_detach", report, document.pk)).status_code == 409  # it was signed


# ── The agreement, the project, the call ─────────────────────────────────────────────────────────────────────────────
def test_agreement_and_project_show_the_calendar_the_tier_and_the_hold(client, recipient):
    late = DUE + timedelta(days=31)
    tick_follow_up(report_id=recipient.final.pk, actor=None, now=at(late))
    with time_machine.travel(at(late), tick=False):
        page = get(client, recipient.officer, reverse("funding:agreement_detail", args=[recipient.agreement.number])).text
        assert (page_of("follow_up_detail", recipient.final) in page, "Retenus par le portail" in page) == (True, True)
        assert (
            page_of("follow_up_detail", recipient.final)
            in client.get(reverse("reporting:project_detail", args=[recipient.project.reference])).text
        )
        address = reverse("funding:agreement_risk", args=[recipient.agreement.number])
        assert post(client, recipient.officer, address, tier="medium").status_code == 422
        assert post(client, recipient.officer, address, tier="medium", reason="Retards").status_code == 302
    assert "Moyen" in client.get(reverse("funding:agreement_detail", args=[recipient.agreement.number])).text


def test_lessons_are_public_once_verified_and_say_that_it_is_a_documented_failure(client, recipient):
    address = reverse("reporting:call_lessons", args=[recipient.project.call.reference])
    submitted = recipient.submitted(recipient.final)
    assert "Le prototype" not in client.get(address).text
    recipient.verify(submitted)
    page = client.get(address).text
    assert ("Le prototype" in page, "Échec documenté" in page) == (True, False)
    detail = reverse("funding:agreement_detail", args=[recipient.agreement.number])
    assert reverse("funding:agreement_failure", args=[recipient.agreement.number]) in get(client, recipient.director, detail).text
    document_failure(agreement_id=recipient.agreement.pk, reason="Sans effet", actor=recipient.director, now=at(DUE))
    assert "Échec documenté" in client.get(address).text
    board = get(client, person_with(Role.OFFICER), reverse("funding:agreement_detail", args=[recipient.agreement.number])).text
    assert "Échec documenté" in board

"""The pages of recommendation, decision, letter and agreement, as people use them."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from funding.enums import AgreementState, AwardState
from funding.models import Agreement, Award
from projects.enums import ApplicationState, Role
from projects.models import CallBudget
from tests.factories import NOW, ApplicationFactory, award_certified, bank_details_of, person_with, recuse, reserve, reserved_call
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of, signed_by_both

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sign_in(client):
    def as_(*roles, **fields):
        person = person_with(*roles, **fields)
        client.force_login(person)
        return person

    return as_


def reviewed_file(**fields):
    return ApplicationFactory(
        **{
            "state": ApplicationState.REVIEWED,
            "score": Decimal("80.00"),
            "amount_requested": Decimal("50000.00"),
            "call": reserved_call(),
            **fields,
        }
    )


def text_of(response):
    return response.content.decode().replace("\xa0", " ")


# ── From the ranking to the agreement in force ───────────────────────────────────────────────────────────────────────
def test_whole_way_from_ranking_to_agreement_in_force(client, sign_in):
    application = reviewed_file()
    number, sheet = application.number, f"/decisions/{application.number}/"
    sign_in(Role.COMMITTEE_SECRETARY)
    assert number in text_of(client.get(f"/secretariat/appels/{application.call.reference}/classement/"))
    page = f"/secretariat/demandes/{number}/recommandation/"
    assert "50 000" in text_of(client.get(page))
    assert client.post(page, {"is_favourable": "yes", "amount": "45 000,00 $", "reason": "Structurant"}).headers["Location"] == sheet
    assert "Vous avez recommandé ce dossier; une autre personne doit certifier" in text_of(client.get(sheet))
    sign_in(Role.CONTROLLER)
    assert client.get(f"{sheet}certification/").status_code == 200
    assert client.post(f"{sheet}certification/", {}).status_code == 302
    sign_in(Role.DIRECTOR)
    shown = text_of(client.get(f"{sheet}approbation/"))
    assert ("955 000 $" in shown, "53 000 000 $" in shown) == (True, True)  # what the call and the envelope have left afterwards
    assert client.post(f"{sheet}approbation/", {"key": "a"}).status_code == 302
    assert client.post(f"{sheet}approbation/", {"key": "a"}).status_code in (302, 403)
    sign_in(Role.OFFICER)
    assert client.get(f"{sheet}lettre/").status_code == 200
    assert client.post(f"{sheet}lettre/", {}).status_code == 302
    award = Award.objects.get()
    bank_details_of(application.organisation)
    assert client.get(f"{sheet}convention/").status_code == 200
    done = client.post(f"{sheet}convention/", instalments_of(client.get(f"{sheet}convention/")))
    agreement = Agreement.objects.get(award=award)
    assert done.headers["Location"] == f"/conventions/{agreement.number}/"
    assert client.post(f"/conventions/{agreement.number}/revue/", {}).status_code == 302
    sign_in(Role.OFFICER)
    assert client.post(f"/conventions/{agreement.number}/avis/", {"document_sha256": agreement.document.sha256}).status_code == 302
    sign(client, sign_in, agreement, "signature/", Role.SIGNATORY, organisation=application.organisation)
    sign(client, sign_in, agreement, "signature-ministre/", Role.HEAD)
    agreement.refresh_from_db()
    application.refresh_from_db()
    assert (agreement.state, application.state, award.state) == (AgreementState.IN_FORCE, ApplicationState.CONVERTED, AwardState.APPROVED)


def instalments_of(response):
    """What the page of the draft proposes, as a browser would post it."""
    form = response.context["form"]
    typed = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in typed.items()}


def sign(client, sign_in, agreement, page, *roles, **fields):
    sign_in(*roles, **fields)
    address = f"/conventions/{agreement.number}/{page}"
    shown = client.get(address)
    assert agreement.document.sha256 in text_of(shown)
    right = {"document_sha256": agreement.document.sha256, "confirmation": agreement.number, "intent": "on"}
    wrong = client.post(address, {**right, "confirmation": "oui"})
    assert (wrong.status_code, "pour signer" in text_of(wrong)) == (422, True)
    unmeant = client.post(address, {**right, "intent": ""})
    assert (unmeant.status_code, "Cochez cette phrase pour signer." in text_of(unmeant)) == (422, True)
    assert client.post(address, {**right, "document_sha256": "0" * 64}).status_code == 409
    assert client.post(address, right).status_code == 302


# ── Recommendation ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("posted", "message"),
    [
        ({}, "Choisissez une recommandation."),
        ({"is_favourable": "yes", "reason": "Oui"}, "Inscrivez le montant recommandé."),
        ({"is_favourable": "yes", "reason": "Oui", "amount": "50 000,01"}, "dépasse de 0,01 $ le montant demandé"),
        ({"is_favourable": "yes", "reason": "Oui", "amount": "1e9"}, "inscrivez un montant en chiffres"),
        ({"is_favourable": "no"}, "Inscrivez les motifs de la recommandation."),
    ],
)
def test_bad_recommendation_comes_back_with_its_reason(client, sign_in, posted, message):
    application = reviewed_file()
    sign_in(Role.COMMITTEE_SECRETARY)
    response = client.post(f"/secretariat/demandes/{application.number}/recommandation/", posted)
    assert (response.status_code, message in text_of(response), Award.objects.count()) == (422, True, 0)


def test_parts_are_typed_when_the_call_has_several_years(client, sign_in):
    application = reviewed_file()
    CallBudget.objects.create(call=application.call, fiscal_year=2027, amount=Decimal("10000.00"))
    sign_in(Role.COMMITTEE_SECRETARY)
    page = f"/secretariat/demandes/{application.number}/recommandation/"
    posted = {"is_favourable": "yes", "reason": "Oui", "amount": "50 000", "part_2026": "45 000", "part_2027": "4 999"}
    response = client.post(page, posted)
    assert (response.status_code, "il manque 1,00 $" in text_of(response)) == (422, True)
    assert client.post(page, {**posted, "part_2027": "5 000"}).status_code == 302
    assert list(Award.objects.get().parts.order_by("fiscal_year").values_list("amount", flat=True)) == [45000, 5000]


@pytest.mark.parametrize(("role", "status"), [(Role.OFFICER, 403), (Role.WRITER, 404), (Role.AUDITOR, 403)])
def test_recommendation_is_for_the_secretary(client, sign_in, role, status):
    application = reviewed_file()
    sign_in(role)
    for method in (client.get, client.post):
        assert method(f"/secretariat/demandes/{application.number}/recommandation/").status_code == status


def test_wrong_state_is_409(client, sign_in):
    application = reviewed_file(state=ApplicationState.IN_REVIEW)
    sign_in(Role.COMMITTEE_SECRETARY)
    response = client.post(
        f"/secretariat/demandes/{application.number}/recommandation/", {"is_favourable": "yes", "reason": "Oui", "amount": "10"}
    )
    assert response.status_code == 409


# ── The sheet ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sheet_gives_the_button_to_whom_may_and_the_reason_to_the_others(client, sign_in):
    award = award_certified()
    sheet = f"/decisions/{award.application.number}/"
    sign_in(Role.HEAD)
    steps = client.get(sheet).context["steps"]
    assert [(step.label, bool(step.verdict)) for step in steps] == [
        ("Approuver", True),
        ("Refuser", True),
        ("Retourner la recommandation", True),
    ]
    client.force_login(award.certified_by)
    assert client.get(sheet).status_code == 404  # holds no role
    sign_in(Role.AUDITOR)
    refused = "Cette action demande le rôle\u00a0: Tête du Secrétariat."
    assert {step.verdict.reason for step in client.get(sheet).context["steps"]} == {refused}
    for act in ("approbation/", "refus/", "retour/", "certification/", "lettre/", "convention/"):
        assert client.get(sheet + act).status_code == 403


@pytest.mark.parametrize("act", ["refus/", "retour/"])
def test_refusal_and_return_ask_for_a_reason(client, sign_in, act):
    award = award_certified()
    sign_in(Role.HEAD)
    page = f"/decisions/{award.application.number}/{act}"
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "Gains non démontrés"}).status_code == 302
    assert "Gains non démontrés" in text_of(client.get(f"/decisions/{award.application.number}/"))


def test_returned_award_is_recommended_again_with_its_reason_in_sight(client, sign_in):
    award = award_certified()
    sign_in(Role.HEAD)
    client.post(f"/decisions/{award.application.number}/retour/", {"reason": "Préciser le coût"})
    sign_in(Role.COMMITTEE_SECRETARY)
    assert "Préciser le coût" in text_of(client.get(f"/secretariat/demandes/{award.application.number}/recommandation/"))


def test_stale_certificate_offers_its_renewal(client, sign_in):
    award = award_certified()
    with time_machine.travel(NOW.replace(month=12, day=31), tick=False):
        sign_in(Role.CONTROLLER)
        page = client.get(f"/decisions/{award.application.number}/")
        assert page.context["steps"][0].label == "Renouveler le certificat budgétaire"
        assert "Ce certificat a plus de 30 jours" in text_of(page)


def test_overrun_is_said_on_the_page_with_its_margin(client, sign_in):
    application = ApplicationFactory(state=ApplicationState.RECOMMENDED)
    reserve(call=application.call, amounts={2026: Decimal("49999.99")}, actor=None, now=NOW)
    award = award_certified(application, amount=Decimal("50000.00"))
    sign_in(Role.DIRECTOR)
    assert "l’approbation sera refusée" in text_of(client.get(f"/decisions/{application.number}/"))
    response = client.post(f"/decisions/{application.number}/approbation/", {})
    assert (response.status_code, "Il ne reste que 49 999,99 $" in text_of(response)) == (409, True)
    award.refresh_from_db()
    assert award.state == AwardState.CERTIFIED


def test_recused_person_sees_no_trace_of_the_award(client, sign_in):
    award = approved()
    agreement = draft(award)
    person = sign_in(Role.DIRECTOR)
    recuse(person, award.application)
    number = award.application.number
    for page in (
        f"/decisions/{number}/",
        f"/decisions/{number}/approbation/",
        f"/decisions/{number}/lettre/",
        f"/conventions/{agreement.number}/",
        f"/conventions/{agreement.number}/signature-ministre/",
        f"/documents/{award.letter_id or 0}/",
    ):
        assert client.get(page).status_code == 404
    for page in (
        "/decisions/",
        f"/decisions/?q={number}",
        f"/secretariat/appels/{award.application.call.reference}/classement/",
        "/conventions/",
    ):
        shown = text_of(client.get(page))
        assert "/decisions/" + number not in shown
        assert agreement.number not in shown
        assert award.application.title not in shown


# ── What the organisation sees ───────────────────────────────────────────────────────────────────────────────────────
def test_organisation_sees_the_decision_once_its_letter_is_out(client, sign_in):
    award = approved(told=False)
    organisation = award.application.organisation
    page = f"/demandes/{award.application.number}/decision/"
    sign_in(Role.WRITER, organisation=organisation)
    assert client.get(page).status_code == 404
    assert client.get(f"/decisions/{award.application.number}/").status_code == 404
    sign_in(Role.OFFICER)
    client.post(f"/decisions/{award.application.number}/lettre/", {})
    sign_in(Role.WRITER, organisation=organisation)
    shown = client.get(page)
    assert (shown.status_code, "50 000 $" in text_of(shown)) == (200, True)
    award.refresh_from_db()
    letter = client.get(f"/documents/{award.letter_id}/")
    assert letter.getvalue().startswith(b"%PDF-")
    sign_in(Role.WRITER)
    assert client.get(page).status_code == 404
    assert client.get(f"/documents/{award.letter_id}/").status_code == 404


def test_signatory_is_led_to_the_signature_and_a_writer_is_not(client, sign_in):
    agreement = reviewed(draft(approved()))
    organisation, page = agreement.project.organisation, f"/demandes/{agreement.award.application.number}/decision/"
    address = f"/conventions/{agreement.number}/signature/"
    client.force_login(signatory_of(agreement))
    assert address in text_of(client.get(page))
    sign_in(Role.WRITER, organisation=organisation)
    assert address not in text_of(client.get(page))
    assert client.get(f"/conventions/{agreement.number}/").status_code == 200
    assert client.get(address).status_code == 403
    sign_in(Role.SIGNATORY)
    assert client.get(address).status_code == 404


def test_draft_says_the_difference(client, sign_in):
    award = approved()
    sign_in(Role.OFFICER)
    page = f"/decisions/{award.application.number}/convention/"
    posted = {**instalments_of(client.get(page)), "amount_1": "13 749,99"}
    response = client.post(page, posted)
    assert (response.status_code, "l’écart est de 0,01 $" in text_of(response)) == (422, True)
    assert Agreement.objects.count() == 0


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_filters_keep_what_they_say(client, sign_in):
    small, told = award_certified(), approved()
    sign_in(Role.AUDITOR)

    def rows(query):
        return {row.record.pk for row in client.get(f"/decisions/?{query}").context["table"].rows}

    assert rows("") == {small.pk, told.pk}
    assert rows("state=approved") == rows("told=yes") == rows(f"q={told.application.number}") == {told.pk}
    assert rows(f"call={small.application.call.reference}") == {small.pk}
    assert rows("told=no") == set()


def test_agreement_filters_keep_what_they_say(client, sign_in):
    drafted, in_force = draft(approved()), signed_by_both(approved())
    sign_in(Role.AUDITOR)

    def rows(query):
        return {row.record.number for row in client.get(f"/conventions/?{query}").context["table"].rows}

    assert rows("") == rows("kind=grant") == {drafted.number, in_force.number}
    assert rows("state=draft") == {drafted.number}
    assert rows(f"q={in_force.project.reference}") == rows(f"q={in_force.number}") == {in_force.number}
    assert rows("kind=administrative") == set()


def test_ranking_adds_up_what_each_takes(client, sign_in):
    call = reserved_call()
    first = award_certified(
        ApplicationFactory(state=ApplicationState.RECOMMENDED, score=Decimal("90.00"), call=call), amount=Decimal("70000.00")
    )
    second = reviewed_file(call=call, score=Decimal("85.00"))
    reviewed_file(call=call, score=None, amount_requested=Decimal("950000.00"), total_cost=Decimal("1250000.00"))
    ApplicationFactory(call=call, state=ApplicationState.IN_REVIEW)
    sign_in(Role.COMMITTEE_SECRETARY)
    page = client.get(f"/secretariat/appels/{call.reference}/classement/")
    found = [(row.record.place, row.record.planned, row.record.total) for row in page.context["table"].rows]
    assert found == [(1, 70000, 70000), (2, 50000, 120000), (3, 950000, 1070000)]
    shown = text_of(page)
    assert f"/decisions/{first.application.number}/" in shown
    assert f"/secretariat/demandes/{second.number}/recommandation/" in shown
    assert shown.count("Au-delà de l’appel") == 1


#: with the session, the reader, their roles and the read-only transaction
def test_ranking_of_a_call_that_is_not_open_yet_is_sealed_for_auditors(client, sign_in):
    call = reserved_call(state="draft", opens_at=NOW + timedelta(days=9))
    address = f"/secretariat/appels/{call.reference}/classement/"
    for role, status in ((Role.AUDITOR, 404), (Role.SIGNATORY, 404), (Role.OFFICER, 200)):
        sign_in(role)
        assert client.get(address).status_code == status


LISTS = {"/decisions/": 10, "/conventions/": 10, "classement": 10}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("page", "queries"), LISTS.items())
def test_lists_take_the_same_queries_for_one_row_and_three(client, sign_in, django_assert_num_queries, page, queries, rows):
    call = reserved_call()
    for _ in range(rows):
        draft(approved(call=call))
    sign_in(Role.AUDITOR)
    address = f"/secretariat/appels/{call.reference}/classement/" if page == "classement" else page
    client.get(address)
    with django_assert_num_queries(queries):
        shown = client.get(address)
    assert len(shown.context["table"].page.object_list) == rows


@pytest.mark.parametrize("page", ["/decisions/", "/conventions/"])
def test_anonymous_visitor_is_sent_to_sign_in(client, page):
    assert client.get(page).headers["Location"].startswith("/compte/")


@pytest.mark.parametrize(("role", "status"), [(Role.WRITER, 403), (Role.REVIEWER, 403), (Role.AUDITOR, 200)])
def test_decisions_are_listed_for_the_staff(client, sign_in, role, status):
    sign_in(role)
    assert client.get("/decisions/").status_code == status

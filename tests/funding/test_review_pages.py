"""The pages of eligibility, assignment, interests and review, as people use them."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from funding.enums import EligibilityPoint, ReviewState
from funding.models import Eligibility, Review
from projects.enums import ApplicationState, InterestAnswer, Role
from projects.models import InterestDeclaration, Recusal
from tests.factories import NOW, ApplicationFactory, ReviewFactory, person_with, recuse
from tests.funding.services.test_reviews import declare, hand_in, reviewed, three

pytestmark = pytest.mark.django_db
YES = {point.value: "yes" for point in EligibilityPoint}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sign_in(client):
    def as_(person):
        client.force_login(person)
        return person

    return as_


def page(application, rest=""):
    return f"/secretariat/demandes/{application.number}/{rest}"


# ── The Secretariat's page of an application ─────────────────────────────────────────────────────────────────────────
def test_page_shows_the_file_and_what_comes_next(client, sign_in):
    application = ApplicationFactory(title="Guichet unique")
    sign_in(person_with(Role.OFFICER))
    response = client.get(page(application))
    assert response.status_code == 200
    text = response.content.decode()
    for shown in ("Guichet unique", application.number, "100\u00a0000\u00a0$", "Jalon 1", "Moins d’impression", "120\u00a0000\u00a0$"):
        assert shown in text, shown
    assert [(step.label, bool(step.verdict)) for step in response.context["steps"]] == [("Décider de la recevabilité", True)]


def test_page_tells_others_why_an_action_is_not_theirs(client, sign_in):
    application = ApplicationFactory()
    sign_in(person_with(Role.AUDITOR))
    steps = client.get(page(application)).context["steps"]
    assert [step.verdict.reason for step in steps] == ["Cette action demande le rôle\u00a0: Agent de programme."]


@pytest.mark.parametrize(("role", "status"), [(Role.WRITER, 404), (Role.REVIEWER, 404), (Role.CONTROLLER, 200)])
def test_page_is_for_the_staff(client, sign_in, role, status):
    sign_in(person_with(role))
    assert client.get(page(ApplicationFactory())).status_code == status


def test_page_is_not_there_for_the_organisation_that_sees_its_file_elsewhere(client, sign_in):
    application = ApplicationFactory()
    sign_in(person_with(Role.WRITER, organisation=application.organisation))
    assert client.get(page(application)).status_code == 404


def test_page_of_a_hidden_or_unknown_file_is_not_found(client, sign_in):
    application = ApplicationFactory()
    recuse(sign_in(person_with(Role.OFFICER)), application)
    assert client.get(page(application)).status_code == 404
    assert client.get("/secretariat/demandes/DEM-1999-00001/").status_code == 404


@pytest.mark.parametrize(
    ("state", "found", "queries"),
    [
        (ApplicationState.SUBMITTED, None, 15),
        (ApplicationState.SUBMITTED, False, 15),
        (ApplicationState.ELIGIBLE, True, 15),
        (ApplicationState.IN_REVIEW, True, 15),
        (ApplicationState.REVIEWED, True, 14),
    ],
)
def test_page_takes_at_most_fifteen_queries(client, sign_in, django_assert_num_queries, state, found, queries):
    application = ApplicationFactory(state=state)
    if found is not None:
        Eligibility.objects.create(
            application=application,
            is_eligible=found,
            reason="" if found else "Incomplète",
            decided_by=person_with(Role.OFFICER),
            decided_at=NOW,
        )
    ReviewFactory.create_batch(3, application=application)
    sign_in(person_with(Role.OFFICER))
    with django_assert_num_queries(queries):
        client.get(page(application))


def test_story_of_the_file_is_told_without_scores(client, sign_in):
    application = reviewed(three())
    sign_in(person_with(Role.OFFICER))
    story = [str(item.title) for item in client.get(page(application)).context["story"]]
    assert story == ["Évaluations attribuées", *(["Intérêts déclarés", "Évaluation remise"] * 3)]


# ── Eligibility ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_officer_finds_an_application_eligible(client, sign_in):
    application = ApplicationFactory()
    sign_in(person_with(Role.OFFICER))
    shown = client.get(page(application, "recevabilite/")).content.decode()
    assert "soit 80\u00a0% du coût; modalités : de 10\u00a0000\u00a0$ à 5\u00a0000\u00a0000\u00a0$" in shown
    assert client.post(page(application, "recevabilite/"), YES).status_code == 302
    application.refresh_from_db()
    assert application.state == ApplicationState.ELIGIBLE


def test_refusal_needs_a_reason_and_every_answer(client, sign_in):
    application = ApplicationFactory()
    sign_in(person_with(Role.OFFICER))
    answers = {**YES, "complete": "no"}
    del answers["amounts"]
    response = client.post(page(application, "recevabilite/"), answers)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"amounts", "reason"}
    assert Eligibility.objects.count() == 0


def test_refusal_waits_for_another_officer(client, sign_in):
    application, first, second = ApplicationFactory(), person_with(Role.OFFICER), person_with(Role.OFFICER)
    sign_in(first)
    client.post(page(application, "recevabilite/"), {**YES, "complete": "no", "reason": "Aucune résolution n’est jointe."})
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert client.post(page(application, "recevabilite/confirmer/")).status_code == 403
    sign_in(second)
    assert "Aucune résolution n’est jointe." in client.get(page(application, "recevabilite/confirmer/")).content.decode()
    assert client.post(page(application, "recevabilite/confirmer/")).status_code == 302
    application.refresh_from_db()
    assert application.state == ApplicationState.INELIGIBLE
    assert application.eligibility.confirmed_by == second


def test_second_officer_may_find_otherwise(client, sign_in):
    application = ApplicationFactory()
    sign_in(person_with(Role.OFFICER))
    client.post(page(application, "recevabilite/"), {**YES, "complete": "no", "reason": "Incomplète"})
    sign_in(person_with(Role.OFFICER))
    client.post(page(application, "recevabilite/"), YES)
    application.refresh_from_db()
    assert (application.state, application.eligibility.reason) == (ApplicationState.ELIGIBLE, "")


def test_eligibility_is_decided_once(client, sign_in):
    application = ApplicationFactory(state=ApplicationState.IN_REVIEW)
    sign_in(person_with(Role.OFFICER))
    assert client.post(page(application, "recevabilite/"), YES).status_code == 409


# ── Assignment ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_secretary_assigns_three_reviewers(client, sign_in):
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    sign_in(person_with(Role.COMMITTEE_SECRETARY))
    shown = client.get(page(application, "evaluations/"))
    assert [label for _pk, label in shown.context["form"].fields["reviewers"].choices] == sorted(person.name for person in people)
    sent = {"reviewers": [person.pk for person in people], "due_on": "2026-12-15"}
    assert client.post(page(application, "evaluations/"), sent).status_code == 302
    assert Review.objects.filter(application=application, state=ReviewState.ASSIGNED).count() == 3


def test_too_few_reviewers_come_back_on_the_form(client, sign_in):
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    sign_in(person_with(Role.OFFICER))
    response = client.post(page(application, "evaluations/"), {"reviewers": [people[0].pk], "due_on": "2026-12-15"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["reviewers"]


# ── Interests ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_reviewer_declares_before_anything_else_opens(client, sign_in):
    review = ReviewFactory()
    sign_in(review.reviewer)
    listed = client.get("/evaluations/").content.decode()
    assert (review.application.title in listed, review.application.number in listed) == (True, False)
    assert client.get(f"/evaluations/{review.pk}/").url == f"/evaluations/{review.pk}/interets/"
    assert client.get(f"/evaluations/{review.pk}/remettre/").url == f"/evaluations/{review.pk}/interets/"
    assert client.post(f"/evaluations/{review.pk}/", {"version": 0, "comment": "x"}).status_code == 403
    shown = client.get(f"/evaluations/{review.pk}/interets/").content.decode()
    assert (review.application.title in shown, "Jalon 1" in shown, "100\u00a0000" in shown) == (True, False, False)
    assert client.post(f"/evaluations/{review.pk}/interets/", {"answer": "none"}).url == f"/evaluations/{review.pk}/"
    assert "Jalon 1" in client.get(f"/evaluations/{review.pk}/").content.decode()


def test_conflict_takes_the_file_away(client, sign_in):
    review = ReviewFactory()
    sign_in(review.reviewer)
    assert client.post(f"/evaluations/{review.pk}/interets/", {"answer": "actual"}).status_code == 422
    sent = {"answer": "actual", "explanation": "Ma sœur y travaille"}
    listed = client.post(f"/evaluations/{review.pk}/interets/", sent, follow=True).content.decode()
    assert review.application.title not in listed
    assert client.get(f"/evaluations/{review.pk}/").status_code == 404
    assert client.get(f"/evaluations/{review.pk}/interets/").status_code == 404


def test_potential_conflict_hides_the_title_until_it_is_decided(client, sign_in):
    review = ReviewFactory()
    sign_in(review.reviewer)
    client.post(f"/evaluations/{review.pk}/interets/", {"answer": "potential", "explanation": "Ancienne collègue"})
    for address in ("/evaluations/", f"/evaluations/{review.pk}/interets/"):
        assert review.application.title not in client.get(address).content.decode()
    assert client.post(f"/evaluations/{review.pk}/interets/", {"answer": "none"}).status_code == 422
    declaration = InterestDeclaration.objects.get()
    sign_in(person_with(Role.COMMITTEE_SECRETARY))
    assert f"/secretariat/interets/{declaration.pk}/" in client.get(page(review.application)).content.decode()
    sent = {"decision": "clear", "reason": "Aucun lien depuis dix ans"}
    assert client.post(f"/secretariat/interets/{declaration.pk}/", sent).status_code == 302
    assert client.get(f"/secretariat/interets/{declaration.pk}/").status_code == 404
    sign_in(review.reviewer)
    assert client.get(f"/evaluations/{review.pk}/").status_code == 200


def test_officer_declares_a_conflict_and_the_file_is_gone(client, sign_in):
    application = ApplicationFactory()
    officer = sign_in(person_with(Role.OFFICER))
    sent = {"answer": "actual", "explanation": "Mon frère y siège"}
    assert client.post(page(application, "interets/"), sent).url == "/secretariat/demandes/"
    assert client.get(page(application)).status_code == 404
    assert Recusal.objects.get().person == officer


# ── The grid ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def opened():
    review = ReviewFactory()
    declare(review.application, review.reviewer)
    review.refresh_from_db()
    return review


def typed(review, *scores, version=0, **more):
    criteria = review.application.call.criteria.order_by("position")
    marks = {f"score_{one.pk}": "" if score is None else score for one, score in zip(criteria, scores, strict=True)}
    comments = {f"comment_{one.pk}": "Parce que" for one in criteria}
    return {"version": version, "comment": "Bon projet", **marks, **comments, **more}


def test_reviewer_saves_checks_and_submits_without_script(client, sign_in):
    review = opened()
    sign_in(review.reviewer)
    address = f"/evaluations/{review.pk}/"
    assert client.post(address, typed(review, 4, None, action="save")).url == address
    assert client.post(address, typed(review, 4, None, version=1, action="check")).url == f"{address}remettre/"
    shown = client.get(f"{address}remettre/")
    assert list(shown.context["missing"].values()) == ["Donnez une note au critère « Critère 2 »."]
    response = client.post(f"{address}remettre/", {"version": 2})
    assert response.status_code == 422
    client.post(address, typed(review, 4, 3, version=2, action="check"))
    assert client.get(f"{address}remettre/").context["total"] == Decimal("72.00")
    assert client.post(f"{address}remettre/", {"version": 3}).url == address
    review.refresh_from_db()
    assert (review.state, review.total) == (ReviewState.SUBMITTED, Decimal("72.00"))


def test_autosave_answers_with_the_hour_and_the_next_version(client, sign_in):
    review = opened()
    sign_in(review.reviewer)
    answer = client.post(f"/evaluations/{review.pk}/", typed(review, 4, 3), headers={"HX-Request": "true"}).content.decode()
    assert "Brouillon enregistré à 10\u00a0h" in answer
    assert 'name="version" value="1"' in answer


def test_autosave_over_another_tab_is_refused_and_says_so(client, sign_in):
    review = opened()
    sign_in(review.reviewer)
    client.post(f"/evaluations/{review.pk}/", typed(review, 4, 3))
    answer = client.post(f"/evaluations/{review.pk}/", typed(review, 1, 1), headers={"HX-Request": "true"})
    assert (answer.status_code, "Rien n’a été remplacé" in answer.content.decode()) == (409, True)
    assert client.post(f"/evaluations/{review.pk}/", typed(review, 1, 1)).status_code == 409
    assert set(review.scores.order_by("pk").values_list("score", flat=True)) == {4, 3}


def test_double_click_on_save_is_harmless(client, sign_in):
    review = opened()
    sign_in(review.reviewer)
    for _ in range(2):
        assert client.post(f"/evaluations/{review.pk}/", typed(review, 4, 3)).status_code == 302
    review.refresh_from_db()
    assert review.version == 1


@pytest.mark.parametrize("score", ["6", "-1", "abc", "4.5"])
def test_score_outside_the_grid_comes_back_on_the_form(client, sign_in, score):
    review = opened()
    sign_in(review.reviewer)
    response = client.post(f"/evaluations/{review.pk}/", typed(review, score, 3))
    assert response.status_code == 422
    assert review.scores.count() == 0


def test_another_s_review_is_not_found(client, sign_in):
    review = opened()
    sign_in(person_with(Role.REVIEWER))
    assert client.get(f"/evaluations/{review.pk}/").status_code == 404
    assert client.post(f"/evaluations/{review.pk}/", typed(review, 4, 3)).status_code == 404


def test_nobody_sees_another_s_score_before_their_own_is_in(client, sign_in):
    """Two have handed in 72.00 and 32.00; the third sees neither until theirs is in, and the staff not before."""
    people = three()
    application = ApplicationFactory(state=ApplicationState.IN_REVIEW)
    for person in people:
        ReviewFactory(application=application, reviewer=person)
        declare(application, person)
    hand_in(application, people[0], 4, 3)
    hand_in(application, people[1], 2, 1)
    third = Review.objects.get(reviewer=people[2])
    sealed = ("72,00", "32,00", "Parce que 4", "Parce que 1")
    for person, addresses in (
        (people[2], [f"/evaluations/{third.pk}/", f"/evaluations/{third.pk}/remettre/", "/evaluations/"]),
        (person_with(Role.OFFICER), [page(application), page(application, "evaluations/"), "/secretariat/demandes/"]),
        (person_with(Role.AUDITOR), [page(application), "/secretariat/demandes/"]),
    ):
        sign_in(person)
        for address in addresses:
            shown = client.get(address).content.decode()
            assert [text for text in sealed if text in shown] == [], (person, address)
    sign_in(people[0])
    shown = client.get(f"/evaluations/{Review.objects.get(reviewer=people[0]).pk}/").content.decode()
    assert [text for text in sealed if text in shown] == list(sealed)
    assert "Moyenne des cotes remises\u00a0: 52,00; écart\u00a0: 40,00." in shown
    hand_in(application, people[2], 5, 5)
    sign_in(person_with(Role.OFFICER))
    assert "Moyenne des cotes remises\u00a0: 68,00; écart\u00a0: 68,00." in client.get(page(application)).content.decode()


def test_reviewer_who_has_not_finished_does_not_see_the_score_of_a_reviewed_application(client, sign_in):
    people = three()
    application = reviewed(people)
    late = ReviewFactory(application=application)
    declare(application, late.reviewer)
    sign_in(late.reviewer)
    for address in (f"/evaluations/{late.pk}/", f"/evaluations/{late.pk}/remettre/", "/evaluations/"):
        shown = client.get(address).content.decode()
        assert [text for text in ("68,00", "100,00", "72,00", "32,00") if text in shown] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_reviews_takes_the_same_queries_whatever_it_holds(client, sign_in, rows, django_assert_num_queries):
    person = sign_in(person_with(Role.REVIEWER))
    for number in range(rows):
        review = ReviewFactory(reviewer=person, due_on=(NOW + timedelta(days=number)).date())
        declare(review.application, person, InterestAnswer.NONE)
    with django_assert_num_queries(8):
        client.get("/evaluations/")


def test_list_of_reviews_is_for_reviewers(client, sign_in):
    sign_in(person_with(Role.OFFICER))
    assert client.get("/evaluations/").status_code == 403

"""From an eligible application to its score."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from funding.enums import ReviewState
from funding.models import Review
from funding.services.interests import decide_interest, declare_interest
from funding.services.reviews import assign_reviewers, save_review, submit_review
from projects.enums import ApplicationState, InterestAnswer, OrganisationKind, Role
from projects.models import JournalEntry, Message, OutboxMessage, Recusal
from tests.factories import NOW, ApplicationFactory, MembershipFactory, OrganisationFactory, ReviewFactory, person_with, recuse

pytestmark = pytest.mark.django_db
DUE = (NOW + timedelta(days=14)).date()


def assign(application, people, **given):
    given = {"due_on": DUE, "actor": person_with(Role.OFFICER), "now": NOW, **given}
    return assign_reviewers(application_id=application.pk, reviewer_ids=[person.pk for person in people], **given)


def three():
    return [person_with(Role.REVIEWER) for _ in range(3)]


def declare(application, person, answer=InterestAnswer.NONE, explanation=""):
    return declare_interest(application_id=application.pk, answer=answer, explanation=explanation, actor=person, now=NOW)


def decide(declaration, is_cleared, **given):
    given = {"reason": "Lien ancien", "actor": person_with(Role.COMMITTEE_SECRETARY), "now": NOW, **given}
    return decide_interest(declaration_id=declaration.pk, is_cleared=is_cleared, **given)


def marks_of(application, *scores):
    criteria = application.call.criteria.order_by("position")
    return {one.pk: (score, f"Parce que {score}") for one, score in zip(criteria, scores, strict=True)}


def hand_in(application, person, *scores):
    review = Review.objects.get(application=application, reviewer=person)
    save_review(
        review_id=review.pk, marks=marks_of(application, *scores), comment="Bon projet", version=review.version, actor=person, now=NOW
    )
    return submit_review(review_id=review.pk, version=review.version + 1, actor=person, now=NOW)


def reviewed(people, *, scores=((5, 5), (4, 3), (2, 1))):
    """An application that these people reviewed: 100, 72 and 32."""
    application = ApplicationFactory(state=ApplicationState.ELIGIBLE)
    assign(application, people)
    for person, given in zip(people, scores, strict=True):
        declare(application, person)
        hand_in(application, person, *given)
    application.refresh_from_db()
    return application


# ── Assignment ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_assignment_starts_the_review_and_tells_each_reviewer():
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    assign(application, people)
    application.refresh_from_db()
    assert application.state == ApplicationState.IN_REVIEW
    kept = Review.objects.order_by("pk").values_list("reviewer_id", "state", "due_on", "is_external")
    assert sorted(kept) == sorted((person.pk, ReviewState.ASSIGNED, DUE, False) for person in people)
    told = Message.objects.order_by("pk").values_list("person_id", "application_id")
    assert sorted(told) == sorted((person.pk, application.pk) for person in people)
    assert OutboxMessage.objects.filter(topic="mail").count() == 1
    for message in Message.objects.order_by("pk"):
        assert application.title not in message.subject + message.body
        assert application.number not in message.subject + message.body


def test_reviewer_of_a_partner_is_external():
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    outside = person_with(Role.REVIEWER, organisation=OrganisationFactory(kind=OrganisationKind.PARTNER))
    assign(application, [*people, outside])
    assert list(Review.objects.filter(is_external=True).values_list("reviewer", flat=True)) == [outside.pk]


def test_too_few_reviewers_are_refused_and_nothing_is_written():
    application = ApplicationFactory(state=ApplicationState.ELIGIBLE)
    with pytest.raises(Invalid) as refusal:
        assign(application, three()[:2])
    assert refusal.value.errors == {"reviewers": "Ce dossier demande 3 évaluations : choisissez encore au moins 1 personne(s)."}
    application.refresh_from_db()
    assert (application.state, Review.objects.count(), JournalEntry.objects.count()) == (ApplicationState.ELIGIBLE, 0, 0)


def test_member_of_the_applicant_cannot_review_it_until_24_months_after():
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    bound = MembershipFactory(person=people[0], organisation=application.organisation, ends_on=(NOW - timedelta(days=729)).date())
    with pytest.raises(Invalid) as refusal:
        assign(application, people)
    reason = f"{people[0].name} appartient ou a appartenu depuis 24 mois à l’organisme demandeur."
    assert refusal.value.errors == {"reviewers": reason}
    bound.ends_on = (NOW - timedelta(days=731)).date()
    bound.save()
    assign(application, people)
    assert Review.objects.count() == 3


def test_reader_of_every_file_cannot_review_one():
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    MembershipFactory(person=people[1], organisation=person_with(Role.ADVISER).memberships.get().organisation, role=Role.ADVISER)
    with pytest.raises(Invalid) as refusal:
        assign(application, people)
    assert list(refusal.value.errors) == ["reviewers"]
    assert "lit déjà tous les dossiers" in refusal.value.errors["reviewers"]


def test_same_reviewer_is_not_assigned_twice():
    application, people = ApplicationFactory(state=ApplicationState.ELIGIBLE), three()
    assign(application, people)
    with pytest.raises(Invalid) as refusal:
        assign(application, people[:1])
    assert refusal.value.errors == {"reviewers": f"{people[0].name} évalue déjà ce dossier."}


def test_past_due_date_is_refused():
    with pytest.raises(Invalid) as refusal:
        assign(ApplicationFactory(state=ApplicationState.ELIGIBLE), three(), due_on=(NOW - timedelta(days=1)).date())
    assert list(refusal.value.errors) == ["due_on"]


@pytest.mark.parametrize("role", [Role.CONTROLLER, Role.REVIEWER, Role.WRITER, Role.AUDITOR])
def test_assignment_by_another_role_is_refused(role):
    with pytest.raises(NotAllowed):
        assign(ApplicationFactory(state=ApplicationState.ELIGIBLE), three(), actor=person_with(role))


def test_assignment_by_a_recused_officer_is_refused():
    application, officer = ApplicationFactory(state=ApplicationState.ELIGIBLE), person_with(Role.OFFICER)
    recuse(officer, application)
    with pytest.raises(NotAllowed, match="récusation"):
        assign(application, three(), actor=officer)


def test_assignment_before_eligibility_is_refused():
    with pytest.raises(WrongState):
        assign(ApplicationFactory(state=ApplicationState.SUBMITTED), three())


# ── Interests ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_no_interest_opens_the_review():
    review = ReviewFactory()
    declare(review.application, review.reviewer)
    review.refresh_from_db()
    assert (review.state, Recusal.objects.count()) == (ReviewState.IN_PROGRESS, 0)


def test_conflict_recuses_at_once():
    review = ReviewFactory()
    declare(review.application, review.reviewer, InterestAnswer.ACTUAL, "Associé du fournisseur")
    review.refresh_from_db()
    assert review.state == ReviewState.RECUSED
    assert Recusal.objects.get().person == review.reviewer


def test_conflict_must_be_explained():
    review = ReviewFactory()
    with pytest.raises(Invalid) as refusal:
        declare(review.application, review.reviewer, InterestAnswer.ACTUAL, "  ")
    assert refusal.value.errors == {"explanation": "Décrivez l’intérêt déclaré."}


def test_potential_conflict_waits_and_nobody_lifts_their_own():
    review = ReviewFactory()
    declaration = declare(review.application, review.reviewer, InterestAnswer.POTENTIAL, "Ancienne collègue")
    review.refresh_from_db()
    assert review.state == ReviewState.ASSIGNED
    with pytest.raises(NotAllowed):
        declare(review.application, review.reviewer, InterestAnswer.NONE)
    MembershipFactory(person=review.reviewer, role=Role.DIRECTOR)
    review.reviewer.__dict__.pop("_rights", None)
    with pytest.raises(NotAllowed, match="propre conflit"):
        decide(declaration, True, actor=review.reviewer)


def test_lifted_conflict_opens_the_review_and_is_decided_once():
    review = ReviewFactory()
    declaration = declare(review.application, review.reviewer, InterestAnswer.POTENTIAL, "Ancienne collègue")
    decide(declaration, True)
    review.refresh_from_db()
    assert review.state == ReviewState.IN_PROGRESS
    with pytest.raises(NotAllowed, match="n’attend plus"):
        decide(declaration, False)


def test_confirmed_conflict_recuses():
    review = ReviewFactory()
    decide(declare(review.application, review.reviewer, InterestAnswer.POTENTIAL, "Ancienne collègue"), False)
    review.refresh_from_db()
    assert (review.state, Recusal.objects.get().person) == (ReviewState.RECUSED, review.reviewer)


def test_decision_on_a_conflict_is_motivated_and_by_the_secretary_or_the_director():
    review = ReviewFactory()
    declaration = declare(review.application, review.reviewer, InterestAnswer.POTENTIAL, "Ancienne collègue")
    with pytest.raises(NotAllowed):
        decide(declaration, True, actor=person_with(Role.OFFICER))
    with pytest.raises(Invalid):
        decide(declaration, True, reason=" ")


def test_stranger_has_nothing_to_declare():
    with pytest.raises(NotAllowed, match="pas à déclarer"):
        declare(ApplicationFactory(), person_with(Role.REVIEWER))


def test_officer_recuses_themselves():
    application, officer = ApplicationFactory(), person_with(Role.OFFICER)
    declare(application, officer, InterestAnswer.ACTUAL, "Mon conjoint y travaille")
    assert Recusal.objects.get().person == officer


# ── Writing and submitting ───────────────────────────────────────────────────────────────────────────────────────────
def opened():
    review = ReviewFactory()
    declare(review.application, review.reviewer)
    review.refresh_from_db()
    return review


def save(review, marks, **given):
    given = {"comment": "Bon projet", "version": review.version, "actor": review.reviewer, "now": NOW, **given}
    return save_review(review_id=review.pk, marks=marks, **given)


def test_review_is_kept_as_typed_even_incomplete_or_too_long():
    review = opened()
    first, second = review.application.call.criteria.order_by("position")
    save(review, {first.pk: (None, "x" * 5000), second.pk: (3, "")})
    kept = review.scores.order_by("criterion__position").values_list("score", "comment")
    assert list(kept) == [(None, "x" * 5000), (3, "")]


def test_review_saved_elsewhere_is_not_overwritten():
    review = opened()
    save(review, marks_of(review.application, 4, 4))
    with pytest.raises(Stale):
        save(review, marks_of(review.application, 1, 1), version=review.version)
    assert set(review.scores.order_by("pk").values_list("score", flat=True)) == {4}


@pytest.mark.parametrize("score", [-1, 6])
def test_score_outside_the_grid_is_refused(score):
    review = opened()
    first = review.application.call.criteria.get(position=1)
    with pytest.raises(Invalid) as refusal:
        save(review, {first.pk: (score, "")})
    assert refusal.value.errors == {f"score_{first.pk}": "Choisissez une note de 0 à 5."}


def test_criterion_of_another_call_is_refused():
    review, other = opened(), ApplicationFactory()
    with pytest.raises(Invalid, match="pas de cet appel"):
        save(review, marks_of(other, 1, 1))


def test_review_is_written_by_its_reviewer_alone():
    review = opened()
    with pytest.raises(NotAllowed, match="autre personne"):
        save(review, {}, actor=person_with(Role.REVIEWER))


def test_review_is_closed_before_the_declaration():
    review = ReviewFactory()
    with pytest.raises(NotAllowed, match="Déclarez"):
        save(review, {})


def test_incomplete_review_is_not_submitted_and_says_what_is_missing():
    review = opened()
    first, second = review.application.call.criteria.order_by("position")
    saved = save(review, {first.pk: (2, " "), second.pk: (None, "y" * 2001)}, comment="")
    with pytest.raises(Invalid) as refusal:
        submit_review(review_id=review.pk, version=saved.version, actor=review.reviewer, now=NOW)
    assert refusal.value.errors == {
        f"comment_{first.pk}": "Commentez : « Critère 1 ».",
        f"score_{second.pk}": "Donnez une note au critère « Critère 2 ».",
        f"comment_{second.pk}": "« Critère 2 » : le commentaire compte 2001 caractères; la limite est de 2000.",
        "comment": "Commentez : « Commentaire général ».",
    }


def test_submitted_review_has_its_total_and_no_longer_changes():
    review = opened()
    submitted = hand_in(review.application, review.reviewer, 4, 3)
    assert (submitted.state, submitted.total) == (ReviewState.SUBMITTED, Decimal("72.00"))
    with pytest.raises(WrongState):
        save(submitted, {})


def test_last_review_needed_makes_the_score():
    people = three()
    application = reviewed(people)
    assert (application.state, application.score) == (ApplicationState.REVIEWED, Decimal("68.00"))


def test_double_click_on_submit_changes_nothing_more():
    review = opened()
    saved = save(review, marks_of(review.application, 5, 5))
    given = {"review_id": review.pk, "version": saved.version, "actor": review.reviewer, "now": NOW, "key": "k"}
    assert submit_review(**given) == submit_review(**given)
    assert JournalEntry.objects.filter(act="submit_review").count() == 1


def test_review_beyond_those_needed_is_not_submitted_after_the_score():
    people = [*three(), person_with(Role.REVIEWER)]
    application = ApplicationFactory(state=ApplicationState.ELIGIBLE)
    assign(application, people)
    for person in people:
        declare(application, person)
    for person in people[:3]:
        hand_in(application, person, 5, 5)
    with pytest.raises(WrongState, match="terminée"):
        hand_in(application, people[3], 0, 0)


def test_late_conflict_keeps_the_scores_and_sends_the_application_back_to_review():
    people = three()
    application = reviewed(people)
    declare(application, people[0], InterestAnswer.ACTUAL, "Embauche par l’organisme")
    application.refresh_from_db()
    review = Review.objects.get(reviewer=people[0])
    assert (application.state, application.score) == (ApplicationState.IN_REVIEW, None)
    assert (review.state, review.total, review.scores.count()) == (ReviewState.RECUSED, Decimal("100.00"), 2)
    fourth = person_with(Role.REVIEWER)
    assign(application, [fourth])
    declare(application, fourth)
    hand_in(application, fourth, 0, 0)
    application.refresh_from_db()
    assert (application.state, application.score) == (ApplicationState.REVIEWED, Decimal("34.67"))


def test_pending_conflict_takes_the_score_out_until_it_is_lifted():
    people = three()
    application = reviewed(people)
    declaration = declare(application, people[0], InterestAnswer.POTENTIAL, "Offre d’emploi reçue")
    application.refresh_from_db()
    assert (application.state, application.score) == (ApplicationState.IN_REVIEW, None)
    decide(declaration, True)
    application.refresh_from_db()
    assert (application.state, application.score) == (ApplicationState.REVIEWED, Decimal("68.00"))


def test_score_stands_once_recommended():
    people = three()
    application = reviewed(people)
    application.state = ApplicationState.RECOMMENDED
    application.save()
    declare(application, people[0], InterestAnswer.ACTUAL, "Embauche par l’organisme")
    application.refresh_from_db()
    assert (application.state, application.score) == (ApplicationState.RECOMMENDED, Decimal("68.00"))


def test_each_act_is_in_the_journal_of_the_application():
    people = three()
    application = reviewed(people)
    acts = JournalEntry.objects.filter(application=application).order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["assign_reviewers", *(["declare_interest", "save_review", "submit_review"] * 3)]

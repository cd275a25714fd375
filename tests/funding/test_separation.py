"""Separation of duties SD-1 to SD-6 and SD-11, on the person whatever their roles: through the act, then by raw SQL as the application.

The table of docs/rules/access.md names these tests. SD-7 to SD-10 are in tests/reporting/.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from fondsinnovation.kit.errors import Invalid, NotAllowed, act
from funding.enums import AwardState, EligibilityPoint, MilestoneState
from funding.models import Adviser, Approval, Award, DelegationRule, Eligibility, Milestone, Payment, Review
from funding.services import payments
from funding.services.advisers import assign_adviser
from funding.services.awards import approve_award, certify_award, recommend_award, refuse_award
from funding.services.calls import approve_call, submit_call
from funding.services.eligibility import confirm_ineligibility, decide_eligibility
from funding.services.interests import decide_interest, declare_interest
from funding.services.milestones import refuse_milestone, verify_milestone
from funding.services.reviews import assign_reviewers, save_review
from projects.enums import ApplicationState, InterestAnswer, Role
from projects.models import InterestDeclaration, Membership
from projects.services.calls import create_call
from projects.services.people import grant_membership
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewFactory,
    UnitFactory,
    UserFactory,
    advised_by,
    agreement_in_force,
    award_certified,
    call_content,
    person_with,
    reserved_call,
)
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
DUE = (NOW + timedelta(days=14)).date()


def done(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def test_statements_are_the_application_s():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("fonds_app",)


# ── SD-1 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sd1_author_of_a_call_never_approves_it():
    both = person_with(Role.OFFICER, Role.DIRECTOR)
    call = create_call(content=call_content(), actor=both, now=NOW)
    submit_call(call_id=call.pk, actor=both, now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez rédigé cet appel"):
        approve_call(call_id=call.pk, actor=both, now=NOW)
    approve = "UPDATE projects_call SET approved_by_id = %s, approved_at = %s WHERE id = %s"
    assert refusal(approve, both.pk, NOW, call.pk) == "call_approver_is_not_author"
    assert done(approve, UserFactory().pk, NOW, call.pk) == 1


# ── SD-2: whoever accompanies a file decides nothing in it ───────────────────────────────────────────────────────────
def adviser_and(role):
    return person_with(Role.ADVISER, role)


def eligible(person, application, answer=True):
    points = {str(point): answer for point in EligibilityPoint}
    return decide_eligibility(application_id=application.pk, checklist=points, reason="" if answer else "Non", actor=person, now=NOW)


def reported_milestone(application):
    milestone = agreement_in_force(application).milestones.order_by("position")[0]
    Milestone.objects.filter(pk=milestone.pk).update(state=MilestoneState.REPORTED, reported_by=UserFactory(), reported_at=NOW)
    return milestone


def test_sd2_adviser_does_not_decide_on_eligibility():
    both, application = adviser_and(Role.OFFICER), ApplicationFactory()
    advised_by(both, application)
    with pytest.raises(NotAllowed, match="Vous accompagnez ou avez accompagné ce dossier"):
        eligible(both, application)
    assert eligible(person_with(Role.OFFICER), application).is_eligible


def test_sd2_adviser_does_not_confirm_ineligibility():
    both, application = adviser_and(Role.OFFICER), ApplicationFactory()
    eligible(person_with(Role.OFFICER), application, answer=False)
    advised_by(both, application)
    with pytest.raises(NotAllowed, match="Vous accompagnez"):
        confirm_ineligibility(application_id=application.pk, actor=both, now=NOW)


def test_sd2_former_adviser_is_not_a_reviewer():
    application = ApplicationFactory(state=ApplicationState.ELIGIBLE)
    former, others = person_with(Role.REVIEWER, name="Ancienne Conseillère"), [person_with(Role.REVIEWER) for _ in range(3)]
    advised_by(former, application)
    given = {"application_id": application.pk, "due_on": DUE, "actor": person_with(Role.OFFICER), "now": NOW}
    with pytest.raises(Invalid) as error:
        assign_reviewers(reviewer_ids=[former.pk, *(one.pk for one in others)], **given)
    assert error.value.errors == {"reviewers": "Ancienne Conseillère accompagne ou a accompagné ce dossier."}
    assign_reviewers(reviewer_ids=[one.pk for one in others], **given)
    assert Review.objects.filter(application=application).count() == 3


@pytest.mark.parametrize("judge", [verify_milestone, lambda **who: refuse_milestone(reason="Incomplet", **who)])
def test_sd2_adviser_does_not_verify_a_milestone(judge):
    both, application = adviser_and(Role.OFFICER), ApplicationFactory(state=ApplicationState.CONVERTED)
    milestone = reported_milestone(application)
    advised_by(both, application)
    with pytest.raises(NotAllowed, match="Vous accompagnez"):
        judge(milestone_id=milestone.pk, actor=both, now=NOW)
    milestone.refresh_from_db()
    assert milestone.state == MilestoneState.REPORTED


def assign(person, application, director=None):
    return assign_adviser(application_id=application.pk, person_id=person.pk, actor=director or person_with(Role.DIRECTOR), now=NOW)


def test_sd2_whoever_decided_on_eligibility_does_not_become_the_adviser():
    both, application = adviser_and(Role.OFFICER), ApplicationFactory()
    eligible(both, application, answer=False)
    eligible(person_with(Role.OFFICER), application)  # found again by another: the row forgets the first, the journal does not
    with pytest.raises(Invalid) as error:
        assign(both, application)
    assert error.value.errors == {"person": f"{both.name} a déjà décidé, évalué ou vérifié dans ce dossier."}


def test_sd2_whoever_reviewed_or_refused_a_milestone_does_not_become_the_adviser():
    application = ApplicationFactory(state=ApplicationState.CONVERTED)
    reviewer, officer = adviser_and(Role.COMMITTEE_MEMBER), adviser_and(Role.OFFICER)
    ReviewFactory(application=application, reviewer=reviewer)
    refuse_milestone(milestone_id=reported_milestone(application).pk, reason="Incomplet", actor=officer, now=NOW)
    for person in (reviewer, officer):
        with pytest.raises(Invalid) as error:
            assign(person, application)
        assert error.value.errors == {"person": f"{person.name} a déjà décidé, évalué ou vérifié dans ce dossier."}
    assert Adviser.objects.count() == 0


ADVISE = "INSERT INTO funding_adviser (application_id, person_id, assigned_by_id, assigned_at) VALUES (%s, %s, %s, %s)"


def test_sd2_database_keeps_the_adviser_apart_from_eligibility_both_ways():
    person, application = UserFactory(), ApplicationFactory()
    found = Eligibility.objects.create(application=application, is_eligible=False, reason="Non", decided_by=UserFactory(), decided_at=NOW)
    advised_by(person, application)
    for column in ("decided_by_id", "confirmed_by_id"):
        update = f"UPDATE funding_eligibility SET {column} = %s, confirmed_at = %s WHERE id = %s"
        assert refusal(update, person.pk, NOW, found.pk) == "adviser_is_apart"
    assert refusal(ADVISE, application.pk, found.decided_by_id, UserFactory().pk, NOW) == "adviser_is_apart"
    other = ApplicationFactory()
    assert done(ADVISE, other.pk, found.decided_by_id, UserFactory().pk, NOW) == 1


def test_sd2_database_keeps_the_adviser_apart_from_reviews_both_ways():
    review = ReviewFactory()
    assert refusal(ADVISE, review.application_id, review.reviewer_id, UserFactory().pk, NOW) == "adviser_is_apart"
    person = UserFactory()
    advised_by(person, review.application)
    assert refusal("UPDATE funding_review SET reviewer_id = %s WHERE id = %s", person.pk, review.pk) == "adviser_is_apart"


def test_sd2_database_keeps_the_adviser_apart_from_milestones_both_ways():
    application, person, verifier = ApplicationFactory(state=ApplicationState.CONVERTED), UserFactory(), UserFactory()
    milestone = reported_milestone(application)
    advised_by(person, application)
    verify = "UPDATE funding_milestone SET verified_by_id = %s, verified_at = %s WHERE id = %s"
    assert refusal(verify, person.pk, NOW, milestone.pk) == "adviser_is_apart"
    assert done(verify, verifier.pk, NOW, milestone.pk) == 1
    assert refusal(ADVISE, application.pk, verifier.pk, UserFactory().pk, NOW) == "adviser_is_apart"


@act
def _write_adviser(*, application, person, actor, now):
    """An act that forgets to ask who may: only the database is left."""
    Adviser.objects.create(application=application, person=person, assigned_by=actor, assigned_at=now)


def test_sd2_refusal_of_the_database_is_a_sentence_and_a_403():
    review = ReviewFactory()
    with pytest.raises(NotAllowed, match="Qui accompagne un dossier n’en décide pas la recevabilité"):
        _write_adviser(application=review.application, person=review.reviewer, actor=UserFactory(), now=NOW)


# ── SD-3 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("days_ago", "bound"), [(None, True), (729, True), (730, True), (731, False)])
def test_sd3_database_knows_the_24_months(days_ago, bound):
    application = ApplicationFactory(state=ApplicationState.IN_REVIEW)
    person = person_with(Role.REVIEWER)
    ended = None if days_ago is None else NOW.date() - timedelta(days=days_ago)
    MembershipFactory(person=person, organisation=application.organisation, ends_on=ended)
    review = ReviewFactory(application=application, assigned_at=NOW)
    move = "UPDATE funding_review SET reviewer_id = %s WHERE id = %s"
    if bound:
        assert refusal(move, person.pk, review.pk) == "reviewer_is_outside"
    else:
        assert done(move, person.pk, review.pk) == 1


def test_sd3_partner_that_bears_the_gains_binds_like_the_applicant():
    application = ApplicationFactory(state=ApplicationState.ELIGIBLE)
    partner = OrganisationFactory()
    application.gain_plan.lines.update(organisation=partner)
    bound, others = person_with(Role.REVIEWER), [person_with(Role.REVIEWER) for _ in range(2)]
    MembershipFactory(person=bound, organisation=partner)
    people = [bound.pk, *(one.pk for one in others)]
    with pytest.raises(Invalid) as error:
        assign_reviewers(application_id=application.pk, reviewer_ids=people, due_on=DUE, actor=person_with(Role.OFFICER), now=NOW)
    assert error.value.errors == {
        "reviewers": f"{bound.name} appartient ou a appartenu depuis 24 mois à un organisme partenaire du projet."
    }
    review = ReviewFactory(application=application)
    assert refusal("UPDATE funding_review SET reviewer_id = %s WHERE id = %s", bound.pk, review.pk) == "reviewer_is_outside"


def test_sd3_reviewer_who_joins_the_applicant_writes_no_more():
    review = ReviewFactory()
    declare_interest(application_id=review.application_id, answer=InterestAnswer.NONE, explanation="", actor=review.reviewer, now=NOW)
    save_review(review_id=review.pk, marks={}, comment="Un", version=0, actor=review.reviewer, now=NOW)
    MembershipFactory(person=review.reviewer, organisation=review.application.organisation, starts_on=NOW.date())
    with pytest.raises(NotAllowed, match="appartient ou a appartenu depuis 24 mois à l’organisme demandeur"):
        save_review(review_id=review.pk, marks={}, comment="Deux", version=1, actor=review.reviewer, now=NOW)


# ── SD-4 and SD-5 ────────────────────────────────────────────────────────────────────────────────────────────────────
APPROVE = (
    "INSERT INTO funding_approval (award_id, round, level, role, person_id, approved_at, margin_after) "
    "VALUES (%s, 1, %s, 'director', %s, %s, 0)"
)


def reviewed():
    return ApplicationFactory(state=ApplicationState.REVIEWED, score=Decimal("80.00"), call=reserved_call())


def recommended(application, person, amount=Decimal("50000.00")):
    return recommend_award(application_id=application.pk, is_favourable=True, amount=amount, reason="Utile", actor=person, now=NOW)


@pytest.mark.parametrize("decide", [approve_award, lambda **who: refuse_award(reason="Non", **who)])
def test_sd4_recommender_neither_approves_nor_refuses(decide):
    both = person_with(Role.COMMITTEE_SECRETARY, Role.DIRECTOR)
    award = recommended(reviewed(), both)
    certify_award(award_id=award.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez recommandé ce dossier"):
        decide(award_id=award.pk, actor=both, now=NOW)
    assert refusal(APPROVE, award.pk, 1, both.pk, NOW) == "approver_did_nothing_else"
    refuse = "UPDATE funding_award SET refused_by_id = %s WHERE id = %s"
    assert refusal(refuse, both.pk, award.pk) == "award_refuser_is_not_recommender"
    assert done(refuse, UserFactory().pk, award.pk) == 1


def test_sd4_one_person_approves_at_one_level():
    both = person_with(Role.HEAD, Role.MINISTER_DELEGATE)
    award = award_certified(amount=Decimal("100000.00"))
    approve_award(award_id=award.pk, actor=both, now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez déjà approuvé cette décision"):
        approve_award(award_id=award.pk, actor=both, now=NOW)
    assert refusal(APPROVE, award.pk, 2, both.pk, NOW) == "approval_person_unique"
    assert list(Approval.objects.values_list("person", "level")) == [(both.pk, 1)]


def test_sd4_reviewer_never_approves():
    both, award = person_with(Role.DIRECTOR), award_certified(amount=Decimal("40000.00"))
    ReviewFactory(application=award.application, reviewer=both)
    with pytest.raises(NotAllowed, match="Vous avez évalué ce dossier"):
        approve_award(award_id=award.pk, actor=both, now=NOW)
    assert refusal(APPROVE, award.pk, 1, both.pk, NOW) == "approver_did_nothing_else"
    assert done(APPROVE, award.pk, 1, UserFactory().pk, NOW) == 1


def test_sd4_refusal_of_eligibility_takes_two_people():
    officer, application = person_with(Role.OFFICER), ApplicationFactory()
    found = eligible(officer, application, answer=False)
    with pytest.raises(NotAllowed, match="une autre personne doit le confirmer"):
        confirm_ineligibility(application_id=application.pk, actor=officer, now=NOW)
    confirm = "UPDATE funding_eligibility SET confirmed_by_id = %s, confirmed_at = %s WHERE id = %s"
    assert refusal(confirm, officer.pk, NOW, found.pk) == "eligibility_second_officer"


def test_sd4_delegation_names_approvers_only():
    rule = DelegationRule.objects.order_by("pk")[0]
    update = "UPDATE funding_delegationrule SET approvals = ARRAY[%s]::varchar[] WHERE id = %s"
    assert refusal(update, "controller", rule.pk) == "delegation_names_approvers_only"
    assert done(update, "head", rule.pk) == 1


def test_sd5_recommender_never_certifies():
    both = person_with(Role.COMMITTEE_SECRETARY, Role.CONTROLLER)
    award = recommended(reviewed(), both)
    with pytest.raises(NotAllowed, match="Vous avez recommandé ce dossier"):
        certify_award(award_id=award.pk, actor=both, now=NOW)
    certify = "UPDATE funding_award SET certified_by_id = %s, certified_at = %s WHERE id = %s"
    assert refusal(certify, both.pk, NOW, award.pk) == "award_certifier_is_not_recommender"


@pytest.mark.parametrize("decide", [approve_award, lambda **who: refuse_award(reason="Non", **who)])
def test_sd5_certifier_neither_approves_nor_refuses(decide):
    both = person_with(Role.CONTROLLER, Role.DIRECTOR)
    award = recommended(reviewed(), person_with(Role.COMMITTEE_SECRETARY))
    certify_award(award_id=award.pk, actor=both, now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez certifié la disponibilité budgétaire"):
        decide(award_id=award.pk, actor=both, now=NOW)
    assert refusal(APPROVE, award.pk, 1, both.pk, NOW) == "approver_did_nothing_else"
    assert refusal("UPDATE funding_award SET refused_by_id = %s WHERE id = %s", both.pk, award.pk) == "award_refuser_is_not_certifier"


def test_sd5_approver_never_renews_the_certificate():
    both, award = person_with(Role.HEAD, Role.CONTROLLER), award_certified(amount=Decimal("100000.00"))
    approve_award(award_id=award.pk, actor=both, now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez déjà approuvé cette décision"):
        certify_award(award_id=award.pk, actor=both, now=NOW)
    assert refusal("UPDATE funding_award SET certified_by_id = %s WHERE id = %s", both.pk, award.pk) == "certifier_is_not_approver"
    assert Award.objects.get(pk=award.pk).state == AwardState.PARTLY_APPROVED


# ── SD-6 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sd6_payment_takes_three_people():
    everything = person_with(Role.PAYMENT_REQUESTER, Role.CONTROLLER, Role.PAYMENT_AUTHORISER)
    certifier = person_with(Role.CONTROLLER, Role.PAYMENT_AUTHORISER)
    instalment = agreement_in_force().instalments.order_by("position")[0]
    attested = dict.fromkeys(payments.ATTESTATIONS, True)
    payment = payments.request_payment(instalment_id=instalment.pk, attestations=attested, actor=everything, now=NOW)
    with pytest.raises(NotAllowed, match="Vous avez demandé ce paiement"):
        payments.certify_payment(payment_id=payment.pk, actor=everything, now=NOW)
    certify = "UPDATE funding_payment SET certified_by_id = %s, certified_at = %s WHERE id = %s"
    assert refusal(certify, everything.pk, NOW, payment.pk) == "payment_three_people"
    payments.certify_payment(payment_id=payment.pk, actor=certifier, now=NOW)
    for person in (everything, certifier):
        with pytest.raises(NotAllowed, match="Vous avez demandé ou certifié ce paiement"):
            payments.authorise_payment(payment_id=payment.pk, actor=person, now=NOW)
        authorise = "UPDATE funding_payment SET authorised_by_id = %s, authorised_at = %s WHERE id = %s"
        assert refusal(authorise, person.pk, NOW, payment.pk) == "payment_three_people"
    assert Payment.objects.get().authorised_by is None


# ── SD-11 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sd11_nobody_lifts_their_own_conflict():
    both, application = person_with(Role.DIRECTOR), ApplicationFactory()
    declared = declare_interest(application_id=application.pk, answer=InterestAnswer.POTENTIAL, explanation="Ami", actor=both, now=NOW)
    with pytest.raises(NotAllowed, match="Personne ne lève son propre conflit"):
        decide_interest(declaration_id=declared.pk, is_cleared=True, reason="Rien", actor=both, now=NOW)
    lift = (
        "INSERT INTO projects_interestdeclaration (application_id, person_id, answer, explanation, declared_at, decided_by_id) "
        "VALUES (%s, %s, 'none', '', %s, %s)"
    )
    assert refusal(lift, application.pk, both.pk, NOW, both.pk) == "interest_not_cleared_by_oneself"
    assert InterestDeclaration.objects.count() == 1


def test_sd11_nobody_gives_themselves_a_role():
    director, unit = person_with(Role.DIRECTOR), UnitFactory()
    with pytest.raises(Exception, match="Personne ne s’accorde un rôle à soi-même"):
        grant_membership(
            email=director.email, role=Role.OFFICER, organisation_id=unit.pk, starts_on=NOW.date(), ends_on=None, actor=director, now=NOW
        )
    membership = MembershipFactory(granted_by=UserFactory())
    grant = "UPDATE projects_membership SET granted_by_id = person_id WHERE id = %s"
    assert refusal(grant, membership.pk) == "membership_not_granted_to_oneself"
    assert Membership.objects.filter(person=director).count() == 1


def test_sd11_nobody_entrusts_a_file_to_themselves():
    both, application = person_with(Role.DIRECTOR, Role.ADVISER), ApplicationFactory()
    with pytest.raises(Invalid) as error:
        assign(both, application, director=both)
    assert error.value.errors == {"person": "Personne ne se confie un dossier à soi-même."}
    assert refusal(ADVISE, application.pk, both.pk, both.pk, NOW) == "adviser_not_assigned_by_oneself"


# ── Beside the thirteen ──────────────────────────────────────────────────────────────────────────────────────────────
def test_drafter_never_signs_for_the_minister():
    agreement = agreement_in_force(ApplicationFactory(state=ApplicationState.CONVERTED, call=CallFactory()))
    sign = (
        "INSERT INTO funding_signature (agreement_id, party, person_id, signed_on, document_sha256, text_sha256, role, factor, intent, "
        "recorded_at) VALUES (%s, %s, %s, %s, '', '', '', '', '', %s)"
    )
    drafter, day = agreement.drafted_by_id, NOW.date()
    assert refusal(sign, agreement.pk, "minister", drafter, day, NOW) == "minister_signer_is_not_drafter"
    assert done(sign, agreement.pk, "minister", UserFactory().pk, day, NOW) == 1

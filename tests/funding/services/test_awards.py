"""From a reviewed application to a decision that its organisation has read."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid, NotAllowed, WrongState
from funding.enums import AwardState, LedgerKind, ReviewState
from funding.models import Approval, Award, DelegationRule, LedgerEntry
from funding.queries.awards import call_holds
from funding.services.awards import approve_award, certify_award, issue_letter, recommend_award, refuse_award, return_award
from projects.enums import ApplicationState, DocumentKind, FundingSource, Role
from projects.models import CallBudget, Document, FundingLine, JournalEntry, Message
from tests.factories import (
    NOW,
    ApplicationFactory,
    MembershipFactory,
    ReviewFactory,
    award_certified,
    person_with,
    recuse,
    reserve,
    reserved_call,
)

pytestmark = pytest.mark.django_db


def reviewed(**fields):
    return ApplicationFactory(**{"state": ApplicationState.REVIEWED, "score": Decimal("80.00"), "call": reserved_call(), **fields})


def recommend(application, **given):
    given = {"is_favourable": True, "reason": "Projet structurant", "actor": person_with(Role.COMMITTEE_SECRETARY), "now": NOW, **given}
    return recommend_award(application_id=application.pk, **given)


def certify(award, **given):
    given = {"actor": person_with(Role.CONTROLLER), "now": NOW, **given}
    return certify_award(award_id=award.pk, **given)


def approve(award, *roles, now=NOW):
    for role in roles:
        approve_award(award_id=award.pk, actor=person_with(role), now=now)
    award.refresh_from_db()
    return award


def small(**fields):
    """A certified award that the director approves alone: 50 000 $."""
    return award_certified(amount=Decimal("50000.00"), **fields)


# ── Recommendation ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_recommendation_puts_what_is_asked_where_it_is_asked():
    application = reviewed()
    award = recommend(application, conditions="Publier le code")
    application.refresh_from_db()
    assert application.state == ApplicationState.RECOMMENDED
    assert (award.state, award.amount, award.rank, award.conditions) == (AwardState.RECOMMENDED, Decimal("100000.00"), 1, "Publier le code")
    assert list(award.parts.values_list("fiscal_year", "amount")) == [(2026, Decimal("100000.00"))]
    assert JournalEntry.objects.order_by("-pk")[:1].get().act == "recommend_award"


def test_recommendation_follows_the_fiscal_years_asked():
    application = reviewed()
    CallBudget.objects.create(call=application.call, fiscal_year=2027, amount=Decimal("500000.00"))
    FundingLine.objects.filter(application=application, source=FundingSource.FUND).update(amount=Decimal("60000.00"))
    FundingLine.objects.create(application=application, fiscal_year=2027, source=FundingSource.FUND, amount=Decimal("40000.00"))
    award = recommend(application)
    assert dict(award.parts.order_by("fiscal_year").values_list("fiscal_year", "amount")) == {
        2026: Decimal("60000.00"),
        2027: Decimal("40000.00"),
    }
    other = reviewed(call=application.call, amount_requested=Decimal("90000.00"))
    less = recommend(other, amount=Decimal("45000.00"))
    assert list(less.parts.values_list("fiscal_year", "amount")) == [(2026, Decimal("45000.00"))]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"amount": Decimal("100000.01")}, "amount"),
        ({"amount": Decimal("0.00")}, "amount"),
        ({"amount": Decimal("100.00"), "parts": {2026: Decimal("99.99")}}, "parts"),
        ({"amount": Decimal("100.00"), "parts": {2026: Decimal("100.01")}}, "parts"),
        ({"amount": Decimal("100.00"), "parts": {2028: Decimal("100.00")}}, "parts"),
        ({"amount": Decimal("100.00"), "parts": {2026: Decimal("-100.00")}}, "parts"),
    ],
)
def test_recommendation_that_does_not_stand_is_refused_in_words(given, field):
    application = reviewed()
    with pytest.raises(Invalid) as refused:
        recommend(application, **given)
    assert list(refused.value.errors) == [field]
    assert Award.objects.count() == 0


def test_parts_that_do_not_sum_name_the_difference():
    with pytest.raises(Invalid) as refused:
        recommend(reviewed(), amount=Decimal("100.00"), parts={2026: Decimal("99.99")})
    assert refused.value.errors["parts"] == (
        "Les parts par exercice totalisent 99,99\xa0$; le montant recommandé est de 100,00\xa0$ : il manque 0,01\xa0$."
    )


def test_recommendation_is_the_secretary_of_the_committee_s_and_after_the_reviews():
    application = reviewed()
    with pytest.raises(NotAllowed):
        recommend(application, actor=person_with(Role.OFFICER))
    secretary = person_with(Role.COMMITTEE_SECRETARY)
    recuse(secretary, application)
    with pytest.raises(NotAllowed):
        recommend(application, actor=secretary)
    with pytest.raises(WrongState):
        recommend(ApplicationFactory(state=ApplicationState.IN_REVIEW))


def test_rank_is_by_score_then_number():
    call = reserved_call()
    best = reviewed(call=call, score=Decimal("90.00"))
    first = reviewed(call=call, number="DEM-2026-80001")
    second = reviewed(call=call, number="DEM-2026-80002")
    unscored = reviewed(call=call, score=None)
    assert [recommend(one).rank for one in (second, first, best, unscored)] == [3, 2, 1, None]


# ── Certificate ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_certificate_is_another_person_s():
    award = recommend(reviewed())
    with pytest.raises(NotAllowed) as refused:
        certify(award, actor=award.recommended_by)
    assert refused.value.message == "Vous avez recommandé ce dossier; une autre personne doit certifier la disponibilité budgétaire."
    with pytest.raises(NotAllowed):
        certify(award, actor=person_with(Role.DIRECTOR))
    controller = person_with(Role.CONTROLLER)
    certify(award, actor=controller)
    award.refresh_from_db()
    assert (award.state, award.certified_by, award.certified_at) == (AwardState.CERTIFIED, controller, NOW)


def test_stale_certificate_is_renewed_before_any_approval():
    award = small()
    late = NOW + timedelta(days=30, seconds=1)
    with pytest.raises(WrongState, match="30 jours"):
        approve(award, Role.DIRECTOR, now=late)
    approve_award(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW + timedelta(days=30))
    other = small()
    certify(other, now=late)
    assert approve(other, Role.DIRECTOR, now=late).state == AwardState.APPROVED


def test_unfavourable_recommendation_is_neither_certified_nor_approved():
    award = recommend(reviewed(), is_favourable=False)
    assert (award.amount, award.parts.count()) == (0, 0)
    with pytest.raises(WrongState):
        certify(award)
    with pytest.raises(WrongState):
        approve(award, Role.DIRECTOR)


# ── Approval ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_last_approval_moves_the_reservation_from_the_call_to_the_award():
    award = approve(small(), Role.DIRECTOR)
    call = award.application.call
    assert (award.state, award.decided_at) == (AwardState.APPROVED, NOW)
    assert award.application.state == ApplicationState.ACCEPTED
    rows = LedgerEntry.objects.filter(kind=LedgerKind.RESERVATION).order_by("seq").values_list("call_id", "award_id", "amount")
    assert list(rows) == [
        (call.pk, None, Decimal("1000000.00")),
        (call.pk, None, Decimal("-50000.00")),
        (call.pk, award.pk, Decimal("50000.00")),
    ]
    assert call_holds(call.pk, [2026]) == Decimal("950000.00")
    assert Approval.objects.get().margin_after == Decimal("950000.00")


@pytest.mark.parametrize(
    ("amount", "roles"),
    [
        ("50000.00", [Role.DIRECTOR]),
        ("50000.01", [Role.HEAD, Role.MINISTER_DELEGATE]),
        ("999999.99", [Role.HEAD, Role.MINISTER_DELEGATE]),
        ("1000000.00", [Role.MINISTER_DELEGATE]),
    ],
)
def test_levels_are_those_of_the_delegation(amount, roles):
    application = ApplicationFactory(
        state=ApplicationState.RECOMMENDED, call=reserved_call(), amount_requested=Decimal("1000000.00"), total_cost=Decimal("1250000.00")
    )
    award = award_certified(application, amount=Decimal(amount))
    for wrong in {Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE} - {roles[0]}:
        with pytest.raises(NotAllowed):
            approve(award, wrong)
    assert approve(award, *roles).state == AwardState.APPROVED
    assert list(Approval.objects.order_by("level").values_list("level", "role")) == list(enumerate(roles, start=1))


def test_delegation_in_force_on_the_day_decides():
    award = small()
    DelegationRule.objects.create(
        valid_from=NOW.date(), above=Decimal(0), up_to=Decimal("50000.00"), approvals=[Role.HEAD], instrument="lettre", source="essai"
    )
    with pytest.raises(NotAllowed):
        approve(award, Role.DIRECTOR)
    assert approve(award, Role.HEAD).state == AwardState.APPROVED


def test_delegation_that_lost_its_last_level_is_returned_by_the_director():
    award = award_certified()
    approve(award, Role.HEAD)
    DelegationRule.objects.create(valid_from=NOW.date(), above=Decimal(0), approvals=[Role.HEAD], instrument="lettre", source="essai")
    with pytest.raises(NotAllowed, match="délégation"):
        approve(award, Role.HEAD)
    return_award(award_id=award.pk, reason="Délégation modifiée", actor=person_with(Role.DIRECTOR), now=NOW)
    award.refresh_from_db()
    assert award.state == AwardState.RETURNED


def test_nobody_decides_on_what_they_recommended_certified_approved_or_reviewed():
    award = award_certified()
    MembershipFactory(person=award.recommended_by, role=Role.HEAD)
    MembershipFactory(person=award.certified_by, role=Role.HEAD)
    reviewer = person_with(Role.HEAD)
    ReviewFactory(application=award.application, reviewer=reviewer, state=ReviewState.SUBMITTED, submitted_at=NOW, total=80)
    recused = person_with(Role.HEAD)
    recuse(recused, award.application)
    refusals = {}
    for name, person in (
        ("recommander", award.recommended_by),
        ("certifier", award.certified_by),
        ("évaluer", reviewer),
        ("récusé", recused),
    ):
        with pytest.raises(NotAllowed) as refused:
            approve_award(award_id=award.pk, actor=person, now=NOW)
        refusals[name] = refused.value.message
    assert refusals == {
        "recommander": "Vous avez recommandé ce dossier; une autre personne doit approuver.",
        "certifier": "Vous avez certifié la disponibilité budgétaire; une autre personne doit approuver.",
        "évaluer": "Vous avez évalué ce dossier; une autre personne doit approuver.",
        "récusé": "Une récusation vous écarte de ce dossier.",
    }
    both = person_with(Role.HEAD, Role.MINISTER_DELEGATE)
    approve_award(award_id=award.pk, actor=both, now=NOW)
    with pytest.raises(NotAllowed, match="déjà approuvé"):
        approve_award(award_id=award.pk, actor=both, now=NOW)
    MembershipFactory(person=both, role=Role.CONTROLLER)
    with pytest.raises(NotAllowed, match="déjà approuvé"):
        certify(award, actor=type(both).objects.get(pk=both.pk))


def test_second_approval_of_a_decided_award_is_a_wrong_state():
    award = approve(small(), Role.DIRECTOR)
    with pytest.raises(WrongState):
        approve(award, Role.DIRECTOR)


def test_repeated_key_approves_once():
    award, director = small(), person_with(Role.DIRECTOR)
    for _ in range(2):
        approve_award(award_id=award.pk, actor=director, now=NOW, key="clic")
    assert Approval.objects.count() == 1


def test_award_over_what_the_call_holds_changes_nothing_and_names_the_margin():
    application = ApplicationFactory(state=ApplicationState.RECOMMENDED)
    award = award_certified(application, amount=Decimal("50000.00"))
    reserve(call=application.call, amounts={2026: Decimal("49999.99")}, actor=None, now=NOW)
    with pytest.raises(EnvelopeExceeded) as refused:
        approve(award, Role.DIRECTOR)
    assert refused.value.message == (
        f"Il ne reste que 49\xa0999,99\xa0$ à l’appel {application.call.reference} en 2026-2027\xa0: "
        "50\xa0000,00\xa0$ demandés. Rien n’a été réservé."
    )
    award.refresh_from_db()
    assert (award.state, award.application.state, Approval.objects.count()) == (AwardState.CERTIFIED, ApplicationState.RECOMMENDED, 0)


# ── Refusal and return ───────────────────────────────────────────────────────────────────────────────────────────────
def test_refusal_has_a_reason_and_is_the_next_level_s():
    award = small()
    director = person_with(Role.DIRECTOR)
    with pytest.raises(Invalid):
        refuse_award(award_id=award.pk, reason=" ", actor=director, now=NOW)
    with pytest.raises(NotAllowed):
        refuse_award(award_id=award.pk, reason="Non", actor=person_with(Role.HEAD), now=NOW)
    refuse_award(award_id=award.pk, reason="Hors des priorités", actor=director, now=NOW)
    award.refresh_from_db()
    assert (award.state, award.refused_by, award.refusal_reason, award.decided_at) == (
        AwardState.REFUSED,
        director,
        "Hors des priorités",
        NOW,
    )
    assert award.application.state == ApplicationState.REFUSED
    with pytest.raises(WrongState):
        refuse_award(award_id=award.pk, reason="Encore", actor=person_with(Role.DIRECTOR), now=NOW)


def test_unfavourable_recommendation_is_refused_by_the_director_who_did_not_recommend():
    secretary = person_with(Role.COMMITTEE_SECRETARY, Role.DIRECTOR)
    award = recommend(reviewed(), is_favourable=False, actor=secretary)
    assert award.application.state == ApplicationState.NOT_RECOMMENDED
    with pytest.raises(NotAllowed, match="recommandé ce dossier"):
        refuse_award(award_id=award.pk, reason="Non", actor=secretary, now=NOW)
    refuse_award(award_id=award.pk, reason="Gains non démontrés", actor=person_with(Role.DIRECTOR), now=NOW)
    award.refresh_from_db()
    assert (award.state, award.application.state) == (AwardState.REFUSED, ApplicationState.REFUSED)


def test_returned_recommendation_starts_a_new_round_without_its_approvals():
    award = award_certified()
    first_head = person_with(Role.HEAD)
    approve_award(award_id=award.pk, actor=first_head, now=NOW)
    with pytest.raises(Invalid):
        return_award(award_id=award.pk, reason="", actor=person_with(Role.MINISTER_DELEGATE), now=NOW)
    return_award(award_id=award.pk, reason="Préciser les conditions", actor=person_with(Role.MINISTER_DELEGATE), now=NOW)
    award.refresh_from_db()
    assert (award.state, award.application.state, award.return_reason) == (
        AwardState.RETURNED,
        ApplicationState.REVIEWED,
        "Préciser les conditions",
    )
    with pytest.raises(WrongState):
        approve_award(award_id=award.pk, actor=person_with(Role.HEAD, Role.MINISTER_DELEGATE), now=NOW)
    again = recommend(award.application, amount=Decimal("80000.00"))
    assert (again.pk, again.round, again.certified_by, again.amount) == (award.pk, 2, None, Decimal("80000.00"))
    assert list(again.parts.values_list("amount", flat=True)) == [Decimal("80000.00")]
    certify(again)
    approve_award(award_id=award.pk, actor=first_head, now=NOW)
    assert approve(award, Role.MINISTER_DELEGATE).state == AwardState.APPROVED
    assert sorted(Approval.objects.order_by("pk").values_list("round", "level")) == [(1, 1), (2, 1), (2, 2)]


# ── Letter ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_letter_is_a_second_act_that_tells_the_organisation():
    award = small()
    with pytest.raises(WrongState, match="pas encore rendue"):
        issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    approve(award, Role.DIRECTOR)
    assert Message.objects.count() == 0
    member = person_with(Role.WRITER, organisation=award.application.organisation)
    with pytest.raises(NotAllowed):
        issue_letter(award_id=award.pk, actor=member, now=NOW)
    issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    award.refresh_from_db()
    letter = Document.objects.get(kind=DocumentKind.LETTER)
    assert (award.letter, award.letter_at, letter.application) == (letter, NOW, award.application)
    with letter.path.storage.open(letter.path.name) as file:
        assert file.read().startswith(b"%PDF-")
    assert Message.objects.get().person == member
    with pytest.raises(WrongState, match="déjà transmise"):
        issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)


def test_letter_of_a_refusal_says_the_reason():
    award = small()
    refuse_award(award_id=award.pk, reason="Gains non démontrés", actor=person_with(Role.DIRECTOR), now=NOW)
    issue_letter(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    award.refresh_from_db()
    assert award.letter.size > 1000

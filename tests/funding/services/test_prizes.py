"""A prize of a call: recommended by its rank, given once, paid whole to its winner without milestones nor gains."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid
from funding.enums import AgreementState, InstalmentKind
from funding.models import Award, Instalment, LedgerEntry
from funding.policies.awards import delegation_of
from funding.queries.agreement_conditions import unmet_for_completion
from funding.queries.prizes import prize_of, prizes_of, prizes_to_give, total_of_prizes
from funding.queries.release import checklist_of
from funding.schedule import PlannedInstalment
from funding.services import awards as acts
from funding.services import payments
from funding.services.agreement_drafts import redraft_agreement, review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary, sign_for_minister
from funding.services.calls import submit_call
from funding.services.prizes import prize_faults
from projects.enums import ApplicationState, CallState, Role
from projects.models import Application, GainPlan, TermsProfile
from projects.sections import Facts
from projects.sections.gains import GainsSection
from reporting.queries.invariants import check
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    agreement_in_force,
    bank_details_of,
    person_with,
    reserve,
    reserved_call,
    sent,
)
from tests.funding.paying import authorised
from tests.funding.results import declare, paying_results, verify
from tests.funding.services.test_agreements import signing
from tests.refusals import refusal, said

pytestmark = pytest.mark.django_db
D = Decimal
FIRST, SECOND = D("100000.00"), D("50000.00")


def terms():
    return TermsProfile.objects.get(code="PRIX")


@pytest.fixture
def call():
    return reserved_call(terms=terms())


def finalist(call, **fields):
    """An application of a call of prizes that says no gain, and asks less than the prize."""
    draft = DraftApplicationFactory(call=call, amount_requested=D("40000.00"), total_cost=D("130000.00"), **fields)
    moved = {"number": f"DEM-2026-{draft.pk + 80000}", "submitted_at": NOW - timedelta(days=5), "submitted_by": draft.created_by}
    Application.objects.filter(pk=draft.pk).update(state=ApplicationState.REVIEWED, score=D("80.00"), **moved)
    GainPlan.objects.create(application=draft)
    draft.refresh_from_db()
    return draft


def recommend(application, prize=1, **given):
    whole = {"is_favourable": True, "prize": prize, "reason": "Le jury l’a classée première.", "now": NOW, **given}
    return acts.recommend_award(application_id=application.pk, actor=person_with(Role.COMMITTEE_SECRETARY), **whole)


def approved(award):
    acts.certify_award(award_id=award.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    for role in delegation_of(award, NOW):
        acts.approve_award(award_id=award.pk, actor=person_with(role), now=NOW)
    acts.issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    return Award.objects.get(pk=award.pk)


def signed(award):
    officer = person_with(Role.OFFICER)
    agreement = draft_agreement(award_id=award.pk, actor=officer, now=NOW)
    submit_agreement(agreement_id=agreement.pk, actor=officer, now=NOW)
    sha256, owner = agreement.document.sha256, agreement.project.organisation
    if not owner.bank_details.exists():
        bank_details_of(owner)
    review_agreement(agreement_id=agreement.pk, document_sha256=sha256, actor=person_with(Role.OFFICER), now=NOW)
    sign_for_beneficiary(**signing(agreement, actor=person_with(Role.SIGNATORY, organisation=owner)))
    return sign_for_minister(**signing(agreement, actor=person_with(Role.DIRECTOR)))


# ── From the recommendation to the payment ───────────────────────────────────────────────────────────────────────────
def test_winner_is_paid_its_prize_whole_without_milestones(call):
    agreement = signed(approved(recommend(finalist(call))))
    assert (agreement.state, agreement.amount, agreement.milestones.count()) == (AgreementState.IN_FORCE, FIRST, 0)
    instalment = agreement.instalments.get()
    assert (instalment.kind, instalment.amount, checklist_of(instalment).ready) == (InstalmentKind.PRIZE, FIRST, True)
    assert unmet_for_completion(agreement) == ["Le prix n’est pas versé."]
    assert refusal(*payment(instalment, "99999.99")) == "payment_of_a_prize_is_whole"
    order = authorised(instalment)
    assert order.amount == FIRST
    sent(order)
    given = {"reference": "SAGIR-9", "paid_on": NOW.date(), "actor": person_with(Role.PAYMENT_REQUESTER), "now": NOW}
    payments.confirm_payment(payment_id=order.pk, **given)
    assert LedgerEntry.objects.get(kind="payment").amount == FIRST
    assert unmet_for_completion(agreement) == []
    assert [finding.broken for finding in check() if finding.invariant.code == "INV-08e"] == [[]]


PAID = """INSERT INTO funding_payment (number, instalment_id, amount, fiscal_year, state, requested_by_id, requested_at,
    attests_legal_basis, attests_credit, attests_due, rejection_reason, reversal_reason, attempt, order_number)
    SELECT 'VER-X', %s, %s, 2026, 'requested', %s, now(), true, true, true, '', '', 1, ''"""


def payment(instalment, amount):
    return PAID, instalment.pk, amount, person_with(Role.PAYMENT_REQUESTER).pk


def test_prize_is_given_once_and_freed_by_a_return_or_a_refusal(call):
    first, second = finalist(call), finalist(call)
    award = recommend(first)
    assert (award.amount, prize_of(award).name) == (FIRST, "Premier prix")
    assert [prize.rank for prize in prizes_to_give(second)] == [2, 3]
    assert [prize.rank for prize in prizes_to_give(first)] == [1, 2, 3]
    for rank in (1, 9, None):
        with pytest.raises(Invalid) as refused:
            recommend(second, rank)
        assert refused.value.errors == {"prize": "Choisissez un prix que personne n’a encore dans cet appel."}
    acts.return_award(award_id=award.pk, reason="À revoir", actor=person_with(Role.HEAD), now=NOW)
    other = recommend(second)
    assert (prize_of(other).rank, recommend(first, 2).amount) == (1, SECOND)
    acts.refuse_award(award_id=other.pk, reason="Retirée", actor=person_with(Role.HEAD), now=NOW)
    assert [holder.pk if holder else None for _prize, holder in prizes_of(call)] == [None, award.pk, None]
    assert recommend(finalist(call), is_favourable=False, prize=None).amount == D("0.00")


def test_call_without_prizes_gives_none():
    call = reserved_call()
    application = ApplicationFactory(state=ApplicationState.REVIEWED, score=D("80.00"), call=call)
    with pytest.raises(Invalid) as refused:
        recommend(application)
    assert (refused.value.errors, prizes_of(call)) == ({"prize": "Cet appel ne donne pas de prix."}, [])
    assert recommend(application, None).amount == D("100000.00")


def test_call_reserves_at_least_its_prizes():
    call = CallFactory(terms=terms(), state=CallState.DRAFT, opens_at=NOW + timedelta(days=1))
    assert total_of_prizes(call) == D("175000.00")
    call.budgets.update(amount=D("174999.99"))
    with pytest.raises(Invalid, match="Les prix totalisent 175"):
        submit_call(call_id=call.pk, actor=person_with(Role.OFFICER), now=NOW)
    call.budgets.update(amount=D("175000.00"))
    assert submit_call(call_id=call.pk, actor=person_with(Role.OFFICER), now=NOW).state == CallState.SUBMITTED


def test_call_whose_money_is_gone_gives_no_more_prizes():
    call = CallFactory(terms=terms())
    reserve(call=call, amounts={2026: D("100000.00")}, actor=None, now=NOW)
    approved(recommend(finalist(call)))
    award = recommend(finalist(call), 2)
    with pytest.raises(EnvelopeExceeded, match="Il ne reste que"):
        approved(award)


def planned(kind):
    return PlannedInstalment(kind, None, 2026, FIRST)


def test_draft_of_a_prize_has_its_instalment_and_no_other(call):
    officer = person_with(Role.OFFICER)
    agreement = draft_agreement(award_id=approved(recommend(finalist(call))).pk, actor=officer, now=NOW)
    given = {"starts_on": agreement.starts_on, "ends_on": agreement.ends_on, "milestones": [], "actor": officer, "now": NOW}
    with pytest.raises(Invalid, match="se verse en entier"):
        redraft_agreement(agreement_id=agreement.pk, version=1, instalments=[planned(InstalmentKind.ADVANCE)], **given)
    assert redraft_agreement(agreement_id=agreement.pk, version=1, instalments=[planned(InstalmentKind.PRIZE)], **given).version == 2
    assert Instalment.objects.get().kind == InstalmentKind.PRIZE


# ── Gains that are optional ──────────────────────────────────────────────────────────────────────────────────────────
def test_application_says_its_gains_only_where_the_terms_ask_for_them():
    years, typed = {"fund_years": (2026,), "years": (2026, 2027)}, {"method": "Sans objet"}
    found = [GainsSection(typed, facts=Facts(terms=TermsProfile.objects.get(code=code), **years)) for code in ("JALONS", "PRIX")]
    assert [form.is_valid() for form in found] == [False, True]
    assert found[1].lines() == []


# ── What the database refuses by itself ──────────────────────────────────────────────────────────────────────────────
def test_database_refuses_a_prize_given_twice_or_otherwise(call):
    award = recommend(finalist(call))
    other = recommend(finalist(call), 2)
    assert refusal("UPDATE funding_prize SET amount = 1") == "permission denied for table funding_prize"
    assert refusal("UPDATE funding_prizeaward SET call_id = call_id") == "permission denied for table funding_prizeaward"
    assert refusal("UPDATE funding_award SET amount = amount - 1 WHERE id = %s", award.pk) == "award_is_one_of_the_prizes"
    assert refusal("DELETE FROM funding_prizeaward WHERE award_id = %s", award.pk) == "award_is_one_of_the_prizes"
    assert refusal(GIVEN, other.pk, call.pk, prize_of(award).pk) == "funding_prizeaward_award_id_key"
    unfavourable = recommend(finalist(call), None, is_favourable=False)
    assert refusal(GIVEN, unfavourable.pk, call.pk, prize_of(award).pk) == "prize_given_once"
    elsewhere = reserved_call()
    stranger = ApplicationFactory(state=ApplicationState.REVIEWED, score=D("80.00"), call=elsewhere)
    plain = recommend(stranger, None)
    assert refusal(GIVEN, plain.pk, elsewhere.pk, prize_of(award).pk) == "prize_is_of_its_call"
    approved(award)
    assert refusal("DELETE FROM funding_prizeaward WHERE award_id = %s", award.pk) == "prize_stays_with_its_winner"
    agreement = agreement_in_force()
    added = "INSERT INTO funding_instalment (agreement_id, position, kind, fiscal_year, amount) VALUES (%s, 9, 'prize', 2026, 1)"
    assert refusal(added, agreement.pk) == "prize_is_paid_as_a_prize"


GIVEN = "INSERT INTO funding_prizeaward (award_id, call_id, prize_id) VALUES (%s, %s, %s)"


def test_refusals_of_the_database_are_said_in_words(call):
    award = recommend(finalist(call))
    assert said("DELETE FROM funding_prizeaward") == "Une décision de cet appel donne un de ses prix, à son montant."
    instalment = signed(approved(award)).instalments.get()
    assert said(*payment(instalment, "1.00")).startswith("Le prix est de 100\u00a0000,00\u00a0$, versé une fois")
    results = paying_results()
    verify(declare(results))
    assert said("DELETE FROM funding_outcomeschedule").startswith("Le barème de résultats est celui du projet de convention")
    assert said(*payment(results.instalments.get(position=1), "30000.01")).startswith(
        "La quantité vérifiée laisse 30\u00a0000,00\u00a0$ à payer"
    )


def test_only_a_prize_is_paid_as_a_prize():
    rows = [planned(InstalmentKind.PRIZE)]
    assert (prize_faults("milestones", rows), prize_faults("prize", rows)) == (["Seul un appel qui donne des prix verse un prix."], [])


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_pages_recommend_a_prize_and_say_which_are_left(client, call):
    application = finalist(call)
    client.force_login(person_with(Role.COMMITTEE_SECRETARY))
    page = reverse("funding:award_recommend", args=[application.number])
    form = client.get(page).context["form"]
    assert ("amount" in form.fields, [rank for rank, _label in form.fields["prize"].choices]) == (False, ["", 1, 2, 3])
    missing = client.post(page, {"is_favourable": "yes", "prize": "", "reason": "Première"})
    assert (missing.status_code, "Choisissez un prix" in missing.content.decode()) == (422, True)
    assert client.post(page, {"is_favourable": "yes", "prize": "2", "reason": "Deuxième"}).status_code == 302
    assert "Deuxième prix" in client.get(reverse("funding:award_detail", args=[application.number])).content.decode()
    client.force_login(person_with(Role.OFFICER))
    shown = client.get(reverse("funding:call_detail", args=[call.reference])).content.decode()
    assert [shown.count(word) for word in ("Premier prix", "À attribuer", "Recommandé<")] == [1, 2, 1]

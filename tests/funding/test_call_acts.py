"""A call is submitted complete, approved by another person, and its money is reserved in the same act."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid, NotAllowed, WrongState
from funding.models import CallYear, LedgerEntry
from funding.queries.calls import available_by_year
from funding.services.calls import approve_call, return_call, submit_call
from projects.enums import CallState, Role
from projects.models import JournalEntry, OutboxMessage, TermsProfile
from projects.services.calls import CriterionRow, create_call, edit_call
from tests.factories import NOW, CallFactory, call_content, person_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return person_with(Role.OFFICER)


@pytest.fixture
def director():
    return person_with(Role.DIRECTOR)


@pytest.fixture
def call(officer):
    return create_call(content=call_content(), actor=officer, now=NOW)


def submitted(officer, **fields):
    call = create_call(content=call_content(**fields), actor=officer, now=NOW)
    return submit_call(call_id=call.pk, actor=officer, now=NOW)


def reservations(call):
    rows = LedgerEntry.objects.filter(call=call).order_by("fiscal_year", "pk")
    return list(rows.values_list("envelope__code", "fiscal_year", "kind", "amount"))


def test_approval_reserves_the_money_of_each_year(officer, director, call):
    submit_call(call_id=call.pk, actor=officer, now=NOW)
    approved = approve_call(call_id=call.pk, actor=director, now=NOW)
    assert (approved.state, approved.approved_by, approved.approved_at) == (CallState.APPROVED, director, NOW)
    assert reservations(call) == [
        ("PROJECTS", 2026, "reservation", Decimal("400000.00")),
        ("PROJECTS", 2027, "reservation", Decimal("600000.00")),
    ]
    assert list(CallYear.objects.filter(call=call).order_by("fiscal_year").values_list("reserved", flat=True)) == [400000, 600000]
    assert available_by_year("PROJECTS")[2026] == Decimal("53600000.00")
    assert OutboxMessage.objects.filter(topic="money").count() == 1
    assert JournalEntry.objects.filter(act="approve_call", actor=director, object_id=call.pk).count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DIRECTOR])
def test_only_the_director_approves(officer, call, role):
    submit_call(call_id=call.pk, actor=officer, now=NOW)
    for decide in (approve_call, lambda **who: return_call(reason="À revoir", **who)):
        with pytest.raises(NotAllowed, match="Direction du financement"):
            decide(call_id=call.pk, actor=person_with(role), now=NOW)
    assert reservations(call) == []


def test_nobody_approves_what_they_wrote(director):
    both = person_with(Role.OFFICER, Role.DIRECTOR)
    own = submitted(both)
    changed = create_call(content=call_content(), actor=person_with(Role.OFFICER), now=NOW)
    edit_call(call_id=changed.pk, version=1, content=call_content(title="Changé"), actor=both, now=NOW)
    submit_call(call_id=changed.pk, actor=person_with(Role.OFFICER), now=NOW)
    for call in (own, changed):
        with pytest.raises(NotAllowed, match="Vous avez rédigé cet appel"):
            approve_call(call_id=call.pk, actor=both, now=NOW)
        assert approve_call(call_id=call.pk, actor=director, now=NOW).state == CallState.APPROVED


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.SUBMITTED])
def test_only_a_submitted_call_is_approved_or_returned(director, state):
    call = CallFactory(state=state)
    for decide in (approve_call, lambda **who: return_call(reason="À revoir", **who)):
        with pytest.raises(WrongState):
            decide(call_id=call.pk, actor=director, now=NOW)
    assert reservations(call) == []


def test_same_key_reserves_once(officer, director):
    call = submitted(officer)
    for _twice in range(2):
        assert approve_call(call_id=call.pk, actor=director, now=NOW, key="k").pk == call.pk
    assert len(reservations(call)) == 2


def test_call_beyond_the_margin_is_refused_and_stays_submitted(officer, director):
    fits = submitted(officer, budgets={2026: Decimal("53999999.99")})
    approve_call(call_id=fits.pk, actor=director, now=NOW)
    beyond = submitted(officer, budgets={2025: Decimal("1.00"), 2026: Decimal("0.02")})
    with pytest.raises(EnvelopeExceeded) as refused:
        approve_call(call_id=beyond.pk, actor=director, now=NOW)
    said = "L’enveloppe PROJECTS n’a plus que 0,01\u00a0$ en 2026-2027\u00a0: 0,02\u00a0$ demandés. Rien n’a été engagé."
    assert str(refused.value) == said
    assert (refused.value.details["margin"], refused.value.details["asked"]) == ("0.01", "0.02")
    beyond.refresh_from_db()
    assert (beyond.state, beyond.approved_by, reservations(beyond)) == (CallState.SUBMITTED, None, [])


# ── What a submission checks ─────────────────────────────────────────────────────────────────────────────────────────
WEIGHTS = (CriterionRow("Retombées", 70), CriterionRow("Faisabilité", 29))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"objectives": ()}, "Ajoutez au moins un objectif."),
        ({"criteria": ()}, "Ajoutez au moins un critère."),
        ({"criteria": WEIGHTS}, "Les poids des critères totalisent 99; ils doivent totaliser 100."),
        ({"budgets": {}}, "Inscrivez le montant réservé pour au moins un exercice."),
        ({"budgets": {2026: Decimal("1.00"), 2029: Decimal("1.00")}}, "L’enveloppe n’a pas de crédit en 2029-2030."),
        ({"opens_at": NOW - timedelta(days=2), "closes_at": NOW}, "La date de fermeture est passée : choisissez-en une à venir."),
    ],
)
def test_incomplete_draft_is_not_submitted(officer, fields, message):
    call = create_call(content=call_content(**fields), actor=officer, now=NOW)
    with pytest.raises(Invalid) as refused:
        submit_call(call_id=call.pk, actor=officer, now=NOW)
    assert str(refused.value) == message
    call.refresh_from_db()
    assert call.state == CallState.DRAFT


def test_objective_weights_that_miss_100_say_their_sum(officer):
    content = call_content()
    heavier = replace(content.objectives[0], weight=65)
    call = create_call(content=replace(content, objectives=(heavier, content.objectives[1])), actor=officer, now=NOW)
    with pytest.raises(Invalid, match="Les poids des objectifs totalisent 105; ils doivent totaliser 100"):
        submit_call(call_id=call.pk, actor=officer, now=NOW)


def test_every_fault_is_said_at_once(officer):
    call = create_call(content=call_content(objectives=(), criteria=()), actor=officer, now=NOW)
    with pytest.raises(Invalid) as refused:
        submit_call(call_id=call.pk, actor=officer, now=NOW)
    assert str(refused.value) == "Ajoutez au moins un objectif. Ajoutez au moins un critère."


def test_terms_that_ended_since_the_draft_stop_the_approval(officer, director):
    call = submitted(officer)
    terms = TermsProfile.objects.get(pk=call.terms_id)
    terms.valid_to = NOW.date()
    terms.save()
    with pytest.raises(Invalid, match="ne sont pas en vigueur"):
        approve_call(call_id=call.pk, actor=director, now=NOW)
    assert reservations(call) == []


def test_only_an_officer_submits(call):
    with pytest.raises(NotAllowed):
        submit_call(call_id=call.pk, actor=person_with(Role.DIRECTOR), now=NOW)


def test_submitted_call_is_not_submitted_again(officer):
    call = submitted(officer)
    with pytest.raises(WrongState):
        submit_call(call_id=call.pk, actor=officer, now=NOW)


def test_returned_call_is_a_draft_again_with_the_reason_in_the_journal(officer, director):
    call = submitted(officer)
    assert return_call(call_id=call.pk, reason="  Précisez l’objectif.  ", actor=director, now=NOW).state == CallState.DRAFT
    entry = JournalEntry.objects.get(act="return_call", object_id=call.pk)
    assert '"reason":"Précisez l’objectif."' in entry.content
    assert edit_call(call_id=call.pk, version=1, content=call_content(), actor=officer, now=NOW).version == 2


def test_return_needs_a_reason(officer, director):
    call = submitted(officer)
    with pytest.raises(Invalid) as refused:
        return_call(call_id=call.pk, reason="  ", actor=director, now=NOW)
    assert refused.value.errors == {"reason": "Inscrivez le motif du retour."}

"""A payment by results: a quantity declared, verified in whole or in part, paid once within its cap, and all that refuses it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.enums import InstalmentKind, MilestoneState, OutcomeState
from funding.models import OutcomeBalance, OutcomeSchedule
from funding.outcome import OutcomeTerms, due, shares
from funding.policies.claims import write_claim
from funding.queries.agreements import draft_milestones
from funding.queries.outcomes import results_of, scheduled_for
from funding.queries.release import checklist_of
from funding.schedule import PlannedInstalment
from funding.services import milestones, payments
from funding.services import outcomes as acts
from funding.services.agreement_drafts import redraft_agreement
from funding.services.agreements import draft_agreement
from projects.enums import ApplicationState, Role
from projects.models import JournalEntry
from tests.factories import NOW, SCHEDULE, ApplicationFactory, advised_by, agreement_in_force, person_with, reserve, upload
from tests.funding.amending import amended
from tests.funding.paying import requested
from tests.funding.results import declare, member_of, paying_results, results_call, verify
from tests.funding.services.test_agreements import approved
from tests.refusals import refusal

D = Decimal
TERMS = OutcomeTerms("Logements rénovés", "logement", D("1000.00"), D("80"))
pytestmark = pytest.mark.django_db


def instalment(agreement, position=1):
    return agreement.instalments.get(position=position)


# ── What a quantity is worth ─────────────────────────────────────────────────────────────────────────────────────────
PAGE = (Path(__file__).parents[3] / "docs" / "rules" / "outcomes.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ") and line[2].isdigit()]


@pytest.mark.parametrize(("price", "quantity", "left", "scheduled", "counted", "amount"), ROWS)
def test_quantity_is_worth_what_the_page_of_rules_says(price, quantity, left, scheduled, counted, amount):
    found = due(D(quantity), D(price), scheduled=D(scheduled), cap_left=D(left) if left[0].isdigit() else None)
    assert (found.counted, found.amount) == (D(counted), D(amount))


def test_cap_that_is_reached_counts_nothing():
    assert due(D("30"), D("1000.00"), scheduled=D("50000.00"), cap_left=D("-1")).amount == D("0.00")
    assert len(ROWS) == 5


def test_amount_due_is_poured_in_the_instalments_of_its_period():
    assert list(shares(D("70.00"), [D("50.00"), D("50.00"), D("50.00")])) == [D("50.00"), D("20.00"), D("0.00")]


# ── From the declaration to the payment ──────────────────────────────────────────────────────────────────────────────
def test_verified_quantity_is_paid_once_at_its_price():
    agreement = paying_results()
    waiting = "la quantité déclarée pour «\u00a0Jalon 1\u00a0» est vérifiée"
    assert checklist_of(instalment(agreement)).unmet == [waiting]
    with pytest.raises(WrongState, match="quantité déclarée"):
        requested(instalment(agreement))
    found = verify(declare(agreement))
    assert (found.state, found.verified, found.counted, found.amount) == (OutcomeState.VERIFIED, D("30"), D("30"), D("30000.00"))
    assert (checklist_of(instalment(agreement)).ready, requested(instalment(agreement)).amount) == (True, D("30000.00"))
    with pytest.raises(WrongState, match="déjà en cours"):
        requested(instalment(agreement))
    assert agreement.milestones.get(position=1).state == MilestoneState.VERIFIED
    entry = JournalEntry.objects.get(act="verify_outcome")
    assert (entry.application_id, '"amount":"30000.00"' in entry.content) == (agreement.project.application_id, True)


def test_what_is_not_verified_has_a_reason_and_is_not_paid():
    agreement = paying_results()
    declaration = declare(agreement)
    for quantity, reason, errors in (
        ("20", " ", {"reason": "Expliquez ce qui n’est pas vérifié."}),
        ("30.01", "", {"quantity": "La quantité vérifiée va de 0 à la quantité déclarée."}),
    ):
        with pytest.raises(Invalid) as refused:
            verify(declaration, quantity, reason)
        assert refused.value.errors == errors
    found = verify(declaration, "20", "Dix logements sont vides")
    assert (found.state, found.amount, requested(instalment(agreement)).amount) == (
        OutcomeState.PARTLY_VERIFIED,
        D("20000.00"),
        D("20000.00"),
    )
    with pytest.raises(WrongState):
        verify(declaration)


def test_cap_leaves_what_it_leaves_to_the_last_period():
    """80 units at most: 60 in the first period, paid 50 000 $, the most of that period; 20 of 35 in the second."""
    agreement = paying_results()
    verify(declare(agreement, quantity="60"))
    second = verify(declare(agreement, 2, "35"))
    assert (second.verified, second.counted, second.amount) == (D("35"), D("20"), D("20000.00"))
    assert OutcomeBalance.objects.get().counted == D("80")
    found = results_of(agreement)
    assert (found.counted, found.cap_left, found.due, found.paid, found.left) == (
        D("80"), D("0"), D("70000.00"), D("0.00"), D("30000.00"),
    )  # fmt: skip
    requested(instalment(agreement))
    assert [(one.due, one.paid, one.left) for one in results_of(agreement).periods] == [
        (D("50000.00"), D("50000.00"), D("0.00")),
        (D("20000.00"), D("0.00"), D("20000.00")),
    ]


def test_period_without_a_result_owes_nothing_and_stops_no_other():
    agreement = paying_results(cap=None)
    verify(declare(agreement, quantity="0"))
    assert checklist_of(instalment(agreement)).unmet == ["la quantité vérifiée donne un montant à verser"]
    verify(declare(agreement, 2, "10"))
    assert (results_of(agreement).cap_left, requested(instalment(agreement, 2)).amount) == (None, D("10000.00"))


def test_two_instalments_of_a_period_share_what_is_due():
    halves = ((InstalmentKind.MILESTONE, 1, 30), (InstalmentKind.MILESTONE, 1, 30), (InstalmentKind.MILESTONE, 2, 40))
    agreement = paying_results(schedule=halves)
    verify(declare(agreement, quantity="40"))
    assert [requested(instalment(agreement, position)).amount for position in (1, 2)] == [D("30000.00"), D("10000.00")]


def test_refused_quantity_may_be_declared_again():
    agreement = paying_results()
    declaration, officer = declare(agreement), person_with(Role.OFFICER)
    with pytest.raises(Invalid):
        acts.refuse_outcome(milestone_id=declaration.milestone_id, reason=" ", actor=officer, now=NOW)
    refused = acts.refuse_outcome(milestone_id=declaration.milestone_id, reason="Pièce illisible", actor=officer, now=NOW)
    assert (refused.state, refused.amount, refused.milestone.state) == (OutcomeState.REFUSED, D("0.00"), MilestoneState.REFUSED)
    assert verify(declare(agreement, quantity="5")).amount == D("5000.00")


def test_same_days_are_never_declared_twice():
    agreement = paying_results()
    declare(agreement)
    with pytest.raises(WrongState, match="recoupe une autre"):
        declare(agreement, 2, period=(date(2027, 1, 31), date(2027, 3, 15)))
    with pytest.raises(WrongState, match="déjà déclaré"):
        declare(agreement)


def test_declaration_says_what_is_wrong_with_it():
    agreement = paying_results()
    for period, quantity, errors in (
        ((date(2027, 2, 1), date(2027, 1, 1)), "1", {"period_end": "La fin de la période suit son début."}),
        (
            (date(2026, 1, 1), date(2027, 1, 1)),
            "-1",
            {
                "period_start": "La période sort de la convention, qui va du 2026-12-01 au 2027-03-31.",
                "quantity": "Inscrivez une quantité positive, ou 0.",
            },
        ),
    ):
        with pytest.raises(Invalid) as refused:
            declare(agreement, quantity=quantity, period=period)
        assert refused.value.errors == errors


def test_period_to_come_is_not_declared():
    with pytest.raises(Invalid) as refused:
        declare(paying_results(), now=NOW)
    assert refused.value.errors == {"period_end": "La période n’est pas finie : déclarez ce qui est atteint jusqu’à aujourd’hui."}


def test_who_declares_or_advises_does_not_verify():
    agreement = paying_results()
    declaration, adviser = declare(agreement), person_with(Role.ADVISER, Role.OFFICER)
    advised_by(adviser, agreement.project.application)
    for person in (adviser, member_of(agreement), person_with(Role.CONTROLLER)):
        with pytest.raises(NotAllowed):
            verify(declaration, actor=person)
    with pytest.raises(NotAllowed):
        declare(paying_results(), actor=person_with(Role.WRITER))
    assert refusal(*decided(declaration, adviser)) == "adviser_is_apart"
    assert refusal(*decided(declaration, declaration.declared_by)) == "outcome_decided_by_another"


DECIDED = """UPDATE funding_outcomedeclaration SET state = 'verified', verified = quantity, counted = %s, amount = %s, decided_by_id = %s,
    decided_at = now() WHERE id = %s"""


def decided(declaration, person, counted=30, amount="30000.00"):
    return DECIDED, counted, amount, person.pk, declaration.pk


# ── What a milestone of such an agreement does not do any more ───────────────────────────────────────────────────────
def test_measured_milestone_is_neither_reported_nor_verified_without_its_quantity():
    agreement = paying_results()
    milestone, officer = agreement.milestones.get(position=1), person_with(Role.OFFICER)
    given = {"milestone_id": milestone.pk, "now": NOW}
    with pytest.raises(WrongState, match="se paie aux résultats"):
        milestones.report_milestone(report="Fait", evidence=upload(), actor=member_of(agreement), **given)
    with pytest.raises(WrongState, match="n’attend pas de vérification"):
        verify_nothing(milestone, officer)
    declare(agreement)
    for step, more in (
        (milestones.verify_milestone, {}),
        (milestones.accept_milestone_partly, {"share": D("0.5"), "reason": "Moitié"}),
        (milestones.refuse_milestone, {"reason": "Non"}),
    ):
        with pytest.raises(WrongState, match="se paie aux résultats"):
            step(actor=officer, **given, **more)
    assert str(write_claim(member_of(agreement), instalment(agreement), NOW).reason).startswith("Cette convention paie des résultats")


def verify_nothing(milestone, officer):
    acts.verify_outcome(milestone_id=milestone.pk, quantity=D("1"), actor=officer, now=NOW)


def test_milestone_of_another_agreement_has_no_quantity():
    agreement = agreement_in_force()
    with pytest.raises(WrongState, match="ne se paie pas aux résultats"):
        declare(agreement)
    assert results_of(agreement) is None
    milestone = agreement.milestones.get(position=1)
    milestones.report_milestone(milestone_id=milestone.pk, report="Fait", evidence=upload(), actor=member_of(agreement), now=NOW)
    with pytest.raises(WrongState, match="Aucune quantité"):
        verify_nothing(milestone, person_with(Role.OFFICER))


# ── The draft ────────────────────────────────────────────────────────────────────────────────────────────────────────
def results_award():
    call = results_call()
    reserve(call=call, amounts={2026: D("1000000.00")}, actor=None, now=NOW)
    return approved(call=call, total_cost=D("62500.00"))


def test_draft_says_what_it_pays_for_without_advance_nor_holdback():
    award, officer = results_award(), person_with(Role.OFFICER)
    with pytest.raises(Invalid, match="Inscrivez le résultat mesuré"):
        draft_agreement(award_id=award.pk, actor=officer, now=NOW)
    for wrong, said in (
        (OutcomeTerms(" ", "logement", D("1000.00")), "Nommez le résultat mesuré et son unité."),
        (OutcomeTerms("Logements", "logement", D("0.00")), "plus grands que zéro"),
        (OutcomeTerms("Logements", "logement", D("1.00"), D("0")), "plus grands que zéro"),
    ):
        with pytest.raises(Invalid, match=said):
            draft_agreement(award_id=award.pk, outcome=wrong, actor=officer, now=NOW)
    agreement = draft_agreement(award_id=award.pk, outcome=TERMS, actor=officer, now=NOW)
    assert list(agreement.instalments.order_by("position").values_list("kind", "amount")) == [
        ("milestone", D("25000.00")),
        ("milestone", D("25000.00")),
    ]
    assert agreement.outcome.unit_price == D("1000.00")
    again = redraft(agreement, officer, OutcomeTerms("Logements loués", "logement", D("900.00")))
    assert (OutcomeSchedule.objects.get().metric, again.version) == ("Logements loués", 2)
    with pytest.raises(Invalid, match="n’a ni avance ni retenue"):
        redraft(again, officer, TERMS, kind=InstalmentKind.HOLDBACK)


def redraft(agreement, officer, outcome, kind=InstalmentKind.MILESTONE):
    return redraft_agreement(
        agreement_id=agreement.pk,
        version=agreement.version,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        milestones=draft_milestones(agreement.milestones.order_by("position")),
        instalments=[PlannedInstalment(kind, 1, 2026, D("50000.00"))],
        outcome=outcome,
        actor=officer,
        now=NOW,
    )


def test_another_call_has_no_schedule_of_results():
    with pytest.raises(Invalid, match="Seul un appel"):
        draft_agreement(award_id=approved().pk, outcome=TERMS, actor=person_with(Role.OFFICER), now=NOW)


# ── What the database refuses by itself ──────────────────────────────────────────────────────────────────────────────
def test_database_refuses_what_no_result_earned():
    """One agreement, each statement refused by the name of its rule."""
    agreement, officer = paying_results(), person_with(Role.OFFICER)
    declaration = declare(agreement)
    assert refusal("UPDATE funding_outcomeschedule SET unit_price = 1") == "outcome_is_signed_as_drafted"
    assert refusal("UPDATE outcome_balance SET counted = 0") == "permission denied for table outcome_balance"
    assert refusal("DELETE FROM funding_outcomedeclaration") == "permission denied for table funding_outcomedeclaration"
    assert refusal("DELETE FROM funding_outcomeschedule") == "outcome_is_signed_as_drafted"
    assert refusal("UPDATE funding_outcomedeclaration SET quantity = 31") == "outcome_is_never_rewritten"
    assert refusal(*decided(declaration, officer, amount="30000.01")) == "outcome_is_price_times_quantity"
    assert refusal(*decided(declaration, officer, counted=31, amount="31000.00")) == "outcome_counts_what_is_verified"
    assert refusal(*payment(agreement, "0.01")) == "payment_has_its_milestone"
    verify(declaration)
    assert refusal(*payment(agreement, "30000.01")) == "payment_within_verified_outcome"
    requested(instalment(agreement))
    assert refusal(*payment(agreement, "30000.00")) == "payment_one_live_per_instalment"
    assert refusal(*decided(declaration, officer)) == "outcome_is_never_rewritten"
    other = agreement_in_force(ApplicationFactory(state=ApplicationState.CONVERTED))
    assert refusal("INSERT INTO funding_outcomeschedule (agreement_id, metric, unit, unit_price) VALUES (%s, 'm', 'u', 1)", other.pk) == (
        "outcome_needs_its_modality"
    )
    assert refusal(ELSEWHERE, other.milestones.get(position=1).pk) == "outcome_is_of_its_agreement"


ELSEWHERE = """INSERT INTO funding_outcomedeclaration (schedule_id, milestone_id, state, period_start, period_end, quantity, document_id,
    declared_by_id, declared_at, reason) SELECT schedule_id, %s, 'declared', '2027-03-20', '2027-03-21', 1, document_id, declared_by_id,
    now(), '' FROM funding_outcomedeclaration"""
PAID = """INSERT INTO funding_payment (number, instalment_id, amount, fiscal_year, state, requested_by_id, requested_at,
    attests_legal_basis, attests_credit, attests_due, rejection_reason, reversal_reason, attempt, order_number)
    SELECT 'VER-X', %s, %s, 2026, 'requested', %s, now(), true, true, true, '', '', 1, ''"""


def payment(agreement, amount):
    return PAID, instalment(agreement).pk, amount, person_with(Role.PAYMENT_REQUESTER).pk


def test_advance_of_an_agreement_that_pays_results_is_refused():
    agreement = paying_results(schedule=SCHEDULE)
    with pytest.raises(WrongState, match="quantité déclarée"):
        requested(instalment(agreement))
    assert refusal(*payment(agreement, "0.01")) == "payment_advance_within_terms"


def test_cap_is_held_by_its_counter():
    agreement, officer = paying_results(cap="20"), person_with(Role.OFFICER)
    declaration = declare(agreement)
    assert refusal(*decided(declaration, officer)) == "outcome_balance_within_cap"
    assert verify(declaration).counted == D("20")


def test_attestations_are_asked_as_for_any_payment():
    agreement = paying_results()
    verify(declare(agreement))
    with pytest.raises(Invalid):
        payments.request_payment(
            instalment_id=instalment(agreement).pk, attestations={}, actor=person_with(Role.PAYMENT_REQUESTER), now=NOW
        )


def test_amendment_changes_the_periods_to_come_and_never_a_declared_one():
    agreement = paying_results()
    declaration = declare(agreement)
    verify(declaration)
    amended(agreement, amount=D("80000.00"))
    first, second = agreement.milestones.order_by("position")
    assert [(one.milestone.pk, one.scheduled, one.due) for one in results_of(agreement).periods] == [
        (first.pk, D("50000.00"), D("30000.00")),
        (second.pk, D("30000.00"), D(0)),
    ]
    assert scheduled_for(second) == D("30000.00")
    later = verify(declare(agreement, position=2, quantity="40"))  # 40 000 $ of results, in a period that has 30 000 $ left
    assert later.amount == D("30000.00")

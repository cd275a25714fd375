"""The Secretariat's costs: two people, the same counters as any other money, its own 30 M$ refused to the cent."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid, NotAllowed, WrongState
from funding.enums import CostKind, CostMoveKind, CostMoveState, LedgerKind
from funding.models import CostYear, EnvelopeYear, LedgerEntry, SecretariatCost
from funding.queries.costs import cost_figures, cost_moves_for, costs_for, current_forecast, rows_left
from funding.queries.envelopes import envelope_lines
from funding.services.costs import CostPart, approve_cost_move, propose_cost, propose_cost_entry, propose_cost_forecast, refuse_cost_move
from funding.services.credit_moves import Account
from funding.services.year_end import Choices, prepare_year_end
from projects.enums import EnvelopeCode, Role
from projects.models import JournalEntry
from reporting.queries.invariants import check
from tests.factories import NOW, person_with
from tests.funding.costs import HUNDRED, approved, committed, corrected, entered, forecast, proposed, terms
from tests.funding.credit import TERMS, account

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")
YEARLY = Decimal("6000000.00")


def broken():
    return {finding.invariant.code: finding.broken for finding in check() if finding.broken}


def of(year, kind=None):
    return next(line for line in cost_figures() if (line.fiscal_year, line.kind) == (year, kind))


def test_contract_of_three_years_commits_a_part_of_each_once_another_person_approves():
    parts = [CostPart(year, HUNDRED * n) for n, year in enumerate((2026, 2027, 2028), 1)]
    move = proposed(*parts)
    assert (move.state, LedgerEntry.objects.filter(cost__isnull=False).count()) == (CostMoveState.PROPOSED, 0)
    approver = person_with(Role.HEAD)
    approved(move, approver)
    rows = LedgerEntry.objects.filter(cost=move.cost).order_by("fiscal_year")
    assert [(row.envelope.code, row.fiscal_year, row.kind, row.amount, row.reference, row.recorded_by) for row in rows] == [
        (EnvelopeCode.SECRETARIAT, 2026, LedgerKind.COMMITMENT, HUNDRED, "CT-2026-014", approver),
        (EnvelopeCode.SECRETARIAT, 2027, LedgerKind.COMMITMENT, 2 * HUNDRED, "CT-2026-014", approver),
        (EnvelopeCode.SECRETARIAT, 2028, LedgerKind.COMMITMENT, 3 * HUNDRED, "CT-2026-014", approver),
    ]
    assert (of(2027).committed, of(2027).available, of(None).committed) == (2 * HUNDRED, YEARLY - 2 * HUNDRED, 6 * HUNDRED)
    entry = JournalEntry.objects.order_by("-pk")[:1].get()
    assert (entry.act, broken()) == ("approve_cost_move", {})


def test_what_the_secretariat_commits_and_pays_is_in_the_figures_of_its_envelope():
    cost = committed()
    approved(entered(cost, Decimal("40000.00")))
    found = next(one for one in envelope_lines() if one.envelope.code == EnvelopeCode.SECRETARIAT)
    line = next(line for line in found.lines if line.fiscal_year == 2026)
    assert (line.committed, line.paid, line.unpaid, line.available) == (HUNDRED, Decimal("40000.00"), Decimal("60000.00"), YEARLY - HUNDRED)
    counter = CostYear.objects.get(cost=cost)
    assert (counter.committed, counter.paid, broken()) == (HUNDRED, Decimal("40000.00"), {})


def test_credit_of_a_year_is_committed_to_the_last_cent_and_no_further():
    committed(CostPart(2026, YEARLY - HUNDRED))
    with pytest.raises(EnvelopeExceeded, match="SECRETARIAT n’a plus que 100\u00a0000,00\u00a0\\$ en 2026-2027"):
        approved(proposed(CostPart(2026, HUNDRED + CENT)))
    committed(CostPart(2026, HUNDRED))
    counter = EnvelopeYear.objects.get(envelope__code=EnvelopeCode.SECRETARIAT, fiscal_year=2026)
    assert (counter.committed, counter.authorised, broken()) == (YEARLY, YEARLY, {})


def test_payment_above_what_is_committed_for_the_year_is_refused_to_the_cent():
    cost = committed(CostPart(2026, HUNDRED), CostPart(2027, HUNDRED))
    approved(entered(cost, HUNDRED - CENT))
    with pytest.raises(EnvelopeExceeded, match="laisse 0,01\u00a0\\$ à payer en 2026-2027\u00a0: 0,02\u00a0\\$ demandés"):
        approved(entered(cost, Decimal("0.02")))
    approved(entered(cost, CENT))
    assert (of(2026).paid, of(2026).unpaid, of(2027).unpaid) == (HUNDRED, Decimal(0), HUNDRED)


def test_one_more_commitment_adds_to_the_year():
    cost = committed()
    approved(entered(cost, HUNDRED, CostMoveKind.COMMITMENT))
    assert of(2026).committed == 2 * HUNDRED


def test_payment_is_corrected_by_a_contra_entry_in_part_then_in_full_and_no_further():
    cost = committed()
    approved(entered(cost, HUNDRED))
    row = LedgerEntry.objects.get(cost=cost, kind=LedgerKind.PAYMENT)
    approved(corrected(cost, row.pk, Decimal("30000.00")))
    assert (of(2026).paid, dict(rows_left(cost))[row]) == (Decimal("70000.00"), Decimal("70000.00"))
    with pytest.raises(Invalid) as refused:
        corrected(cost, row.pk, HUNDRED)
    assert refused.value.errors == {"amount": "Inscrivez un montant de 0,01 à 70\u00a0000,00\u00a0$."}
    twice = [corrected(cost, row.pk, Decimal("70000.00")) for _n in range(2)]
    approved(twice[0])
    with pytest.raises(WrongState, match="renversée de plus que son montant"):
        approved(twice[1])
    assert (of(2026).paid, row in dict(rows_left(cost)), broken()) == (Decimal(0), False, {})


def test_commitment_is_not_taken_back_below_what_is_paid():
    cost = committed()
    approved(entered(cost, HUNDRED - CENT))
    row = LedgerEntry.objects.get(cost=cost, kind=LedgerKind.COMMITMENT)
    with pytest.raises(EnvelopeExceeded):
        approved(corrected(cost, row.pk, Decimal("0.02")))
    approved(corrected(cost, row.pk, CENT))
    assert of(2026).committed == HUNDRED - CENT


def test_salaries_have_full_time_equivalents_which_a_correction_takes_back_in_proportion():
    cost = committed(CostPart(2026, HUNDRED, Decimal("1.50")), kind=CostKind.SALARIES, supplier="")
    row = LedgerEntry.objects.get(cost=cost)
    approved(corrected(cost, row.pk, HUNDRED / 2))
    found = of(2026, CostKind.SALARIES)
    assert (found.fte, found.committed, of(2026).fte, of(2026, CostKind.OTHER).fte) == (Decimal("0.75"), HUNDRED / 2, Decimal("0.75"), 0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"parts": []}, "amount"),
        ({"parts": [CostPart(2026, Decimal(0))]}, "amount"),
        ({"parts": [CostPart(2031, HUNDRED)]}, "fiscal_year"),
        ({"parts": [CostPart(2026, HUNDRED, Decimal(1))]}, "fte"),
        ({"kind": CostKind.SALARIES}, "fte"),
        ({"supplier": " "}, "supplier"),
        ({"title": " "}, "title"),
        ({"terms": terms(" ")}, "reference"),
        ({"terms": terms(reason=" ")}, "reason"),
        ({"terms": terms(effective_on=NOW.date() + timedelta(days=1))}, "effective_on"),
    ],
)
def test_cost_that_does_not_hold_together_is_refused_by_field(given, field):
    parts = given.pop("parts", [CostPart(2026, HUNDRED)])
    with pytest.raises(Invalid) as refused:
        proposed(*parts, **given) if parts else _propose_nothing()
    assert list(refused.value.errors) == [field]
    assert SecretariatCost.objects.count() == 0


def _propose_nothing():
    propose_cost(kind=CostKind.OTHER, title="T", supplier="", parts=[], terms=terms(), actor=person_with(Role.DIRECTOR), now=NOW)


def test_correction_names_a_row_of_that_cost_and_an_amount_within_it():
    cost, other = committed(), committed(terms=terms("CT-2"))
    row = LedgerEntry.objects.get(cost=other)
    for entry, amount, field in ((row.pk, HUNDRED, "reverses"), (None, HUNDRED, "reverses")):
        with pytest.raises(Invalid) as refused:
            propose_cost_entry(
                cost_id=cost.pk, kind=CostMoveKind.CORRECTION, reverses_id=entry, amount=amount, terms=terms(),
                actor=person_with(Role.DIRECTOR), now=NOW,
            )  # fmt: skip
        assert list(refused.value.errors) == [field]
    with pytest.raises(Invalid) as refused:
        corrected(other, row.pk, HUNDRED + CENT)
    assert list(refused.value.errors) == ["amount"]


def test_who_enters_does_not_approve_and_others_do_neither():
    both = person_with(Role.DIRECTOR, Role.HEAD)
    move = proposed(actor=both)
    with pytest.raises(NotAllowed, match="une autre personne doit en décider"):
        approve_cost_move(move_id=move.pk, actor=both, now=NOW)
    for act, role in ((approve_cost_move, Role.DIRECTOR), (approve_cost_move, Role.AUDITOR)):
        with pytest.raises(NotAllowed):
            act(move_id=move.pk, actor=person_with(role), now=NOW)
    with pytest.raises(NotAllowed):
        proposed(actor=person_with(Role.CONTROLLER))
    assert LedgerEntry.objects.filter(cost__isnull=False).count() == 0


def test_refusal_has_a_reason_moves_nothing_and_is_final():
    move, head = proposed(), person_with(Role.HEAD)
    with pytest.raises(Invalid):
        refuse_cost_move(move_id=move.pk, reason=" ", actor=head, now=NOW)
    refused = refuse_cost_move(move_id=move.pk, reason="Hors budget", actor=head, now=NOW)
    assert (refused.state, refused.refusal_reason, of(2026).committed) == (CostMoveState.REFUSED, "Hors budget", 0)
    with pytest.raises(WrongState, match="déjà décidée"):
        approve_cost_move(move_id=move.pk, actor=head, now=NOW)


def test_forecast_is_a_version_that_the_approved_one_replaces_and_writes_no_row():
    first = forecast(CostPart(2026, HUNDRED, Decimal("2.00"), CostKind.SALARIES), CostPart(2027, HUNDRED, kind=CostKind.OTHER))
    assert (current_forecast(), of(None).forecast) == (None, 0)
    approved(first)
    second = forecast(CostPart(2026, 3 * HUNDRED, Decimal("3.00"), CostKind.SALARIES), reason="Deux embauches")
    assert (current_forecast(), of(2026, CostKind.SALARIES).forecast, of(None).forecast) == (first, HUNDRED, 2 * HUNDRED)
    approve_cost_move(move_id=second.pk, actor=person_with(Role.HEAD), now=NOW + timedelta(days=1))
    line = of(2026, CostKind.SALARIES)
    assert (current_forecast(), line.forecast, line.fte_forecast, of(2027).forecast) == (second, 3 * HUNDRED, Decimal("3.00"), 0)
    assert (of(2026).margin, LedgerEntry.objects.filter(cost__isnull=False).count(), broken()) == (YEARLY - 3 * HUNDRED, 0, {})


@pytest.mark.parametrize(("parts", "reason", "field"), [([], " ", "reason"), ([CostPart(2040, HUNDRED)], "Motif", "parts")])
def test_forecast_has_its_reason_and_years_of_the_fund(parts, reason, field):
    with pytest.raises(Invalid) as refused:
        propose_cost_forecast(parts=parts, reason=reason, actor=person_with(Role.DIRECTOR), now=NOW)
    assert list(refused.value.errors) == [field]


def test_costs_are_read_by_readers_of_the_envelopes_alone():
    move = proposed()
    for role, count in ((Role.AUDITOR, 1), (Role.WRITER, 0), (Role.REVIEWER, 0)):
        reader = person_with(role)
        assert (costs_for(reader, NOW).count(), cost_moves_for(reader, NOW).filter(pk=move.pk).count()) == (count, count)


def test_year_does_not_end_while_a_cost_is_not_paid():
    later = NOW.replace(year=2027, month=4, day=3)
    cost = committed()
    end = {"account": Account(account("SECRETARIAT").envelope_id, 2026), "choices": Choices(), "terms": TERMS, "now": later}
    with pytest.raises(WrongState, match="100\u00a0000,00\u00a0\\$ d’engagements non payés du Secrétariat"):
        prepare_year_end(actor=person_with(Role.CONTROLLER), **end)
    approved(entered(cost, HUNDRED))
    assert prepare_year_end(actor=person_with(Role.CONTROLLER), **end).lines.get().amount == HUNDRED - YEARLY

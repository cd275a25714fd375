"""A fiscal year that has ended leaves credit = commitments = payments: what is unpaid moves or is released, the rest lapses."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState, act
from funding.enums import LedgerKind
from funding.models import AgreementBalance, Envelope
from funding.queries.envelopes import envelope_lines
from funding.queries.year_end import year_left
from funding.services.credit_moves import Terms, approve_credit_move
from funding.services.envelopes import Posting, post
from funding.services.year_end import Choices, prepare_year_end
from projects.enums import Role
from projects.services.journal import money_clock, note
from reporting.queries.invariants import check
from tests.factories import NOW, agreement_in_force, person_with, recuse, reserve, reserved_call
from tests.funding.credit import account
from tests.races.test_guards import pay

pytestmark = pytest.mark.django_db
VECTORS = json.loads((Path(__file__).parents[2] / "reporting" / "data" / "roi_vectors.json").read_text())
AFTER = datetime(2027, 4, 15, 16, tzinfo=UTC)
TERMS = Terms("C.T. 2027-9", "Fin d’exercice", date(2027, 4, 15))


def paid(amount, reference):
    agreement = agreement_in_force()
    pay(agreement=agreement, reference=reference, amount=Decimal(amount), actor=person_with(Role.CONTROLLER), now=NOW)
    return agreement


def prepare(choices=None, **given):
    given = {"account": account(), "terms": TERMS, "actor": person_with(Role.CONTROLLER), "now": AFTER, **given}
    return prepare_year_end(choices=choices or Choices(), **given)


def close(choices=None):
    move = prepare(choices)
    approve_credit_move(move_id=move.pk, actor=person_with(Role.HEAD), now=AFTER)
    return move


def line(year):
    return next(one for one in envelope_lines()[0].lines if one.fiscal_year == year)


def test_year_closes_at_zero_with_what_is_unpaid_moved_and_the_free_credit_lapsed():  # T22
    agreement = paid("40000.00", "P-1")
    move = close()
    closed, following = line(2026), line(2027)
    assert (closed.open, closed.committed, closed.paid) == (Decimal("40000.00"),) * 3
    assert str(closed.open - closed.paid) == VECTORS["T22_balance_identity"]["closing"]
    assert (closed.carried, closed.lapsed) == (Decimal("-60000.00"), Decimal("53900000.00"))
    assert (following.carried, following.committed, following.available) == (
        Decimal("60000.00"), Decimal("60000.00"), Decimal("54000000.00"),
    )  # fmt: skip
    balance = AgreementBalance.objects.get(agreement=agreement)
    assert (balance.committed, balance.paid) == (Decimal("100000.00"), Decimal("40000.00"))
    assert [row.reverses_id is not None for row in move.entries.order_by("pk")] == [True, False, False, False, False]
    assert [finding.invariant.code for finding in check() if finding.broken] == []
    with pytest.raises(WrongState, match="déjà fermé"):
        prepare()


def test_released_commitment_leaves_its_agreement_with_what_is_paid_and_may_be_carried():
    moved, released = paid("40000.00", "P-1"), paid("25000.00", "P-2")
    close(Choices(Decimal("75000.00"), {released.pk}))
    closed, following = line(2026), line(2027)
    assert (closed.open, closed.committed, closed.paid, closed.carried) == (*(Decimal("65000.00"),) * 3, Decimal("-135000.00"))
    assert (following.carried, following.committed) == (Decimal("135000.00"), Decimal("60000.00"))
    committed = dict(AgreementBalance.objects.order_by("pk").values_list("agreement_id", "committed"))
    assert committed == {moved.pk: Decimal("100000.00"), released.pk: Decimal("25000.00")}


def test_payment_made_meanwhile_refuses_the_approval():
    agreement = paid("40000.00", "P-1")
    move = prepare()
    pay(agreement=agreement, reference="P-2", amount=Decimal("10000.00"), actor=person_with(Role.CONTROLLER), now=NOW)
    with pytest.raises(WrongState, match="préparez-la de nouveau"):
        approve_credit_move(move_id=move.pk, actor=person_with(Role.HEAD), now=AFTER)
    assert not move.entries.exists()


@act
def commit_less(*, agreement, actor, now, key=None):
    envelope = Envelope.objects.get(code="PROJECTS")
    rows = [(2026, Decimal("-70000.00")), (2027, Decimal("70000.00"))]
    postings = [
        Posting(envelope.pk, year, LedgerKind.COMMITMENT, amount, NOW.date(), call_id=agreement.project.call_id, agreement_id=agreement.pk)
        for year, amount in rows
    ]
    post(postings, actor=actor, recorded_at=money_clock(now))
    note(agreement)


def test_year_that_cannot_close_says_why():
    with pytest.raises(WrongState, match="n’est pas terminé"):
        prepare(now=NOW, terms=Terms("C.T.", "Fin", NOW.date()))
    agreement = paid("40000.00", "P-1")
    commit_less(agreement=agreement, actor=None, now=NOW)
    with pytest.raises(WrongState, match=f"pour {agreement.number}\u00a0"):
        prepare()
    reserve(call=reserved_call(), amounts={2026: Decimal("1000.00")}, actor=None, now=NOW)
    with pytest.raises(WrongState, match="de réservations"):
        prepare()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"choices": Choices(Decimal("54000000.01"))}, "carried"),
        ({"choices": Choices(Decimal("-0.01"))}, "carried"),
        ({"terms": Terms("", "Fin", AFTER.date())}, "authority"),
    ],
)
def test_unsound_year_end_names_its_field(given, field):
    with pytest.raises(Invalid) as refused:
        prepare(**given)
    assert list(refused.value.errors) == [field]


def test_last_year_of_the_fund_carries_nothing():
    late = datetime(2029, 5, 1, 16, tzinfo=UTC)
    given = {"account": account(year=2028), "now": late, "terms": Terms("C.T.", "Fin", date(2029, 5, 1))}
    with pytest.raises(Invalid) as refused:
        prepare(Choices(Decimal("1.00")), **given)
    assert "dernier exercice" in refused.value.errors["carried"]
    assert [row.kind for row in prepare(**given).lines.all()] == [LedgerKind.LAPSE]


def test_another_person_than_the_controller_approves():
    with pytest.raises(NotAllowed):
        prepare(actor=person_with(Role.HEAD))
    both = person_with(Role.CONTROLLER, Role.HEAD)
    move = prepare(actor=both)
    with pytest.raises(NotAllowed, match="une autre personne"):
        approve_credit_move(move_id=move.pk, actor=both, now=AFTER)
    assert not year_left(move.envelope_id, 2026).is_closed


def test_recusal_from_one_file_keeps_from_the_whole_year():
    agreement, controller, head = paid("40000.00", "P-1"), person_with(Role.CONTROLLER), person_with(Role.HEAD)
    for person in (controller, head):
        recuse(person, agreement.project.application)
    with pytest.raises(NotAllowed, match="récusation"):
        prepare(actor=controller)
    move = prepare()
    with pytest.raises(NotAllowed, match="récusation"):
        approve_credit_move(move_id=move.pk, actor=head, now=AFTER)

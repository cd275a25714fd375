"""No draw-down without a law in force, none above its ceiling; payments above the cash are shown, or refused when the rule says so."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid, NotAllowed, WrongState
from funding.enums import CashMode, CreditMoveKind, DrawAuthorityState, LedgerKind
from funding.models import CashBalance, LedgerEntry
from funding.queries.cash import authority_lines, cash_mode, cash_position, is_in_force
from funding.services.cash import adopt_authority, bring_authority_into_force, record_authority, record_cash, reverse_cash, set_cash_rule
from projects.enums import Role
from reporting.queries.drawdowns import COLUMNS, drawdown_rows
from reporting.queries.invariants import check
from reporting.services.audit import verify_database
from tests.factories import NOW, agreement_in_force, person_with
from tests.funding.credit import approved, authority, in_force, received
from tests.races.test_guards import pay
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
THOUSAND = Decimal("1000.00")
TODAY = NOW.date()


def broken():
    return {finding.invariant.code for finding in check() if finding.broken}


def spend(amount=THOUSAND, reference="P-1"):
    pay(agreement=agreement_in_force(), reference=reference, amount=amount, actor=person_with(Role.CONTROLLER), now=NOW)


def block(actor=None):
    set_cash_rule(mode=CashMode.BLOCK, valid_from=TODAY, source="C.T. 2026-1", actor=actor or person_with(Role.HEAD), now=NOW)


def test_authority_allows_draws_once_it_is_in_force():
    found = authority()
    assert not is_in_force(TODAY, NOW)
    with pytest.raises(WrongState, match="sans une autorisation en vigueur"):
        received(THOUSAND, under=found)
    with pytest.raises(WrongState):
        bring_authority_into_force(authority_id=found.pk, on=TODAY, actor=person_with(Role.HEAD), now=NOW)
    ready = in_force()
    received(THOUSAND, under=ready)
    assert is_in_force(TODAY, NOW)
    assert not is_in_force(date(2026, 11, 1), NOW)
    assert not is_in_force(TODAY, NOW - timedelta(days=1))
    with pytest.raises(WrongState):
        received(THOUSAND, under=ready, reference="tôt", effective_on=date(2026, 11, 1))
    lines = {line.authority.pk: (line.state, line.drawn, line.left, line.last_on) for line in authority_lines(TODAY, NOW)}
    assert lines == {
        found.pk: (DrawAuthorityState.PROPOSED, Decimal("0.00"), Decimal("100000.00"), None),
        ready.pk: (DrawAuthorityState.IN_FORCE, THOUSAND, Decimal("99000.00"), date(2026, 11, 20)),
    }
    assert broken() == set()


def test_another_person_says_that_it_is_in_force():
    head = person_with(Role.HEAD)
    found = authority(actor=head)
    with pytest.raises(NotAllowed, match="une autre personne"):
        bring_authority_into_force(authority_id=found.pk, on=TODAY, actor=head, now=NOW)


def test_draws_stop_at_the_ceiling_and_a_correction_frees_it():
    ready = in_force(THOUSAND)
    first = received(THOUSAND, under=ready)
    with pytest.raises(EnvelopeExceeded) as refused:
        received(Decimal("0.01"), under=ready)
    assert refused.value.details["margin"] == "0.00"
    controller = person_with(Role.CONTROLLER)
    reverse_cash(entry_id=first.pk, actor=controller, now=NOW)
    with pytest.raises(WrongState, match="déjà corrigée"):
        reverse_cash(entry_id=first.pk, actor=controller, now=NOW)
    received(Decimal("400.00"), under=ready)
    assert cash_position(TODAY, NOW).drawn == Decimal("400.00")
    assert broken() == set()


def test_position_adds_what_came_in_and_takes_what_was_paid():
    received(Decimal("300.00"), under=in_force())
    received(Decimal("200.00"))
    approved(CreditMoveKind.REINVESTMENT, Decimal("50.00"))
    spend()
    position = cash_position(TODAY, NOW)
    assert (position.drawn, position.received, position.reinvested, position.paid, position.cash) == (
        Decimal("300.00"), Decimal("200.00"), Decimal("50.00"), THOUSAND, Decimal("-450.00"),
    )  # fmt: skip
    balance = CashBalance.objects.get()
    assert (balance.drawn, balance.received, balance.reinvested, balance.paid, balance.enforced) == (
        Decimal("300.00"), Decimal("200.00"), Decimal("50.00"), THOUSAND, False,
    )  # fmt: skip
    assert broken() == set()
    assert verify_database().checked["cash"] == 2


def test_payment_above_the_cash_is_refused_when_the_rule_blocks():
    block()
    assert cash_mode(TODAY) == CashMode.BLOCK
    with pytest.raises(EnvelopeExceeded, match="L’encaisse du Fonds") as refused:
        spend()
    assert (refused.value.details["margin"], LedgerEntry.objects.filter(kind=LedgerKind.PAYMENT).count()) == ("0.00", 0)
    received(Decimal("999.99"))
    with pytest.raises(EnvelopeExceeded):
        spend()
    received(Decimal("0.01"))
    spend()
    assert broken() == set()


def test_rule_that_blocks_still_welcomes_what_is_not_enough():
    spend()
    block()
    assert broken() == {"INV-06"}
    received(Decimal("10.00"))
    assert cash_position(TODAY, NOW).cash == Decimal("-990.00")


def test_report_gives_each_authority_and_the_cash_in_its_total():
    ready = in_force()
    received(THOUSAND, under=ready)
    rows = list(drawdown_rows(effective=TODAY, known=NOW))
    assert [list(row) for row in rows] == [list(COLUMNS)] * 2
    assert [rows[0][name] for name in ("authority", "authority_status", "ceiling", "drawn", "undrawn", "last_drawn_on", "cash")] == [
        ready.number, "in_force", "100000.00", "1000.00", "99000.00", "2026-11-20", "",
    ]  # fmt: skip
    assert [rows[1][name] for name in ("authority", "ceiling", "drawn", "net_paid", "cash")] == [
        "TOTAL", "100000.00", "1000.00", "0.00", "1000.00",
    ]  # fmt: skip
    earlier = list(drawdown_rows(effective=date(2026, 11, 1), known=NOW))
    assert [(row["authority"], row["authority_status"], row["drawn"]) for row in earlier] == [
        (ready.number, "proposed", "0.00"),
        ("TOTAL", "", "0.00"),
    ]


@pytest.mark.parametrize(
    ("act", "given", "fields"),
    [
        (record_authority, {"law": "", "article": " ", "ceiling": Decimal(0)}, ["law", "article", "ceiling"]),
        (
            record_cash,
            {"authority_id": None, "amount": Decimal(0), "source": "", "reference": " ", "effective_on": TODAY + timedelta(days=1)},
            ["amount", "reference", "effective_on"],
        ),
    ],
)
def test_unsound_entry_names_its_fields(act, given, fields):
    with pytest.raises(Invalid) as refused:
        act(actor=person_with(Role.CONTROLLER), now=NOW, **given)
    assert list(refused.value.errors) == fields


@pytest.mark.parametrize(("given", "field"), [({"source": " "}, "source"), ({"valid_from": TODAY - timedelta(days=1)}, "valid_from")])
def test_rule_has_its_source_and_never_begins_in_the_past(given, field):
    given = {"mode": CashMode.BLOCK, "valid_from": TODAY, "source": "C.T.", **given}
    with pytest.raises(Invalid) as refused:
        set_cash_rule(actor=person_with(Role.HEAD), now=NOW, **given)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize(
    ("on", "message"), [(TODAY + timedelta(days=1), "dans l’avenir"), (date(2026, 10, 1), "ne précède pas l’adoption")]
)
def test_day_in_force_is_neither_to_come_nor_before_the_adoption(on, message):
    found = authority()
    adopt_authority(authority_id=found.pk, on=date(2026, 11, 2), actor=person_with(Role.CONTROLLER), now=NOW)
    with pytest.raises(Invalid) as refused:
        bring_authority_into_force(authority_id=found.pk, on=on, actor=person_with(Role.HEAD), now=NOW)
    assert message in refused.value.errors["on"]


# ── The database alone ───────────────────────────────────────────────────────────────────────────────────────────────
_ENTRY = """INSERT INTO cash_entry (kind, authority_id, amount, fiscal_year, source, reference, effective_on, recorded_at, recorded_by_id,
              sha256) SELECT 'draw_down', d.id, %s, 2026, '', 'X', '2026-11-24', now(), d.recorded_by_id, repeat('0', 64)
              FROM funding_drawauthority d ORDER BY d.id DESC LIMIT 1"""


def test_raw_draw_needs_an_authority_in_force_and_its_ceiling():  # INV-07
    authority()
    assert refusal(_ENTRY, 1) == "draw_needs_authority_in_force"
    in_force(THOUSAND)
    assert refusal(_ENTRY, 1001) == "draw_within_ceiling"
    assert refusal("UPDATE funding_drawauthority SET ceiling = 1") == "permission denied for table funding_drawauthority"
    assert refusal("UPDATE funding_drawauthority SET state = 'proposed' WHERE state = 'in_force'") == "draw_authority_is_final"


def test_raw_payment_above_the_cash_is_refused_when_the_rule_blocks():  # INV-06
    agreement = agreement_in_force()
    block()
    statement = """INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, kind, amount, call_id, award_id, agreement_id, reference,
                     effective_on, recorded_at, sha256)
                   SELECT o.envelope_id, o.fiscal_year, y.last_seq + 1, 'payment', 1, o.call_id, o.award_id, o.agreement_id, 'P',
                     '2026-11-24', now(), repeat('0', 64)
                     FROM ledger_entry o JOIN envelope_year y USING (envelope_id, fiscal_year)
                    WHERE o.agreement_id = %s AND o.kind = 'commitment'"""
    assert refusal(statement, agreement.pk) == "cash_covers_payments"


def test_raw_correction_reverses_the_whole_of_a_row():
    entry = received(THOUSAND)
    statement = """INSERT INTO cash_entry (kind, amount, fiscal_year, source, reference, effective_on, recorded_at, recorded_by_id, sha256,
                     reverses_id) SELECT kind, -1, fiscal_year, '', reference, effective_on, now(), recorded_by_id, sha256, id
                     FROM cash_entry WHERE id = %s"""
    assert refusal(statement, entry.pk) == "cash_contra_fits"

"""Credit moves when two people agree, never below what is reserved and committed, and its rows are its approved lines."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid, NotAllowed, WrongState
from funding.enums import CreditMoveKind, CreditMoveState, LedgerKind
from funding.models import EnvelopeTotal, EnvelopeYear, LedgerEntry
from funding.queries.envelopes import envelope_lines, ledger_totals
from funding.services.credit_moves import approve_credit_move, refuse_credit_move
from projects.enums import Role
from projects.models import JournalEntry
from reporting.queries.invariants import check
from tests.factories import NOW, person_with, reserved_call
from tests.funding.credit import TERMS, account, approved, frozen, proposed

pytestmark = pytest.mark.django_db
K = CreditMoveKind
HUNDRED = Decimal("100000.00")


def line(code="PROJECTS", year=2026):
    found = next(one for one in envelope_lines() if one.envelope.code == code)
    return next(one for one in found.lines if one.fiscal_year == year)


def broken():
    return {finding.invariant.code: finding.broken for finding in check() if finding.broken}


def test_proposal_moves_nothing_and_approval_writes_its_lines():
    move = proposed(K.TRANSFER, HUNDRED, to=account(year=2027))
    assert (move.state, LedgerEntry.objects.filter(move=move).count()) == (CreditMoveState.PROPOSED, 0)
    approver = person_with(Role.HEAD)
    approve_credit_move(move_id=move.pk, actor=approver, now=NOW)
    rows = LedgerEntry.objects.filter(move=move).order_by("fiscal_year")
    assert [(row.fiscal_year, row.kind, row.amount, row.reference, row.recorded_by) for row in rows] == [
        (2026, LedgerKind.TRANSFER, -HUNDRED, move.number, approver),
        (2027, LedgerKind.TRANSFER, HUNDRED, move.number, approver),
    ]
    assert (line().open, line(year=2027).open) == (Decimal("53900000.00"), Decimal("54100000.00"))
    entry = JournalEntry.objects.order_by("-pk")[:1].get()
    assert (entry.act, broken()) == ("approve_credit_move", {})


def test_each_kind_has_its_figure():
    approved(K.FREEZE, HUNDRED)
    approved(K.THAW, Decimal("40000.00"))
    approved(K.REINVESTMENT, Decimal("25000.00"))
    found = line()
    assert (found.authorised, found.frozen, found.reinvested) == (Decimal("54000000.00"), Decimal("60000.00"), Decimal("25000.00"))
    assert (found.open, found.available) == (Decimal("53965000.00"), Decimal("53965000.00"))
    assert EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2026).authorised == found.open
    assert broken() == {}


def test_transfer_between_envelopes_moves_the_ceilings_which_still_make_the_fund_s():
    approved(K.TRANSFER, HUNDRED, to=account("SECRETARIAT"))
    assert {one.envelope.code: one.ceiling for one in envelope_lines()} == {
        "PROJECTS": Decimal("269900000.00"),
        "SECRETARIAT": Decimal("30100000.00"),
    }
    totals = {row.envelope.code: (row.ceiling, row.authorised) for row in EnvelopeTotal.objects.select_related("envelope").order_by("pk")}
    assert totals == {
        "PROJECTS": (Decimal("269900000.00"), Decimal("269900000.00")),
        "SECRETARIAT": (Decimal("30100000.00"), Decimal("30100000.00")),
    }
    assert broken() == {}


def test_between_envelopes_the_head_proposes_and_the_delegate_approves():
    with pytest.raises(NotAllowed, match="tête du Secrétariat"):
        proposed(K.TRANSFER, HUNDRED, to=account("SECRETARIAT"), actor=person_with(Role.CONTROLLER))
    move = proposed(K.TRANSFER, HUNDRED, to=account("SECRETARIAT"))
    with pytest.raises(NotAllowed, match="délégation ministérielle"):
        approve_credit_move(move_id=move.pk, actor=person_with(Role.HEAD), now=NOW)
    with pytest.raises(NotAllowed):
        approve_credit_move(move_id=move.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    assert LedgerEntry.objects.filter(move=move).count() == 0


def test_nobody_decides_what_they_proposed():
    both = person_with(Role.HEAD, Role.MINISTER_DELEGATE)
    move = frozen(HUNDRED, actor=both)
    for act, given in ((approve_credit_move, {}), (refuse_credit_move, {"reason": "Non"})):
        with pytest.raises(NotAllowed, match="une autre personne"):
            act(move_id=move.pk, actor=both, now=NOW, **given)


def test_refused_move_writes_nothing_and_is_decided_once():
    move, head = frozen(HUNDRED), person_with(Role.HEAD)
    with pytest.raises(Invalid):
        refuse_credit_move(move_id=move.pk, reason=" ", actor=head, now=NOW)
    refuse_credit_move(move_id=move.pk, reason="Pas cette année", actor=head, now=NOW)
    move.refresh_from_db()
    assert (move.state, move.refusal_reason, LedgerEntry.objects.filter(move=move).count()) == ("refused", "Pas cette année", 0)
    with pytest.raises(WrongState, match="déjà décidé"):
        approve_credit_move(move_id=move.pk, actor=head, now=NOW)


def test_freeze_leaves_what_is_reserved():
    reserved_call()
    margin = line().available
    move = frozen(margin + Decimal("0.01"))
    with pytest.raises(EnvelopeExceeded) as refused:
        approve_credit_move(move_id=move.pk, actor=person_with(Role.HEAD), now=NOW)
    assert (refused.value.details["margin"], line().frozen) == (str(margin), Decimal("0.00"))


def test_thaw_gives_back_no_more_than_was_frozen():
    approved(K.FREEZE, HUNDRED)
    with pytest.raises(WrongState, match="dépasse ce qui est gelé"):
        approved(K.THAW, HUNDRED + 1)
    approved(K.THAW, HUNDRED)
    assert line().frozen == Decimal("0.00")


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (K.FREEZE, {"amount": Decimal(0)}, "amount"),
        (K.TRANSFER, {}, "to_envelope"),
        (K.FREEZE, {"to": 2027}, "to_envelope"),
        (K.TRANSFER, {"to": 2026}, "to_year"),
        (K.TRANSFER, {"to": 2040}, "to_year"),
        (K.FREEZE, {"terms": replace(TERMS, authority=" ")}, "authority"),
        (K.FREEZE, {"terms": replace(TERMS, reason="")}, "reason"),
        (K.FREEZE, {"terms": replace(TERMS, effective_on=NOW.date() + timedelta(days=1))}, "effective_on"),
    ],
)
def test_unsound_proposal_names_its_field(kind, given, field):
    given = {"amount": HUNDRED, **given}
    if "to" in given:
        given["to"] = account(year=given["to"])
    with pytest.raises(Invalid) as refused:
        proposed(kind, **given)
    assert list(refused.value.errors) == [field]


def test_unknown_envelope_is_named():
    with pytest.raises(Invalid) as refused:
        proposed(K.FREEZE, HUNDRED, account=replace(account(), envelope_id=0))
    assert list(refused.value.errors) == ["envelope"]


def test_totals_of_ledger_rows_by_kind():
    approved(K.FREEZE, HUNDRED)
    rows = LedgerEntry.objects.filter(envelope__code="PROJECTS", fiscal_year=2026)
    assert ledger_totals(rows) == {LedgerKind.AUTHORISATION: Decimal("54000000.00"), LedgerKind.FREEZE: -HUNDRED}

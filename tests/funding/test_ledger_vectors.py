"""The published examples of the Fund's arithmetic, through the ledger itself: T10, T13 and T17 (T22 is with the end of a year)."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from fondsinnovation.kit.errors import EnvelopeExceeded, act
from funding.enums import LedgerKind
from funding.models import Envelope, LedgerEntry
from funding.queries.envelopes import envelope_lines
from funding.services.envelopes import Posting, post
from projects.services.journal import money_clock, note
from tests.factories import NOW, CallFactory, agreement_in_force, reserve

pytestmark = pytest.mark.django_db
VECTORS = json.loads((Path(__file__).parents[1] / "reporting" / "data" / "roi_vectors.json").read_text(encoding="utf-8"))
K = LedgerKind


@act
def write(*, rows, envelope="PROJECTS", agreement=None, actor, now, key=None):
    """Ledger rows of one account: (year, kind, dollars), with what one of them reverses."""
    found = Envelope.objects.get(code=envelope)
    held = {"call_id": agreement.project.call_id, "award_id": agreement.award_id, "agreement_id": agreement.pk} if agreement else {}
    postings = [
        Posting(found.pk, year, kind, Decimal(amount), NOW.date(), reference=f"{envelope}-{n}", reverses_id=undone, **held)
        for n, (year, kind, amount, undone) in enumerate(rows)
    ]
    post(postings, actor=actor, recorded_at=money_clock(now))
    note(found)


def row(year, kind, amount, undone=None):
    return year, kind, amount, undone


def total(code):
    found = next(one for one in envelope_lines() if one.envelope.code == code)
    return found.lines[-1]


def test_t10_terminated_agreement_frees_what_was_not_paid_and_what_is_credited_back():
    vector = VECTORS["T10_terminated"]
    agreement = agreement_in_force(amount=Decimal("1000000.00"))
    entry = LedgerEntry.objects.get(agreement=agreement, kind=K.COMMITMENT)
    held = total("PROJECTS").available
    write(rows=[row(2026, K.PAYMENT, "600000")], agreement=agreement, actor=None, now=NOW)
    released = [row(2026, K.COMMITMENT, "-400000", entry.pk), row(2026, K.RECOVERY, "-150000")]
    write(rows=[(*released[0],), (*released[1],)], agreement=agreement, actor=None, now=NOW)
    now_held = total("PROJECTS")
    assert now_held.available - held == Decimal(vector["envelope_release_later_year_no_recredit"])
    assert now_held.paid - now_held.recovered == Decimal(vector["net_disbursed"])
    assert now_held.unpaid == Decimal(vector["open_commitment"])
    write(rows=[row(2026, K.COMMITMENT, "-150000", entry.pk)], agreement=agreement, actor=None, now=NOW)
    assert total("PROJECTS").available - held == Decimal(vector["envelope_release_same_year"])


def test_t13_where_the_270_and_the_30_millions_stand():
    vector = VECTORS["T13_allocation"]
    small = agreement_in_force(amount=Decimal("100000.00"))
    commitments = [row(2024, K.COMMITMENT, "54000000"), row(2025, K.COMMITMENT, "54000000"), row(2026, K.COMMITMENT, "40150000")]
    write(rows=commitments, agreement=small, actor=None, now=NOW)
    write(rows=[row(2025, K.PAYMENT, "91730500.25"), row(2026, K.RECOVERY, "-230500.25")], agreement=small, actor=None, now=NOW)
    paid = [row(2024, K.COMMITMENT, "6000000"), row(2025, K.COMMITMENT, "5400000"), row(2025, K.PAYMENT, "10950000")]
    write(rows=paid, envelope="SECRETARIAT", agreement=agreement_in_force(amount=Decimal("0.04")), actor=None, now=NOW)
    found = {"PROJETS": total("PROJECTS"), "SECRETARIAT": total("SECRETARIAT")}
    assert found["PROJETS"].available == Decimal(vector["available"]["PROJETS"]) - Decimal("0.04")
    assert found["SECRETARIAT"].available == Decimal(vector["available"]["SECRETARIAT"])
    assert found["PROJETS"].unpaid == Decimal(vector["unpaid"]["PROJETS"]) + Decimal("0.04")
    assert {name: str(line.paid - line.recovered) for name, line in found.items()} == vector["net_paid"]
    assert found["SECRETARIAT"].unpaid == Decimal(vector["unpaid"]["SECRETARIAT"])
    assert str(sum(one.ceiling for one in envelope_lines())) == f"{vector['total']}.00"


def test_t17_commitment_within_both_years_or_not_at_all():
    vector = VECTORS["T17_commitment_check"]
    write(rows=[row(2024, K.AUTHORISATION, "-14000000")], actor=None, now=NOW)
    write(rows=[row(2025, K.AUTHORISATION, "6000000")], actor=None, now=NOW)
    call = CallFactory()

    def ask(**amounts):
        reserve(call=call, amounts={int(year[1:]): Decimal(amount) for year, amount in amounts.items()}, actor=None, now=NOW)

    ask(y2024="39250000", y2025="12000000")
    ask(y2024="500000", y2025="900000")
    lines = {line.fiscal_year: line.available for line in envelope_lines()[0].lines}
    assert (vector["ok"], lines[2024]) == (True, Decimal(vector["margin_2024_after_ok"]))
    with pytest.raises(EnvelopeExceeded) as refused:
        ask(y2024="800000", y2025="600000")
    assert (vector["rejected"], refused.value.details["margin"]) == (True, "250000.00")
    assert {line.fiscal_year: line.available for line in envelope_lines()[0].lines} == lines

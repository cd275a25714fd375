"""What the database holds whatever the application does: real connections, real commits, the application's own role."""

import hashlib
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection

from fondsinnovation.kit.errors import EnvelopeExceeded, act
from funding.enums import LedgerKind
from funding.models import AgreementBalance, Envelope, EnvelopeYear, LedgerEntry
from funding.services import payments as acts
from funding.services.envelopes import Posting, post
from projects.enums import Role
from projects.models import Call, JournalEntry, JournalHead, JournalLink
from projects.services.journal import money_clock, note
from tests.databases import owner_connection
from tests.factories import NOW, CallFactory, agreement_in_force, person_with, sent
from tests.races.crowd import at_once

ATTESTATIONS = dict.fromkeys(acts.ATTESTATIONS, True)
CROWD = 20
COUNTERS = ["envelope_year", "call_year", "award_year", "agreement_balance", "instalment_balance", "envelope_total"]
COUNTERS += ["journal_link", "journal_head", "cash_balance", "draw_authority_balance"]


@act
def reserve(*, call, amount, actor, now, key=None):
    envelope = Envelope.objects.get(code="PROJECTS")
    post(
        [Posting(envelope.pk, 2026, LedgerKind.RESERVATION, amount, now.date(), call_id=call.pk)],
        actor=actor,
        recorded_at=money_clock(now),
    )
    note(call)


@pytest.mark.django_db
@pytest.mark.parametrize("table", settings.APPEND_ONLY_TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_append_only_row_is_refused_by_name_to_the_application(table, statement):
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum LIMIT 1", [table])
        column = cursor.fetchone()[0]
        with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
            cursor.execute(statement.format(table, column, column))


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET amount = 1", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry CASCADE"])
def test_ledger_is_refused_by_name_even_to_its_owner(committed_db, statement):
    with owner_connection(committed_db) as owner, pytest.raises(Exception, match="ledger_entry is append-only") as refused:
        owner.execute(statement)
    assert refused.value.diag.constraint_name == "ledger_entry_append_only"


@pytest.mark.django_db
@pytest.mark.parametrize("table", COUNTERS)
def test_counter_is_never_written_by_the_application(table):
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match=f"permission denied for table {table}"):
        cursor.execute(f"INSERT INTO {table} DEFAULT VALUES")


def fill_to(margin):
    call = CallFactory()
    reserve(call=call, amount=Decimal("54000000.00") - margin, actor=None, now=NOW)
    return call


def test_crowd_of_reservations_gets_exactly_the_margin(committed_db):
    call = fill_to(Decimal("1000.00"))
    answers = at_once([lambda: reserve(call=call, amount=Decimal("100.00"), actor=None, now=NOW)] * CROWD)
    refused = [answer for answer in answers if isinstance(answer, EnvelopeExceeded)]
    assert (answers.count(None), len(refused)) == (10, 10)
    assert {answer.details["margin"] for answer in refused} == {"0.00"}
    assert all("n’a plus que 0,00\u00a0$" in answer.message for answer in refused)
    year = EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2026)
    assert (year.reserved, year.authorised) == (Decimal("54000000.00"), Decimal("54000000.00"))


def test_without_its_check_the_crowd_overspends(committed_db):
    call = fill_to(Decimal("1000.00"))
    with owner_connection(committed_db) as owner:
        owner.execute("ALTER TABLE envelope_year DROP CONSTRAINT envelope_year_within_authorised")
    answers = at_once([lambda: reserve(call=call, amount=Decimal("100.00"), actor=None, now=NOW)] * CROWD)
    assert answers == [None] * CROWD
    year = EnvelopeYear.objects.get(envelope__code="PROJECTS", fiscal_year=2026)
    assert year.reserved - year.authorised == Decimal("1000.00")


def authorised_payment(agreement, kind="advance"):
    requester = person_with(Role.PAYMENT_REQUESTER)
    payment = acts.request_payment(
        instalment_id=agreement.instalments.get(kind=kind).pk, attestations=ATTESTATIONS, actor=requester, now=NOW
    )
    acts.certify_payment(payment_id=payment.pk, actor=person_with(Role.CONTROLLER), now=NOW)
    acts.authorise_payment(payment_id=payment.pk, actor=person_with(Role.PAYMENT_AUTHORISER), now=NOW)
    return payment, requester


def test_twenty_identical_confirmations_pay_once(committed_db):
    payment, requester = authorised_payment(agreement_in_force())
    sent(payment, actor=requester)

    def confirm():
        return acts.confirm_payment(payment_id=payment.pk, reference="REF-1", paid_on=NOW.date(), actor=requester, now=NOW).pk

    assert at_once([confirm] * CROWD) == [payment.pk] * CROWD
    row = LedgerEntry.objects.get(kind=LedgerKind.PAYMENT)
    assert (row.amount, row.reference) == (Decimal("25000.00"), "REF-1")
    assert AgreementBalance.objects.get().paid == Decimal("25000.00")


@act
def pay(*, agreement, reference, amount, actor, now, key=None):
    envelope = Envelope.objects.get(code="PROJECTS")
    posting = Posting(
        envelope.pk,
        2026,
        LedgerKind.PAYMENT,
        amount,
        now.date(),
        agreement_id=agreement.pk,
        call_id=agreement.project.call_id,
        reference=reference,
    )
    post([posting], actor=actor, recorded_at=money_clock(now))
    note(agreement)


@pytest.mark.parametrize(("guarded", "paid"), [(True, 10), (False, 20)])
def test_payments_never_exceed_the_commitment_while_the_check_stands(committed_db, guarded, paid):
    agreement = agreement_in_force()
    if not guarded:
        with owner_connection(committed_db) as owner:
            owner.execute("ALTER TABLE agreement_balance DROP CONSTRAINT agreement_balance_within_committed")
    calls = [lambda n=n: pay(agreement=agreement, reference=f"R{n}", amount=Decimal("10000.00"), actor=None, now=NOW) for n in range(CROWD)]
    answers = at_once(calls)
    refused = [answer for answer in answers if isinstance(answer, EnvelopeExceeded)]
    assert (answers.count(None), len(refused)) == (paid, CROWD - paid)
    assert {answer.details["margin"] for answer in refused} == ({"0.00"} if guarded else set())
    assert AgreementBalance.objects.get().paid == Decimal("10000.00") * paid


def test_sixteen_writers_leave_no_gap_in_the_ledger_nor_in_the_chain(committed_db):
    call = CallFactory()

    def write():
        for _ in range(5):
            reserve(call=call, amount=Decimal("1.00"), actor=None, now=NOW)

    assert at_once([write] * 16) == [None] * 16
    rows = LedgerEntry.objects.filter(envelope__code="PROJECTS", fiscal_year=2026).order_by("seq").values_list("seq", flat=True)
    assert list(rows) == list(range(1, 82))
    previous = "0" * 64
    links = JournalLink.objects.select_related("journal").order_by("seq")
    for expected, link in enumerate(links, start=1):
        linked = hashlib.sha256((previous + link.journal.content).encode()).hexdigest()
        assert (link.seq, link.prev, link.hash) == (expected, previous, linked)
        previous = link.hash
    assert (JournalHead.objects.get().hash, len(links)) == (previous, JournalEntry.objects.count())


def test_refused_act_leaves_neither_row_nor_entry(committed_db):
    call = fill_to(Decimal("1.00"))
    before = (LedgerEntry.objects.count(), JournalEntry.objects.count(), JournalLink.objects.count())
    with pytest.raises(EnvelopeExceeded):
        reserve(call=call, amount=Decimal("2.00"), actor=None, now=NOW)
    assert (LedgerEntry.objects.count(), JournalEntry.objects.count(), JournalLink.objects.count()) == before


def test_rows_out_of_order_are_refused(committed_db):
    call = Call.objects.get(pk=CallFactory().pk)
    envelope = Envelope.objects.get(code="PROJECTS")
    row = LedgerEntry(
        envelope=envelope,
        fiscal_year=2026,
        seq=7,
        kind=LedgerKind.RESERVATION,
        amount=1,
        call=call,
        effective_on=NOW.date(),
        recorded_at=NOW,
        sha256="0" * 64,
    )
    with pytest.raises(Exception, match="must be numbered from 2"):
        row.save()

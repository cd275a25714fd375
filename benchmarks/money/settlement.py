"""What must be true when the race is over, whoever won it and whoever was killed: each difference is a sentence.

What an act moves is computed from the documents it acted on (parts of awards and agreements, budgets of calls, orders), never from the
ledger: the sum of the accepted acts must then be the ledger, by kind, envelope, fiscal year and holder.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from benchmarks.money.acts import EFFECTS
from benchmarks.money.crowd import ACCEPTED, Race
from benchmarks.money.kinds import Account, Attempt
from funding.models import Payment
from projects.models import ActKey, JournalEntry
from reporting.queries.invariants import check
from reporting.services.audit import verify_database

Sums = dict[Account, Decimal]

_LEDGER = """
SELECT l.kind, e.code, l.fiscal_year,
       CASE WHEN l.agreement_id IS NOT NULL THEN 'agreement ' || l.agreement_id WHEN l.award_id IS NOT NULL THEN 'award ' || l.award_id
            WHEN l.call_id IS NOT NULL THEN 'call ' || l.call_id ELSE '' END,
       sum(l.amount)
  FROM ledger_entry l JOIN funding_envelope e ON e.id = l.envelope_id GROUP BY 1, 2, 3, 4
UNION ALL
SELECT kind, '', fiscal_year, CASE WHEN authority_id IS NULL THEN '' ELSE 'authority ' || authority_id END, sum(amount)
  FROM cash_entry GROUP BY 1, 3, 4
"""
#: what no invariant of the catalogue says yet, as sentences
_ONCE = """
SELECT 'payment orders of instalment ' || instalment_id || ' that are alive: ' || count(*)
  FROM funding_payment WHERE state NOT IN ('rejected', 'reversed') GROUP BY instalment_id HAVING count(*) > 1
UNION ALL
SELECT 'order ' || order_number || ' exists ' || count(*) || ' times' FROM funding_payment GROUP BY order_number HAVING count(*) > 1
UNION ALL
SELECT 'order ' || order_number || ' is in ' || count(*) || ' live batches' FROM funding_batchorder WHERE is_live
 GROUP BY order_number HAVING count(*) > 1
UNION ALL
SELECT 'batch ' || b.number || ' says ' || b.total || ' and its orders ' || sum(o.amount) FROM funding_paymentbatch b
  JOIN funding_batchorder o ON o.batch_id = b.id GROUP BY b.id HAVING (b.total, b.order_count) <> (sum(o.amount), count(*))
UNION ALL
SELECT 'order ' || p.number || ' is confirmed and has ' || count(l.id) || ' rows in the ledger' FROM funding_payment p
  LEFT JOIN ledger_entry l
    ON l.kind = 'payment' AND l.reverses_id IS NULL AND l.instalment_id = p.instalment_id AND l.reference = p.reference
 WHERE p.state IN ('confirmed', 'reversed') GROUP BY p.number HAVING count(l.id) <> 1
UNION ALL
SELECT 'call ' || call_id || ' holds ' || sum(amount) || ' in ' || fiscal_year FROM ledger_entry
 WHERE kind = 'reservation' AND award_id IS NULL GROUP BY call_id, fiscal_year HAVING sum(amount) < 0
UNION ALL
SELECT 'award ' || award_id || ' holds ' || sum(amount) || ' in ' || fiscal_year FROM ledger_entry
 WHERE kind = 'reservation' AND award_id IS NOT NULL GROUP BY award_id, fiscal_year HAVING sum(amount) < 0
UNION ALL
SELECT 'journal entry ' || j.id || ' is not in the chain' FROM journal j LEFT JOIN journal_link k ON k.journal_id = j.id WHERE k.seq IS NULL
"""


@dataclass(frozen=True)
class Start:
    """The database before the race: its ledger, how many journal entries and which orders."""

    ledger: Sums = field(default_factory=dict)
    entries: int = 0
    orders: int = 0


def start() -> Start:
    return Start(ledger_sums(), JournalEntry.objects.count(), Payment.objects.count())


def ledger_sums() -> Sums:
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER)
        return {tuple(row[:4]): row[4] for row in cursor.fetchall()}


def settle(before: Start, race: Race) -> list[str]:
    """Every difference between what the crowd was told and what the database holds; none when the house holds."""
    wait_for_silence()
    accepted = accepted_acts(race)
    return [
        *answers_kept(race, accepted),
        *one_entry_each(before, accepted),
        *sums_equal(before.ledger, accepted),
        *rows_of(_ONCE),
        *(f"{found.invariant.code} {line}" for found in check() for line in found.broken),
        *(f"journal: {fault.what}" for fault in verify_database().faults),
    ]


def wait_for_silence(patience: float = 20) -> None:
    """Let the server finish what killed workers had sent. Raises TimeoutError."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("sessions of killed workers are still at work")


def rows_of(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


# ── What the workers were told ───────────────────────────────────────────────────────────────────────────────────────
def accepted_acts(race: Race) -> dict[str, Attempt]:
    """By key, the acts that were accepted; the key kept in the database says it of those whose worker was killed before it knew."""
    found = {
        line["key"]: Attempt(line["key"], line["kind"], line["actor"], line["given"]) for line in race.done if line["outcome"] == ACCEPTED
    }
    kept = set(ActKey.objects.filter(key__in=[one.key for one in race.unknown]).values_list("key", flat=True))
    return found | {one.key: one for one in race.unknown if one.key in kept}


def answers_kept(race: Race, accepted: dict[str, Attempt]) -> Iterator[str]:
    """The database keeps the key of each accepted act once, and no key of an act that was refused."""
    tried = {line["key"] for line in race.done} | {one.key for one in race.unknown}
    times = Counter(ActKey.objects.filter(key__in=tried).values_list("key", flat=True))
    yield from (f"{accepted[key].kind} {key} was accepted and its key is kept {times[key]} times" for key in accepted if times[key] != 1)
    yield from (f"{key} was refused and its key is kept" for key in times if key not in accepted)


def one_entry_each(before: Start, accepted: dict[str, Attempt]) -> Iterator[str]:
    """One journal entry for each accepted act, and one order for each accepted request."""
    entries = JournalEntry.objects.count() - before.entries
    if entries != len(accepted):
        yield f"{len(accepted)} acts were accepted and the journal has {entries} entries"
    orders, asked = Payment.objects.count() - before.orders, sum(one.kind == "request_payment" for one in accepted.values())
    if orders != asked:
        yield f"{asked} requests were accepted and {orders} orders exist"


def sums_equal(before: Sums, accepted: dict[str, Attempt]) -> Iterator[str]:
    """The ledger is what it was before plus what each accepted act moves."""
    expected: Sums = defaultdict(Decimal, before)
    by_kind: dict[str, list[Attempt]] = defaultdict(list)
    for one in accepted.values():
        by_kind[one.kind].append(one)
    for effect in EFFECTS:
        for account, amount in effect(by_kind):
            expected[account] += amount
    found = ledger_sums()
    for account in sorted({*expected, *found}):
        if expected.get(account, Decimal(0)) != found.get(account, Decimal(0)):
            yield f"{account}: the accepted acts make {expected.get(account, 0)} and the ledger {found.get(account, 0)}"

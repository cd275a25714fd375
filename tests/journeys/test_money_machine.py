"""Any sequence of acts on the money keeps the invariants, and page, report and ledger say the same sums.

Hypothesis draws the acts of `benchmarks/money/acts.py`, on the files that wait for them and sometimes on others; after each of them the
ledger must be what the accepted ones moved, computed from the documents they acted on.
"""

import os
import random
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from benchmarks.money import settlement, world
from benchmarks.money.acts import KINDS, perform
from benchmarks.money.kinds import Attempt
from fondsinnovation.kit.errors import DomainError
from funding.queries.envelopes import FIGURES, envelope_lines
from projects.enums import Role
from projects.models import User
from reporting.catalogue import REPORTS
from reporting.queries.invariants import INVARIANTS, check
from reporting.rules import TOTAL
from reporting.services.compute import rows_of
from tests.factories import NOW, person_with
from tests.funding.recovering import claimed, paid_agreement

pytestmark = pytest.mark.django_db
FILES = 3
#: those of the money; the others have their own tests
MONEY = tuple(one for one in INVARIANTS if one.code < "INV-13" or one.code in ("INV-29", "INV-30"))
SHAPE = settings(
    max_examples=8,
    stateful_step_count=14,
    deadline=None,
    database=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=list(HealthCheck),
)


def test_any_sequence_of_acts_keeps_the_money():
    for _ in range(2):
        claimed(paid_agreement(), "6000.00")  # a sequence of acts seldom comes to a recovery by itself
    place = world.build(FILES)
    reader = person_with(Role.AUDITOR)

    class Money(RuleBasedStateMachine):
        """Each example runs in a savepoint of the test's transaction, and leaves nothing."""

        def __init__(self):
            super().__init__()
            self.savepoint = transaction.atomic()
            self.savepoint._from_testcase = True  # an act asks for the outermost transaction: a test is allowed to hold another
            self.savepoint.__enter__()
            self.before, self.accepted = settlement.start(), {}

        @rule(kind=st.sampled_from(list(KINDS)), which=st.integers(0, 5), who=st.integers(0, 2), seed=st.integers(0, 99))
        def act_on_a_file_that_waits(self, kind, which, who, seed):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT id FROM ({KINDS[kind].waiting} ORDER BY 1) AS those (id)")
                waiting = [row[0] for row in cursor.fetchall()]
            if waiting:
                self.attempt(kind, waiting[which % len(waiting)], who, seed)

        @rule(kind=st.sampled_from(list(KINDS)), which=st.integers(0, 5), who=st.integers(0, 2))
        def act_again(self, kind, which, who):
            """On what an act of this kind was done already: a second time is refused, or changes nothing."""
            done = [one for one in self.accepted.values() if one.kind == kind]
            if done:
                self.attempt(kind, done[which % len(done)].given["target"], who, which)

        def attempt(self, kind, target, who, seed):
            rng = random.Random(seed)
            given = {"target": target, **KINDS[kind].choose(target, rng)}
            role = KINDS[kind].roles[seed % len(KINDS[kind].roles)]
            one = Attempt(f"{len(self.accepted)}-{seed}-{kind}-{target}-{who}", kind, place.people[str(role)][who], given)
            try:
                perform(one, User.objects.get(pk=one.actor), NOW)
                connection.check_constraints()  # what the database says at COMMIT
            except DomainError:
                return
            self.accepted[one.key] = one

        @invariant()
        def every_invariant_holds(self):
            assert [line for found in check(MONEY) for line in found.broken] == []

        @invariant()
        def ledger_is_the_sum_of_accepted_acts(self):
            assert list(settlement.sums_equal(self.before.ledger, self.accepted)) == []
            assert list(settlement.one_entry_each(self.before, self.accepted)) == []

        def teardown(self):
            try:
                self.page_report_and_ledger_agree()
            finally:
                transaction.set_rollback(True)
                self.savepoint.__exit__(None, None, None)

        def page_report_and_ledger_agree(self):
            ledger = ledger_figures()
            assert page_figures() == ledger
            assert report_figures() == ledger
            client = Client()
            client.force_login(reader)
            assert client.get(reverse("funding:envelope_list")).status_code == 200

    run_state_machine_as_test(Money, settings=SHAPE)


# ── The same figures, three ways ─────────────────────────────────────────────────────────────────────────────────────
def ledger_figures():
    """By envelope, year and figure: the sum of the rows of its kind, straight from the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.code, l.fiscal_year, l.kind, sum(l.amount) FROM ledger_entry l JOIN funding_envelope e ON e.id = l.envelope_id "
            "GROUP BY 1, 2, 3"
        )
        sums = {(code, year, kind): total for code, year, kind, total in cursor.fetchall()}
    return {
        (code, year, name): sums.get((code, year, str(kind)), 0) * sign
        for code, year in {(code, year) for code, year, _kind in sums}
        for name, (kind, sign) in FIGURES.items()
    }


def page_figures():
    return {
        (found.envelope.code, line.fiscal_year, name): getattr(line, name)
        for found in envelope_lines()
        for line in found.lines
        if line.fiscal_year
        for name in FIGURES
    }


def report_figures():
    rows = rows_of(REPORTS["envelopes"], effective=NOW.date(), known=NOW, filters={})
    return {
        (row["envelope"], int(row["fiscal_year"]), name): Decimal(row[name])
        for row in rows
        if row["fiscal_year"] != TOTAL and row["envelope"] != TOTAL
        for name in FIGURES
    }

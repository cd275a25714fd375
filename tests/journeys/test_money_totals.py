"""One total, whatever shows it: for every value of every filter, page = list = file = report = the rows of the ledger."""

import csv
import io
import random
import tempfile
from collections import defaultdict
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.urls import reverse

from benchmarks.money import world
from benchmarks.money.acts import choose, perform
from fondsinnovation.kit.errors import DomainError
from fondsinnovation.templatetags.typography import money
from funding.enums import CREDIT_KINDS, LedgerKind
from funding.filters.payments import LedgerFilter
from funding.models import LedgerEntry
from projects.enums import Role
from projects.models import User
from reporting.catalogue import REPORTS, Kind, is_total
from reporting.exports import FORMATS, Source, write_file
from reporting.queries.snapshots import working_snapshots
from reporting.rules import TOTAL
from reporting.services.compute import matching, rows_of
from reporting.services.snapshots import request_recompute, run_recompute
from tests.factories import NOW, person_with

pytestmark = pytest.mark.django_db
ACTS = 150
REGISTERS = [code for code in ("envelopes", "drawdowns", "commitments", "payments", "recoveries", "milestones") if code in REPORTS]


@pytest.fixture
def reader():
    """A Fund in which a few hundred acts were done at random, and the head: an auditor does not see a call before it opens."""
    place, rng = world.build(5), random.Random(11)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.11)")
    for number in range(ACTS):
        one = choose(place, rng, f"{number}")
        if one is not None:
            try:
                perform(one, User.objects.get(pk=one.actor), NOW)
            except DomainError:
                continue
    return person_with(Role.HEAD)


def sums_of(report, rows):
    """The total of each column of dollars, the rows that are totals themselves set apart."""
    totals = defaultdict(Decimal)
    for row in rows:
        if not is_total(report.key_of(row)):
            for column in report.columns:
                if column.kind is Kind.MONEY and row[column.code]:
                    totals[column.code] += Decimal(row[column.code])
    return dict(totals)


# ── Registers ────────────────────────────────────────────────────────────────────────────────────────────────────────
#: register → what a figure of it sums in the ledger: (column, kinds, sign)
FROM_LEDGER = {
    "envelopes": [
        ("authorised", ["authorisation"], 1), ("transfers", ["transfer"], 1), ("frozen", ["freeze"], -1), ("lapsed", ["lapse"], -1),
        ("carried", ["carry"], 1), ("reinvested", ["reinvestment"], 1), ("open", [str(kind) for kind in CREDIT_KINDS], 1),
        ("reserved", ["reservation"], 1), ("committed", ["commitment"], 1), ("paid", ["payment"], 1), ("recovered", ["recovery"], -1),
    ],
}  # fmt: skip


def ledger_sum(kinds, filters):
    """Dollars of these kinds in the ledger, by envelope code and fiscal year when they are given."""
    rows = LedgerEntry.objects.filter(kind__in=kinds)
    if filters.get("envelope"):
        rows = rows.filter(envelope__code=filters["envelope"])
    if filters.get("fiscal_year"):
        rows = rows.filter(fiscal_year=filters["fiscal_year"])
    return sum(rows.values_list("amount", flat=True), Decimal(0))


def asked_of(report):
    """No filter, then each value of each filter that is in the rows, then two filters at once."""
    rows = list(rows_of(report, effective=NOW.date(), known=NOW, filters={}))
    values = {name: sorted({row[name] for row in rows} - {"", TOTAL}) for name in report.filters if name in rows[0]} if rows else {}
    one = [{name: value} for name, found in values.items() for value in found]
    both = [{first: values[first][0], second: values[second][-1]} for first, second in zip(values, list(values)[1:], strict=False)]
    return [{}, *one, *both]


def exported(report, filters, person):
    rows = rows_of(report, effective=NOW.date(), known=NOW, filters=filters, person=person)
    with tempfile.TemporaryFile() as file:
        source = Source(report, rows, NOW.date(), NOW, filters)
        write_file(source, FORMATS["csv"], file)
        file.seek(0)
        read = list(csv.DictReader(io.StringIO(file.read().decode())))
    return read, {name: Decimal(total) for name, total in source.manifest["control_totals"].items()}


def check_register(code, client, person):
    report = REPORTS[code]
    kept = [row.data for row in working_snapshots()[code].rows.order_by("position", "pk")]
    for filters in asked_of(report):
        listed = sums_of(report, matching(kept, report, filters))
        page = client.get(f"{reverse('reporting:report_detail', args=[code])}?{urlencode(filters)}")
        assert sums_of(report, [row.record.data for row in page.context["table"].paginator.object_list]) == listed
        file, manifest = exported(report, filters, person)
        assert (sums_of(report, file), manifest) == (listed, listed), filters
        for column, kinds, sign in FROM_LEDGER.get(code, []):
            assert listed.get(column, Decimal(0)) == ledger_sum(kinds, filters) * sign, (column, filters)


# ── The list of ledger rows ──────────────────────────────────────────────────────────────────────────────────────────
#: filter of the list → the field whose values it is asked
FIELDS = {"envelope": "envelope__code", "fiscal_year": "fiscal_year", "agreement": "agreement__number", "call": "call__reference"}
SAMPLE = 6


def check_ledger(client):
    """Each kind alone, then each other filter among the commitments: an agreement, a call, a year and an envelope hold some of them."""
    assert {*FIELDS, "kind"} == set(LedgerFilter.base_filters)
    present = LedgerEntry.objects.order_by("kind").values_list("kind", flat=True).distinct()
    asked = [[("kind", kind)] for kind in present]
    for name, field in FIELDS.items():
        values = LedgerEntry.objects.filter(kind=LedgerKind.COMMITMENT).order_by(field).values_list(field, flat=True).distinct()
        asked += [[("kind", LedgerKind.COMMITMENT.value), (name, value)] for value in values[:SAMPLE]]
    for filters in asked:
        table = client.get(f"{reverse('funding:ledger_list')}?{urlencode(filters)}").context["table"]
        rows = [row.record for row in table.paginator.object_list]
        kept = LedgerEntry.objects.filter(**{FIELDS.get(name, name): value for name, value in filters})
        assert (len(rows), sum(row.amount for row in rows)) == (kept.count(), sum(kept.values_list("amount", flat=True)))
        assert table.caption.endswith(f"pour un total de {money(sum(row.amount for row in rows))}"), filters


def test_every_filter_gives_one_total_everywhere(client, reader):
    client.force_login(reader)
    run_recompute(run_id=request_recompute(now=NOW).pk, now=NOW)
    for code in REGISTERS:
        check_register(code, client, reader)
    check_ledger(client)

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
from django.utils import timezone

from benchmarks.money import world
from benchmarks.money.acts import choose, perform
from fondsinnovation.kit.errors import DomainError
from fondsinnovation.templatetags.typography import money
from funding.enums import CREDIT_KINDS, LedgerKind, RecoveryBasis, RecoveryState
from funding.filters.payments import LedgerFilter
from funding.models import LedgerEntry, Recovery
from funding.queries.envelopes import FIGURES
from projects.enums import Role
from projects.models import User
from reporting.catalogue import REPORTS
from reporting.columns import Kind, is_total
from reporting.exports import FORMATS, Source, write_file
from reporting.queries.reports import cell_rows
from reporting.queries.snapshots import working_snapshots
from reporting.rules import TOTAL
from reporting.services.compute import rows_of
from reporting.services.snapshots import request_recompute, run_recompute
from reporting.tables.reports import has_rows
from tests.factories import NOW, person_with
from tests.funding.costs import approved, committed, entered
from tests.funding.recovering import claimed, found, paid_agreement, receive

pytestmark = pytest.mark.django_db
ACTS = 150
REGISTERS = [code for code in ("envelopes", "drawdowns", "commitments", "payments", "recoveries", "milestones") if code in REPORTS]


@pytest.fixture
def reader():
    """A Fund in which a few hundred acts were done at random, and the head: an auditor does not see a call before it opens."""
    for amount, basis in (("900.00", "unused"), ("700.50", "ineligible"), ("40.00", "unused")):  # few of the acts below come to that
        receive(claimed(paid_agreement(), amount, basis=basis), "40.00", f"ENC-{amount}")
    found(paid_agreement(), "60.00")
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
    cost = committed()
    approved(entered(cost, Decimal("12345.67")))
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
#: register → what its columns sum in the ledger (kinds, sign), which rows of it, and where each of its filters is found there
_FIGURES = [(name, [str(kind)], sign) for name, (kind, sign) in FIGURES.items()]
_NET = [str(LedgerKind.PAYMENT), str(LedgerKind.RECOVERY)]
_PROJECTS = {
    "project": "agreement__project__reference", "call": "agreement__project__call__reference", "agreement": "agreement__number",
    "organisation": "agreement__project__organisation__code", "fiscal_year": "fiscal_year",
}  # fmt: skip
#: what is paid on a claim says so: nobody claims in this Fund
_PAID_KIND = "instalment__kind"
FROM_LEDGER = {
    "envelopes": (
        [*_FIGURES, ("open", [str(kind) for kind in CREDIT_KINDS], 1)], {}, {"envelope": "envelope__code", "fiscal_year": "fiscal_year"},
    ),
    "commitments": (
        [("committed", [str(LedgerKind.COMMITMENT)], 1), ("paid", [str(LedgerKind.PAYMENT)], 1)], {"agreement__isnull": False},
        {**_PROJECTS, "region": "agreement__project__region", "agreement_kind": "agreement__kind", "envelope": "envelope__code"},
    ),
    "payments": ([("paid", [str(LedgerKind.PAYMENT)], 1)], {"agreement__isnull": False}, {**_PROJECTS, "instalment_kind": _PAID_KIND}),
    "recoveries": (
        [("received", [str(LedgerKind.RECOVERY)], -1)], {"agreement__isnull": False},
        {**_PROJECTS, "basis": "receipt__recovery__basis", "recovery_state": "receipt__recovery__state"},
    ),
    "milestones": (
        [("paid", _NET, 1)], {"instalment__milestone__isnull": False},
        {
            "project": "agreement__project__reference", "call": "call__reference", "state": "instalment__milestone__state",
            "organisation": "agreement__project__organisation__code",
        },
    ),
}  # fmt: skip
SAMPLE = 6


def ledger_sum(rows, kinds):
    return sum(rows.filter(kind__in=kinds).values_list("amount", flat=True), Decimal(0))


def asked_of(report, rows):
    """No filter, then each value (a few of them, when they are many) of each filter that is in the rows, then two filters at once."""
    found = {name: sorted({row[name] for row in rows} - {"", TOTAL})[:SAMPLE] for name in report.filters}
    values = {name: those for name, those in found.items() if those}
    one = [{name: value} for name, those in values.items() for value in those]
    both = [{first: values[first][0], second: values[second][-1]} for first, second in zip(values, list(values)[1:], strict=False)]
    return [{}, *one, *both]


def exported(report, filters, person, now):
    day = timezone.localdate(now)
    rows = rows_of(report, effective=day, known=now, filters=filters, person=person)
    with tempfile.TemporaryFile() as file:
        source = Source(report, rows, day, now, filters)
        write_file(source, FORMATS["csv"], file)
        file.seek(0)
        read = list(csv.DictReader(io.StringIO(file.read().decode())))
    return read, {name: Decimal(total) for name, total in source.manifest["control_totals"].items()}


def check_register(code, client, person, now):
    """How many choices of filters gave one total everywhere."""
    report = REPORTS[code]
    kept = [row.data for row in working_snapshots()[code].rows.order_by("position", "pk")]
    figures, among, paths = FROM_LEDGER.get(code, ([], {}, {}))
    asked = asked_of(report, kept)
    for filters in asked:
        listed = sums_of(report, [row for row in kept if all(row[name] == value for name, value in filters.items())])
        page = client.get(f"{reverse('reporting:report_detail', args=[code])}?{urlencode(filters)}")
        assert sums_of(report, [row.record.data for row in page.context["table"].paginator.object_list]) == listed
        file, manifest = exported(report, filters, person, now)
        assert (sums_of(report, file), manifest) == (listed, listed), filters
        held = LedgerEntry.objects.filter(**among, **{paths[name]: value for name, value in filters.items()}) if figures else None
        for column, kinds, sign in figures:
            assert listed.get(column, Decimal(0)) == ledger_sum(held, kinds) * sign, (column, filters)
    check_cells(report, [*kept[:3], *kept[-1:]], person)
    return len(asked) if kept else 0


def check_cells(report, rows, person):
    """The rows behind each figure sum to it, in the first rows of the register and in its total."""
    snapshot = working_snapshots()[report.code]
    for row in rows:
        for column in report.columns:
            if column.kind is Kind.MONEY and has_rows(report.code, column.code) and row[column.code]:
                found = cell_rows(snapshot, column.code, {name: row[name] for name in report.row_names}, person)
                assert found.total == Decimal(row[column.code]), (report.code, column.code, row)


# ── The list of ledger rows ──────────────────────────────────────────────────────────────────────────────────────────
#: filter of the list → the field whose values it is asked
FIELDS = {
    "envelope": "envelope__code", "fiscal_year": "fiscal_year", "agreement": "agreement__number", "call": "call__reference",
    "cost_kind": "cost__kind",
}  # fmt: skip


def check_ledger(client):
    """Each kind alone, then each other filter among the commitments: an agreement, a call, a year and an envelope hold some of them."""
    assert {*FIELDS, "kind"} == set(LedgerFilter.base_filters)
    present = LedgerEntry.objects.order_by("kind").values_list("kind", flat=True).distinct()
    asked = [[("kind", kind)] for kind in present]
    for name, field in FIELDS.items():
        commitments = LedgerEntry.objects.filter(kind=LedgerKind.COMMITMENT, **{f"{field}__isnull": False})
        values = commitments.order_by(field).values_list(field, flat=True).distinct()
        asked += [[("kind", LedgerKind.COMMITMENT.value), (name, value)] for value in values[:SAMPLE]]
    for filters in asked:
        table = client.get(f"{reverse('funding:ledger_list')}?{urlencode(filters)}").context["table"]
        rows = [row.record for row in table.paginator.object_list]
        kept = LedgerEntry.objects.filter(**{FIELDS.get(name, name): value for name, value in filters})
        assert (len(rows), sum(row.amount for row in rows)) == (kept.count(), sum(kept.values_list("amount", flat=True)))
        assert table.caption.endswith(f"pour un total de {money(sum(row.amount for row in rows))}"), filters
    return len(asked)


# ── The list of recoveries ───────────────────────────────────────────────────────────────────────────────────────────
def check_recoveries(client, person, now):
    """Each state and each basis: the totals of the list are those of the report under the same filter."""
    asked = [("", "", ""), *(("state", "recovery_state", state) for state in RecoveryState.values)]
    asked += [("basis", "basis", basis) for basis in RecoveryBasis.values]
    for name, column, value in asked:
        rows = rows_of(
            REPORTS["recoveries"], effective=timezone.localdate(now), known=now, filters={column: value} if name else {}, person=person
        )
        sums = sums_of(REPORTS["recoveries"], rows)
        caption = client.get(f"{reverse('funding:recovery_list')}?{urlencode({name: value} if name else {})}").context["table"].caption
        figures = [money(sums[each]) for each in ("due", "received", "written_off", "left") if sums]
        assert [figure for figure in figures if figure not in caption] == [], (value, caption)
    return len(asked) if Recovery.objects.exists() else 0


# ── The lists of agreements and of payments ──────────────────────────────────────────────────────────────────────────
def check_lists(client):
    """Each list says the total of the report for the same agreement (commitments, payments), or for the same fiscal year (payments)."""
    reports = {
        code: [row.data for row in working_snapshots()[code].rows.order_by("position", "pk")] for code in ("commitments", "payments")
    }
    agreements = sorted({row["agreement"] for row in reports["commitments"]} - {""})[:SAMPLE]
    for number in agreements:
        committed, paid = (total(reports["commitments"], column, agreement=number) for column in ("committed", "paid"))
        caption = client.get(f"{reverse('funding:agreement_list')}?{urlencode({'q': number})}").context["table"].caption
        assert caption.endswith(f"(engagé\u00a0: {money(committed)}; payé\u00a0: {money(paid)})"), number
        caption = client.get(f"{reverse('funding:payment_list')}?{urlencode({'q': number})}").context["table"].caption
        assert caption.endswith(f"pour un total de {money(total(reports['payments'], 'amount', agreement=number))}"), number
    years = sorted({row["fiscal_year"] for row in reports["payments"]} - {""})
    for year in years:
        caption = client.get(f"{reverse('funding:payment_list')}?fiscal_year={year}").context["table"].caption
        assert caption.endswith(f"pour un total de {money(total(reports['payments'], 'amount', fiscal_year=year))}"), year
    return len(agreements) + len(years)


def total(rows, column, **given):
    return sum((Decimal(row[column]) for row in rows if all(row[name] == value for name, value in given.items())), Decimal(0))


def test_every_filter_gives_one_total_everywhere(client, reader):
    client.force_login(reader)
    now = max(NOW, timezone.now())  # milestones are known by the database's own clock
    run_recompute(run_id=request_recompute(now=now).pk, now=now)
    compared = {code: check_register(code, client, reader, now) for code in REGISTERS} | {"ledger": check_ledger(client)}
    compared["list of recoveries"] = check_recoveries(client, reader, now)
    compared["lists"] = check_lists(client)
    assert [code for code, choices in compared.items() if choices < 2] == [], "a register without rows proves nothing"

"""Amounts at their limits: refused above 10 000 000 000.00 $, exact below, where a product of 64 bits or a float would not be."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, domain_error
from fondsinnovation.kit.money import LARGEST, BadAmount, plain_amount, typed_amount
from projects.enums import Nature, Stage
from projects.models import ForecastGain
from reporting import rules
from reporting.analysis.frames import grouped, packed, safe
from reporting.importing import cells
from tests.factories import NOW
from tests.reporting.portfolio import Portfolio, digest
from tests.reporting.rows import gain_row, payment_row, project_row, records_of

ABOVE = "10000000000.01"
CENTS = 10**12


def test_largest_amount_is_the_same_for_people_and_files() -> None:
    assert Decimal(CENTS) / 100 == LARGEST == cells.LARGEST
    assert (typed_amount("10 000 000 000,00 $"), plain_amount("-10000000000.00", signed=True)) == (LARGEST, -LARGEST)


@pytest.mark.parametrize("read", [typed_amount, plain_amount])
def test_amount_above_the_largest_is_refused_as_typed_and_in_files(read: Any) -> None:
    with pytest.raises(BadAmount) as refused:
        read(ABOVE)
    assert refused.value.code == "large"


def refused(write: Any) -> Any:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    found = domain_error(error.value)
    assert isinstance(found, Invalid)
    return error.value.__cause__.diag.constraint_name  # type: ignore[union-attr]


def run(statement: str) -> Any:
    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return write


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["", "-"])
def test_database_refuses_a_larger_amount_wherever_the_reports_read_one(sign: str) -> None:
    book = Portfolio()
    project, above = book.project(), f"{sign}{ABOVE}"
    line = book.line(project, Nature.COST if sign else Nature.CASH)
    known = {"period_start": date(2026, 4, 1), "period_end": date(2026, 4, 2), "recorded_at": NOW}
    writes = [
        lambda: book.gain(line, Stage.REPORTED, above),
        lambda: ForecastGain.objects.create(line=line, amount=Decimal(above), **known),
        lambda: book.cofund(project, above),
        run(f"INSERT INTO imported_cost (amount, effective_on, recorded_at, reference, sha256) "
            f"VALUES ({above}, '2026-05-01', now(), 'C-1', '{digest('c')}')"),
    ]  # fmt: skip
    assert {refused(write) for write in writes} == {"amount_within_bounds"}
    book.gain(line, Stage.REPORTED, f"{sign}{LARGEST}")  # the largest itself is one


@pytest.mark.django_db
def test_database_refuses_a_larger_ledger_row_report_and_baseline() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = 'amount_within_bounds' AND convalidated ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
    assert tables == [
        "cofunding", "gain", "imported_cost", "ledger_entry", "projects_baseline", "projects_forecastgain", "reporting_gainreport",
    ]  # fmt: skip


# -- exact sums and products ---------------------------------------------------------------------------------------------

ROWS = 9_101  # the sum passes 2**53 cents, which a float cannot count by one
TOTAL = ROWS * (CENTS - 1)
YEAR = (date(2025, 4, 1), date(2026, 3, 31))


def largest_gains() -> dict[str, Any]:
    gains = [gain_row("9999999999.99", *YEAR, line=f"L{n}", row=n) for n in range(ROWS)]
    rates = [(date(2024, 4, 1), Decimal("0.034999"), datetime(2024, 1, 1, tzinfo=UTC))]
    return {"projects": [project_row()], "payments": [payment_row("9999999999.99", date(2022, 5, 1))], "gains": gains, "rates": rates}


def test_sum_and_product_of_the_largest_amounts_are_exact() -> None:
    row = records_of(largest_gains())["P1"]
    assert row["net_gain_verified"] == f"{Decimal(TOTAL).scaleb(-2)}"
    present = Fraction(TOTAL, 100) / (1 + Fraction("0.034999")) - Fraction(CENTS - 1, 100)
    assert row["npv"] == str(rules.rounded(present, 2))
    assert row["multiple_fund"] == "9101.0000"
    assert row["rec3_fund"] == "9101.0000"


def test_same_sum_and_product_are_wrong_in_floats_and_in_64_bits() -> None:
    """Why the engine uses neither: each of these is what the test above would find."""
    added = np.full(ROWS, (CENTS - 1) / 100).sum()
    assert Decimal(str(added)) != Decimal(TOTAL).scaleb(-2)
    assert f"{TOTAL / 100:.2f}" != f"{Decimal(TOTAL).scaleb(-2)}"
    present = TOTAL / 100 / 1.034999 - (CENTS - 1) / 100
    assert f"{present:.2f}" != records_of(largest_gains())["P1"]["npv"]
    assert int((np.array([TOTAL]) * 1_034_999)[0]) != TOTAL * 1_034_999


def test_days_of_the_largest_amount_are_split_to_the_cent() -> None:
    start, end = date(2020, 1, 1), date(2039, 12, 30)
    rows = {"projects": [project_row(starts=start)], "gains": [gain_row("9999999999.99", start, end)]}
    assert records_of(rows, effective=date(2041, 1, 1))["P1"]["net_gain_verified"] == "9999999999.99"
    halves = [gain_row("9999999999.99", start + timedelta(days=n), end, line=f"L{n}") for n in range(300)]
    found = records_of({"projects": [project_row(starts=start)], "gains": halves}, effective=date(2041, 1, 1))["P1"]
    assert found["net_gain_verified"] == f"{Decimal(300 * (CENTS - 1)).scaleb(-2)}"


@pytest.mark.parametrize("cents", [[2**60, 2**60], [-(2**63)], [2**63 - 1, 1], [-(2**60), -(2**60)]])
def test_sums_that_could_leave_64_bits_are_refused(cents: list[int]) -> None:
    with pytest.raises(OverflowError):
        safe(np.array(cents))


def test_sums_that_stay_within_64_bits_are_taken() -> None:
    assert safe(np.array([2**60, -(2**60) + 1])).tolist() == [2**60, -(2**60) + 1]


def test_rows_are_told_apart_however_wide_their_columns_are() -> None:
    wide = np.array([-(2**61), 2**61, 0, 0])
    key = packed(wide, wide, np.array([0, 0, 5, 6]))
    assert np.argsort(key).tolist() == [0, 2, 3, 1]
    assert len(set(key.tolist())) == 4


def test_sums_by_key_are_exact_whether_keys_are_dense_or_far_apart() -> None:
    values = np.array([1, 2, 4, 8])
    key, (sums,) = grouped(np.array([3, 1, 3, 2]), values)
    assert (key.tolist(), sums.tolist()) == ([1, 2, 3], [2, 8, 5])
    key, (sums,) = grouped(np.array([10**15, -5, 10**15, 7]), values)
    assert (key.tolist(), sums.tolist()) == ([-5, 7, 10**15], [2, 8, 5])

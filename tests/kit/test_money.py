from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondsinnovation.kit.money import (
    BadAmount,
    fiscal_year_end,
    fiscal_year_of,
    fiscal_year_start,
    plain_amount,
    round_cents,
    split,
    typed_amount,
)


@pytest.mark.parametrize(
    ("text", "dollars"),
    [
        ("1 250 000 $", "1250000.00"),
        ("1\u00a0250\u202f000,5 $", "1250000.50"),
        ("12,5", "12.50"),
        ("12.05", "12.05"),
        ("0", "0.00"),
        ("10000000000,00", "10000000000.00"),
    ],
)
def test_typed_amount_reads_what_a_person_types(text, dollars):
    assert typed_amount(text) == Decimal(dollars)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" $", "empty"),
        ("-1", "sign"),
        ("\u22121", "sign"),
        ("1e9", "number"),
        ("NaN", "number"),
        ("Infinity", "number"),
        ("1,2,3", "number"),
        ("12,345", "decimals"),
        ("1.999", "decimals"),
        ("10000000000,01", "large"),
        ("١٢", "number"),
    ],
)
def test_typed_amount_refuses_and_says_why(text, code):
    with pytest.raises(BadAmount) as refused:
        typed_amount(text)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["12,5", "1 250 000", "1e9", "NaN", "+5", "12."])
def test_plain_amount_reads_only_what_a_file_writes(text):
    with pytest.raises(BadAmount) as refused:
        plain_amount(text)
    assert refused.value.code == "number"


def test_plain_amount_takes_a_sign_only_where_it_is_expected():
    assert plain_amount("-12.50", signed=True) == Decimal("-12.50")
    with pytest.raises(BadAmount) as refused:
        plain_amount("-12.50")
    assert refused.value.code == "sign"


def test_rounding_goes_half_up():
    assert round_cents(Decimal("0.125")) == Decimal("0.13")
    assert round_cents(Decimal("-0.125")) == Decimal("-0.13")


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("333333.33", (40, 40, 20), ("133333.33", "133333.33", "66666.67")),
        ("100.00", (2, 1), ("66.67", "33.33")),
        ("100000.01", (60, 40), ("60000.01", "40000.00")),
        ("-0.01", (1, 1), ("-0.01", "0.00")),
        ("0.02", (4, 1, 1), ("0.02", "0.00", "0.00")),
    ],
)
def test_split_follows_the_reference_vectors(amount, weights, parts):
    assert split(Decimal(amount), weights) == [Decimal(part) for part in parts]


@given(
    st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=2),
    st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=12).filter(any),
)
def test_split_always_sums_to_the_cent(amount, weights):
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert all(abs(part - amount * weight / sum(weights)) < Decimal("0.01") for part, weight in zip(parts, weights, strict=True))


def test_split_needs_a_weight():
    with pytest.raises(ValueError, match="positive weight"):
        split(Decimal("1.00"), [0, 0])


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 31), 2026), (date(2027, 1, 1), 2026)]
)
def test_fiscal_year_starts_in_april(day, year):
    assert fiscal_year_of(day) == year
    assert fiscal_year_start(year) <= day <= fiscal_year_end(year)

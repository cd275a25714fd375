from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from fondsinnovation.kit.money import typed_amount
from fondsinnovation.templatetags import typography

NOON = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)  # 16 h in Québec
CASES = [
    ("number", (Decimal("1234.5"),), "1 235", "1,235"),
    ("number", (Decimal("-2.5"),), "−3", "−3"),
    ("number", (Decimal("-0.4"),), "0", "0"),
    ("number", (Decimal("18.55"), 1), "18,6", "18.6"),
    ("money", (Decimal("1250000.00"),), "1 250 000 $", "$1,250,000"),
    ("money", (Decimal("1250000.50"),), "1 250 000,50 $", "$1,250,000.50"),
    ("money", (Decimal("-1250.00"),), "−1 250 $", "−$1,250"),
    ("money_cents", (Decimal("1250000"),), "1 250 000,00 $", "$1,250,000.00"),
    ("typed_money", (Decimal("45000.50"),), "45 000,50", "45 000.50"),
    ("typed_money", (None,), "", ""),
    ("millions", (Decimal("108650000"),), "108,7 M$", "$108.7M"),
    ("millions", (Decimal("270000000"), 0), "270 M$", "$270M"),
    ("millions_text", (Decimal("2500000"),), "2,5 millions de dollars", "$2.5 million"),
    ("millions_text", (Decimal("1940000"),), "1,9 million de dollars", "$1.9 million"),
    ("millions_text", (Decimal("1950000"),), "2,0 millions de dollars", "$2.0 million"),
    ("percent", (Decimal("0.185"),), "18,5 %", "18.5%"),
    ("percent", (Decimal("0.2"),), "20 %", "20%"),
    ("percent", (Decimal("0.803"), 2), "80,30 %", "80.30%"),
    ("ratio", (Decimal("1.375"),), "1,38", "1.38"),
    ("long_date", (date(2026, 3, 1),), "1er mars 2026", "March 1, 2026"),
    ("long_date", (datetime(2026, 4, 1, 3, 59, tzinfo=UTC),), "31 mars 2026", "March 31, 2026"),
    ("weekday_date", (NOON,), "vendredi 27 novembre 2026", "Friday, November 27, 2026"),
    ("clock", (NOON,), "16 h", "4:00 p.m."),
    ("clock", (datetime(2026, 11, 27, 14, 5, tzinfo=UTC),), "9 h 5", "9:05 a.m."),
    ("clock", (datetime(2026, 11, 27, 5, 0, tzinfo=UTC),), "0 h", "12:00 a.m."),
    ("long_datetime", (NOON,), "27 novembre 2026, 16 h", "November 27, 2026, 4:00 p.m."),
    ("iso_date", (datetime(2026, 4, 1, 3, 59, tzinfo=UTC),), "2026-03-31", "2026-03-31"),
    ("iso_datetime", (NOON,), "2026-11-27 16:00:00", "2026-11-27 16:00:00"),
    ("fiscal_year", (2026,), "2026-2027", "2026-2027"),
    ("year_spans", ([2025, 2026],), "2025-2026, 2026-2027", "2025-2026, 2026-2027"),
    ("year_spans", ([2022, 2025, 2026, 2027],), "2022-2023, 2025-2026 à 2027-2028", "2022-2023, 2025-2026 to 2027-2028"),
    ("file_size", (999,), "999 octets", "999 B"),
    ("file_size", (25_000,), "25 ko", "25 KB"),
    ("file_size", (1_840_000,), "1,8 Mo", "1.8 MB"),
]
UNKNOWN = ("number", "money", "money_cents", "millions", "millions_text", "percent", "ratio", "long_date", "weekday_date", "clock")
UNKNOWN += ("long_datetime", "iso_date", "iso_datetime", "fiscal_year", "file_size")


def _ordinary_spaces(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(("name", "arguments", "french", "english"), CASES)
def test_filter_writes_each_language(name: str, arguments: tuple, french: str, english: str) -> None:
    write = getattr(typography, name)
    with translation.override("fr-ca"):
        assert _ordinary_spaces(write(*arguments)) == french
    with translation.override("en-ca"):
        assert _ordinary_spaces(write(*arguments)) == english


@pytest.mark.parametrize("name", UNKNOWN)
def test_filter_never_shows_the_unknown_as_a_number(name: str) -> None:
    with translation.override("fr-ca"):
        assert getattr(typography, name)(None) == "n.\u00a0d."
    with translation.override("en-ca"):
        assert getattr(typography, name)(None) == "n/a"


def test_money_never_breaks_across_lines() -> None:
    assert typography.money(Decimal("1250000.5")) == "1\u00a0250\u00a0000,50\u00a0$"
    assert typography.long_datetime(NOON) == "27\u00a0novembre\u00a02026, 16\u00a0h"


@pytest.mark.parametrize("language", ["fr-ca", "en-ca"])
def test_typed_money_is_read_back_as_it_was(language: str) -> None:
    with translation.override(language):
        assert typed_amount(typography.typed_money(Decimal("1250000.50"))) == Decimal("1250000.50")


def test_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        typography.long_date(datetime(2026, 11, 27, 16))  # noqa: DTZ001


@given(st.decimals(min_value=Decimal("-9999999999999.99"), max_value=Decimal("9999999999999.99"), places=2))
def test_money_cents_keeps_every_cent(amount: Decimal) -> None:
    written = typography.money_cents(amount).replace("\u00a0", "").replace("−", "-").replace(",", ".").removesuffix("$")
    assert Decimal(written) == amount

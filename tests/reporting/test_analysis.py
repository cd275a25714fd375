"""The reports on the cases that people argue about, one small portfolio each."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from reporting import analysis, rules
from tests.reporting.rows import LATE, frames_of, gain_row, payment_row, project_row, row_of

# -- which rows count ----------------------------------------------------------------------------------------------------

YEAR = (date(2025, 4, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("known", "verified"),
    [
        (rules.end_of_day(date(2026, 4, 30)), "0.00"),
        (rules.end_of_day(date(2026, 6, 30)), "120000.00"),
        (rules.end_of_day(date(2026, 12, 31)), "95000.00"),
    ],
)
def test_restated_gain_keeps_what_was_known(known, verified):
    gains = [
        gain_row("120000", *YEAR, recorded=datetime(2026, 5, 15, tzinfo=UTC)),
        gain_row("95000", *YEAR, recorded=datetime(2026, 11, 10, tzinfo=UTC), row=1),
    ]
    assert row_of({"projects": [project_row()], "gains": gains}, known=known)["net_gain_verified"] == verified


def test_identity_of_a_gain_is_project_line_stage_and_both_ends_of_its_period():
    start, end = YEAR
    others = [
        gain_row("2", start, end, line="L2"),
        gain_row("4", start, end, stage="reported"),
        gain_row("8", start + timedelta(days=1), end),
        gain_row("16", start, end - timedelta(days=1)),
        gain_row("32", start, end, project="P2"),
    ]
    rows = {"projects": [project_row(), project_row("P2")], "gains": [gain_row("1", start, end), *others]}
    found = [row_of(rows, project=code)["net_gain_verified"] for code in ("P1", "P2", "TOTAL")]
    assert (found, row_of(rows)["net_gain_reported"]) == (["27.00", "32.00", "59.00"], "4.00")


def test_gain_recorded_twice_at_once_is_the_later_in_the_file():
    at = datetime(2026, 5, 15, tzinfo=UTC)
    gains = [gain_row("2", *YEAR, recorded=at, row=7), gain_row("1", *YEAR, recorded=at, row=3)]
    assert row_of({"projects": [project_row()], "gains": gains})["net_gain_verified"] == "2.00"


@pytest.mark.parametrize(
    ("recorded", "forecast"),
    [
        (datetime(2024, 6, 2, 3, 59, 59, 999999, tzinfo=UTC), "100.00"),  # 23:59:59.999999 in Toronto on the day of signature
        (datetime(2024, 6, 2, 4, tzinfo=UTC), "0.00"),
    ],
)
def test_reference_forecast_closes_with_the_day_of_signature(recorded, forecast):
    gains = [gain_row("100", *YEAR, stage="forecast", recorded=recorded)]
    rows = {"projects": [project_row(signed=date(2024, 6, 1))], "gains": gains}
    assert row_of(rows)["net_gain_forecast"] == forecast


def test_forecast_revised_after_signature_leaves_the_reference_as_it_was():
    gains = [
        gain_row("100", *YEAR, stage="forecast", recorded=datetime(2024, 5, 1, tzinfo=UTC)),
        gain_row("60", *YEAR, stage="forecast", recorded=datetime(2024, 9, 1, tzinfo=UTC), row=1),
    ]
    assert row_of({"projects": [project_row()], "gains": gains})["net_gain_forecast"] == "100.00"


def test_project_without_signature_has_no_reference_forecast():
    gains = [gain_row("100", *YEAR, stage="forecast", recorded=datetime(2024, 5, 1, tzinfo=UTC))]
    assert row_of({"projects": [project_row(signed=None)], "gains": gains})["net_gain_forecast"] == "0.00"


def test_terminated_project_loses_the_forecast_that_begins_after_its_end():
    recorded = datetime(2024, 5, 1, tzinfo=UTC)
    gains = [
        gain_row("1", date(2025, 4, 1), date(2025, 12, 31), stage="forecast", recorded=recorded),
        gain_row("20", date(2025, 10, 1), date(2026, 9, 30), stage="forecast", recorded=recorded, row=1),  # straddles the end
        gain_row("300", date(2026, 1, 1), date(2026, 6, 30), stage="forecast", recorded=recorded, row=2),  # begins after it
        gain_row("4000", date(2025, 12, 31), date(2026, 6, 30), stage="forecast", recorded=recorded, row=3),  # begins with it
    ]
    rows = {"projects": [project_row(status="terminated", ends=date(2025, 12, 31))], "gains": gains}
    assert row_of(rows)["net_gain_forecast"] == "4021.00"
    rows["projects"] = [project_row(status="completed", ends=date(2025, 12, 31))]
    assert row_of(rows)["net_gain_forecast"] == "4321.00"


@pytest.mark.parametrize(("effective", "verified", "elapsed"), [(date(2026, 3, 30), "0.00", ""), (date(2026, 3, 31), "90.00", "0.9000")])
def test_period_counts_from_its_last_day_on(effective, verified, elapsed):
    forecast = gain_row("100", *YEAR, stage="forecast", recorded=datetime(2024, 5, 1, tzinfo=UTC))
    row = row_of({"projects": [project_row()], "gains": [forecast, gain_row("90", *YEAR)]}, effective=effective)
    assert (row["net_gain_verified"], row["realisation_verified"], row["net_gain_forecast"]) == (verified, elapsed, "100.00")


def test_project_decided_later_is_neither_a_row_nor_in_the_total():
    rows = {
        "projects": [project_row(), project_row("P2", decided=date(2026, 4, 2))],
        "payments": [payment_row(10, date(2025, 5, 1)), payment_row(7, date(2025, 5, 1), project="P2")],
        "gains": [gain_row("100", *YEAR), gain_row("50", *YEAR, project="P2")],
    }
    found = analysis.records(analysis.roi_projects(frames_of(rows), effective=date(2026, 4, 1), known=LATE))
    assert [(r["project"], r["fund_paid"], r["net_gain_verified"]) for r in found] == [
        ("P1", "10.00", "100.00"),
        ("TOTAL", "10.00", "100.00"),
    ]


def test_windfall_is_flagged_and_counts_nowhere():
    gains = [gain_row("100", date(2025, 4, 1), date(2025, 4, 10))]
    rows = {"projects": [project_row(starts=date(2025, 4, 4))], "payments": [payment_row(10, date(2025, 5, 1))], "gains": gains}
    assert row_of(rows)["net_gain_verified"] == "70.00"
    dates = {"effective": date(2035, 1, 1), "known": LATE}
    parts = [
        (r["windfall"], r["fiscal_year"], r["days"], r["amount"]) for r in analysis.records(analysis.gains_rows(frames_of(rows), **dates))
    ]
    assert parts == [("yes", "", "3", "30.00"), ("no", "2025", "7", "70.00")]
    years = {(r["fiscal_year"], r["nature"]): r["verified"] for r in analysis.records(analysis.gains_by_year(frames_of(rows), **dates))}
    assert (years["2025", "CASH"], years["TOTAL", "NET"]) == ("70.00", "70.00")


def test_payment_counts_in_the_fiscal_year_of_its_effect_not_of_its_record():
    late_entry = ("P1", "payment", 10_000, date(2024, 6, 1), datetime(2025, 6, 1, tzinfo=UTC), 2025, "late")
    gains = [gain_row("103.5", *YEAR)]
    assert row_of({"projects": [project_row()], "payments": [late_entry], "gains": gains})["npv"] == "0.00"


def test_recovery_is_no_first_payment():
    payments = [payment_row(50, date(2023, 5, 1), kind="recovery"), payment_row(150, date(2025, 5, 1))]
    gains = [gain_row("30", date(y, 4, 1), date(y + 1, 3, 31)) for y in (2026, 2027, 2028)]
    rows = {"projects": [project_row()], "payments": payments, "gains": gains}
    assert row_of(rows, effective=date(2029, 3, 31))["cum3_fund"] == "0.9000"
    assert row_of(rows, effective=date(2029, 3, 30))["cum3_fund"] == ""


def test_payment_that_came_back_is_no_first_payment():
    back = ("P1", "payment", -5_000, date(2025, 6, 1), datetime(2025, 6, 2, tzinfo=UTC), 2023, "P1 payment 2023-05-01 50")
    payments = [payment_row(50, date(2023, 5, 1)), back, payment_row(100, date(2025, 5, 1))]
    gains = [gain_row("30", date(y, 4, 1), date(y + 1, 3, 31)) for y in (2024, 2025, 2026, 2027, 2028)]
    rows = {"projects": [project_row()], "payments": payments, "gains": gains}
    assert row_of(rows, effective=date(2029, 3, 31))["cum3_fund"] == "0.9000"  # 2026 to 2028: the first payment is that of 2025
    assert row_of(rows, effective=date(2029, 3, 31), known=datetime(2025, 6, 1, tzinfo=UTC))["cum3_fund"] == "0.2000"  # not known yet
    alone = {**rows, "payments": [payment_row(50, date(2023, 5, 1)), back, payment_row(10, date(2025, 5, 1), kind="recovery")]}
    assert row_of(alone)["cum3_public"] == ""


def test_three_years_are_those_that_follow_the_first_payment():
    gains = [gain_row(amount, date(y, 4, 1), date(y + 1, 3, 31)) for y, amount in zip(range(2023, 2029), (1, 2, 4, 8, 16, 32), strict=True)]
    rows = {"projects": [project_row(starts=None)], "payments": [payment_row(100, date(2024, 5, 1))], "gains": gains}
    row = row_of(rows)
    assert (row["cum3_fund"], row["rec3_fund"], row["multiple_fund"]) == ("0.2800", "0.1600", "0.6300")


def test_recurrent_gain_of_half_a_year_is_brought_to_the_year():
    gains = [
        gain_row("100", date(2027, 4, 1), date(2027, 7, 9)),  # 100 of the 366 days of 2027-2028
        gain_row("999", date(2027, 4, 1), date(2027, 7, 9), line="L2", recurrence="one_off"),
        gain_row("999", date(2027, 4, 1), date(2027, 7, 9), line="L3", nature="PROD"),
    ]
    rows = {"projects": [project_row()], "payments": [payment_row(1000, date(2024, 5, 1))], "gains": gains}
    row = row_of(rows)
    assert (row["rec3_fund"], row["cum3_fund"]) == ("0.3660", "1.0990")


def test_coverage_takes_sizes_so_that_costs_do_not_cancel_savings():
    gains = [
        gain_row("100", *YEAR, stage="reported"),
        gain_row("-100", *YEAR, line="L2", nature="COST", stage="reported"),
        gain_row("-90", *YEAR, line="L2", nature="COST"),
        gain_row("40", *YEAR, line="L3", nature="PROD", stage="reported"),
    ]
    row = row_of({"projects": [project_row()], "gains": gains})
    assert (row["coverage"], row["verification_yield"], row["net_gain_reported"]) == ("0.5000", "0.9000", "0.00")


def test_amount_that_rounds_to_zero_has_no_sign():
    rows = {
        "projects": [project_row()],
        "payments": [payment_row(100000, date(2024, 5, 1))],
        "gains": [gain_row("-0.01", *YEAR, nature="COST")],
    }
    row = row_of(rows)
    assert (row["multiple_fund"], row["net_gain_verified"]) == ("0.0000", "-0.01")


# -- groups, empty and extreme input -------------------------------------------------------------------------------------


def test_project_recovered_beyond_its_payments_stays_out_of_the_ratios_of_its_group():
    rows = {
        "projects": [project_row(), project_row("P2")],
        "payments": [
            *(payment_row(100, date(2024, 5, 1), project=code) for code in ("P1", "P2")),
            payment_row(150, date(2025, 5, 1), project="P2", kind="recovery"),
        ],
        "gains": [gain_row("50", date(2027, 4, 1), date(2028, 3, 31)), gain_row("30", date(2027, 4, 1), date(2028, 3, 31), project="P2")],
    }
    total = row_of(rows, project="TOTAL")
    names = ("cum3_fund", "cum3_public", "rec3_fund", "multiple_fund", "multiple_public")
    assert [total[name] for name in names] == ["0.5000"] * 5
    assert (total["fund_paid"], total["net_gain_verified"]) == ("50.00", "80.00")


def test_unknown_region_is_a_group_of_its_own_and_cohort_is_the_year_of_decision():
    rows = {
        "projects": [project_row(region=None), project_row("P2", decided=date(2025, 3, 31)), project_row("P3", decided=date(2025, 4, 1))]
    }
    dates = {"effective": date(2026, 1, 1), "known": LATE}
    groups = {
        by: [
            (r[by], r["projects"], r["projects_excluded"]) for r in analysis.records(analysis.roi_grouped(frames_of(rows), by=by, **dates))
        ]
        for by in ("region", "cohort")
    }
    assert groups == {
        "region": [("", "1", "1"), ("06", "2", "2"), ("TOTAL", "3", "3")],
        "cohort": [("2024", "2", "2"), ("2025", "1", "1"), ("TOTAL", "3", "3")],
    }


def test_reports_of_nothing_have_their_columns_and_total():
    dates = {"effective": date(2026, 1, 1), "known": LATE}
    (total,) = analysis.records(analysis.roi_projects(analysis.Frames(), **dates))
    amounts = {name for name, cell in total.items() if cell == "0.00"}
    assert amounts == {*rules.AMOUNTS, *rules.RECONCILING}
    assert {name for name, cell in total.items() if cell == ""} == set(analysis.PROJECT_COLUMNS) - amounts - {"project"}
    assert list(analysis.records(analysis.gains_rows(analysis.Frames(), **dates))) == []
    assert tuple(analysis.gains_rows(analysis.Frames(), **dates).columns) == analysis.GAIN_COLUMNS
    assert [r["fiscal_year"] for r in analysis.records(analysis.gains_by_year(analysis.Frames(), **dates))] == ["TOTAL"] * 6


def test_roi_projects_has_the_columns_of_the_contract_in_order():
    columns = (
        "project, call, organisation, region, status, fund_paid, cofunding, net_gain_forecast, net_gain_reported, net_gain_verified, "
        "net_gain_captured, avoided_verified, productivity_verified, roi_public, roi_fund, multiple_public, multiple_fund, rec3_fund, "
        "rec3_public, cum3_fund, cum3_public, npv, bcr, payback_years, realisation_reported, realisation_verified, verification_yield, "
        "coverage, capture_rate, variance, net_gain_contested, net_gain_expected, net_gain_examined"
    )
    assert ", ".join(analysis.roi_projects(analysis.Frames(), effective=date(2026, 1, 1), known=LATE).columns) == columns


def test_same_rows_in_another_order_give_the_same_report():
    gains = [gain_row(str(n), date(2025, 4, n), date(2026, 3, n), line=f"L{n % 3}", row=n) for n in range(1, 20)]
    rows = {"projects": [project_row(), project_row("P0")], "payments": [payment_row(10, date(2025, 5, 1))], "gains": gains}
    back = {noun: found[::-1] for noun, found in rows.items()}
    for report in (analysis.roi_projects, analysis.gains_rows, analysis.gains_by_year):
        one, other = (list(analysis.records(report(frames_of(r), effective=date(2030, 1, 1), known=LATE))) for r in (rows, back))
        assert one == other


def test_largest_amounts_are_added_exactly():
    payments = [payment_row(9_999_999_999_999, date(2024, 5, n + 1)) for n in range(9)]
    assert row_of({"projects": [project_row()], "payments": payments})["fund_paid"] == "89999999999991.00"


def test_sum_beyond_64_bits_is_refused_not_wrapped():
    payments = [payment_row(9_999_999_999_999, date(2024, 5, 1))] * 9224
    with pytest.raises(OverflowError):
        row_of({"projects": [project_row()], "payments": payments})


def test_knowledge_date_without_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        analysis.roi_projects(analysis.Frames(), effective=date(2026, 1, 1), known=datetime(2026, 1, 1))  # noqa: DTZ001


def test_rate_recorded_later_is_not_known_yet():
    rates = [(date(2025, 4, 1), Decimal("0.10"), datetime(2026, 1, 1, tzinfo=UTC))]
    rows = {"projects": [project_row()], "gains": [gain_row("110", *YEAR)], "rates": rates}
    assert row_of(rows)["npv"] == "100.00"
    rows["rates"] = [(date(2025, 4, 1), Decimal("0.10"), LATE + timedelta(microseconds=1))]
    assert row_of(rows)["npv"] == "106.28"


def test_frame_of_many_rows_is_read_in_chunks():
    rows = [gain_row("1", *YEAR, line=f"L{n}", row=n) for n in range(20_001)]
    found = analysis.frame("gains", iter(rows))
    assert (len(found), found["row"].tolist()[-1], str(found["line"].iloc[-1])) == (20_001, 20_000, "L20000")
    assert [str(kind) for kind in found.dtypes] == list(analysis.COLUMNS["gains"].values())


def test_gain_rows_are_text_in_every_column():
    gains = [gain_row("-12.5", date(2026, 1, 1), date(2026, 3, 31), nature="COST", recorded=datetime(2026, 5, 15, 8, tzinfo=UTC))]
    rows = {"projects": [project_row()], "gains": gains}
    (record,) = analysis.records(analysis.gains_rows(frames_of(rows), effective=date(2026, 4, 1), known=LATE))
    assert record == {
        "project": "P1",
        "line": "L1",
        "nature": "COST",
        "recurrence": "recurrent",
        "stage": "verified",
        "period_start": "2026-01-01",
        "period_end": "2026-03-31",
        "fiscal_year": "2025",
        "days": "90",
        "amount": "-12.50",
        "ended": "yes",
        "windfall": "no",
        "recorded_at": "2026-05-15T08:00:00Z",
        "contested": "no",
    }


# -- a contested fiscal year ---------------------------------------------------------------------------------------------


def test_period_contested_in_one_of_its_fiscal_years_counts_and_is_examined_in_the_other():
    both = (date(2026, 4, 1), date(2028, 3, 31))  # 365 days, then 366
    gains = [
        gain_row(amount, *both, stage=stage) for amount, stage in (("1462", "forecast"), ("1462", "reported"), ("731", "verified"))
    ] + [gain_row("100", date(2027, 4, 1), date(2028, 3, 31), line="L2", stage="reported")]
    gains[0] = (*gains[0][:8], datetime(2024, 5, 1, tzinfo=UTC), 0)
    rows = {"projects": [project_row()], "payments": [payment_row(10, date(2024, 6, 1))], "gains": gains}
    rows["contests"] = [("P1", "L1", "overlap", 2026, True, LATE)]
    row = row_of(rows)
    names = ("net_gain_expected", "net_gain_reported", "net_gain_examined", "net_gain_verified", "net_gain_contested")
    assert [row[name] for name in names] == ["732.00", "832.00", "732.00", "366.00", "365.00"]
    names = ("realisation_verified", "verification_yield", "coverage", "rec3_fund", "cum3_fund")
    assert [row[name] for name in names] == ["0.5000", "0.5000", "0.8798", "36.6000", "36.6000"]


def test_windfall_is_contested_with_its_line_and_never_with_one_fiscal_year():
    gains = [gain_row("10", date(2024, 3, 22), date(2024, 4, 10))]
    for year, expected in ((2023, ["no", "no"]), (2024, ["no", "yes"]), (0, ["yes", "yes"])):
        rows = {"projects": [project_row()], "gains": gains, "contests": [("P1", "L1", "overlap", year, True, LATE)]}
        found = analysis.records(analysis.gains_rows(frames_of(rows), effective=date(2030, 1, 1), known=LATE))
        assert [record["contested"] for record in found] == expected

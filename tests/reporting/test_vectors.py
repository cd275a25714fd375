"""The named reference vectors T01…T23, each run through the code that a report uses."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from fondsinnovation.kit import money
from reporting import analysis, rules
from reporting.analysis.frames import UNKNOWN, day_number
from reporting.analysis.split import split_by_days
from tests.reporting.rows import LATE, cofunding_row, frames_of, gain_row, payment_row, project_row, records_of, row_of

VECTORS = json.loads((Path(__file__).parent / "data" / "roi_vectors.json").read_text(encoding="utf-8"))
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "roi_vectors.json"


def year_of_gain(dollars, year, **given):
    return gain_row(dollars, date(year, 4, 1), date(year + 1, 3, 31), **given)


def t01():
    savings = {2025: 100_000, 2026: 450_000, 2027: 600_000, 2028: 600_000, 2029: 600_000}
    return {
        "projects": [project_row()],
        "payments": [payment_row(400_000, date(2024, 6, 1)), payment_row(600_000, date(2025, 6, 1))],
        "cofunding": [cofunding_row(100_000, date(2024, 6, 1)), cofunding_row(150_000, date(2025, 6, 1), in_kind=True)],
        "gains": [
            *(year_of_gain(amount, year) for year, amount in savings.items()),
            *(year_of_gain(-50_000, year, line="L2", nature="COST") for year in range(2026, 2030)),
            year_of_gain(80_000, 2027, line="L3", nature="REV", recurrence="one_off"),
            *(year_of_gain(120_000, year, line="L4", nature="PROD") for year in range(2026, 2030)),
        ],
    }


def with_rate(rate):
    return t01() | {"rates": [(date(2020, 4, 1), Decimal(rate), datetime(2020, 1, 1, tzinfo=UTC))]}


def dollars(text):
    return f"{Decimal(text):.2f}"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published vectors are not beside this clone")
def test_vectors_are_the_published_ones():
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert {name: published[name] for name in VECTORS} == VECTORS


def test_t01_core_project():
    vector, row = VECTORS["T01_core_project"], row_of(t01())
    assert (row["fund_paid"], row["net_gain_verified"]) == (dollars(vector["K_fund"]), dollars(vector["net_budget_gain_total"]))
    assert Decimal(row["fund_paid"]) + Decimal(row["cofunding"]) == Decimal(vector["K_total"])
    assert Decimal(row["net_gain_verified"]) + Decimal(row["productivity_verified"]) == Decimal(vector["net_all_gain_total"])
    names = {
        "roi_public": "roi_public_budget",
        "multiple_public": "multiple_public_budget",
        "multiple_fund": "fund_leverage_budget",
        "npv": "npv_3_5",
        "bcr": "bcr_3_5",
        "payback_years": "payback_years",
        "rec3_fund": "recurring_ratio_fund",
        "rec3_public": "recurring_ratio_total",
    }
    assert {name: row[name] for name in names} == {name: vector[key] for name, key in names.items()}
    assert row_of(with_rate("0"))["npv"] == vector["npv_0"]
    assert row_of(with_rate("0.07"))["npv"] == vector["npv_7"]


def test_t01_flows_and_factors():
    vector = VECTORS["T01_core_project"]
    by_year = analysis.records(analysis.gains_by_year(frames_of(t01()), effective=date(2035, 1, 1), known=LATE))
    net = [row["verified"] for row in by_year if row["nature"] == "NET" and row["fiscal_year"] != "TOTAL"]
    assert ["0.00", *net] == [dollars(amount) for amount in vector["net_budget_gain_by_fy"]]
    discount = rules.Discount(2024, 2029)
    assert [str(rules.rounded(discount.factor(year), 6)) for year in range(2024, 2030)] == vector["discount_factors_3_5"]
    gains = {2024 + n: int(amount) * 100 for n, amount in enumerate(vector["net_budget_gain_by_fy"])}
    assert str(rules.money(discount.present(gains))) == vector["pv_benefits"]
    assert str(rules.money(discount.present({2024: 50_000_000, 2025: 75_000_000}))) == vector["pv_costs"]


def test_t01_with_productivity_inside_is_another_figure():
    vector, rows = VECTORS["T01_core_project"], t01()
    rows["gains"] = [(*gain[:2], "CASH", *gain[3:]) for gain in rows["gains"]]
    row = row_of(rows)
    assert (row["roi_public"], row["npv"]) == (vector["roi_public_all"], vector["npv_all_3_5"])
    assert row["payback_years"] == vector["payback_years_all"]


def test_t01b_four_readings_of_one_for_one():
    vector, row = VECTORS["T01b_two_readings_of_1_for_1"], row_of(t01())
    names = {
        "cum3_fund": "cumulative_over_fund",
        "cum3_public": "cumulative_over_total",
        "rec3_fund": "recurring_over_fund",
        "rec3_public": "recurring_over_total",
    }
    assert {name: row[name] for name in names} == {name: vector[key] for name, key in names.items()}


def two_projects(*more):
    costs = {"P1": (100_000, 300_000), "P2": (2_000_000, 1_000_000), **dict(more)}
    return {
        "projects": [project_row(code) for code in costs],
        "payments": [payment_row(cost, date(2024, 6, 1), project=code) for code, (cost, _) in costs.items() if cost],
        "gains": [year_of_gain(gain, 2025, project=code) for code, (_, gain) in costs.items()],
    }


def test_t02_ratio_of_sums():
    vector, found = VECTORS["T02_ratio_of_sums"], records_of(two_projects())
    assert [found[code]["roi_public"] for code in ("P1", "P2")] == vector["roi_each"]
    assert found["TOTAL"]["roi_public"] == vector["correct_ratio_of_sums"]


def test_t03_realisation_is_like_for_like():
    vector, early = VECTORS["T03_realisation"], datetime(2024, 5, 1, tzinfo=UTC)
    gains = [
        *(year_of_gain(a, y, stage="forecast", recorded=early) for y, a in ((2025, 100_000), (2026, 450_000), (2027, 600_000))),
        *(year_of_gain(a, y, stage="reported") for y, a in ((2025, 80_000), (2026, 430_000))),
        *(year_of_gain(a, y) for y, a in ((2025, 80_000), (2026, 360_000))),
    ]
    row = row_of({"projects": [project_row()], "gains": gains}, effective=date(2027, 3, 31))
    found = {
        "reported": row["net_gain_reported"],
        "verified": row["net_gain_verified"],
        "realisation_reported": row["realisation_reported"],
        "realisation_verified": row["realisation_verified"],
        "verification_yield": row["verification_yield"],
        "variance_pct": row["variance"],
    }
    assert found == {name: dollars(vector[name]) if name in ("reported", "verified") else vector[name] for name in found}
    assert row["net_gain_forecast"] == "1150000.00"


def test_t04_baseline_is_adjusted_to_activity():
    vector = VECTORS["T04_activity_adjusted_baseline"]
    found = rules.efficiency_gain(
        cost=Decimal(2_400_000), volume=Decimal(80_000), actual_cost=Decimal(2_310_000), actual_volume=Decimal(90_000)
    )
    assert (found["CASH"], found["AVOID"]) == (int(vector["cashable_part"]), int(vector["cost_avoidance_part"]))
    assert sum(found.values()) == int(vector["efficiency_gain"])


def test_t04b_fall_in_volume_is_a_cost():
    vector = VECTORS["T04b_volume_drop"]
    found = rules.efficiency_gain(
        cost=Decimal(2_400_000), volume=Decimal(80_000), actual_cost=Decimal(2_050_000), actual_volume=Decimal(66_000)
    )
    assert found == {"CASH": 0, "AVOID": 0, "COST": int(vector["efficiency_gain"])}


def test_t05_t06_t08_t09_gain_before_it_is_a_row():
    attributed = rules.attributable_gain(gross=500_000, deadweight=Decimal("0.20"), attribution=Decimal("0.75"), displacement=40_000)
    assert attributed == Decimal(VECTORS["T05_attribution"]["net_attributable"])
    capacity = rules.freed_capacity(hours=Decimal(6250), hourly_rate=Decimal(48), redeployed=Decimal("0.60"))
    vector = VECTORS["T06_productivity"]
    assert capacity == (Fraction(vector["capacity_value"]), Fraction(vector["redeployed_value"]))
    vector = VECTORS["T08_real_nominal"]
    real = rules.real_gain(nominal=110_000, index=Decimal("104.5"), base_index=Decimal(100))
    assert str(rules.rounded(real, 2)) == vector["real_gain"]
    rate = rules.nominal_rate(real=Decimal("0.035"), inflation=Decimal("0.02"))
    assert str(rules.rounded(rate, 6)) == vector["fisher_nominal_rate"]
    amounts = {"verified": 360_000, "reported_with_evidence": 150_000, "reported": 90_000, "forecast": 600_000}
    assert str(rules.rounded(rules.confidence_weighted(amounts), 2)) == VECTORS["T09_confidence_weighted"]["weighted"]


@pytest.mark.parametrize(
    ("start", "end", "amount", "name"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), 365_000, "cal2025"),
        (date(2024, 1, 1), date(2024, 12, 31), 100_000, "cal2024"),
        (date(2025, 3, 30), date(2025, 4, 1), 100, "three_day"),
    ],
)
def test_t07_split_over_fiscal_years(start, end, amount, name):
    row = {"start": day_number(start), "end": day_number(end), "starts_on": UNKNOWN, "cents": amount * 100}
    parts = split_by_days(pd.DataFrame([row]))
    years = [str(year) for year in parts["fiscal_year"]]
    vector = VECTORS["T07_fiscal_split"]
    assert dict(zip(years, map(rules.dollars, parts["cents"].tolist()), strict=True)) == {
        year: Decimal(part) for year, part in vector[name].items()
    }
    if f"{name}_days" in vector:
        assert dict(zip(years, parts["days"], strict=True)) == vector[f"{name}_days"]


def test_t07b_run_rate():
    vector = VECTORS["T07b_annualised"]
    found = rules.annualised(Decimal(vector["gain_in_period"]), vector["days"], 2025)
    assert (str(rules.rounded(found, 2)), rules.days_of(2025)) == (vector["annualised"], vector["fy_days"])


def test_t10_terminated_project():
    vector = VECTORS["T10_terminated"]
    rows = {
        "projects": [project_row(status="terminated", ends=date(2025, 9, 30))],
        "payments": [payment_row(600_000, date(2024, 6, 1)), payment_row(150_000, date(2025, 12, 1), kind="recovery")],
        "gains": [year_of_gain(80_000, 2025)],
    }
    row = row_of(rows)
    assert (row["fund_paid"], row["roi_fund"]) == (dollars(vector["net_disbursed"]), vector["roi"])


def test_t11_edges():
    vector = VECTORS["T11_edges"]
    zero = records_of(two_projects(("P3", (0, 50_000))))
    assert (zero["P3"]["roi_public"], zero["P3"]["npv"]) == (vector["zero_cost_roi"] or "", "48309.18")
    assert zero["TOTAL"]["roi_public"] == vector["portfolio_excl_zero_cost"]
    assert zero["TOTAL"]["net_gain_verified"] == "1350000.00"
    loss = row_of(two_projects(("P1", (400_000, -120_000))))
    assert (loss["roi_public"], loss["payback_years"]) == (vector["negative_gain_roi"], vector["payback_never"] or "")
    rows = two_projects()
    rows["payments"].append(payment_row(100_000, date(2025, 6, 1), kind="recovery"))
    assert row_of(rows)["roi_public"] == (vector["fully_recovered_cost_roi"] or "")
    at_once = two_projects()
    at_once["gains"][0] = year_of_gain(300_000, 2024, project="P1")
    assert Decimal(row_of(at_once)["payback_years"]) == Decimal(vector["payback_immediate"])


@pytest.mark.parametrize(("known", "key"), [(date(2026, m, d), f"as_of_2026_{m:02}_{d}") for m, d in ((4, 30), (6, 30), (12, 31))])
def test_t12_restatement(known, key):
    gains = [
        year_of_gain(120_000, 2025, recorded=datetime(2026, 5, 15, tzinfo=UTC)),
        year_of_gain(95_000, 2025, recorded=datetime(2026, 11, 10, tzinfo=UTC)),
    ]
    found = row_of({"projects": [project_row()], "gains": gains}, known=rules.end_of_day(known))["net_gain_verified"]
    assert found == dollars(VECTORS["T12_restatement"][key] or 0)  # a sum over no row is 0.00


def test_t13_envelopes_270_30():
    vector, day, at = VECTORS["T13_allocation"], date(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)
    amounts = {
        "PROJECTS": ("270000000.00", "148250000.00", "91730500.25", "-230500.25"),
        "SECRETARIAT": ("30000000.00", "11400000.00", "10950000.00", "0.00"),
    }
    kinds = ("authorisation", "commitment", "payment", "recovery")
    ledger = [
        (envelope, 2024, kind, int(Decimal(amount) * 100), day, at)
        for envelope, row in amounts.items()
        for kind, amount in zip(kinds, row, strict=True)
    ]
    report = analysis.envelope_rows(
        analysis.frame("ledger", ledger),
        ceilings={name: Decimal(row[0]) for name, row in amounts.items()},
        effective=date(2026, 1, 1),
        known=LATE,
    )
    found = {(row["envelope"], row["fiscal_year"]): row for row in analysis.records(report)}
    for name, key in (("PROJECTS", "PROJETS"), ("SECRETARIAT", "SECRETARIAT")):
        row = found[name, "TOTAL"]
        assert {
            "available": row["available"],
            "unpaid": row["unpaid"],
            "commit_rate": row["commitment_rate"],
            "payment_rate_on_commitments": row["payment_rate"],
            "shares": row["share"],
            "net_paid": str(Decimal(row["paid"]) - Decimal(row["recovered"])),
        } == {
            field: vector[field][key]
            for field in ("available", "unpaid", "commit_rate", "payment_rate_on_commitments", "shares", "net_paid")
        }
    assert found["TOTAL", "TOTAL"]["ceiling"] == dollars(vector["total"])


def test_t13_roi_before_and_after_administration():
    vector, rows = VECTORS["T13_allocation"], two_projects(("P1", ("91500000.00", 120_000_000)), ("P2", (0, 0)))
    rows["secretariat_costs"] = [(1_095_000_000, date(2025, 1, 1), datetime(2025, 1, 1, tzinfo=UTC))]
    report = analysis.roi_grouped(frames_of(rows), by="call", effective=date(2030, 1, 1), known=LATE)
    found = {row["call"]: row for row in analysis.records(report)}
    assert found["TOTAL"]["roi_fund"] == vector["portfolio_roi_before_admin"]
    assert found["TOTAL"]["roi_after_admin"] == vector["portfolio_roi_after_admin"]
    assert found["AP-1"]["roi_after_admin"] == ""


def test_t18_t21_splits_sum_to_the_cent():
    shared = money.split(Decimal("100000.01"), [60, 40])
    assert shared == [Decimal(part) for part in VECTORS["T18_shared_gain"]["parts"]]
    instalments = money.split(Decimal("333333.33"), [40, 40, 20])
    assert [str(part) for part in instalments] == VECTORS["T21_instalments"]["parts"]


def test_t19_dated_rates():
    vector = VECTORS["T19_variable_rates"]
    rates = [(date(2024 + n, 4, 1), Decimal(n + 2) / 100) for n in (1, 2, 3)]
    discount = rules.Discount(2024, 2027, rates)
    assert [str(rules.rounded(discount.factor(year), 6)) for year in range(2024, 2028)] == vector["factors"]
    assert str(rules.money(discount.present({2024: -100_000, 2025: 40_000, 2026: 40_000, 2027: 40_000}))) == vector["npv"]


def test_t23_attainment_of_objectives():
    vector = VECTORS["T23_objectives"]
    found = [rules.attainment(baseline=b, target=t, actual=a) for b, t, a in ((40, 60, 55), (30, 20, 22), (0, 10, -3))]
    assert [str(rules.ratio(share)) for share in found] == vector["each"]
    weights = (Decimal("0.5"), Decimal("0.3"), Decimal("0.2"))
    assert str(rules.ratio(sum(Fraction(w) * s for w, s in zip(weights, found, strict=True)))) == vector["weighted"]

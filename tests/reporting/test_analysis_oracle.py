"""The vectorised reports against the slow oracle, on random portfolios and ledgers."""

from collections import defaultdict
from datetime import UTC, date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting import analysis
from tests.reporting import oracle
from tests.reporting.rows import LATE, frames_of

edge_days = st.sampled_from(
    [date(y, m, d) for y in (2023, 2024, 2025, 2026, 2027) for m, d in ((3, 31), (4, 1), (1, 1), (12, 31), (7, 15))] + [date(2024, 2, 29)]
)
days = st.one_of(edge_days, st.dates(date(2023, 1, 1), date(2029, 12, 31)))
offsets = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1), timedelta(hours=-4), timedelta(days=200)])
instants = st.builds(lambda day, offset: oracle.day_ends(day).astimezone(UTC) + offset, days, offsets)
cents = st.one_of(st.integers(-300, 300), st.integers(-(10**10), 10**10))
codes = st.sampled_from(["P1", "P2", "P3", "P9"])  # P9 is no project
natures = {
    "L1": ("CASH", "recurrent"),
    "L2": ("COST", "recurrent"),
    "L3": ("REV", "one_off"),
    "L4": ("PROD", "recurrent"),
    "L5": ("AVOID", "one_off"),
}
periods = st.one_of(
    st.builds(lambda day, length: (day, day + timedelta(days=length)), days, st.integers(0, 800)),
    st.sampled_from([(date(y, 4, 1), date(y + 1, 3, 31)) for y in range(2023, 2029)]),
)


# most portfolios are seen late enough for their third year after the first payment to have ended
effectives = st.one_of(st.sampled_from([date(2028, 3, 31), date(2029, 3, 31), date(2031, 1, 1)]), days)
knowledge = st.one_of(st.just(LATE), instants)


def maybe(strategy):
    return st.one_of(st.none(), strategy)


@st.composite
def gain_rows(draw):
    rows = []
    for number in range(draw(st.integers(0, 14))):
        line = draw(st.sampled_from(sorted(natures)))
        repeated = draw(st.booleans()) and rows
        start, end = (rows[-1][5], rows[-1][6]) if repeated else draw(periods)
        stage = draw(st.sampled_from(["forecast", "reported", "verified", "verified", "captured"]))
        recorded = rows[-1][8] if repeated and draw(st.booleans()) else draw(instants)
        line = rows[-1][1] if repeated else line
        rows.append((draw(codes), line, *natures[line], stage, start, end, draw(cents), recorded, number))
    return draw(st.permutations(rows))


@st.composite
def portfolios(draw):
    project = st.tuples(
        st.sampled_from(["A", "B"]), st.sampled_from(["O1", "O2"]), st.sampled_from(["", "06"]),
        st.sampled_from(["active", "completed", "terminated"]), days, maybe(days), maybe(days), maybe(days),
    )  # fmt: skip
    kinds = st.sampled_from(["payment", "payment", "recovery"])
    positive = st.one_of(st.integers(1, 300), st.integers(1, 10**10))
    return {
        "projects": [(code, *draw(project)) for code in draw(st.permutations(["P1", "P2", "P3"]))],
        "payments": draw(
            st.lists(st.tuples(codes, kinds, positive, days, instants, st.just(2024), st.just("r")), max_size=6)
        ),
        "cofunding": draw(st.lists(st.tuples(codes, positive, st.booleans(), days, instants), max_size=3)),
        "gains": draw(gain_rows()),
        "contests": draw(
            st.lists(
                st.tuples(
                    codes, st.sampled_from(["L1", "L2", "L9"]), st.sampled_from(["overlap", "quality"]),
                    st.sampled_from([0, 2024, 2025, 2026, 2027, 2028]), st.booleans(), instants,
                ),
                max_size=6,
            )
        ),
        "secretariat_costs": draw(st.lists(st.tuples(positive, days, instants), max_size=2)),
        "rates": draw(
            st.lists(
                st.tuples(days, st.decimals("-0.02", "0.12", places=4), instants), max_size=3, unique_by=lambda rate: rate[0]
            )
        ),
    }  # fmt: skip


def same_rows(found, expected):
    found = list(found)
    assert [set(row) for row in found] == [set(row) for row in expected]
    assert found == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=portfolios(), effective=effectives, known=knowledge, by=st.sampled_from(["call", "organisation", "region", "cohort"]))
def test_reports_equal_the_oracle(rows, effective, known, by):
    frames, fund, dates = frames_of(rows), oracle.Fund(rows, effective, known), {"effective": effective, "known": known}
    same_rows(analysis.records(analysis.roi_projects(frames, **dates)), fund.roi_projects())
    same_rows(analysis.records(analysis.roi_grouped(frames, by=by, **dates)), fund.roi_grouped(by))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows=portfolios(), effective=effectives, known=knowledge)
def test_gain_reports_equal_the_oracle(rows, effective, known):
    frames, dates = frames_of(rows), {"effective": effective, "known": known}
    parts = oracle.Fund(rows, effective, known).gain_parts()
    found = [
        (
            *(r[name] for name in ("project", "line", "nature", "stage")),
            *(date.fromisoformat(r[name]) for name in ("period_start", "period_end")),
            *(r["fiscal_year"], int(Decimal(r["amount"]) * 100), int(r["days"]), r["contested"] == "yes"),
        )
        for r in analysis.records(analysis.gains_rows(frames, **dates))
    ]
    assert found == parts
    expected = defaultdict(int)
    for _, _, nature, counted, _, _, year, amount, _, contested in parts:
        if contested and counted != "verified":
            continue
        stage = "contested" if contested else counted
        for name in [nature, "NET"] if nature in oracle.NET else [nature]:
            for when in [year, "TOTAL"] if year else []:
                expected[when, name, stage] += amount
    by_year = [
        ((r["fiscal_year"], r["nature"], stage), int(Decimal(r[stage]) * 100))
        for r in analysis.records(analysis.gains_by_year(frames, **dates))
        for stage in ("forecast", "reported", "verified", "captured", "contested")
    ]
    assert {cell: amount for cell, amount in by_year if amount} == {cell: amount for cell, amount in expected.items() if amount}
    assert len(by_year) == len(dict(by_year))


CREDIT = {
    "transfers": ("transfer", 1),
    "frozen": ("freeze", -1),
    "lapsed": ("lapse", -1),
    "carried": ("carry", 1),
    "reinvested": ("reinvestment", 1),
}
CEILINGS = {"PROJECTS": Decimal("270.00"), "SECRETARIAT": Decimal("30.00")}
ledger_rows = st.lists(
    st.tuples(
        st.sampled_from(list(CEILINGS)),
        st.sampled_from([2024, 2025, 2026]),
        st.sampled_from(["authorisation", "reservation", "commitment", "payment", "recovery", *(kind for kind, _ in CREDIT.values())]),
        st.integers(-300, 10**9),
        days,
        instants,
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(rows=ledger_rows, effective=days, known=instants)
def test_envelopes_equal_sums_of_ledger_rows(rows, effective, known):
    def total(kind, envelope, year):
        return sum(
            r[3]
            for r in rows
            if r[2] == kind and envelope in (r[0], "TOTAL") and year in (str(r[1]), "TOTAL") and r[4] <= effective and r[5] <= known
        )

    def rate(top, bottom):
        return oracle.shown(Fraction(top, bottom), 4) if bottom else ""

    years = sorted({str(r[1]) for r in rows if r[4] <= effective and r[5] <= known})
    expected = []
    for envelope in ("PROJECTS", "SECRETARIAT", "TOTAL"):
        for year in [*years, "TOTAL"]:
            kinds = ("authorisation", "reservation", "commitment", "payment", "recovery")
            given, held, committed, paid, recovered = (total(kind, envelope, year) for kind in kinds)
            credit = {name: sign * total(kind, envelope, year) for name, (kind, sign) in CREDIT.items()}
            opened = given + sum(total(kind, envelope, year) for kind, _sign in CREDIT.values())
            amounts = {
                "authorised": given,
                **credit,
                "open": opened,
                "reserved": held,
                "committed": committed,
                "paid": paid,
                "recovered": -recovered,
                "unpaid": committed - paid,
                "available": opened - held - committed,
            }
            first = {"PROJECTS": 27_000, "SECRETARIAT": 3_000, "TOTAL": 30_000}[envelope]
            ceiling = oracle.shown(Fraction(first + total("transfer", envelope, "TOTAL"), 100), 2) if year == "TOTAL" else ""
            expected.append(
                {"envelope": envelope, "fiscal_year": year, "ceiling": ceiling}
                | {name: oracle.shown(Fraction(amount, 100), 2) for name, amount in amounts.items()}
                | {"commitment_rate": rate(committed, opened), "payment_rate": rate(paid, committed)}
                | {"share": rate(given, total("authorisation", "TOTAL", year))}
            )
    report = analysis.envelope_rows(analysis.frame("ledger", rows), ceilings=CEILINGS, effective=effective, known=known)
    assert list(analysis.records(report)) == expected

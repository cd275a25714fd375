"""The return on investment by project and by group: amounts are added first, ratios are made from the sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from funding.enums import LedgerKind
from projects.enums import BUDGETARY, Nature, Recurrence, Stage
from reporting import rules
from reporting.analysis.frames import Frames, counted_money, day_numbers, fiscal_years, microsecond, microseconds, safe, sum_by
from reporting.analysis.gains import Portfolio, portfolio_of

# -- what each project adds up -------------------------------------------------------------------------------------------

_NET = tuple(BUDGETARY)
_CASHABLE = (Nature.CASH, Nature.REV)
_NEVER = 9999


@dataclass(frozen=True)
class _Facts:
    """Exact sums by project position: `table` one row per project, `flows` by fiscal year, `recurrent` by line in year t1 + 3."""

    table: pd.DataFrame
    flows: pd.DataFrame
    recurrent: pd.DataFrame


def _facts(frames: Frames, effective: date, known: datetime) -> _Facts:
    portfolio = frames.once(portfolio_of, effective, known)
    size = len(portfolio.projects)
    money = _project_money(portfolio, frames, effective, known)
    parts, left_out = portfolio.counted, portfolio.left_out
    left_out = left_out[left_out["nature"].isin(_NET)]
    verified = parts[(parts["stage"] == Stage.VERIFIED) & parts["nature"].isin(_NET)]
    first_paid = np.full(size, _NEVER)
    paid = money[money["is_payment"] & money["stands"]]
    np.minimum.at(first_paid, paid["project"].to_numpy(), paid["year"].to_numpy())
    table = pd.DataFrame(_stage_sums(parts, size)).assign(
        fund_paid=sum_by(money["fund"], money["project"], size),
        cofunding=sum_by(money["cofunding"], money["project"], size),
        contested=sum_by(left_out["cents"], left_out["project"], size),
        immature=~np.isin(
            np.arange(size), parts["project"][(parts["stage"] == Stage.FORECAST) & parts["nature"].isin(_NET) & parts["ended"]]
        ),
        first_year=fiscal_years(day_numbers(portfolio.projects["decided_on"])),
        mature=first_paid + 3 <= rules.last_ended_year(effective),
    )
    after = verified["fiscal_year"] - first_paid[verified["project"]]
    three = verified[after.between(1, 3)]
    third = verified[(after == 3) & (verified["recurrence"] == Recurrence.RECURRENT)]
    table["three_years"] = sum_by(three["cents"], three["project"], size)
    recurrent = third.groupby(["project", "line", "fiscal_year"], as_index=False)[["cents", "days"]].sum()
    gains = verified[["project", "fiscal_year", "cents"]].set_axis(["project", "year", "gain"], axis=1).assign(cost=0)
    costs = money[["project", "year"]].assign(gain=0, cost=money["fund"] + money["cofunding"])
    flows = pd.concat([gains, costs]).groupby(["project", "year"], as_index=False)[["gain", "cost"]].sum()
    return _Facts(table, flows, recurrent)


def _project_money(portfolio: Portfolio, frames: Frames, effective: date, known: datetime) -> pd.DataFrame:
    """Counted money rows: project position, fiscal year of `effective_on`, signed cents of the Fund and of co-funding."""
    paid, shared = (counted_money(rows, effective, known) for rows in (frames.payments, frames.cofunding))
    is_payment = (paid["kind"] == LedgerKind.PAYMENT).to_numpy()
    fund = np.where(is_payment, 1, -1) * safe(paid["amount_cents"])
    money = pd.concat(
        [
            _dated(paid).assign(fund=fund, cofunding=0, is_payment=is_payment, stands=_stands(paid)),
            _dated(shared).assign(fund=0, cofunding=safe(shared["amount_cents"]), is_payment=False, stands=True),
        ],
        ignore_index=True,
    )
    money["project"] = pd.Index(portfolio.projects["project"]).get_indexer(pd.Index(money["project"]))
    return money[money["project"] >= 0]


def _stands(paid: pd.DataFrame) -> np.ndarray:
    """Whether something is left of what was paid under the reference of each row: a payment that came back dates nothing."""
    keys = pd.MultiIndex.from_arrays([paid[name].astype("str") for name in ("project", "kind", "reference")])
    codes, names = pd.factorize(keys)
    return sum_by(paid["amount_cents"], codes, len(names))[codes] > 0


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    years = fiscal_years(day_numbers(rows["effective_on"]))
    return pd.DataFrame({"project": rows["project"].astype("str").array, "year": years})


def _stage_sums(parts: pd.DataFrame, size: int) -> dict[str, np.ndarray]:
    net, cashable = parts["nature"].isin(_NET), parts["nature"].isin(_CASHABLE)
    stage = {name: parts["stage"] == name for name in Stage.values}
    reported, verified = stage[Stage.REPORTED] & net, stage[Stage.VERIFIED]
    cents, project = parts["cents"], parts["project"]

    def total(mask: pd.Series, amounts: pd.Series = cents) -> np.ndarray:
        return sum_by(amounts[mask], project[mask], size)

    return {
        "forecast": total(stage[Stage.FORECAST] & net),
        "reported": total(reported),
        "verified": total(verified & net),
        "captured": total(stage[Stage.CAPTURED] & net),
        "avoided": total(verified & (parts["nature"] == Nature.AVOID)),
        "productivity": total(verified & (parts["nature"] == Nature.PROD)),
        "expected": total(stage[Stage.FORECAST] & net & parts["ended"]),
        "examined": total(reported & parts["examined"]),
        "reported_size": total(reported, cents.abs()),
        "examined_size": total(reported & parts["examined"], cents.abs()),
        "cashable_verified": total(verified & cashable),
        "cashable_captured": total(stage[Stage.CAPTURED] & cashable),
    }


# -- the rows of a report ------------------------------------------------------------------------------------------------

_SUMMED = (
    "fund_paid", "cofunding", "forecast", "reported", "verified", "captured", "avoided", "productivity", "expected", "examined",
    "reported_size", "examined_size", "cashable_verified", "cashable_captured", "contested",
)  # fmt: skip


def _sums(facts: _Facts, keys: np.ndarray, size: int, *, own: bool = False) -> list[rules.Sums]:
    """Add the projects up by key 0 … size − 1. `own`: each key is one project, whose flows are discounted whatever its cost."""
    table = facts.table
    fund, cost = table["fund_paid"], table["fund_paid"] + table["cofunding"]
    flowing = np.ones(len(table), bool) if own else (cost > 0).to_numpy()
    first = np.full(size, _NEVER)
    np.minimum.at(first, keys[flowing], table["first_year"].to_numpy()[flowing])
    amounts = [sum_by(table[name], keys, size).tolist() for name in _SUMMED]
    rows = [rules.Sums(**dict(zip(_SUMMED, values, strict=True))) for values in zip(*amounts, strict=True)]
    readings = [*_reading(facts, keys, size, fund), *_reading(facts, keys, size, cost)]
    counts = [sum_by(np.ones(len(keys), np.int64), keys, size), sum_by(cost <= 0, keys, size)]
    for row, year, f, mf, p, mp, projects, excluded in zip(rows, first.tolist(), *readings, *(c.tolist() for c in counts), strict=True):
        row.first_year = None if year == _NEVER else year
        row.fund, row.mature_fund, row.public, row.mature_public = f, mf, p, mp
        row.projects, row.excluded = projects, excluded
    _leave_out(rows, table, cost, keys, size)
    flows = facts.flows[flowing[facts.flows["project"]]]
    yearly = flows.assign(key=keys[flows["project"]]).groupby(["key", "year"], as_index=False)[["gain", "cost"]].sum()
    for key, year, gain, spent in zip(*(yearly[name].tolist() for name in ("key", "year", "gain", "cost")), strict=True):
        rows[key].gains[year], rows[key].costs[year] = gain, spent
    return rows


def _leave_out(rows: list[rules.Sums], table: pd.DataFrame, cost: pd.Series, keys: np.ndarray, size: int) -> None:
    """What the ratios of each row leave out: the gains of projects without cost, and what was put in projects that nothing measures yet."""
    immature = table["immature"].to_numpy()
    found = (
        sum_by(table["verified"][cost <= 0], keys[cost <= 0], size),
        sum_by(immature, keys, size),
        sum_by(cost[immature], keys[immature], size),
    )
    for row, *amounts in zip(rows, *(each.tolist() for each in found), strict=True):
        row.excluded_gain, row.immature, row.immature_cost = amounts


def _reading(facts: _Facts, keys: np.ndarray, size: int, cost: pd.Series) -> tuple[list[Any], list[Any]]:
    """Of the projects whose cost is above zero: (gain, cost), and for the mature ones (three years, recurrent, cost)."""
    table = facts.table

    def add(name: pd.Series, mask: pd.Series) -> list[int]:
        return sum_by(name[mask], keys[mask], size).tolist()

    paying = cost > 0
    mature = paying & table["mature"]
    recurrent = [Fraction(0)] * size
    lines = facts.recurrent[mature.to_numpy()[facts.recurrent["project"]]]
    alike = lines.assign(key=keys[lines["project"]]).groupby(["key", "days", "fiscal_year"], as_index=False)["cents"].sum()
    for key, days, year, cents in zip(*(alike[name].tolist() for name in ("key", "days", "fiscal_year", "cents")), strict=True):
        recurrent[key] += rules.annualised(cents, days, year)
    return (
        list(zip(add(table["verified"], paying), add(cost, paying), strict=True)),
        list(zip(add(table["three_years"], mature), recurrent, add(cost, mature), strict=True)),
    )


def _figures(rows: list[rules.Sums], facts: _Facts, frames: Frames, known: datetime) -> list[dict[str, Any]]:
    rates = _known_rates(frames.rates, known)
    last = int(facts.flows["year"].max()) if len(facts.flows) else 0
    years = {row.first_year for row in rows}
    discounts = {year: None if year is None else rules.Discount(year, last, rates) for year in years}
    return [rules.indicators(row, discounts[row.first_year]) for row in rows]


def _known_rates(rates: pd.DataFrame, known: datetime) -> list[tuple[date, Any]]:
    rows = rates[microseconds(rates["recorded_at"]) <= microsecond(known)]
    return [(since.date(), rate) for since, rate in zip(rows["valid_from"], rows["rate"], strict=True)]


# -- the reports ---------------------------------------------------------------------------------------------------------

PROJECT = ("project", "call", "organisation", "region", "status")
PROJECT_COLUMNS = (*PROJECT, *rules.INDICATORS, *rules.RECONCILING)
#: report → its group: a column of the projects, or the fiscal year of the decision
GROUPS = {"roi-calls": "call", "roi-organisations": "organisation", "roi-regions": "region", "roi-cohorts": "cohort"}


def grouped_columns(by: str) -> tuple[str, ...]:
    counts = ("projects", "projects_excluded")
    return (by, *counts, *rules.INDICATORS, "roi_after_admin", *rules.RECONCILING, "projects_immature", *rules.POPULATION)


def roi_projects(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`roi-projects`: one row per project decided by `effective`, in the order of their codes, then TOTAL."""
    portfolio, facts = frames.once(portfolio_of, effective, known), frames.once(_facts, effective, known)
    size = len(portfolio.projects)
    sums = _sums(facts, np.arange(size), size, own=True) + _sums(facts, np.zeros(size, int), 1)
    names = [tuple(map(str, row)) for row in zip(*(portfolio.projects[name] for name in PROJECT), strict=True)]
    names.append((rules.TOTAL, "", "", "", ""))
    figures = _figures(sums, facts, frames, known)
    rows = [dict(zip(PROJECT, name, strict=True)) | row for name, row in zip(names, figures, strict=True)]
    return pd.DataFrame(rows, columns=list(PROJECT_COLUMNS), dtype="object")


def roi_grouped(frames: Frames, *, by: str, effective: date, known: datetime) -> pd.DataFrame:
    """`roi-calls`, `-organisations`, `-regions`, `-cohorts`: `by` is call, organisation, region or cohort (fiscal year of decision).

    One row per group in order (an unknown region is an empty group), then TOTAL, which alone has `roi_after_admin`.
    """
    portfolio, facts = frames.once(portfolio_of, effective, known), frames.once(_facts, effective, known)
    labels = facts.table["first_year"] if by == "cohort" else portfolio.projects[by]
    keys, groups = pd.factorize(labels.astype("str"), sort=True)
    sums = _sums(facts, keys, len(groups)) + _sums(facts, np.zeros(len(keys), int), 1)
    rows = [
        {by: name, "projects": row.projects, "projects_excluded": row.excluded, **figures, "roi_after_admin": None}
        | {"projects_immature": row.immature, **{name: rules.dollars(amount(row)) for name, amount in rules.POPULATION.items()}}
        for name, row, figures in zip([*groups, rules.TOTAL], sums, _figures(sums, facts, frames, known), strict=True)
    ]
    spent = safe(counted_money(frames.secretariat_costs, effective, known)["amount_cents"]).sum()
    rows[-1]["roi_after_admin"] = rules.roi_after_admin(sums[-1], int(spent))
    return pd.DataFrame(rows, columns=list(grouped_columns(by)), dtype="object")

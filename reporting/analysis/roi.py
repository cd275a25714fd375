"""The return on investment by project and by group: amounts are added first, ratios are made from the sums."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from reporting import rules
from reporting.analysis.facts import NAMES, NEVER, SUMMED, Facts, facts_of, mature
from reporting.analysis.frames import Frames, counted_money, microsecond, microseconds, safe, sum_by


def _sums(facts: Facts, effective: date, keys: np.ndarray, size: int, *, own: bool = False) -> list[rules.Sums]:
    """Add the projects up by key 0 … size − 1. `own`: each key is one project, whose flows are discounted whatever its cost."""
    table = facts.table
    fund, cost = table["fund_paid"], table["fund_paid"] + table["cofunding"]
    flowing = np.ones(len(table), bool) if own else (cost > 0).to_numpy()
    first = np.full(size, NEVER)
    np.minimum.at(first, keys[flowing], table["first_year"].to_numpy()[flowing])
    amounts = [sum_by(table[name], keys, size).tolist() for name in SUMMED]
    rows = [rules.Sums(**dict(zip(SUMMED, values, strict=True))) for values in zip(*amounts, strict=True)]
    ripe = mature(facts, effective)
    readings = [*_reading(facts, ripe, keys, size, fund), *_reading(facts, ripe, keys, size, cost)]
    counts = [sum_by(np.ones(len(keys), np.int64), keys, size), sum_by(cost <= 0, keys, size)]
    for row, year, f, mf, p, mp, projects, excluded in zip(rows, first.tolist(), *readings, *(c.tolist() for c in counts), strict=True):
        row.first_year = None if year == NEVER else year
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
    immature = table["unmeasured"].to_numpy() == 1
    found = (
        sum_by(table["verified"][cost <= 0], keys[cost <= 0], size),
        sum_by(immature, keys, size),
        sum_by(cost[immature], keys[immature], size),
    )
    for row, *amounts in zip(rows, *(each.tolist() for each in found), strict=True):
        row.excluded_gain, row.immature, row.immature_cost = amounts


def _reading(facts: Facts, ripe: np.ndarray, keys: np.ndarray, size: int, cost: pd.Series) -> tuple[list[Any], list[Any]]:
    """Of the projects whose cost is above zero: (gain, cost), and for the mature ones (three years, recurrent, cost)."""
    table = facts.table

    def add(name: pd.Series, mask: pd.Series) -> list[int]:
        return sum_by(name[mask], keys[mask], size).tolist()

    paying = cost > 0
    mature = paying & ripe
    recurrent = [Fraction(0)] * size
    lines = facts.recurrent[mature.to_numpy()[facts.recurrent["project"]]]
    alike = lines.assign(key=keys[lines["project"]]).groupby(["key", "days", "year"], as_index=False)["cents"].sum()
    for key, days, year, cents in zip(*(alike[name].tolist() for name in ("key", "days", "year", "cents")), strict=True):
        recurrent[key] += rules.annualised(cents, days, year)
    return (
        list(zip(add(table["verified"], paying), add(cost, paying), strict=True)),
        list(zip(add(table["three_years"], mature), recurrent, add(cost, mature), strict=True)),
    )


def _figures(rows: list[rules.Sums], facts: Facts, frames: Frames, known: datetime) -> list[dict[str, Any]]:
    rates = _known_rates(frames.rates, known)
    last = int(facts.flows["year"].max()) if len(facts.flows) else 0
    years = {row.first_year for row in rows}
    discounts = {year: None if year is None else rules.Discount(year, last, rates) for year in years}
    return [rules.indicators(row, discounts[row.first_year]) for row in rows]


def _known_rates(rates: pd.DataFrame, known: datetime) -> list[tuple[date, Any]]:
    rows = rates[microseconds(rates["recorded_at"]) <= microsecond(known)]
    return [(since.date(), rate) for since, rate in zip(rows["valid_from"], rows["rate"], strict=True)]


# -- the reports ---------------------------------------------------------------------------------------------------------

PROJECT_COLUMNS = (*NAMES, *rules.INDICATORS, *rules.RECONCILING)
#: report → its group: a column of the projects, or the fiscal year of the decision
GROUPS = {"roi-calls": "call", "roi-organisations": "organisation", "roi-regions": "region", "roi-cohorts": "cohort"}


def grouped_columns(by: str) -> tuple[str, ...]:
    counts = ("projects", "projects_excluded")
    return (by, *counts, *rules.INDICATORS, "roi_after_admin", *rules.RECONCILING, "projects_immature", *rules.POPULATION)


def roi_projects(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`roi-projects`: one row per project decided by `effective`, in the order of their codes, then TOTAL."""
    facts = frames.once(facts_of, effective, known)
    size = len(facts.projects)
    sums = _sums(facts, effective, np.arange(size), size, own=True) + _sums(facts, effective, np.zeros(size, int), 1)
    names = [*zip(*(facts.projects[name] for name in NAMES), strict=True), (rules.TOTAL, "", "", "", "")]
    figures = _figures(sums, facts, frames, known)
    rows = [dict(zip(NAMES, name, strict=True)) | row for name, row in zip(names, figures, strict=True)]
    return pd.DataFrame(rows, columns=list(PROJECT_COLUMNS), dtype="object")


def roi_grouped(frames: Frames, *, by: str, effective: date, known: datetime) -> pd.DataFrame:
    """`roi-calls`, `-organisations`, `-regions`, `-cohorts`: `by` is call, organisation, region or cohort (fiscal year of decision).

    One row per group in order (an unknown region is an empty group), then TOTAL, which alone has `roi_after_admin`.
    """
    facts = frames.once(facts_of, effective, known)
    labels = facts.table["first_year"] if by == "cohort" else facts.projects[by]
    keys, groups = pd.factorize(labels.astype("str"), sort=True)
    sums = _sums(facts, effective, keys, len(groups)) + _sums(facts, effective, np.zeros(len(keys), int), 1)
    rows = [
        {by: name, "projects": row.projects, "projects_excluded": row.excluded, **figures, "roi_after_admin": None}
        | {"projects_immature": row.immature, **{name: rules.dollars(amount(row)) for name, amount in rules.POPULATION.items()}}
        for name, row, figures in zip([*groups, rules.TOTAL], sums, _figures(sums, facts, frames, known), strict=True)
    ]
    spent = safe(counted_money(frames.secretariat_costs, effective, known)["amount_cents"]).sum()
    rows[-1]["roi_after_admin"] = rules.roi_after_admin(sums[-1], int(spent))
    return pd.DataFrame(rows, columns=list(grouped_columns(by)), dtype="object")

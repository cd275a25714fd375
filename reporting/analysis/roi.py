"""The return on investment by project and by group: amounts are added first, ratios are made from the sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from reporting import rules
from reporting.analysis.facts import NAMES, NEVER, SUMMED, Facts, facts_of, mature
from reporting.analysis.frames import Frames, counted_money, microsecond, microseconds, safe, sum_by
from reporting.analysis.texts import dollars, ratios

#: text of a column by its name, one for each row
Texts = dict[str, list[str]]


class _Columns(SimpleNamespace):
    """The fields of `rules.Sums`, each a column with one row for each key; `flows` has those by year: `key`, `year`, `gain`, `cost`."""


@dataclass(frozen=True)
class _Discounts:
    """The rates known, over the years of the flows: one `rules.Discount` for each first year."""

    last: int
    rates: list[tuple[date, Any]]

    def of(self, years: Iterable[int]) -> dict[int, rules.Discount]:
        return {year: rules.Discount(year, self.last, self.rates) for year in set(years) if year != NEVER}


def _sums(facts: Facts, effective: date, keys: np.ndarray, size: int, *, own: bool = False) -> _Columns:
    """Add the projects up by key 0 … size − 1. `own`: each key is one project, whose flows are discounted whatever its cost."""
    table = facts.table
    fund, cost = table["fund_paid"].to_numpy(), (table["fund_paid"] + table["cofunding"]).to_numpy()
    verified, immature = table["verified"].to_numpy(), table["unmeasured"].to_numpy() == 1
    flowing, free = np.ones(len(table), bool) if own else cost > 0, cost <= 0
    first = np.full(size, NEVER)
    np.minimum.at(first, keys[flowing], table["first_year"].to_numpy()[flowing])
    (mature_fund, of_fund), (mature_public, of_public) = (_reading(facts, effective, keys, size, one) for one in (fund, cost))
    return _Columns(
        **{name: sum_by(table[name], keys, size) for name in SUMMED},
        fund=of_fund, public=of_public, mature_fund=mature_fund, mature_public=mature_public,
        first_year=first,
        flows=_flows(facts, flowing, keys),
        projects=sum_by(np.ones(len(keys), np.int64), keys, size),
        excluded=sum_by(free, keys, size),
        excluded_gain=sum_by(verified[free], keys[free], size),
        immature=sum_by(immature, keys, size),
        immature_cost=sum_by(cost[immature], keys[immature], size),
    )  # fmt: skip


def _reading(facts: Facts, effective: date, keys: np.ndarray, size: int, cost: np.ndarray) -> tuple[tuple[Any, ...], tuple[Any, Any]]:
    """Of the mature projects whose cost is above zero: (three years, recurrent, cost); of all of those: (gain, cost)."""
    paying = cost > 0
    ripe = paying & mature(facts, effective)

    def add(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return sum_by(values[mask], keys[mask], size)

    three, verified = (facts.table[name].to_numpy() for name in ("three_years", "verified"))
    return (add(three, ripe), _recurrent(facts, ripe, keys, size), add(cost, ripe)), (add(verified, paying), add(cost, paying))


def _recurrent(facts: Facts, ripe: np.ndarray, keys: np.ndarray, size: int) -> np.ndarray:
    """The recurrent gains of the mature projects, brought to a year: cents, and fractions of them where a line lasted a part of one."""
    lines = facts.recurrent[ripe[facts.recurrent["project"]]]
    key = keys[lines["project"]]
    days, year, cents = (lines[name].to_numpy() for name in ("days", "year", "cents"))
    years, place = np.unique(year, return_inverse=True)
    whole = days == np.array([rules.days_of(one) for one in years.tolist()], np.int64)[place]
    found = sum_by(cents[whole], key[whole], size)
    if whole.all():
        return found
    exact = found.astype(object)
    alike = (
        pd.DataFrame({"key": key, "days": days, "year": year, "cents": cents})[~whole]
        .groupby(["key", "days", "year"], as_index=False)
        .sum()
    )
    for place, length, one, amount in zip(*(alike[name].tolist() for name in ("key", "days", "year", "cents")), strict=True):
        exact[place] += rules.annualised(amount, length, one)
    return exact


def _flows(facts: Facts, flowing: np.ndarray, keys: np.ndarray) -> pd.DataFrame:
    flows = facts.flows[flowing[facts.flows["project"]]]
    return flows.assign(key=keys[flows["project"]]).groupby(["key", "year"], as_index=False)[["gain", "cost"]].sum()


def _figures(sums: _Columns, discounts: _Discounts) -> Texts:
    """The columns of `rules.indicators`, as text."""
    return {
        **{name: dollars(amount(sums)) for name, amount in rules.AMOUNTS.items()},
        **{name: ratios(*parts(sums), of_cost=True) for name, parts in rules.RATIOS.items()},
        **_discounted(sums, discounts),
        **{name: ratios(*parts(sums)) for name, parts in rules.REALISATION.items()},
        **{name: dollars(amount(sums)) for name, amount in rules.RECONCILING.items()},
    }


def _discounted(sums: _Columns, discounts: _Discounts) -> Texts:
    years = sums.first_year.tolist()
    gains: list[dict[int, int]] = [{} for _year in years]
    costs: list[dict[int, int]] = [{} for _year in years]
    for key, year, gain, cost in zip(*(sums.flows[name].tolist() for name in ("key", "year", "gain", "cost")), strict=True):
        gains[key][year], costs[key][year] = gain, cost
    by_year = discounts.of(years)
    rows = [
        rules.discounted(gain, cost, None if year == NEVER else year, by_year.get(year))
        for gain, cost, year in zip(gains, costs, years, strict=True)
    ]
    return {name: [rules.text(row[name]) for row in rows] for name in ("npv", "bcr", "payback_years")}


def _known_discounts(frames: Frames, facts: Facts, known: datetime) -> _Discounts:
    rows = frames.rates[microseconds(frames.rates["recorded_at"]) <= microsecond(known)]
    rates = [(since.date(), rate) for since, rate in zip(rows["valid_from"], rows["rate"], strict=True)]
    return _Discounts(int(facts.flows["year"].max()) if len(facts.flows) else 0, rates)


# -- the reports ---------------------------------------------------------------------------------------------------------

PROJECT_COLUMNS = (*NAMES, *rules.INDICATORS, *rules.RECONCILING)
#: report → its group: a column of the projects, or the fiscal year of the decision
GROUPS = {"roi-calls": "call", "roi-organisations": "organisation", "roi-regions": "region", "roi-cohorts": "cohort"}


def grouped_columns(by: str) -> tuple[str, ...]:
    counts = ("projects", "projects_excluded")
    return (by, *counts, *rules.INDICATORS, "roi_after_admin", *rules.RECONCILING, "projects_immature", *rules.POPULATION)


def roi_projects(frames: Frames, *, effective: date, known: datetime) -> pd.DataFrame:
    """`roi-projects`: one row per project decided by `effective`, in the order of their codes, then TOTAL. Every cell is text."""
    facts = frames.once(facts_of, effective, known)
    size, discounts = len(facts.projects), _known_discounts(frames, facts, known)
    each = _figures(_sums(facts, effective, np.arange(size), size, own=True), discounts)
    total = _figures(_sums(facts, effective, np.zeros(size, int), 1), discounts)
    names = {name: [*facts.projects[name].tolist(), rules.TOTAL if name == "project" else ""] for name in NAMES}
    return pd.DataFrame(names | _together(each, total), columns=list(PROJECT_COLUMNS), dtype="object")


def _together(each: Texts, total: Texts) -> Texts:
    return {name: texts + total[name] for name, texts in each.items()}


def roi_grouped(frames: Frames, *, by: str, effective: date, known: datetime) -> pd.DataFrame:
    """`roi-calls`, `-organisations`, `-regions`, `-cohorts`: `by` is call, organisation, region or cohort (fiscal year of decision).

    One row per group in order (an unknown region is an empty group), then TOTAL, which alone has `roi_after_admin`. Every cell is text.
    """
    facts = frames.once(facts_of, effective, known)
    discounts = _known_discounts(frames, facts, known)
    labels = facts.table["first_year"] if by == "cohort" else facts.projects[by]
    keys, groups = pd.factorize(labels.astype("str"), sort=True)
    each, total = _sums(facts, effective, keys, len(groups)), _sums(facts, effective, np.zeros(len(keys), int), 1)
    spent = safe(counted_money(frames.secretariat_costs, effective, known)["amount_cents"]).sum()
    whole = rules.Sums(verified=int(total.verified[0]), fund_paid=int(total.fund_paid[0]))
    names = {
        by: [*groups.tolist(), rules.TOTAL],
        "roi_after_admin": [""] * len(groups) + [rules.text(rules.roi_after_admin(whole, int(spent)))],
    }
    figures = _together(*(_figures(sums, discounts) | _counts(sums) for sums in (each, total)))
    return pd.DataFrame(names | figures, columns=list(grouped_columns(by)), dtype="object")


def _counts(sums: _Columns) -> Texts:
    """What only a group has: its projects, those that ratios leave out, and what these amount to."""
    counts = {"projects": sums.projects, "projects_excluded": sums.excluded, "projects_immature": sums.immature}
    return {name: [str(count) for count in counted.tolist()] for name, counted in counts.items()} | {
        name: dollars(amount(sums)) for name, amount in rules.POPULATION.items()
    }

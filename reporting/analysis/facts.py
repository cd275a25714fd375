"""What each project adds up, exactly: every report of returns, and the gains by year, is made from these alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from funding.enums import LedgerKind
from projects.enums import BUDGETARY, Nature, Recurrence
from reporting import rules
from reporting.analysis.frames import Frames, counted_money, day_numbers, fiscal_years, grouped, packed, safe, sum_by
from reporting.analysis.portfolio import CAPTURED, FORECAST, NATURES, RECURRENCES, REPORTED, STAGES, VERIFIED, Portfolio, portfolio_of

CONTESTED = "contested"
#: what `cells` shows: an amount by stage, the verified amounts that are contested, and those of the forecast whose period is over
SHOWN = (*STAGES, CONTESTED, "expected")
EXPECTED = SHOWN.index("expected")
NEVER = 9999
NET_NATURES = [NATURES.index(nature) for nature in BUDGETARY]
_CASHABLE = [NATURES.index(nature) for nature in (Nature.CASH, Nature.REV)]
_AVOID, _PROD = NATURES.index(Nature.AVOID), NATURES.index(Nature.PROD)
NAMES = ("project", "call", "organisation", "region", "status")
SUMMED = (
    "fund_paid", "cofunding", "forecast", "reported", "verified", "captured", "avoided", "productivity", "expected", "examined",
    "reported_size", "examined_size", "cashable_verified", "cashable_captured", "contested",
)  # fmt: skip
#: the other columns of `table`: fiscal years of the decision and of the first payment that stands, gain of the three years after it, and
#: 1 where no forecast has elapsed, so that nothing measures the project yet
DATED = ("first_year", "first_paid", "three_years", "unmeasured")


@dataclass(frozen=True)
class Facts:
    """Exact sums by project, whose position in `projects` (in the order of their codes) is `project` elsewhere.

    `table`: SUMMED and DATED, one row for each project. `flows`: `gain` and `cost` by `year`. `recurrent`: `cents` over `days` of each
    line in its `year` t1 + 3. `cells`: `cents` by `year`, `nature` (place in NATURES) and `shown` (place in SHOWN). All are int64.
    """

    projects: pd.DataFrame
    table: pd.DataFrame
    flows: pd.DataFrame
    recurrent: pd.DataFrame
    cells: pd.DataFrame


def facts_of(frames: Frames, effective: date, known: datetime) -> Facts:
    portfolio = frames.once(portfolio_of, effective, known)
    size = len(portfolio.projects)
    money = _project_money(portfolio, frames, effective, known)
    first_paid = np.full(size, NEVER)
    paid = money[money["is_payment"] & money["stands"]]
    np.minimum.at(first_paid, paid["project"].to_numpy(), paid["year"].to_numpy())
    cells = _cells(portfolio)
    flows = _flows(cells, money)
    after = flows["year"] - first_paid[flows["project"]]
    three = flows[after.between(1, 3)]
    measured = cells[(cells["shown"] == EXPECTED) & cells["nature"].isin(NET_NATURES)]
    table = pd.DataFrame(
        {
            "fund_paid": sum_by(money["fund"], money["project"], size),
            "cofunding": sum_by(money["cofunding"], money["project"], size),
            **_stage_sums(portfolio, size),
            "first_year": fiscal_years(day_numbers(portfolio.projects["decided_on"])),
            "first_paid": first_paid,
            "three_years": sum_by(three["gain"], three["project"], size),
            "unmeasured": ~np.isin(np.arange(size), measured["project"]),
        },
        columns=[*SUMMED, *DATED],
    ).astype(np.int64)
    names = portfolio.projects[list(NAMES)].astype("str")
    return Facts(names, table, flows, _recurrent(portfolio, first_paid), cells)


def _cells(portfolio: Portfolio) -> pd.DataFrame:
    """Cents by project, fiscal year, nature and what shows them; windfalls apart."""
    gains, parts = portfolio.gains, portfolio.parts
    source = parts["source"].to_numpy()
    stage = gains["stage"].to_numpy()[source]
    shown = np.where(parts["contested"].to_numpy(), np.where(stage == VERIFIED, len(STAGES), -1), stage)
    chosen = np.flatnonzero(~parts["windfall"].to_numpy() & (shown >= 0))
    over = chosen[(shown[chosen] == FORECAST) & gains["ended"].to_numpy()[source[chosen]]]
    place = np.concatenate([chosen, over])
    project, nature = (gains[name].to_numpy()[source[place]] for name in ("project", "nature"))
    year, cents = (parts[name].to_numpy()[place] for name in ("fiscal_year", "cents"))
    kind = np.concatenate([shown[chosen], np.full(len(over), EXPECTED)])
    return _summed({"project": project, "year": year, "nature": nature, "shown": kind}, {"cents": cents})


def _summed(columns: dict[str, np.ndarray], values: dict[str, np.ndarray]) -> pd.DataFrame:
    """`values` added by the integers of `columns`, in their order."""
    key = packed(*columns.values())
    found, sums = grouped(key, *values.values())
    first = np.empty(len(found), np.int64)
    first[np.searchsorted(found, key)] = np.arange(len(key))  # any row of each key says what the key stands for
    return pd.DataFrame({**{name: column[first] for name, column in columns.items()}, **dict(zip(values, sums, strict=True))})


def _flows(cells: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    gains = cells[(cells["shown"] == VERIFIED) & cells["nature"].isin(NET_NATURES)]
    project, year = (np.concatenate([gains[name], money[name]]).astype(np.int64) for name in ("project", "year"))
    gain = np.concatenate([gains["cents"], np.zeros(len(money), np.int64)])
    cost = np.concatenate([np.zeros(len(gains), np.int64), money["fund"] + money["cofunding"]])
    return _summed({"project": project, "year": year}, {"gain": gain, "cost": cost})


def _recurrent(portfolio: Portfolio, first_paid: np.ndarray) -> pd.DataFrame:
    """Cents and days of each recurrent line in the third year after the first payment, from its verified rows that count."""
    gains, parts = portfolio.gains, portfolio.parts
    lasting = (
        (gains["stage"] == VERIFIED) & gains["nature"].isin(NET_NATURES) & (gains["recurrence"] == RECURRENCES.index(Recurrence.RECURRENT))
    )
    due = np.where(lasting, first_paid[gains["project"]] + 3, -1)
    source = parts["source"].to_numpy()
    chosen = ~parts["windfall"].to_numpy() & ~parts["contested"].to_numpy() & (parts["fiscal_year"].to_numpy() == due[source])
    project, line = (gains[name].to_numpy()[source[chosen]] for name in ("project", "line"))
    year, cents, days = (parts[name].to_numpy()[chosen] for name in ("fiscal_year", "cents", "days"))
    return _summed({"project": project, "line": line, "year": year}, {"cents": cents, "days": days}).drop(columns="line")


def _stage_sums(portfolio: Portfolio, size: int) -> dict[str, np.ndarray]:
    gains, parts = portfolio.gains, portfolio.parts
    source = parts["source"].to_numpy()
    # each part is of one kind, so that all the sums are read from one: [project, stage, nature, ended, examined, contested]
    shape = (size, len(STAGES), len(NATURES), 2, 2, 2)
    axes = [gains[name].to_numpy().astype(np.int64) for name in ("project", "stage", "nature", "ended", "examined")]
    kind = np.ravel_multi_index(axes, shape[:-1]) if size else np.empty(0, np.int64)
    chosen = ~parts["windfall"].to_numpy()
    cents, kinds = parts["cents"].to_numpy()[chosen], kind[source[chosen]] * 2 + parts["contested"].to_numpy()[chosen]
    total = int(np.prod(shape))
    found, sizes = (sum_by(amounts, kinds, total).reshape(shape) for amounts in (cents, np.abs(cents)))

    def add(stage: int, natures: list[int], sums: np.ndarray = found[..., 0], examined: slice = slice(None)) -> np.ndarray:
        return sums[:, stage, natures][:, :, :, examined].sum(axis=(1, 2, 3))

    return {
        "forecast": add(FORECAST, NET_NATURES),
        "reported": add(REPORTED, NET_NATURES),
        "verified": add(VERIFIED, NET_NATURES),
        "captured": add(CAPTURED, NET_NATURES),
        "avoided": add(VERIFIED, [_AVOID]),
        "productivity": add(VERIFIED, [_PROD]),
        "expected": found[..., 0][:, FORECAST, NET_NATURES, 1].sum(axis=(1, 2)),
        "examined": add(REPORTED, NET_NATURES, examined=slice(1, 2)),
        "reported_size": add(REPORTED, NET_NATURES, sizes[..., 0]),
        "examined_size": add(REPORTED, NET_NATURES, sizes[..., 0], slice(1, 2)),
        "cashable_verified": add(VERIFIED, _CASHABLE),
        "cashable_captured": add(CAPTURED, _CASHABLE),
        "contested": add(VERIFIED, NET_NATURES, found[..., 1]),
    }


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


def mature(facts: Facts, effective: date) -> np.ndarray:
    """Whether the third fiscal year after the first payment has ended, by project."""
    return facts.table["first_paid"].to_numpy() + 3 <= rules.last_ended_year(effective)

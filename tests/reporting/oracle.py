"""A second, slow reading of the reports' contract: plain Python, one day and one row at a time, every ratio a Fraction.

It was written from the text of the contract and shares no code with `reporting`; the tests compare the two on random portfolios.
Rows are tuples in the order of `reporting.analysis.COLUMNS`; amounts are cents.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

NET = ("CASH", "REV", "COST")


class Project(NamedTuple):
    code: str
    call: str
    organisation: str
    region: str
    status: str
    decided_on: date
    signed_on: date | None
    starts_on: date | None
    ends_on: date | None


class Gain(NamedTuple):
    project: str
    line: str
    nature: str
    recurrence: str
    stage: str
    start: date
    end: date
    cents: int
    recorded_at: datetime
    row: int


def year_of(day: date) -> int:
    return day.year - (day < date(day.year, 4, 1))


def shown(value: Fraction | int | None, places: int) -> str:
    if value is None:
        return ""
    with localcontext(prec=400):
        number = Decimal(Fraction(value).numerator) / Decimal(Fraction(value).denominator)
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return str(abs(number) if number == 0 else number)


def day_ends(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=ZoneInfo("America/Toronto"))


@cache
def split(cents: int, start: date, end: date, starts_on: date | None) -> dict[int | str, tuple[int, int]]:
    """part → (cents, days); the days before the start are the part "windfall"."""
    days: dict[int | str, int] = {}
    day = start
    while day <= end:
        part = "windfall" if starts_on and day < starts_on else year_of(day)
        days[part] = days.get(part, 0) + 1
        day += timedelta(days=1)
    total = sum(days.values())
    shares = {part: Fraction(abs(cents) * n, total) for part, n in days.items()}
    floors = {part: int(share) for part, share in shares.items()}
    left = abs(cents) - sum(floors.values())
    for part in sorted(shares, key=lambda p: floors[p] - shares[p])[:left]:  # a stable sort: ties to the earlier part
        floors[part] += 1
    return {part: (floors[part] if cents >= 0 else -floors[part], days[part]) for part in days}


class Fund:
    """A portfolio seen from one pair of dates."""

    def __init__(self, rows: dict[str, list[tuple]], effective: date, known: datetime) -> None:
        self.effective, self.known = effective, known
        self.projects = sorted((Project(*p) for p in rows["projects"]), key=lambda p: p.code)
        self.projects = [p for p in self.projects if p.decided_on <= effective]
        self.payments = [r for r in rows["payments"] if r[3] <= effective and r[4] <= known]
        self.cofunding = [r for r in rows["cofunding"] if r[3] <= effective and r[4] <= known]
        self.admin = sum(r[0] for r in rows["secretariat_costs"] if r[1] <= effective and r[2] <= known)
        self.rates = sorted(r[:2] for r in rows["rates"] if r[2] <= known)
        self.all_gains = [Gain(*g) for g in rows["gains"]]
        self.contested = self.contested_years(rows.get("contests", []))
        self.seen = [self.look_at(p) for p in self.projects]

    def contested_years(self, events: list[tuple]) -> set[tuple[str, str, int]]:
        """(project, line, fiscal year or 0 for all) of which the last known event of some cause says that it is contested."""
        last: dict[tuple, tuple] = {}
        for project, line, cause, year, contested, at in events:
            old = last.get((project, line, cause, year))
            if at <= self.known and (old is None or old[0] <= at):
                last[project, line, cause, year] = (at, contested)
        return {(project, line, year) for (project, line, _cause, year), (_at, contested) in last.items() if contested}

    def is_contested(self, gain: Gain, part: int | str) -> bool:
        return (gain.project, gain.line, 0) in self.contested or (gain.project, gain.line, part) in self.contested

    def latest(self, project: Project, stage: str, until: datetime) -> list[Gain]:
        kept: dict[tuple, Gain] = {}
        for gain in self.all_gains:
            if gain.project != project.code or gain.stage != stage or gain.recorded_at > min(until, self.known):
                continue
            identity = (gain.line, gain.start, gain.end)
            old = kept.get(identity)
            if old is None or (gain.recorded_at, gain.row) > (old.recorded_at, old.row):
                kept[identity] = gain
        return list(kept.values())

    def reference(self, project: Project) -> list[Gain]:
        if project.signed_on is None:
            return []
        rows = self.latest(project, "forecast", day_ends(project.signed_on))
        if project.status == "terminated" and project.ends_on:
            rows = [g for g in rows if g.start <= project.ends_on]
        return rows

    def ended(self, project: Project, stage: str) -> list[Gain]:
        return [g for g in self.latest(project, stage, self.known) if g.end <= self.effective]

    def look_at(self, project: Project) -> dict[str, Any]:
        def parts(gain: Gain, *, contested: bool = False) -> dict[int, tuple[int, int]]:
            found = split(gain.cents, gain.start, gain.end, project.starts_on)
            return {year: share for year, share in found.items() if year != "windfall" and self.is_contested(gain, year) == contested}

        def value(gain: Gain) -> int:
            return sum(cents for cents, _ in parts(gain).values())

        def total(gains: list[Gain], natures: tuple[str, ...] = NET) -> int:
            return sum(value(g) for g in gains if g.nature in natures)

        reference = self.reference(project)
        reported, verified, captured = (self.ended(project, stage) for stage in ("reported", "verified", "captured"))
        left_out = [cents for g in verified if g.nature in NET for cents, _ in parts(g, contested=True).values()]
        examined = {(g.line, g.start, g.end) for g in verified}
        net_reported = [g for g in reported if g.nature in NET]
        examined_reported = [g for g in net_reported if (g.line, g.start, g.end) in examined]
        money = [(r[3], r[2] if r[1] == "payment" else -r[2]) for r in self.payments if r[0] == project.code]
        shared = [(r[3], r[1]) for r in self.cofunding if r[0] == project.code]
        gains_by_year: dict[int, int] = defaultdict(int)
        for gain in verified:
            if gain.nature in NET:
                for year, (cents, _) in parts(gain).items():
                    gains_by_year[year] += cents
        costs_by_year: dict[int, int] = defaultdict(int)
        for day, cents in money + shared:
            costs_by_year[year_of(day)] += cents
        paid_years = [year_of(r[3]) for r in self.payments if r[0] == project.code and r[1] == "payment"]
        t1 = min(paid_years) if paid_years else None
        mature = t1 is not None and date(t1 + 4, 3, 31) <= self.effective
        return {
            "project": project,
            "F": sum(c for _, c in money), "C": sum(c for _, c in shared),
            "forecast": total(reference), "FE": total([g for g in reference if g.end <= self.effective]),
            "reported": total(reported), "verified": total(verified), "captured": total(captured),
            "contested": sum(left_out),
            "measured": any(g.end <= self.effective and g.nature in NET and parts(g) for g in reference),
            "avoided": total(verified, ("AVOID",)), "productivity": total(verified, ("PROD",)),
            "examined": sum(value(g) for g in examined_reported),
            "abs_examined": sum(abs(value(g)) for g in examined_reported),
            "abs_reported": sum(abs(value(g)) for g in net_reported),
            "cash_captured": total(captured, ("CASH", "REV")), "cash_verified": total(verified, ("CASH", "REV")),
            "gains": dict(gains_by_year), "costs": dict(costs_by_year), "t0": year_of(project.decided_on), "mature": mature,
            "cum3": sum(gains_by_year.get(t1 + n, 0) for n in (1, 2, 3)) if mature else 0,
            "rec3": self.recurrent(verified, parts, t1 + 3) if mature else Fraction(0),
        }  # fmt: skip

    def recurrent(self, verified: list[Gain], parts: Any, year: int) -> Fraction:
        length = (date(year + 1, 4, 1) - date(year, 4, 1)).days
        lines: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for gain in verified:
            if gain.recurrence == "recurrent" and gain.nature in NET and year in parts(gain):
                cents, days = parts(gain)[year]
                lines[gain.line][0] += cents
                lines[gain.line][1] += days
        return sum((Fraction(cents * length, days) for cents, days in lines.values()), Fraction(0))

    def rate(self, year: int) -> Fraction:
        in_force = [rate for since, rate in self.rates if since <= date(year, 4, 1)]
        return Fraction(in_force[-1]) if in_force else Fraction(35, 1000)

    def factor(self, t0: int, year: int) -> Fraction:
        factor = Fraction(1)
        for j in range(t0 + 1, year + 1):
            factor /= 1 + self.rate(j)
        return factor

    def flows(self, seen: list[dict], t0: int) -> tuple[dict[int, int], dict[int, int]]:
        gains, costs = defaultdict(int), defaultdict(int)
        for one in seen:
            for year, cents in one["gains"].items():
                gains[max(year, t0)] += cents
            for year, cents in one["costs"].items():
                costs[max(year, t0)] += cents
        return gains, costs

    def payback(self, gains: dict[int, int], costs: dict[int, int], t0: int) -> Fraction | None:
        cumulative, was_negative = 0, False
        for year in range(t0, max([t0, *gains, *costs]) + 1):
            flow = gains.get(year, 0) - costs.get(year, 0)
            if cumulative < 0 and cumulative + flow >= 0:
                return year - t0 + Fraction(-cumulative, flow)
            cumulative += flow
            was_negative = was_negative or cumulative < 0
        return None if was_negative else Fraction(0)

    def figures(self, seen: list[dict], *, own: bool) -> dict[str, str]:
        def add(name: str, rows: list[dict] = seen) -> Any:
            return sum((one[name] for one in rows), 0)

        def over(top: Any, bottom: Any, *, cost: bool = False) -> Fraction | None:
            return None if bottom == 0 or (cost and bottom < 0) else Fraction(top) / Fraction(bottom)

        amounts = {
            "fund_paid": add("F"), "cofunding": add("C"), "net_gain_forecast": add("forecast"),
            "net_gain_reported": add("reported"), "net_gain_verified": add("verified"), "net_gain_captured": add("captured"),
            "avoided_verified": add("avoided"), "productivity_verified": add("productivity"),
        }  # fmt: skip
        ratios: dict[str, Any] = {}
        for reading, cost_of in (("fund", lambda o: o["F"]), ("public", lambda o: o["F"] + o["C"])):
            rows = [o for o in seen if cost_of(o) > 0]
            cost = sum(map(cost_of, rows))
            ripe = [o for o in rows if o["mature"]]
            ripe_cost = sum(map(cost_of, ripe))
            ratios[f"roi_{reading}"] = over(add("verified", rows) - cost, cost, cost=True)
            ratios[f"multiple_{reading}"] = over(add("verified", rows), cost, cost=True)
            ratios[f"rec3_{reading}"] = over(add("rec3", ripe), ripe_cost, cost=True)
            ratios[f"cum3_{reading}"] = over(add("cum3", ripe), ripe_cost, cost=True)
        rows = seen if own else [o for o in seen if o["F"] + o["C"] > 0]
        npv = bcr = back = None
        if rows:
            t0 = min(o["t0"] for o in rows)
            gains, costs = self.flows(rows, t0)
            pv_gain = sum((c * self.factor(t0, y) for y, c in gains.items()), Fraction(0))
            pv_cost = sum((c * self.factor(t0, y) for y, c in costs.items()), Fraction(0))
            npv = (pv_gain - pv_cost) / 100
            if sum(costs.values()) > 0:
                bcr = over(pv_gain, pv_cost, cost=True)
                back = self.payback(gains, costs, t0)
        ratios |= {"bcr": bcr, "payback_years": back}
        ratios["realisation_reported"] = over(add("reported"), add("FE"))
        ratios["realisation_verified"] = over(add("verified"), add("FE"))
        ratios["verification_yield"] = over(add("verified"), add("examined"))
        ratios["coverage"] = over(add("abs_examined"), add("abs_reported"))
        ratios["capture_rate"] = over(add("cash_captured"), add("cash_verified"))
        ratios["variance"] = over(add("verified") - add("FE"), abs(add("FE")))
        found = {name: shown(Fraction(cents, 100), 2) for name, cents in amounts.items()}
        beside = {"contested": "contested", "expected": "FE", "examined": "examined"}
        found |= {f"net_gain_{name}": shown(Fraction(add(code), 100), 2) for name, code in beside.items()}
        return found | {"npv": shown(npv, 2)} | {name: shown(value, 4) for name, value in ratios.items()}

    def roi_projects(self) -> list[dict[str, str]]:
        names = ("project", "call", "organisation", "region", "status")
        rows = [dict(zip(names, one["project"][:5], strict=True)) | self.figures([one], own=True) for one in self.seen]
        return [*rows, dict(zip(names, ("TOTAL", "", "", "", ""), strict=True)) | self.figures(self.seen, own=False)]

    def roi_grouped(self, by: str) -> list[dict[str, str]]:
        groups: dict[str, list[dict]] = defaultdict(list)
        for one in self.seen:
            groups[str(one["t0"]) if by == "cohort" else getattr(one["project"], by)].append(one)
        named = [*sorted(groups.items()), ("TOTAL", self.seen)]
        return [
            {by: name, "projects": str(len(seen)), "projects_excluded": str(sum(o["F"] + o["C"] <= 0 for o in seen))}
            | self.figures(seen, own=False)
            | {"roi_after_admin": self.after_admin(seen) if seen is self.seen else ""}
            | self.left_out(seen)
            for name, seen in named
        ]

    def left_out(self, seen: list[dict]) -> dict[str, str]:
        free, unmeasured = [o for o in seen if o["F"] + o["C"] <= 0], [o for o in seen if not o["measured"]]
        return {
            "projects_immature": str(len(unmeasured)),
            "excluded_gain": shown(Fraction(sum(o["verified"] for o in free), 100), 2),
            "immature_cost": shown(Fraction(sum(o["F"] + o["C"] for o in unmeasured), 100), 2),
        }

    def after_admin(self, seen: list[dict]) -> str:
        gain, cost = sum(o["verified"] for o in seen), sum(o["F"] for o in seen) + self.admin
        return shown(Fraction(gain - cost, cost), 4) if cost > 0 else ""

    def gain_parts(self) -> list[tuple]:
        """(project, line, nature, stage, start, end, fiscal year or "", cents, days, contested) of every part, in order."""
        order = ("forecast", "reported", "verified", "captured")
        rows = []
        for project in self.projects:
            gains = self.reference(project) + [g for stage in order[1:] for g in self.ended(project, stage)]
            for g in sorted(gains, key=lambda g: (g.line, order.index(g.stage), g.start, g.end)):
                for part, (cents, days) in split(g.cents, g.start, g.end, project.starts_on).items():
                    year = "" if part == "windfall" else str(part)
                    contested = self.is_contested(g, part)
                    rows.append((project.code, g.line, g.nature, g.stage, g.start, g.end, year, cents, days, contested))
        return rows

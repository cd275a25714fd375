"""The gain plan of each application: as its section is typed, as its rows are written, and what its reports will have measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from fondsinnovation.kit.money import ZERO, fiscal_year_end, fiscal_year_start, rounded
from projects.enums import Nature, Recurrence, Worse
from projects.gain_math import part_of_year
from projects.models import Baseline, ForecastGain, GainLine, GainPlan, ServiceIndicator
from reporting.seeding.copying import Sheaf
from reporting.seeding.story import File
from reporting.services.measures import Measures

#: what each project must not lose while it saves
INDICATOR = {"name": "Délai moyen de traitement", "unit": "jours", "reference": 20, "tolerance": 3, "worse": Worse.HIGHER}
#: (share attributable to the project, share that would have come without it): most projects keep all that they save
SHARES = ((Decimal(1), Decimal(0)), (Decimal("0.90"), Decimal(0)), (Decimal(1), Decimal("0.05")))
SAVING, RUNNING = "54100", "56200"
#: dollars for an hour of work, benefits included, and the share of the freed hours that is put to another use
HOURLY, REDEPLOYED = Decimal("52.50"), Decimal("0.60")
#: how many more units are handled than before the project
GROWTH = Fraction(103, 100)


def as_typed(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",").removesuffix(",00")


def typed_gains(file: File) -> dict[str, str]:
    """The section of the gains as its posted fields."""
    typed = {"method": f"Relevé mensuel du nombre de {file.theme.unit} et de leur coût, comparé à la situation de départ."}
    start, end = _measured(file)
    for index, line in enumerate(lines_of(file)):
        texts = {name: line[name] for name in ("title", "nature", "recurrence", "volume", "source", "cost_centre", "account")}
        texts |= {"cost": as_typed(line["cost"]), "unit": file.theme.unit, "period_start": start, "period_end": end}
        texts |= {name: _percent(line[name]) for name in ("attribution", "deadweight") if name in line}
        typed |= {f"gains-{index}-{name}": str(value) for name, value in texts.items()}
        typed |= {f"gains-{index}-indicator_1_{name}": str(value) for name, value in line.get("indicator", {}).items()}
        typed |= {f"gains-{index}-forecast_{year}": as_typed(abs(amount)) for year, amount in line["forecast"].items()}
    return typed


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f}"


def _measured(file: File) -> tuple[date, date]:
    """The fiscal year before the call's first one."""
    return fiscal_year_start(file.round.first_year - 1), fiscal_year_end(file.round.first_year - 1)


def lines_of(file: File) -> list[dict[str, Any]]:
    """What the project saves, and what it costs to run. No two projects have the same cost centre, unless the story says so."""
    source = f"États financiers {file.round.first_year - 1}"
    centre = file.rows.get("cost_centre") or f"{file.round.first_year % 100}{file.place + 1:05d}"
    attribution, deadweight = SHARES[file.place % len(SHARES)]
    common = {"recurrence": Recurrence.RECURRENT, "source": source, "cost_centre": centre}
    return [
        {
            "title": file.theme.saving,
            "nature": file.nature,
            "cost": file.yearly * 4,
            "volume": 1200 + file.place % 800,
            "account": SAVING,
            "attribution": attribution,
            "deadweight": deadweight,
            "indicator": INDICATOR,
            "forecast": file.forecast(file.yearly),
            **common,
        },
        {
            "title": file.theme.expense,
            "nature": Nature.COST,
            "cost": ZERO,
            "volume": 12,
            "account": RUNNING,
            "forecast": file.forecast(-file.expense),
            **common,
        },
    ]


def write_plan(sheaf: Sheaf, file: File) -> None:
    """The rows that a submission makes of the section: lines, baselines, indicators, forecasts."""
    application = file.rows["application"]
    plan = sheaf.add(GainPlan, application=application)
    file.rows["lines"], file.rows["baselines"], file.rows["indicators"] = [], [], []
    start, end = _measured(file)
    for index, line in enumerate(lines_of(file), start=1):
        names = ("title", "nature", "recurrence", "cost_centre", "account", "attribution", "deadweight")
        terms = {name: line[name] for name in names if name in line}
        row = sheaf.add(GainLine, plan=plan, code=f"L{index}", organisation=application.organisation, **terms)
        figures = {name: line[name] for name in ("cost", "volume", "source")}
        baseline = sheaf.add(Baseline, line=row, unit=file.theme.unit, period_start=start, period_end=end, **figures)
        file.rows["lines"].append(row)
        file.rows["baselines"].append(baseline)
        indicator = line.get("indicator")
        file.rows["indicators"].append(sheaf.add(ServiceIndicator, line=row, position=1, **indicator) if indicator else None)
        _write_forecast(sheaf, file, row, line["forecast"])


def _write_forecast(sheaf: Sheaf, file: File, row: GainLine, forecast: Mapping[int, Decimal]) -> None:
    for year, amount in forecast.items():
        if amount:
            days = {"period_start": fiscal_year_start(year), "period_end": fiscal_year_end(year)}
            known = {"recorded_at": file.submitted_at, "recorded_by": file.applicant.signatory}
            sheaf.add(ForecastGain, line=row, amount=amount, **days, **known)


# ── What a report measures ───────────────────────────────────────────────────────────────────────────────────────────
def measured(line: GainLine, baseline: Any, amount: Decimal, start: date, end: date, delay: Decimal | None = None) -> Measures:
    """What was measured, such that the calculation gives the amount that is reported (dollars, a recurrent cost below zero).

    It is `gain_math` turned around. `baseline`: the line's, with its cost and volume; `delay`: the value of its service indicators.
    """
    indicators = {} if delay is None else dict.fromkeys(line.indicators.order_by("position").values_list("pk", flat=True), delay)
    part = part_of_year(start, end)
    before, volume = Fraction(baseline.cost) * part, Fraction(baseline.volume) * part
    gain = Fraction(amount) / (Fraction(line.attribution) * (1 - Fraction(line.deadweight)))
    if line.nature == Nature.PROD:
        hours = gain / Fraction(HOURLY) / Fraction(REDEPLOYED)
        return Measures(hours=_figure(hours), hourly_rate=HOURLY, redeployed=REDEPLOYED, indicators=indicators)
    if line.nature == Nature.COST:
        return Measures(_figure(-gain), _figure(volume), indicators=indicators)
    if line.nature == Nature.REV:
        return Measures(_figure(before + gain), _figure(volume), indicators=indicators)
    if line.nature == Nature.AVOID:  # more units for no smaller budget
        unit = Fraction(baseline.cost) / Fraction(baseline.volume)
        handled = ceil(volume + gain / unit)
        return Measures(_figure(unit * handled - gain), Decimal(handled), indicators=indicators)
    return Measures(_figure(max(before - gain, Fraction(0))), Decimal(ceil(volume * GROWTH)), indicators=indicators)


def _figure(value: Fraction) -> Decimal:
    return rounded(value, 2)

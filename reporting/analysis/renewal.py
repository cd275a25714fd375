"""`renewal`: what the computation recommends for each project, and what was decided of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from funding.enums import LedgerKind
from projects.enums import BUDGETARY, Stage
from reporting import rules, scoring
from reporting.analysis.frames import Frames, counted_money, safe, sum_by
from reporting.analysis.gains import portfolio_of

PLACE = ("project", "call", "organisation")
RENEWAL_COLUMNS = (
    *PLACE, "eligible_base", "realisation_verified", "objective_attainment", "coverage", "score", "factor", "recommended_amount",
    "recommendation", "renewal", "renewal_state", "decision", "decided_amount", "reasons",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of the renewal of a project: its state, its base once analysed, its decision once decided."""

    number: str
    state: str
    eligible_base: Decimal | None = None
    decision: str = ""
    decided_amount: Decimal | None = None
    reasons: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the report needs beside the frames: weights in force, attainment by project (None: unknown), dossier by project."""

    weights: scoring.Weights
    attainments: Mapping[str, Fraction | None]
    dossiers: Mapping[str, Dossier]


def renewal_rows(frames: Frames, judged: Judged, *, effective: date, known: datetime) -> pd.DataFrame:
    """One row per project decided by `effective`, in the order of their codes, then TOTAL, which adds amounts and judges nothing.

    The base is that of the dossier; before one is analysed, what the Fund paid less what came back.
    """
    portfolio = frames.once(portfolio_of, effective, known)
    sums = _sums(frames, effective, known)
    places = [tuple(map(str, row)) for row in zip(*(portfolio.projects[name] for name in PLACE), strict=True)]
    rows = []
    for position, place in enumerate(places):
        cents = {name: values[position] for name, values in sums.items()}
        rows.append(dict(zip(PLACE, place, strict=True)) | _row(cents, place[0], judged))
    total: dict[str, Any] = dict.fromkeys(RENEWAL_COLUMNS) | dict.fromkeys(PLACE, "") | {"project": rules.TOTAL}
    for name in ("eligible_base", "recommended_amount", "decided_amount"):
        total[name] = sum((row[name] for row in rows if row[name] is not None), Decimal("0.00"))
    return pd.DataFrame([*rows, total], columns=list(RENEWAL_COLUMNS), dtype="object")


def _sums(frames: Frames, effective: date, known: datetime) -> dict[str, list[int]]:
    """Exact cents by project position: verified and expected gains, what was reported and what of it was examined, what the Fund paid."""
    portfolio = frames.once(portfolio_of, effective, known)
    size, parts = len(portfolio.projects), portfolio.counted
    parts = parts[parts["nature"].isin(tuple(BUDGETARY))]
    cents, project, stage = parts["cents"], parts["project"], parts["stage"].astype("str")
    paid = counted_money(frames.payments, effective, known)
    sign = np.where((paid["kind"] == LedgerKind.PAYMENT).to_numpy(), 1, -1)
    owner = pd.Index(portfolio.projects["project"]).get_indexer(pd.Index(paid["project"].astype("str")))
    masks = {
        "verified": (stage == Stage.VERIFIED, cents),
        "expected": ((stage == Stage.FORECAST) & parts["ended"], cents),
        "reported_size": (stage == Stage.REPORTED, cents.abs()),
        "examined_size": ((stage == Stage.REPORTED) & parts["examined"], cents.abs()),
    }
    found = {name: sum_by(amounts[mask], project[mask], size).tolist() for name, (mask, amounts) in masks.items()}
    fund = (sign * safe(paid["amount_cents"]))[owner >= 0]
    return {**found, "fund_paid": sum_by(fund, owner[owner >= 0], size).tolist()}


def _row(cents: Mapping[str, int], project: str, judged: Judged) -> dict[str, Any]:
    dossier = judged.dossiers.get(project, Dossier("", ""))
    base = cents["fund_paid"] if dossier.eligible_base is None else int(dossier.eligible_base.scaleb(2))
    found = scoring.judge(
        realisation=rules.quotient(cents["verified"], cents["expected"]),
        coverage=rules.quotient(cents["examined_size"], cents["reported_size"]),
        attainment=judged.attainments.get(project),
        base_cents=max(base, 0),
        weights=judged.weights,
    )
    return {
        "eligible_base": rules.dollars(max(base, 0)),
        "realisation_verified": rules.ratio(found.realisation),
        "objective_attainment": rules.ratio(found.attainment),
        "coverage": rules.ratio(found.coverage),
        "score": rules.ratio(found.score),
        "factor": rules.ratio(found.factor),
        "recommended_amount": found.amount,
        "recommendation": found.advice.value,
        "renewal": dossier.number,
        "renewal_state": dossier.state,
        "decision": dossier.decision,
        "decided_amount": dossier.decided_amount,
        "reasons": dossier.reasons,
    }

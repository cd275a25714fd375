"""`renewal`: what the computation recommends for each project, and what was decided of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from reporting import rules, scoring
from reporting.analysis.facts import Facts, facts_of
from reporting.analysis.frames import Frames

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
    facts = frames.once(facts_of, effective, known)
    sums = _sums(facts)
    places = list(zip(*(facts.projects[name] for name in PLACE), strict=True))
    rows = []
    for position, place in enumerate(places):
        cents = {name: values[position] for name, values in sums.items()}
        rows.append(dict(zip(PLACE, place, strict=True)) | _row(cents, place[0], judged))
    total: dict[str, Any] = dict.fromkeys(RENEWAL_COLUMNS) | dict.fromkeys(PLACE, "") | {"project": rules.TOTAL}
    for name in ("eligible_base", "recommended_amount", "decided_amount"):
        total[name] = sum((row[name] for row in rows if row[name] is not None), Decimal("0.00"))
    return pd.DataFrame([*rows, total], columns=list(RENEWAL_COLUMNS), dtype="object")


def _sums(facts: Facts) -> dict[str, list[int]]:
    """Exact cents by project position: verified and expected gains, what was reported and what of it was examined, what the Fund paid."""
    return {name: facts.table[name].tolist() for name in ("verified", "expected", "reported_size", "examined_size", "fund_paid")}


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

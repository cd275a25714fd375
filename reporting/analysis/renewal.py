"""`renewal`: what the computation recommends for each project, and what was decided of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from reporting import rules, scoring
from reporting.analysis.facts import Facts, facts_of
from reporting.analysis.frames import Frames
from reporting.analysis.texts import ratios

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

    The base is that of the dossier; before one is analysed, what the Fund paid less what came back. Every cell is text.
    """
    facts = frames.once(facts_of, effective, known)
    projects = facts.projects["project"].tolist()
    dossiers = [judged.dossiers.get(project, _NONE) for project in projects]
    paid = facts.table["fund_paid"].tolist()
    bases = [max(_base(dossier, cents), 0) for dossier, cents in zip(dossiers, paid, strict=True)]
    found = _judgements(facts, projects, bases, judged)
    amounts = {
        "eligible_base": [rules.dollars(base) for base in bases],
        "recommended_amount": [one.amount for one in found],
        "decided_amount": [dossier.decided_amount for dossier in dossiers],
    }
    totals = {name: sum((amount for amount in column if amount is not None), Decimal("0.00")) for name, column in amounts.items()}
    columns = {
        **{name: facts.projects[name].tolist() for name in PLACE},
        **{name: [rules.text(amount) for amount in column] for name, column in amounts.items()},
        **_ratios(facts),
        **{name: [rules.text(rules.ratio(getattr(one, field))) for one in found] for name, field in _JUDGED.items()},
        "recommendation": [one.advice.value for one in found],
        "renewal": [dossier.number for dossier in dossiers],
        "renewal_state": [dossier.state for dossier in dossiers],
        "decision": [dossier.decision for dossier in dossiers],
        "reasons": [dossier.reasons for dossier in dossiers],
    }
    last = dict.fromkeys(RENEWAL_COLUMNS, "") | {"project": rules.TOTAL} | {name: rules.text(total) for name, total in totals.items()}
    return pd.DataFrame({name: [*columns[name], last[name]] for name in RENEWAL_COLUMNS}, dtype="object")


_NONE = Dossier("", "")
#: column → field of `scoring.Judgement`
_JUDGED = {"objective_attainment": "attainment", "score": "score", "factor": "factor"}


def _base(dossier: Dossier, paid: int) -> int:
    return paid if dossier.eligible_base is None else int(dossier.eligible_base.scaleb(2))


def _ratios(facts: Facts) -> dict[str, list[str]]:
    table = facts.table
    return {
        "realisation_verified": ratios(table["verified"], table["expected"]),
        "coverage": ratios(table["examined_size"], table["reported_size"]),
    }


def _judgements(facts: Facts, projects: list[str], bases: list[int], judged: Judged) -> list[scoring.Judgement]:
    names = ("verified", "expected", "examined_size", "reported_size")
    rows = zip(projects, bases, *(facts.table[name].tolist() for name in names), strict=True)
    return [
        scoring.judge(
            realisation=rules.quotient(verified, expected),
            coverage=rules.quotient(examined, reported),
            attainment=judged.attainments.get(project),
            base_cents=base,
            weights=judged.weights,
        )
        for project, base, verified, expected, examined, reported in rows
    ]

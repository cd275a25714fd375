"""What is judged from the figures of `rules.py`: objectives taken together, the band of a variance, a renewal. No ORM, no binary float.

docs/rules/objectives.md, variances.md and renewal.md hold the formulas and worked examples, which a test runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from reporting.enums import RenewalAdvice, VarianceBand
from reporting.rules import Number, money

# -- objectives --------------------------------------------------------------------------------------------------------


def weighted_attainment(parts: Iterable[tuple[int, Number | None]]) -> Fraction | None:
    """Σ weight × attainment ÷ Σ weight over (weight, attainment); None when one is unknown or there is none: nothing is imputed."""
    total, weights = Fraction(0), 0
    for weight, reached in parts:
        if reached is None:
            return None
        total += weight * Fraction(reached)
        weights += weight
    return total / weights if weights else None


# -- the band of a variance --------------------------------------------------------------------------------------------

GREEN_WITHIN = Decimal("0.10")
AMBER_WITHIN = Decimal("0.25")


def variance_band(variance: Number | None) -> VarianceBand | None:
    """Green up to 10 % either way, amber up to 25 %, else red; None where the variance is undefined. Compared before any rounding."""
    if variance is None:
        return None
    size = abs(Fraction(variance))
    if size <= Fraction(GREEN_WITHIN):
        return VarianceBand.GREEN
    return VarianceBand.AMBER if size <= Fraction(AMBER_WITHIN) else VarianceBand.RED


# -- renewal -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weights:
    """The parameters of a renewal: weight of the realisation, least coverage, least score, largest factor."""

    realisation: Decimal = Decimal("0.6")
    least_coverage: Decimal = Decimal("0.60")
    least_score: Decimal = Decimal("0.40")
    largest_factor: Decimal = Decimal("1.25")


def renewal_score(*, realisation: Number | None, attainment: Number | None, weights: Weights = Weights()) -> Fraction | None:
    """w × realisation verified + (1 − w) × attainment of the objectives; None when one of them is unknown."""
    if realisation is None or attainment is None:
        return None
    share = Fraction(weights.realisation)
    return share * Fraction(realisation) + (1 - share) * Fraction(attainment)


def renewal_factor(*, score: Number | None, coverage: Number | None, weights: Weights = Weights()) -> Fraction | None:
    """None when too little is verified or the score is unknown; 0 below the least score; else the score, up to the largest factor."""
    if score is None or coverage is None or Fraction(coverage) < Fraction(weights.least_coverage):
        return None
    if Fraction(score) < Fraction(weights.least_score):
        return Fraction(0)
    return min(Fraction(score), Fraction(weights.largest_factor))


def renewal_advice(*, factor: Number | None, coverage: Number | None, weights: Weights = Weights()) -> RenewalAdvice:
    """What the factor says in one code; without a factor, whether the verification or the measures are missing."""
    if factor is not None:
        if factor == 0:
            return RenewalAdvice.NONE
        return RenewalAdvice.PARTIAL if factor < 1 else RenewalAdvice.FULL if factor == 1 else RenewalAdvice.BONUS
    verified = coverage is not None and Fraction(coverage) >= Fraction(weights.least_coverage)
    return RenewalAdvice.UNMEASURED if verified else RenewalAdvice.UNVERIFIED


def renewal_amount(*, factor: Number | None, base_cents: int) -> Decimal | None:
    """factor × eligible base, in dollars: the factor is not rounded before."""
    return None if factor is None else money(Fraction(factor) * base_cents)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The figures of a renewal, exact until they are shown; `amount` is dollars."""

    realisation: Fraction | None
    coverage: Fraction | None
    attainment: Fraction | None
    score: Fraction | None
    factor: Fraction | None
    advice: RenewalAdvice
    amount: Decimal | None


def judge(
    *, realisation: Fraction | None, coverage: Fraction | None, attainment: Fraction | None, base_cents: int, weights: Weights
) -> Judgement:
    """The whole of a renewal from what it rests on, so that a page and a report never differ."""
    score = renewal_score(realisation=realisation, attainment=attainment, weights=weights)
    factor = renewal_factor(score=score, coverage=coverage, weights=weights)
    advice = renewal_advice(factor=factor, coverage=coverage, weights=weights)
    return Judgement(realisation, coverage, attainment, score, factor, advice, renewal_amount(factor=factor, base_cents=base_cents))

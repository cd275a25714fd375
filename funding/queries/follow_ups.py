"""Reads of the follow-up of agreements: its terms, the risk tier in force and the proposed one, what closing still waits for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from funding.enums import AgreementState, FollowUpFactKind, RiskTier
from funding.models import Agreement, AgreementRisk, FollowUpFact, FollowUpTerms

#: agreements whose reports go on, whatever became of their money
FOLLOWED = (
    AgreementState.IN_FORCE,
    AgreementState.SUSPENDED,
    AgreementState.COMPLETED,
    AgreementState.CLOSED,
    AgreementState.DOCUMENTED_FAILURE,
    AgreementState.TERMINATED,
)


def terms_of(terms_id: int | None) -> FollowUpTerms | None:
    """How a terms profile follows its agreements; None when it asks for no report."""
    return next(iter(FollowUpTerms.objects.filter(terms=terms_id).order_by("pk")), None)


def proposed_tier(terms: FollowUpTerms | None, amount: Decimal) -> RiskTier:
    """What the terms propose for an amount in dollars: the tier of the highest threshold that it reaches."""
    if terms is None or amount < terms.medium_from:
        return RiskTier.LOW
    return RiskTier.HIGH if amount >= terms.high_from else RiskTier.MEDIUM


def months_of(terms: FollowUpTerms, tier: str) -> int:
    """How many months a period of a tier lasts."""
    return {RiskTier.LOW: terms.low_months, RiskTier.MEDIUM: terms.medium_months, RiskTier.HIGH: terms.high_months}[RiskTier(tier)]


def risk_of(agreement: Agreement) -> AgreementRisk | None:
    """The risk tier in force: its last version."""
    return next(iter(risks_of(agreement)[:1]), None)


def risks_of(agreement: Agreement) -> QuerySet[AgreementRisk]:
    """Every version of the tier, the latest first."""
    return AgreementRisk.objects.filter(agreement=agreement).select_related("decided_by").order_by("-version", "-pk")


def tier_of(agreement: Agreement, terms: FollowUpTerms | None) -> RiskTier:
    """The tier in force, or what the terms propose for an agreement that nobody classed, such as one of before the tiers."""
    chosen = risk_of(agreement)
    return RiskTier(chosen.tier) if chosen is not None else proposed_tier(terms, agreement.amount)


def facts_of(agreements: Iterable[Agreement]) -> dict[int, list[FollowUpFact]]:
    """What is settled of the follow-up of these agreements, by their key: one query."""
    found: dict[int, list[FollowUpFact]] = {}
    for fact in FollowUpFact.objects.filter(agreement__in=list(agreements)).order_by("pk"):
        found.setdefault(fact.agreement_id, []).append(fact)
    return found


def settled(agreement: Agreement, facts: Iterable[FollowUpFact]) -> set[str]:
    """The kinds of facts that hold for the agreement as it is today: a later end waits for another final report."""
    return {fact.kind for fact in facts if fact.kind == FollowUpFactKind.CALENDAR or fact.through >= agreement.ends_on}


def has_final_report(agreement: Agreement) -> bool:
    """Whether the final report of the agreement, as it ends today, is verified."""
    return FollowUpFactKind.FINAL_REPORT in settled(agreement, facts_of([agreement]).get(agreement.pk, []))


def unmet_follow_up(agreement: Agreement) -> list[str]:
    """What the follow-up of an agreement still owes before it may be closed, in sentences (SM-5)."""
    if terms_of(agreement.project.call.terms_id) is None:
        return []
    found = settled(agreement, facts_of([agreement]).get(agreement.pk, []))
    sentences = {
        FollowUpFactKind.CALENDAR: _("Le calendrier des rapports de suivi n’est pas établi."),
        FollowUpFactKind.FINAL_REPORT: _("Le rapport final n’est pas vérifié."),
        FollowUpFactKind.LESSONS: _("Les leçons du projet ne sont pas publiées."),
    }
    return [sentence for kind, sentence in sentences.items() if kind not in found]

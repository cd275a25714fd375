"""The risk tier of an agreement, version by version: each keeps what the terms proposed, and why it was chosen."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid
from fondsinnovation.templatetags.typography import money_cents
from funding.models import Agreement, AgreementRisk
from funding.queries.follow_ups import proposed_tier, risk_of, terms_of
from projects.models import User
from projects.services.journal import note


def record_tier(agreement: Agreement, tier: str, reason: str, *, actor: User, now: datetime) -> AgreementRisk:
    """Step: the next version of the tier of a held agreement. Without a tier, it is the one that the terms propose, and says so.

    Raises Invalid when another tier than the proposed one has no reason.
    """
    terms, before = terms_of(agreement.project.call.terms_id), risk_of(agreement)
    proposed = proposed_tier(terms, agreement.amount)
    reason = reason.strip()
    if tier and tier != proposed and not reason:
        raise Invalid(errors={"risk_reason": _("Expliquez pourquoi ce palier diffère de celui des modalités.")})
    usual = _("Palier proposé par les modalités pour une aide de %(amount)s") % {"amount": money_cents(agreement.amount)}
    risk = AgreementRisk.objects.create(
        agreement=agreement,
        version=before.version + 1 if before else 1,
        tier=tier or proposed,
        proposed=proposed,
        reason=reason or usual,
        decided_by=actor,
        decided_at=now,
    )
    note(agreement, tier=str(risk.tier))
    note(risk, tier=str(risk.tier), version=risk.version)
    return risk

"""Reads of claims: the list, a claim's lines, and the stacking of public aid at the decision and at a claim."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from fondsinnovation.kit.money import ZERO
from funding.enums import ClaimState
from funding.models import Claim, ClaimLine, Instalment
from funding.stacking import Stack
from projects.enums import PUBLIC_AID, FundingSource
from projects.models import Application
from projects.queries.applications import projects_for


def claims_for(person: Any, now: datetime) -> QuerySet[Claim]:
    """The claims of the projects that this person may see, each with what it claims in `claimed`."""
    return (
        Claim.objects.filter(instalment__agreement__project__in=projects_for(person, now))
        .select_related(
            "instalment__milestone", "instalment__agreement__project__organisation", "instalment__agreement__project__call__terms",
            "drafted_by", "submitted_by", "examined_by", "decided_by",
        )
        .annotate(claimed=Sum("lines__amount"))
    )  # fmt: skip


def live_claim(instalment: Instalment) -> Claim | None:
    """The claim of an instalment that is not refused: there is one at most."""
    return next(iter(Claim.objects.filter(instalment=instalment).exclude(state=ClaimState.REFUSED).order_by("pk")), None)


def lines_of(claim: Claim) -> list[ClaimLine]:
    return list(claim.lines.select_related("document").order_by("category", "pk"))


def stack_of_claim(claim: Claim, admitted: Decimal, others: Decimal) -> Stack:
    """The public aid to the admitted costs of a claim, if the Fund paid all that it may: see `Stack.most`."""
    return Stack(admitted, min(admitted, claim.instalment.amount), others, claim.instalment.agreement.project.call.terms.stacking_limit)


def stack_of_award(application: Application, amount: Decimal) -> Stack:
    """The public aid to an application if the Fund gives `amount` dollars."""
    sources = PUBLIC_AID - {FundingSource.FUND}
    others = application.funding_lines.filter(source__in=sources).aggregate(sum=Sum("amount"))["sum"] or ZERO
    return Stack(application.total_cost or ZERO, amount, others, application.call.terms.stacking_limit)

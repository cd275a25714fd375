"""Reads of the moves of credit, for whoever reads the envelopes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from funding.models import CreditLine, CreditMove
from funding.policies.payments import read_payments
from projects.queries.applications import not_recused


def credit_moves_for(person: Any, now: datetime) -> QuerySet[CreditMove]:
    """Every move, for a reader of the envelopes; none for another person."""
    if not read_payments(person, now):
        return CreditMove.objects.none()
    return CreditMove.objects.select_related("envelope", "proposed_by", "decided_by").prefetch_related("lines")


def lines_for(person: Any, move: CreditMove) -> QuerySet[CreditLine]:
    """The lines of a move, without those of a file that a recusal hides from this person."""
    rows = move.lines.filter(not_recused(person, "agreement__project__application_id"))
    return rows.select_related("envelope", "agreement__project__organisation").order_by("position", "pk")

"""What one person proposes and another one decides: the fields and the constraints that every such move has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Decided(models.Model):
    """A numbered move with its reason, decided by another person than the one who proposed it; a refusal says why.

    A subclass has its `state`, says who proposed it and when, and takes the two constraints of this module.
    """

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    reason = models.TextField(_("motif"), max_length=2000)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    refusal_reason = models.TextField(_("motif du refus"), max_length=2000, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


def two_people(name: str, *, proposer: str, message: Any) -> models.CheckConstraint:
    """Nobody decides what they proposed. `proposer`: the field that says who did."""
    return models.CheckConstraint(name=name, condition=Q(decided_by=None) | ~Q(decided_by=F(proposer)), violation_error_message=message)


def decided_with_its_state(name: str, *, proposed: str, decided: Sequence[str]) -> models.CheckConstraint:
    """A move that waits has no decision; one that is decided says by whom and when."""
    return models.CheckConstraint(
        name=name,
        condition=Q(state=proposed, decided_by=None, decided_at=None)
        | Q(state__in=decided, decided_by__isnull=False, decided_at__isnull=False),
    )

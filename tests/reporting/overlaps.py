"""Two teams of two projects whose lines claim one budget."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from projects.enums import Role
from projects.models import User
from reporting.enums import OverlapOutcome
from reporting.models import Overlap, OverlapResolution
from reporting.services.overlaps import resolve_overlap
from tests.factories import NOW, person_with
from tests.reporting.gains import Team

LATER = NOW + timedelta(days=1)
KEY = {"cost_centre": "CR-4100", "account": "5310"}


def rival(one: Team, **line: Any) -> Team:
    """The team of another project, whose line claims the budget of the first one, but for what is given."""
    return Team(**{**KEY, "organisation": one.line.organisation, **line})


def overlapping() -> tuple[Team, Team, Overlap]:
    """Two teams that reported the same half-year of one budget, and their overlap."""
    one = Team(**KEY)
    other = rival(one)
    one.submitted()
    other.submitted()
    return one, other, Overlap.objects.latest("pk")


def settle(overlap: Overlap, actor: User | None = None, **given: Any) -> OverlapResolution:
    values = {"outcome": OverlapOutcome.BOTH_REAL, "reason": "Deux contrats différents", "now": LATER, **given}
    return resolve_overlap(overlap_id=overlap.pk, actor=actor or person_with(Role.CONTROLLER), **values)

"""Who watches over the service: a technical administrator, who sees no business data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fondsinnovation.kit.verdict import Verdict
from projects.enums import Role
from projects.policies.rights import needs_role


def watch_operations(actor: Any, now: datetime) -> Verdict:
    """Only technical administrators open the page of the service's health."""
    return needs_role(actor, now, Role.TECHNICAL_ADMIN)

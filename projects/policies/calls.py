"""Who writes a call for projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fondsinnovation.kit.verdict import Verdict
from projects.enums import Role
from projects.policies.rights import needs_role


def write_call(actor: Any, now: datetime) -> Verdict:
    """An officer writes a call, changes the draft of any, and submits it."""
    return needs_role(actor, now, Role.OFFICER)

"""Who reads the journal of acts, and takes it out of the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fondsinnovation.kit.verdict import Verdict
from projects.enums import Role
from projects.policies.rights import needs_role


def read_journal(actor: Any, now: datetime) -> Verdict:
    """Auditors, and those who answer for the Fund."""
    return needs_role(actor, now, Role.AUDITOR, Role.DIRECTOR, Role.HEAD)


def export_journal(actor: Any, now: datetime) -> Verdict:
    """Whoever reads the journal may take it; the journal says who did, before the file leaves."""
    return read_journal(actor, now)

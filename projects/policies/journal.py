"""Who reads the journal of acts, and takes it out of the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.policies.rules import Subject, rule

READERS = (Role.AUDITOR, Role.DIRECTOR, Role.HEAD)


@rule(
    *READERS,
    says=_("L’audit, et les personnes qui répondent du Fonds, lisent le journal."),
    subject=Subject.REPORTS,
    acts=(),
)
def read_journal(actor: Any, now: datetime) -> Verdict:
    """Auditors, and those who answer for the Fund."""
    return YES


@rule(
    *READERS,
    says=_("Qui lit le journal peut l’exporter; le journal dit qui l’a pris, avant que le fichier ne parte."),
    subject=Subject.REPORTS,
)
def export_journal(actor: Any, now: datetime) -> Verdict:
    """Whoever reads the journal may take it; the journal says who did, before the file leaves."""
    return YES

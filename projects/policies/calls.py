"""Who writes a call for projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.policies.rules import Subject, rule


@rule(
    Role.OFFICER,
    says=_("Un agent de programme rédige un appel, en modifie le brouillon et le soumet à l’approbation."),
    subject=Subject.CALLS,
    acts=("create_call", "edit_call", "submit_call"),
)
def write_call(actor: Any, now: datetime) -> Verdict:
    """An officer writes a call, changes the draft of any, and submits it."""
    return YES

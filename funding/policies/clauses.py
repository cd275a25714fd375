"""Who reads the clauses of agreements, and who publishes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.policies.rules import Subject, rule


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    Role.CONTROLLER,
    Role.AUDITOR,
    says=gettext_lazy("Le Secrétariat, son contrôle et l’audit lisent les clauses types et leurs versions."),
    subject=Subject.AGREEMENTS,
    acts=(),
)
def read_clauses(actor: Any, now: datetime) -> Verdict:
    """The Secretariat, its controller and the audit read every version of the clauses."""
    return YES


@rule(
    Role.DIRECTOR,
    Role.HEAD,
    says=gettext_lazy("La direction ou la tête publie une nouvelle version d’une clause type, avec son motif et sa date."),
    subject=Subject.AGREEMENTS,
)
def publish_clause(actor: Any, now: datetime) -> Verdict:
    """The director or the head publishes a version of a clause."""
    return YES

"""Who reads the page of the controller."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.policies.rules import Subject, rule


@rule(
    Role.CONTROLLER,
    Role.DIRECTOR,
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    Role.AUDITOR,
    says=gettext_lazy("Le contrôle financier, qui répond du Fonds et l’audit lisent le suivi des crédits."),
    subject=Subject.PAYMENTS,
    acts=(),
)
def read_control(actor: Any, now: datetime) -> Verdict:
    """The controller, those who answer for the Fund, and its auditors."""
    return YES

"""Who brings a portfolio into the books of the Fund, and who reads what was brought."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.models import User
from projects.policies.rules import Subject, rule


@rule(
    Role.DIRECTOR,
    Role.HEAD,
    Role.CONTROLLER,
    Role.AUDITOR,
    says=_("Le contrôle financier, la direction, la tête du Secrétariat et l’audit lisent les importations et leurs fichiers."),
    subject=Subject.REPORTS,
    acts=(),
    refusal=_("Les importations se lisent au contrôle financier, à la direction et à l’audit."),
)
def read_imports(actor: User, now: datetime) -> Verdict:
    """Those who answer for the books, and those who check them."""
    return YES


@rule(
    Role.CONTROLLER,
    says=_(
        "Le contrôle financier importe un portefeuille : il tient les livres, et ne décide, ne demande, n’autorise ni ne vérifie "
        "ce qu’ils racontent."
    ),
    subject=Subject.REPORTS,
    acts=("upload_portfolio", "examine_again", "confirm_portfolio", "cancel_portfolio"),
    refusal=_("Seul le contrôle financier importe un portefeuille."),
)
def bring_portfolio(actor: User, now: datetime) -> Verdict:
    """The controller keeps the books, and neither decides, asks for, authorises nor verifies what they tell."""
    return YES

"""Who records what the law lets draw, what was drawn, and whether a payment that the cash does not cover is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check
from funding.models import DrawAuthority
from projects.enums import Role
from projects.policies.rules import Subject, rule


@rule(
    Role.CONTROLLER,
    Role.HEAD,
    says=gettext_lazy("Le contrôle financier ou la tête inscrit une autorisation de tirage et son adoption."),
    subject=Subject.PAYMENTS,
    acts=("record_authority", "adopt_authority"),
)
def record_authority(actor: Any, now: datetime) -> Verdict:
    """The controller or the head records an authority that is proposed, and its adoption."""
    return YES


@rule(
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    says=gettext_lazy(
        "La tête ou la délégation ministérielle constate l’entrée en vigueur d’une autorisation que quelqu’un d’autre a inscrite."
    ),
    subject=Subject.PAYMENTS,
    acts=("bring_authority_into_force",),
)
def bring_into_force(actor: Any, authority: DrawAuthority, now: datetime) -> Verdict:
    """The head or the delegate, who did not record it, says that an authority is in force."""
    return check(
        authority.recorded_by_id != actor.pk, _("Vous avez inscrit cette autorisation; une autre personne constate son entrée en vigueur.")
    )


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier inscrit les tirages et les autres rentrées, et les corrige."),
    subject=Subject.PAYMENTS,
    acts=("record_cash", "reverse_cash"),
)
def record_cash(actor: Any, now: datetime) -> Verdict:
    """The controller records draw-downs and other receipts."""
    return YES


@rule(
    Role.HEAD,
    says=gettext_lazy("La tête décide, à partir d’une date, si un versement que l’encaisse ne couvre pas est refusé ou seulement signalé."),
    subject=Subject.PAYMENTS,
)
def set_cash_rule(actor: Any, now: datetime) -> Verdict:
    """The head sets whether a payment above the cash is refused or only shown."""
    return YES

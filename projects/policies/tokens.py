"""Who makes and revokes the tokens with which programs read the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check
from projects.enums import Role
from projects.models import ApiToken
from projects.policies.rules import Subject, rule

#: an auditor changes nothing, and takes files out by exports; a technical administrator reads no file
_WITHOUT_TOKEN = {Role.AUDITOR, Role.TECHNICAL_ADMIN}


@rule(
    *(role for role in Role if role not in _WITHOUT_TOKEN),
    says=gettext_lazy("Qui tient un rôle, sauf l’audit et l’administration technique, crée un jeton qui lit ce que cette personne lit."),
    subject=Subject.ACCESS,
    refusal=gettext_lazy("Votre rôle ne permet pas de créer un jeton d’accès."),
)
def create_token(actor: Any, now: datetime) -> Verdict:
    """Whoever holds a role, but an auditor and a technical administrator: a token reads what its person reads."""
    return YES


@rule(says=gettext_lazy("Chaque personne révoque ses propres jetons, même sans rôle."), subject=Subject.ACCESS)
def revoke_token(actor: Any, token: ApiToken) -> Verdict:
    """A person revokes their own tokens, even once they hold no role."""
    return check(token.person_id == actor.pk, _("Ce jeton appartient à une autre personne."))

"""Who makes and revokes the tokens with which programs read the portal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import Role
from projects.models import ApiToken
from projects.policies.rights import rights_of


def create_token(actor: Any, now: datetime) -> Verdict:
    """Whoever holds a role other than audit (which takes files out by exports) and technical administration (which has no file)."""
    held = {role for role, _organisation in rights_of(actor, now).held}
    return check(held - {Role.AUDITOR, Role.TECHNICAL_ADMIN}, _("Votre rôle ne permet pas de créer un jeton d’accès."))


def revoke_token(actor: Any, token: ApiToken) -> Verdict:
    """A person revokes their own tokens, even once they hold no role."""
    return check(token.person_id == actor.pk, _("Ce jeton appartient à une autre personne."))
